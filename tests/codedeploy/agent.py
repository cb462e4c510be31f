# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Deploys a bundle the way the CodeDeploy agent does. AWS's own package cannot be had where the tests run.

Taken from the agent's source (1.8): the directories, the order of events, which revision's scripts an event runs, the
environment, the limits, what is kept of the output, and that a failed event ends the deployment.
"""

from __future__ import annotations

import json
import subprocess
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from tests.support.hosts import Host, podman
from tests.support.pace import scaled

ROOT = "/opt/codedeploy-agent/deployment-root"
GROUP_ID = "0f1e2d3c-4b5a-6978-8796-a5b4c3d2e1f0"
#: In this order; ApplicationStop, DownloadBundle and Install are the agent's own besides.
BEFORE_DOWNLOAD = ("BeforeBlockTraffic", "AfterBlockTraffic", "ApplicationStop")
AFTER_DOWNLOAD = ("BeforeInstall", "Install", "AfterInstall", "ApplicationStart", "ValidateService")
TRAFFIC = ("BeforeAllowTraffic", "AfterAllowTraffic")
ENVIRONMENT = {
    # Of a systemd unit without User=: neither HOME nor a shell's PATH.
    "PATH": "/usr/bin:/bin",
    "AWS_EC2_METADATA_DISABLED": "true",
}


@dataclass(frozen=True)
class Event:
    """How one event ended."""

    name: str
    code: int
    timed_out: bool
    output: str

    @property
    def verdict(self) -> str:
        """The last line of what the agent keeps."""
        lines = self.output.strip().splitlines()
        return lines[-1] if lines else ""


@dataclass
class Deployment:
    """How a deployment ended on a host."""

    events: list[Event] = field(default_factory=list)

    @property
    def succeeded(self) -> bool:
        """Whether every event did."""
        return all(event.code == 0 and not event.timed_out for event in self.events)

    @property
    def last(self) -> Event:
        """The event that ended it."""
        return self.events[-1]

    def __getitem__(self, name: str) -> Event:
        """The event of that name."""
        return next(event for event in self.events if event.name == name)


class Agent:
    """The agent of one host. ``load_balancer`` adds the events of traffic; ``environment`` adds variables."""

    def __init__(self, host: Host, *, load_balancer: bool = False) -> None:
        self.host = host
        self.load_balancer = load_balancer
        self.environment: dict[str, str] = {}
        self.limits: dict[str, float] = {}
        self._successful: str | None = None
        host.write("/opt/codedeploy-agent/one_script.py", Path(__file__).with_name("one_script.py").read_text())

    def deploy(self, bundle: Path, deployment: str) -> Deployment:
        """Deploy a revision; the events up to the first that failed."""
        archive = f"{ROOT}/{GROUP_ID}/{deployment}/deployment-archive"
        done = Deployment()
        if self.load_balancer:
            self._events(done, BEFORE_DOWNLOAD[:2], deployment, self._successful)
        self._events(done, BEFORE_DOWNLOAD[2:], deployment, self._successful)
        if done.succeeded:
            self.host.run(f"mkdir -p {archive}")
            self.host.copy(bundle, f"{archive}/../bundle.tar")
            self.host.run(f"tar -xzf {archive}/../bundle.tar -C {archive}")
            self._events(done, AFTER_DOWNLOAD, deployment, archive)
        if self.load_balancer:
            self._events(done, TRAFFIC, deployment, archive)
        if done.succeeded:
            self._successful = archive
        return done

    def log(self, deployment: str) -> str:
        """What the events of a deployment wrote on the host."""
        return self.host.run(f"tail -n 40 /var/log/slipway/codedeploy/{deployment}/*", check=False)

    def _events(self, done: Deployment, names: tuple[str, ...], deployment: str, archive: str | None) -> None:
        if archive is None:
            return
        for name in names:
            if not done.succeeded:
                return
            appspec = yaml.safe_load(self.host.run(f"cat {archive}/appspec.yml"))
            if name == "Install":
                self._install(appspec, archive)
            for script in appspec.get("hooks", {}).get(name) or ():
                done.events.append(self._script(name, script, archive, deployment))
                if not done.succeeded:
                    return

    def _install(self, appspec: dict[str, Any], archive: str) -> None:
        for item in appspec.get("files") or ():
            # A destination is a directory, whatever the source is.
            self.host.run(f"mkdir -p {item['destination']} && cp -a {archive}/{item['source']} {item['destination']}/")

    def _script(self, event: str, script: dict[str, Any], archive: str, deployment: str) -> Event:
        variables = {
            **ENVIRONMENT,
            "LIFECYCLE_EVENT": event,
            "DEPLOYMENT_ID": deployment,
            "APPLICATION_NAME": "umigo",
            "DEPLOYMENT_GROUP_NAME": "umigo-test",
            "DEPLOYMENT_GROUP_ID": GROUP_ID,
            **self.environment,
        }
        given = {
            "script": f"{archive}/{script['location']}",
            "environment": variables,
            "timeout": self.limits.get(event, script.get("timeout", 3600)),
        }
        answer = podman(
            *("exec", "-i", self.host.container, "/usr/bin/python3", "/opt/codedeploy-agent/one_script.py"),
            stdin=json.dumps(given),
            timeout=scaled(900),
        )
        said = json.loads(answer)
        return Event(event, said["code"], said["timed_out"], said["output"])


def pack(directory: Path, bundle: Path) -> None:
    """Make a revision of a directory."""
    subprocess.run(["tar", "-czf", str(bundle), "-C", str(directory), "."], check=True)
