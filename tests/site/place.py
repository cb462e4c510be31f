# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""An environment with hosts of the site: systemd containers, PostgreSQL, Redis, git over HTTPS, and no AWS account."""

from __future__ import annotations

import http.client
import json
import os
import secrets
import shutil
import signal
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from tests.backend.load import Answers
from tests.support import site_builds
from tests.support.git_server import GitServer
from tests.support.hosts import Host, Hosts
from tests.support.postgres import Postgres
from tests.support.redis import Redis
from tests.support.site import Site
from tests.support.site_server import database_url

ROOT = Path(__file__).resolve().parents[2]
BIN = Path(sys.executable).parent
LIMIT_SECONDS = 600
LOAD_SECONDS = 70
#: Between two requests, and for one: also where a machine is busy, a request that is not lost is answered in the end.
PAUSE, PATIENCE = "0.03", "60"
CURRENT = "/srv/salitemihret/current"
REPOSITORY = "salitemihret/salitemihret"
USER = "smoke"
LICENSE = '{"parish": "St Mary", "seats": 40}'
#: What the inventory's example says that holds for its own host alone.
ELSEWHERE = ("site_certificate", "site_certificate_key", "site_server_names", "site_smoke_url")


@dataclass(frozen=True)
class Ran:
    """How a command ended."""

    code: int
    text: str


@dataclass
class Place:
    """An environment of a copy of the project in ``directory``, and everything that it talks to."""

    directory: Path
    name: str
    database: Postgres
    redis: Redis
    git: GitServer
    site: Site
    hosts: Hosts
    members: list[Host] = field(default_factory=list)
    password: str = field(default_factory=lambda: secrets.token_urlsafe(9))
    environ: dict[str, str] = field(default_factory=dict)

    @property
    def inventory(self) -> Path:
        """The environment's directory."""
        return self.directory / "inventories" / self.name

    @property
    def host(self) -> Host:
        """The first host."""
        return self.members[0]

    @property
    def service(self) -> str:
        """The unit, without ``.service``."""
        return str(yaml.safe_load((self.inventory / "group_vars" / "site.yml").read_text("utf-8"))["site_service"])

    @property
    def repository(self) -> str:
        """The address of the application's repository."""
        return self.git.url(REPOSITORY)

    def secrets(self) -> dict[str, str]:
        """What the inventory has from the environment of the machine that deploys."""
        return {
            "DATABASE_URL": database_url(self.database),
            "JWT_SECRET": "jwt-" + self.password,
            "REDIS_URL": self.redis.url,
            "SENTRY_DSN": "https://key@sentry.example/1",
            "SMTP_USERNAME": "smtp-user",
            "SMTP_PASSWORD": "smtp-" + self.password,
            "MINIO_ACCESS_KEY": "minio-user",
            "MINIO_SECRET_KEY": "minio-" + self.password,
            "LICENSE_JSON": LICENSE,
            "GITHUB_TOKEN": self.git.token or "revoked",
            "SMOKE_USERNAME": USER,
            "SMOKE_PASSWORD": self.password,
        }

    def environment(self) -> dict[str, str]:
        """The environment variables of a command."""
        dropped = ("ANSIBLE_", "AWS_", "GITHUB_", "SLIPWAY_")
        kept = {name: value for name, value in os.environ.items() if not name.startswith(dropped)}
        own = {"PATH": f"{BIN}:{os.environ['PATH']}", "ANSIBLE_HOME": str(self.directory / "home")}
        return {**kept, **own, **self.secrets(), **self.environ}

    def command(self, playbook: str, *arguments: str, **variables: Any) -> list[str]:
        """The command line of a playbook."""
        extra = [part for name, value in variables.items() for part in ("-e", json.dumps({name: value}))]
        return [str(BIN / "ansible-playbook"), playbook, "-e", f"env={self.name}", *extra, *arguments]

    def run(self, playbook: str, *arguments: str, **variables: Any) -> Ran:
        """Run a playbook to its end, without a terminal."""
        done = subprocess.run(
            self.command(playbook, *arguments, **variables),
            cwd=self.directory,
            env=self.environment(),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
            timeout=LIMIT_SECONDS,
        )
        return Ran(done.returncode, done.stdout)

    def deploy(self, tag: str, *arguments: str, **variables: Any) -> Ran:
        """Deploy a tag of the site."""
        return self.run("deploy.yml", *arguments, site_release=tag, **variables)

    @contextmanager
    def started(self, playbook: str, *arguments: str, **variables: Any) -> Iterator[subprocess.Popen[str]]:
        """A playbook that runs on, in a process group of its own; ended with the block."""
        process = subprocess.Popen(
            self.command(playbook, *arguments, **variables),
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
            if process.stdout is not None and not process.stdout.closed:
                process.communicate()

    @property
    def state(self) -> Path:
        """The environment's part of the state store."""
        return self.directory / "state" / self.name

    def records(self) -> list[dict[str, Any]]:
        """The records in the state store, oldest first."""
        files = sorted((self.state / "releases").glob("*.json"))
        return [json.loads(file.read_text(encoding="utf-8")) for file in files]

    def record(self) -> dict[str, Any]:
        """The newest record."""
        return self.records()[-1]

    def locked(self) -> bool:
        """Whether somebody holds the lock."""
        document = json.loads((self.state / "lock.json").read_text(encoding="utf-8"))
        return bool(document["state"] == "held")

    def target(self, host: Host) -> dict[str, Any]:
        """A host's entry in the newest record."""
        found: dict[str, Any] = next(item for item in self.record()["targets"] if item["name"] == host.name)
        return found

    def ask(self, path: str, host: Host | None = None) -> tuple[int, str]:
        """The status and the text that nginx answers; 0 without an answer."""
        connection = http.client.HTTPConnection((host or self.host).address, timeout=30)
        try:
            connection.request("GET", path)
            answer = connection.getresponse()
            return answer.status, answer.read().decode(errors="replace")
        except (OSError, http.client.HTTPException) as error:
            return 0, str(error)
        finally:
            connection.close()

    def health(self, host: Host | None = None) -> dict[str, Any]:
        """What the backend says of itself, through nginx."""
        status, text = self.ask("/api/health", host)
        assert status in (200, 503), text
        document: dict[str, Any] = json.loads(text)
        return document

    def page(self, host: Host | None = None) -> str:
        """The page."""
        status, text = self.ask("/", host)
        assert status == 200, text
        return text

    def schema(self) -> str:
        """The revision that the database says it has."""
        return self.database.query("SELECT version_num FROM alembic_version")[0][0]

    def fill(self, members: int = 25) -> None:
        """Somebody who can log in, and what there is to see; by the release that runs."""
        environment = f"set -a && . /etc/{self.service}/current/env"
        command = f"cd {CURRENT}/server && {environment} && exec ../.venv/bin/python -m app.manage"
        self.host.run(f"{command} user {USER}", stdin=self.password)
        self.host.run(f"{command} members {members}")

    @staticmethod
    def names_in(archive: Path) -> list[str]:
        """The names of the files of a tar archive."""
        with tarfile.open(archive) as tar:
            return tar.getnames()

    @contextmanager
    def load(self, *paths: str) -> Iterator[dict[str, Answers]]:
        """Requests through nginx from other processes, one for each path, until the block ends."""
        answers = {path: Answers() for path in paths}
        with tempfile.TemporaryDirectory(prefix="load-") as directory, ExitStack() as stack:
            files = [Path(directory, str(number)) for number in range(len(paths))]
            for path, file in zip(paths, files, strict=True):
                url = f"http://{self.host.address}{path}"
                command = [sys.executable, "-m", "tests.backend.load", url, str(file), PAUSE, PATIENCE]
                process = subprocess.Popen(command, cwd=ROOT, stdin=subprocess.DEVNULL)
                stack.callback(process.wait, LOAD_SECONDS)
                stack.callback(process.terminate)
            yield answers
            stack.close()
            for path, file in zip(paths, files, strict=True):
                answers[path].read(file)

    def set_variables(self, group: str = "site", **changes: Any) -> None:
        """Change variables of the inventory; ``None`` removes one."""
        file = self.inventory / "group_vars" / f"{group}.yml"
        found = yaml.safe_load(file.read_text(encoding="utf-8"))
        found.update(changes)
        file.write_text(yaml.safe_dump({k: v for k, v in found.items() if v is not None}), encoding="utf-8")

    def variables(self, group: str = "site") -> dict[str, Any]:
        """The variables of the inventory, as they are written."""
        found: dict[str, Any] = yaml.safe_load((self.inventory / "group_vars" / f"{group}.yml").read_text("utf-8"))
        return found


def _copy_project(place: Place) -> None:
    directory = place.directory
    for name in ("ansible.cfg", "deploy.yml"):
        shutil.copy(ROOT / name, directory)
    shutil.copytree(ROOT / "playbooks", directory / "playbooks")
    for name in ("collections", "roles"):
        (directory / name).symlink_to(ROOT / name)
    place.inventory.mkdir(parents=True)
    shutil.copy(ROOT / "inventories" / "environment.yml", directory / "inventories")
    shutil.copy(ROOT / "inventories" / place.name / "environment.yml", place.inventory)
    shutil.copytree(ROOT / "inventories" / place.name / "group_vars", place.inventory / "group_vars")


def _write_inventory(place: Place, variables: Mapping[str, Any]) -> None:
    members = {host.name: {"ansible_host": host.address} for host in place.members}
    (place.inventory / "hosts.yml").write_text(yaml.safe_dump({"site": {"hosts": members}}), encoding="utf-8")
    login = {name: value for name, value in place.host.variables.items() if name != "ansible_host"}
    place.set_variables("all", state_store=str(place.directory / "state"), lock_ttl=60)
    own = {
        "site_repository": place.repository,
        "site_ca_file": str(place.git.ca),
        "site_host_ca_file": "/etc/ssl/certs/ca-certificates.crt",
        "site_stable_for": 2,
        "site_ready_timeout": 40,
        # Nobody is asked outside.
        "site_checklist": [row for row in place.variables()["site_checklist"] if row["kind"] != "sentry"],
    }
    place.set_variables(**{**dict.fromkeys(ELSEWHERE), **login, **own, **variables})


@contextmanager
def make_place(
    directory: Path,
    *,
    name: str = "staging",
    count: int = 1,
    arguments: tuple[str, ...] = (),
    image: str | None = None,
    **variables: Any,
) -> Iterator[Place]:
    """An environment with ``count`` bare hosts.

    :param name: the environment, ``staging`` or ``production``.
    :param arguments: further ones of ``podman run``.
    :param image: what the hosts are made of, when they are not to be bare.
    :param variables: of the inventory's group.
    """
    with ExitStack() as stack:
        hosts = stack.enter_context(Hosts())
        database = stack.enter_context(Postgres(hosts.gateway, "saliteone", "salite"))
        redis = stack.enter_context(Redis(hosts.gateway))
        git = stack.enter_context(GitServer(address=hosts.gateway))
        site = Site.make(directory / "Site")
        git.add(REPOSITORY, site.directory)
        project = directory / "project"
        project.mkdir()
        place = Place(project, name, database, redis, git, site, hosts)
        for number in range(1, count + 1):
            host = hosts.start(f"site-{number}", image=image, arguments=(*site_builds.host_arguments(), *arguments))
            host.trust(git.ca)
            place.members.append(host)
        _copy_project(place)
        _write_inventory(place, variables)
        yield place
