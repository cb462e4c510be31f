# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A project for one test, deployed to its own sandbox by the real ansible-playbook."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sandbox.testing import Sandbox
from tests.support.pace import scaled
from tests.support.project import without_signs

ROOT = Path(__file__).resolve().parents[2]
BIN = Path(sys.executable).parent
SERVICES = (
    "config-server",
    "discovery-server",
    "api-gateway",
    "bff-service",
    "user-service",
    "task-service",
    "analytics-service",
    "payment-service",
    "gamification-service",
    "practice-service",
    "feedback-service",
    "notification-service",
)
OLD, NEW = "8d20c11", "3f9c2d1"
LIMIT_SECONDS = scaled(120)


@dataclass(frozen=True)
class Ran:
    """How a command ended."""

    code: int
    out: str
    err: str

    @property
    def text(self) -> str:
        """Everything that it printed."""
        return self.out + self.err

    @property
    def lines(self) -> list[str]:
        """The lines that it printed, without those that only a slow machine sees: what is being done for how long."""
        return without_signs(self.text).splitlines()


@dataclass
class Deploys:
    """The project in ``directory``, its sandbox, and the commands that a user runs in it.

    :ivar variables: what each command sets; with ``None``, the inventory's own value holds.
    """

    directory: Path
    sandbox: Sandbox
    variables: dict[str, Any] = field(default_factory=dict)
    environ: dict[str, str] = field(default_factory=dict)

    @property
    def state(self) -> Path:
        """The state store's directory."""
        own = "state_store" in self.variables and self.variables["state_store"] is None
        return self.directory / (".run/state" if own else "state")

    def command(self, playbook: str, *arguments: str) -> list[str]:
        """The command line of a playbook against the sandbox."""
        variables = {
            "env": "local",
            "aws_endpoint_url": self.sandbox.endpoint,
            "smoke_base_url": self.sandbox.alb,
            "state_store": str(self.state),
            **self.variables,
        }
        extra = [
            part for name, value in variables.items() if value is not None for part in ("-e", json.dumps({name: value}))
        ]
        return [str(BIN / "ansible-playbook"), playbook, *extra, *arguments]

    def environment(self) -> dict[str, str]:
        """The environment variables of a command."""
        dropped = ("ANSIBLE_", "AWS_", "GITHUB_", "SLIPWAY_")
        kept = {name: value for name, value in os.environ.items() if not name.startswith(dropped)}
        own = {"PATH": f"{BIN}:{os.environ['PATH']}", "ANSIBLE_HOME": str(self.directory / "home")}
        return {**kept, **own, **self.environ}

    def run(self, playbook: str, *arguments: str) -> Ran:
        """Run a playbook to its end, without a terminal."""
        done = subprocess.run(
            self.command(playbook, *arguments),
            cwd=self.directory,
            env=self.environment(),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
            timeout=LIMIT_SECONDS,
        )
        return Ran(done.returncode, without_signs(done.stdout), without_signs(done.stderr))

    @contextmanager
    def started(self, playbook: str, *arguments: str) -> Iterator[subprocess.Popen[str]]:
        """A playbook that runs on, in a process group of its own; ended with the block."""
        process = subprocess.Popen(
            self.command(playbook, *arguments),
            cwd=self.directory,
            env=self.environment(),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )
        try:
            yield process
        finally:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
            process.communicate()

    def records(self) -> list[dict[str, Any]]:
        """The records in the state store, oldest first."""
        files = sorted((self.state / "local" / "releases").glob("*.json"))
        return [json.loads(path.read_text(encoding="utf-8")) for path in files]

    def record(self) -> dict[str, Any]:
        """The newest record."""
        return self.records()[-1]

    def lock(self) -> dict[str, Any]:
        """The lock's document."""
        document: dict[str, Any] = json.loads((self.state / "local" / "lock.json").read_text(encoding="utf-8"))
        return document

    def running(self) -> dict[str, str]:
        """The image tag that each service's settled PRIMARY runs; ``…`` for one that is not settled."""
        ecs = self.sandbox.client("ecs")
        found: dict[str, str] = {}
        for start in range(0, len(SERVICES), 10):
            names = [f"sdt-local-{name}" for name in SERVICES[start : start + 10]]
            for service in ecs.describe_services(cluster="sdt-local-cluster", services=names)["services"]:
                found[service["serviceName"].removeprefix("sdt-local-")] = self._tag(ecs, service)
        return found

    def _tag(self, ecs: Any, service: Mapping[str, Any]) -> str:
        deployments = service["deployments"]
        if len(deployments) != 1 or deployments[0]["rolloutState"] != "COMPLETED":
            return "…"
        arn = deployments[0]["taskDefinition"]
        image = ecs.describe_task_definition(taskDefinition=arn)["taskDefinition"]["containerDefinitions"][0]["image"]
        repository, version = image.partition("/")[2].rsplit("@" if "@" in image else ":", 1)
        key = "imageDigest" if "@" in image else "imageTag"
        details = self.sandbox.client("ecr").describe_images(repositoryName=repository, imageIds=[{key: version}])
        tags = sorted(set(details["imageDetails"][0].get("imageTags", [])) - {"latest"})
        return tags[0] if tags else version

    def mutations(self) -> list[dict[str, Any]]:
        """The calls that changed something, in order, since the journal was reset."""
        calls: list[dict[str, Any]] = self.sandbox.control("calls")["calls"]
        return [call for call in calls if call.get("mutating") and call.get("service", "ecs") == "ecs"]


def make_deploys(directory: Path, sandbox: Sandbox) -> Deploys:
    """A project in ``directory``, a copy of this one's files that a run reads."""
    for name in ("ansible.cfg", "deploy.yml"):
        shutil.copy(ROOT / name, directory)
    for name in ("inventories", "playbooks"):
        shutil.copytree(ROOT / name, directory / name, symlinks=True)
    (directory / "collections").symlink_to(ROOT / "collections")
    return Deploys(directory, sandbox)


def wait_for(what: str, condition: Callable[[], bool], seconds: float = 30.0) -> None:
    """Wait until a condition holds; fail the test when it does not in that time, on two quiet cores."""
    limit = scaled(seconds)
    deadline = time.monotonic() + limit
    while not condition():
        if time.monotonic() > deadline:
            raise AssertionError(f"not within {limit} s: {what}")
        time.sleep(0.01)
