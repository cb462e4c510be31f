# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What a Spring Boot service writes to its log when it starts, stops or dies."""

from __future__ import annotations

from sandbox.ecs.model import Behaviour


def lines(stage: str, name: str, behaviour: Behaviour) -> list[str]:
    """The lines of a stage: started, crashed or finished."""
    main = "".join(part.capitalize() for part in name.split("-")) + "Application"
    started = [
        f"INFO 1 --- [{name}] [main] c.s.{main} : Starting {main} using Java 21.0.5 with PID 1",
        f"INFO 1 --- [{name}] [main] o.s.b.w.embedded.tomcat.TomcatWebServer : Tomcat initialized with port",
        f"INFO 1 --- [{name}] [main] c.s.{main} : Started {main} in 2.471 seconds",
    ]
    if stage == "finished":
        return [*started[:1], f"INFO 1 --- [{name}] [main] c.s.{main} : Done"]
    if stage != "crashed":
        return started
    if behaviour.fail == "oom":
        return [*started[:1], "java.lang.OutOfMemoryError: Java heap space", "Terminating due to OutOfMemoryError"]
    return [
        *started[:1],
        f"ERROR 1 --- [{name}] [main] o.s.boot.SpringApplication : Application run failed",
        "org.springframework.beans.factory.BeanCreationException: Error creating bean with name 'entityManagerFactory'",
        "\tat org.springframework.boot.SpringApplication.refresh(SpringApplication.java:752)",
        f"\tat com.skilltracker.{main}.main({main}.java:14)",
        "Caused by: java.net.ConnectException: Connection refused",
    ]
