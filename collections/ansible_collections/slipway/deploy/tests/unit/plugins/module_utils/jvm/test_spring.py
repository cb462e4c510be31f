# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Where a Spring Boot application says whether it is ready."""

from __future__ import annotations

import zipfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.slipway.deploy.plugins.module_utils.jvm.spring import (
    read_properties,
    read_yaml,
    readiness_url,
    settings,
)
from ansible_collections.slipway.deploy.plugins.module_utils.jvm.spring_files import Application, files_of
from ansible_collections.slipway.deploy.plugins.module_utils.jvm.spring_files import readiness_url as of_host
from ansible_collections.slipway.deploy.plugins.module_utils.systemd.systemctl import Unit

BASE = "http://127.0.0.1:8080/actuator/health/readiness"
YAML = """\
# The application's own.
server:
  port: ${PORT:8080}   # of the platform
  servlet: {ignored: true}
management:
  endpoints:
    web:
      base-path: "/manage"
      exposure:
        include: ["health", 'info']
  server:
    port: 9001
spring:
  profiles:
    active: prod
---
spring.config.activate.on-profile: prod
management.server.port: 9002
---
spring:
  config:
    activate:
      on-profile: dev
management:
  server:
    port: 9003
"""


@pytest.mark.parametrize(
    ("files", "environment", "words", "url"),
    [
        pytest.param({}, {}, [], BASE, id="nothing is said"),
        pytest.param(
            {"application.properties": "management.server.port=9001"},
            {},
            [],
            "http://127.0.0.1:9001/actuator/health/readiness",
            id="a management port",
        ),
        pytest.param(
            {"application.properties": "server.servlet.context-path=/shop"},
            {},
            [],
            "http://127.0.0.1:8080/shop/actuator/health/readiness",
            id="a context path",
        ),
        pytest.param(
            {"application.properties": "server.servlet.context-path=/shop\nmanagement.server.port=9001"},
            {},
            [],
            "http://127.0.0.1:9001/actuator/health/readiness",
            id="which a management port of its own does not have",
        ),
        pytest.param(
            {"application.properties": "management.server.port=9001\nmanagement.server.base-path=/ops"},
            {},
            [],
            "http://127.0.0.1:9001/ops/actuator/health/readiness",
            id="a base path of the management server",
        ),
        pytest.param(
            {"application.properties": "management.server.base-path=/ops"}, {}, [], BASE, id="which needs its own port"
        ),
        pytest.param(
            {"application.properties": "management.endpoints.web.base-path=/"},
            {},
            [],
            "http://127.0.0.1:8080/health/readiness",
            id="no base path",
        ),
        pytest.param(
            {"application.properties": "management.endpoints.web.path-mapping.health=alive"},
            {},
            [],
            "http://127.0.0.1:8080/actuator/alive/readiness",
            id="a path of its own",
        ),
        pytest.param({"application.yml": YAML}, {}, [], "http://127.0.0.1:9002/manage/health/readiness", id="YAML"),
        pytest.param(
            {"application.yml": YAML},
            {"SPRING_PROFILES_ACTIVE": "dev"},
            [],
            "http://127.0.0.1:9003/manage/health/readiness",
            id="a profile",
        ),
        pytest.param(
            {"application.yml": YAML, "application-dev.yml": "management: \n  server:\n    port: 9004\n"},
            {"SPRING_PROFILES_ACTIVE": "dev"},
            [],
            "http://127.0.0.1:9004/manage/health/readiness",
            id="a profile's file",
        ),
        pytest.param(
            {"application.yml": YAML},
            {"MANAGEMENT_SERVER_PORT": "9005", "MANAGEMENT_ENDPOINTS_WEB_BASEPATH": "/m"},
            [],
            "http://127.0.0.1:9005/m/health/readiness",
            id="the environment goes before",
        ),
        pytest.param(
            {},
            {"MANAGEMENT_SERVER_PORT": "9005"},
            ["-Dmanagement.server.port=9006", "-Xmx1g"],
            "http://127.0.0.1:9006/actuator/health/readiness",
            id="an option of Java before that",
        ),
        pytest.param(
            {},
            {},
            ["--management.server.port=9007", "-Dmanagement.server.port=9006"],
            "http://127.0.0.1:9007/actuator/health/readiness",
            id="an argument before all",
        ),
        pytest.param(
            {"application.properties": "management.server.port=${MGMT:9008}\nserver.port=${mgmt}"},
            {"MGMT": "9009"},
            [],
            "http://127.0.0.1:9009/actuator/health/readiness",
            id="placeholders",
        ),
        pytest.param(
            {}, {"SERVER_PORT": "9010"}, [], "http://127.0.0.1:9010/actuator/health/readiness", id="another port"
        ),
        pytest.param(
            {},
            {"SPRING_APPLICATION_JSON": '{"management": {"server": {"port": 9011}}}'},
            [],
            "http://127.0.0.1:9011/actuator/health/readiness",
            id="JSON",
        ),
        pytest.param({"application.properties": "management.server.port=-1"}, {}, [], None, id="no management at all"),
        pytest.param(
            {"application.properties": "server.address=10.0.0.7"},
            {},
            [],
            "http://10.0.0.7:8080/actuator/health/readiness",
            id="an address",
        ),
    ],
)
def test_the_url(files: dict[str, str], environment: dict[str, str], words: list[str], url: str | None) -> None:
    assert readiness_url(settings(files, environment, {}, words), 8080) == url


def test_a_credential_is_a_property_too() -> None:
    found = settings({}, {}, {"management.server.port": "9001\n"}, [])
    assert readiness_url(found, 8080) == "http://127.0.0.1:9001/actuator/health/readiness"


def test_a_jar_and_a_unit_are_read(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "app.jar", "w") as jar:
        jar.writestr("BOOT-INF/classes/application.yml", "management:\n  server:\n    port: 9001\n")
        jar.writestr("BOOT-INF/classes/deep/down/application.yml", "management.server.port: 1\n")
        jar.writestr("BOOT-INF/lib/x.jar", "x")
    (tmp_path / "env").write_text('JAVA_OPTS="-Dmanagement.endpoints.web.base-path=/ops -Xmx1g"\nA="b"\n')
    unit = Unit(True, "active", "running", 1, "i", 0, "", environment_files=(str(tmp_path / "env"), "/gone"))
    application = Application(str(tmp_path / "app.jar"))
    assert of_host(application, unit) == "http://127.0.0.1:9001/ops/health/readiness"
    assert set(files_of(tmp_path / "app.jar")) == {"application.yml"}
    assert files_of(tmp_path / "env") == {}


@given(st.text())
def test_any_file_is_read(text: str) -> None:
    files = {"application.yml": text, "application.properties": text}
    assert all(isinstance(item, dict) for item in [*read_yaml(text), *read_properties(text)])
    found = readiness_url(settings(files, {}, {}, []), 8080)
    assert found is None or found.startswith("http://")
