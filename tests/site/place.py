# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""An environment with hosts of the site: systemd containers, PostgreSQL, Redis, git over HTTPS, and no AWS account."""

from __future__ import annotations

import http.client
import json
import secrets
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar

import yaml

from ansible_collections.slipway.deploy.plugins.module_utils.builds.model import BuiltArtifact
from ansible_collections.slipway.deploy.plugins.module_utils.state.local import LocalStore
from tests.support import site_builds
from tests.support.builds import finished_build
from tests.support.git_server import GitServer
from tests.support.host_place import HostPlace
from tests.support.hosts import Host, Hosts
from tests.support.load import Answers
from tests.support.pace import scaled
from tests.support.postgres import Postgres
from tests.support.project import ROOT, Ran
from tests.support.redis import Redis
from tests.support.site import Site
from tests.support.site_server import database_url

LOAD_SECONDS = 70
#: Between two requests, and for one: also where a machine is busy, a request that is not lost is answered in the end.
PAUSE, PATIENCE = "0.03", "60"
CURRENT = "/srv/salitemihret/current"
REPOSITORY = "salitemihret/salitemihret"
USER = "smoke"
LICENSE = '{"parish": "St Mary", "seats": 40}'
#: What the inventory's example says that holds for its own host alone.
ELSEWHERE = ("site_certificate", "site_certificate_key", "site_server_names", "site_smoke_url")


@dataclass(kw_only=True)
class Place(HostPlace):
    """An environment of a copy of the project, and everything that it talks to."""

    group: ClassVar[str] = "site"
    redis: Redis
    site: Site
    password: str = field(default_factory=lambda: secrets.token_urlsafe(9))

    @property
    def repository(self) -> str:
        """The address of the application's repository."""
        return self.git.url(REPOSITORY)

    def credentials(self) -> dict[str, str]:
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

    def deploy(self, release: str, *arguments: str, **variables: Any) -> Ran:
        """Deploy a tag of the site."""
        return self.run("deploy.yml", *arguments, site_release=release, **variables)

    def build(self, tag: str) -> str:
        """Write the manifest of a build of the site, which hosts check out; its id."""
        reasons = (f"RELEASE → {self.group}",)
        built = BuiltArtifact(self.group, self.site.commits[tag], "built", tag, reasons=reasons)
        return finished_build(LocalStore(self.state.parent), self.name, {self.group: built})

    @property
    def state(self) -> Path:
        """The environment's part of the state store."""
        return self.directory / "state" / self.name

    def records(self) -> list[dict[str, Any]]:
        """The records in the state store, oldest first."""
        files = sorted((self.state / "releases").glob("*.json"))
        return [json.loads(file.read_text(encoding="utf-8")) for file in files]

    def locked(self) -> bool:
        """Whether somebody holds the lock."""
        document = json.loads((self.state / "lock.json").read_text(encoding="utf-8"))
        return bool(document["state"] == "held")

    def version(self, host: Host) -> str:
        """The release that answers on a host."""
        return str(self.health(host)["release"])

    def ask(self, path: str, host: Host | None = None) -> tuple[int, str]:
        """The status and the text that nginx answers; 0 without an answer."""
        connection = http.client.HTTPConnection((host or self.host).address, timeout=scaled(30))
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
                command = [sys.executable, "-m", "tests.support.load", url, str(file), PAUSE, PATIENCE]
                process = subprocess.Popen(command, cwd=ROOT, stdin=subprocess.DEVNULL)
                stack.callback(process.wait, LOAD_SECONDS)
                stack.callback(process.terminate)
            yield answers
            stack.close()
            for path, file in zip(paths, files, strict=True):
                answers[path].read(file)


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
        "site_ready_timeout": scaled(40),
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
        place = Place(directory=project, name=name, database=database, redis=redis, git=git, site=site, hosts=hosts)
        for number in range(1, count + 1):
            host = hosts.start(f"site-{number}", image=image, arguments=(*site_builds.host_arguments(), *arguments))
            host.trust(git.ca)
            place.members.append(host)
        place.copy("environment.yml", *(f"group_vars/{group}.yml" for group in ("all", "site")))
        _write_inventory(place, variables)
        yield place
