# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The load balancer's port: listener rules lead to registered targets, everything else to tasks of ECS.

The tasks answer ``/<service>/actuator/health`` and ``/info``.

A service is named by its container (``user-service``) or by its ECS name (``sdt-local-user-service``).
"""

from __future__ import annotations

import json
import random
import time
from collections.abc import Callable, Iterable
from typing import Any

from sandbox.aws import split_image
from sandbox.ecs.model import Service, Task
from sandbox.elb.forward import forward
from sandbox.protocol import Call
from sandbox.state import State
from sandbox.wsgi import ResetConnection

Start = Callable[..., Any]


class Alb:
    """The WSGI application on the load balancer's port."""

    def __init__(self, state: State) -> None:
        self.state = state
        self._random = random.Random()

    def find(self, name: str) -> Service | None:
        """The ACTIVE service of that name or with a container of that name."""
        for service in self.state.engine.services.values():
            if service.status != "ACTIVE":
                continue
            if service.name == name or service.name.endswith(f"-{name}"):
                return service
        return None

    def __call__(self, environ: dict[str, Any], start: Start) -> Iterable[bytes]:
        """Answer a request as the service's running tasks would."""
        path = environ["PATH_INFO"].strip("/").split("/")
        injected = self._fault(environ["PATH_INFO"], start)
        if injected is not None:
            return injected
        forwarded = forward(self.state.target_groups, environ)
        if forwarded is not None:
            status, phrase, headers, content = forwarded
            start(f"{status} {phrase}", headers)
            return [content]
        with self.state.engine.lock:
            self.state.engine.tick()
            service = self.find(path[0])
            ready = [one for one in service.tasks.values() if one.healthy and one.live] if service else []
            task = self._random.choice(ready) if ready else None
            http = self._http(service, task) if service and task else {}
        if service is None:
            return _answer(start, 404, {"error": "Not Found", "path": environ["PATH_INFO"]})
        if task is None:
            return _answer(start, 503, {"message": "503 Service Temporarily Unavailable"})
        faulty = self._misbehave(http, start)
        if faulty is not None:
            return faulty
        rest = "/".join(path[1:])
        if rest in ("actuator/health", "actuator/health/readiness", "actuator/health/liveness"):
            return _answer(start, 200, http.get("body", {"status": "UP"}))
        if rest == "actuator/info":
            return _answer(start, 200, {"build": self._build(task), "app": {"name": path[0]}})
        if not rest:
            return _answer(start, 200, {"service": path[0], "status": "UP"})
        return _answer(start, 404, {"error": "Not Found", "path": environ["PATH_INFO"]})

    def _fault(self, path: str, start: Start) -> list[bytes] | None:
        for fault in self.state.faults.strike(Call("alb", path, self.state.region, "", b"", True, path)):
            if fault.kind == "reset":
                raise ResetConnection
            if fault.kind == "latency":
                time.sleep(fault.seconds)
            else:
                return _answer(start, fault.status, {"status": "DOWN", "error": fault.message})
        return None

    def _http(self, service: Service, task: Task) -> dict[str, Any]:
        found = dict(task.behaviour.http)
        # Set for a running service or image, it applies at once, not only to the next task.
        if service.name in self.state.world.services:
            found.update(self.state.world.services[service.name].http)
        for one in task.task_definition.containers:
            entry = task.images.get(one["name"], {})
            marked = self.state.world.marked(one["image"], entry.get("digest"))
            if marked is not None:
                found.update(marked.http)
        return found

    def _misbehave(self, http: dict[str, Any], start: Start) -> list[bytes] | None:
        mode = http.get("mode", "ok")
        if http.get("latency"):
            time.sleep(float(http["latency"]))
        if mode == "refuse":
            raise ResetConnection
        if mode == "error" or (mode == "flaky" and self._random.random() < float(http.get("rate", 0.5))):
            status = int(http.get("status", 500))
            return _answer(start, status, {"status": "DOWN", "error": "Internal Server Error"})
        return None

    def _build(self, task: Task) -> dict[str, Any]:
        container = task.task_definition.containers[0]
        _, repository, reference = split_image(container["image"])
        digest = task.images.get(container["name"], {}).get("digest")
        tag = reference
        if reference.startswith("sha256:"):
            image = self.state.world.registry.find(repository, {"imageDigest": reference})
            named = [one for one in image.tags if one != "latest"] if image else []
            tag = named[0] if named else reference[7:19]
        return {"tag": tag, "digest": digest}


def _answer(start: Start, status: int, body: Any) -> list[bytes]:
    content = json.dumps(body).encode()
    phrases = {200: "OK", 404: "Not Found", 500: "Internal Server Error", 503: "Service Unavailable"}
    start(f"{status} {phrases.get(status, 'Status')}", [("Content-Type", "application/json")])
    return [content]
