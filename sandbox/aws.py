# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""ECS's surroundings in the sandbox: the registry, and moto's secrets, parameters and logs."""

from __future__ import annotations

import re
import threading
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from moto.backends import get_backend

from sandbox import loglines
from sandbox.ecs import texts
from sandbox.ecs.model import Behaviour, Task, TaskDefinition
from sandbox.ecs.world import PlainWorld, Pulled
from sandbox.images import Registry

ECR_HOST = re.compile(r"\d{12}\.dkr\.ecr\.[a-z0-9-]+\.amazonaws\.com\Z")
GLOBAL_SERVICES = ("iam", "s3", "sts")
SECRET_ARN = re.compile(r"(arn:aws:secretsmanager:[^:]+:\d+:secret:[^:]+)(?::([^:]*))?")


def split_image(image: str) -> tuple[str, str, str]:
    """(registry host or "", repository, tag or digest) of an image reference."""
    name, at, digest = image.partition("@")
    head, slash, tail = name.partition("/")
    host = head if slash and ("." in head or ":" in head) else ""
    path = tail if host else name
    repository, colon, tag = path.rpartition(":")
    if not colon:
        repository, tag = path, "latest"
    return host, repository, digest if at else tag


class MotoWorld:
    """The world of one account and region. Log lines are queued and written by ``flush``."""

    def __init__(self, account: str, region: str, registry: Registry) -> None:
        self.account = account
        self.region = region
        self.registry = registry
        self.services: dict[str, Behaviour] = {}
        self.log_lines: dict[str, list[str]] = {}
        # Resources that are expensive to create in moto (its EC2 alone takes a second to import) and rarely needed.
        self.deferred: list[Callable[[], None]] = []
        #: Returns another region's world, if there are several.
        self.neighbour: Callable[[str], MotoWorld] | None = None
        self._elsewhere = PlainWorld()
        self._queue: deque[tuple[str, str, list[dict[str, Any]]]] = deque()
        self._flushing = threading.Lock()

    def backend(self, service: str) -> Any:
        """Moto's backend of a service."""
        region = "aws" if service in GLOBAL_SERVICES else self.region
        return get_backend(service)[self.account][region]  # type: ignore[call-overload]  # any service's name

    def resolve(self, image: str, platform: str) -> Pulled:
        """Resolve in ECR; images of other registries always exist."""
        host, repository, reference = split_image(image)
        if not ECR_HOST.match(host):
            return self._elsewhere.resolve(image, platform)
        account, region = host.split(".")[0], host.split(".")[3]
        if region != self.region and self.neighbour is not None:
            # A task pulls from any region's registry.
            return self.neighbour(region).resolve(image, platform)
        here = (account, region) == (self.account, self.region)
        if not here or repository not in self.backend("ecr").repositories:
            return Pulled(None, None, texts.PULL.format(image=image))
        key = "imageDigest" if reference.startswith("sha256:") else "imageTag"
        found = self.registry.find(repository, {key: reference})
        if found is None:
            return Pulled(None, None, texts.PULL.format(image=image))
        runs = self.registry.platform_digest(repository, found, platform)
        if runs is None:
            return Pulled(found.digest, None, texts.PLATFORM.format(platform=platform))
        return Pulled(found.digest, runs)

    def marked(self, image: str, digest: str | None) -> Behaviour | None:
        """The mark of an image, by its digest, its platform's digest or its tag."""
        _, repository, reference = split_image(image)
        if digest is None and not reference.startswith("sha256:"):
            found = self.registry.find(repository, {"imageTag": reference})
            digest = found.digest if found else None
        for key in (digest, reference):
            if key and (repository, key) in self.registry.marks:
                return self.registry.marks[(repository, key)]
        return None

    def behaviour(self, service: str, images: Sequence[tuple[str, str | None]]) -> Behaviour:
        """An image's mark, else the service's; a limited one is used up."""
        for image, digest in images:
            found = self.marked(image, digest)
            if found is not None:
                return _use(found)
        return _use(self.services[service]) if service in self.services else Behaviour()

    def initialization_error(self, definition: TaskDefinition) -> str | None:
        """The first secret, parameter or log group that does not exist."""
        missing = []
        for one in definition.containers:
            for secret in one.get("secrets", []):
                value = secret["valueFrom"]
                found = SECRET_ARN.match(value)
                if found:
                    if not self._secret_exists(found.group(1)):
                        return texts.SECRET.format(arn=value)
                elif not self._parameter_exists(value):
                    missing.append(value.partition(":parameter")[2] or value)
        if missing:
            return texts.PARAMETER.format(names=", ".join(missing))
        for group, _prefix, create in _log_settings(definition):
            if group not in self.backend("logs").groups and not create:
                return texts.LOG_GROUP
        return None

    def _secret_exists(self, arn: str) -> bool:
        secrets = self.backend("secretsmanager").secrets
        name = arn.rpartition(":")[2]
        # Most secrets are found by their name at once; moto's own look-up walks through all of them.
        short = name.rpartition("-")[0]
        found = dict.get(secrets, short) or dict.get(secrets, name)
        if found is None or arn not in (found.arn, found.arn.rpartition("-")[0]):
            found = secrets.get(arn)
        return found is not None and not found.deleted_date

    def _parameter_exists(self, reference: str) -> bool:
        name = reference.partition(":parameter")[2] if reference.startswith("arn:") else reference
        parameters = self.backend("ssm")._parameters  # noqa: SLF001  # moto has no public look-up without loading its defaults
        return bool(dict.get(parameters, name) or dict.get(parameters, name.lstrip("/")))

    def write_log(self, task: Task, stage: str, now: float) -> None:
        """Queue a stage's lines for every container with an awslogs stream."""
        name = task.service.name if task.service else task.task_definition.family
        for one in task.task_definition.containers:
            options = _awslogs(one)
            if not options or "awslogs-stream-prefix" not in options:
                continue
            lines = task.behaviour.log if stage == "crashed" and task.behaviour.log else self.log_lines.get(name)
            if lines is None or (stage != "crashed" and name not in self.log_lines):
                lines = loglines.lines(stage, one["name"], task.behaviour)
            stream = f"{options['awslogs-stream-prefix']}/{one['name']}/{task.id}"
            events = [
                {"timestamp": int((now + index / 1000) * 1000), "message": text} for index, text in enumerate(lines)
            ]
            self._queue.append((options["awslogs-group"], stream, events))

    def settle(self) -> None:
        """Create what was deferred; the caller holds moto's lock."""
        while self.deferred:
            self.deferred.pop(0)()

    @property
    def has_logs(self) -> bool:
        """Whether lines wait to be written."""
        return bool(self._queue)

    def flush(self) -> None:
        """Write the queued lines; the caller holds moto's lock."""
        with self._flushing:
            logs = self.backend("logs") if self._queue else None
            while self._queue:
                group, stream, events = self._queue.popleft()
                if logs is None or group not in logs.groups:
                    continue
                logs.ensure_log_stream(group, stream)
                logs.groups[group].put_log_events(stream, events)


def _use(found: Behaviour) -> Behaviour:
    if found.count is None:
        return found
    if found.count <= 0:
        return Behaviour(http=found.http)
    found.count -= 1
    return replace(found, count=None)


def _awslogs(container: dict[str, Any]) -> dict[str, str] | None:
    logging = container.get("logConfiguration") or {}
    found: dict[str, str] | None = logging.get("options") if logging.get("logDriver") == "awslogs" else None
    return found


def _log_settings(definition: TaskDefinition) -> list[tuple[str, str, bool]]:
    found = []
    for one in definition.containers:
        options = _awslogs(one)
        if options:
            create = options.get("awslogs-create-group") == "true"
            found.append((options.get("awslogs-group", ""), options.get("awslogs-stream-prefix", ""), create))
    return found
