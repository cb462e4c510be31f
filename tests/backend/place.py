# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""An environment with backend hosts: systemd containers, PostgreSQL, git over HTTPS, and the sandbox's AWS."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from sandbox.testing import Sandbox
from tests.support.git_server import GitServer
from tests.support.hosts import Host, Hosts, register_instance
from tests.support.postgres import Postgres
from tests.support.umigo import BRANCH, BUCKET, MODULE, Umigo, maven_cache

ROOT = Path(__file__).resolve().parents[2]
BIN = Path(sys.executable).parent
LIMIT_SECONDS = 600
STATE_BUCKET = "umigo-dev-slipway"
REPOSITORY = "starxtechnologysolutions/Umigo"


@dataclass(frozen=True)
class Ran:
    """How a command ended."""

    code: int
    text: str


@dataclass
class Place:
    """The environment ``dev`` of a copy of the project in ``directory``, and everything that it talks to."""

    directory: Path
    aws: Sandbox
    database: Postgres
    git: GitServer
    umigo: Umigo
    hosts: Hosts
    members: list[Host] = field(default_factory=list)
    instances: dict[str, str] = field(default_factory=dict)
    environ: dict[str, str] = field(default_factory=dict)

    @property
    def repository(self) -> str:
        """The address of the application's repository."""
        return self.git.url(REPOSITORY)

    def environment(self) -> dict[str, str]:
        """The environment variables of a command."""
        dropped = ("ANSIBLE_", "AWS_", "GITHUB_", "SLIPWAY_")
        kept = {name: value for name, value in os.environ.items() if not name.startswith(dropped)}
        aws = {name: value for name, value in self.aws.environment.items() if name.startswith("AWS_")}
        own = {"PATH": f"{BIN}:{os.environ['PATH']}", "ANSIBLE_HOME": str(self.directory / "home")}
        return {**kept, **aws, **own, **self.environ}

    def command(self, playbook: str, *arguments: str, **variables: Any) -> list[str]:
        """The command line of a playbook."""
        extra = [part for name, value in variables.items() for part in ("-e", json.dumps({name: value}))]
        return [str(BIN / "ansible-playbook"), playbook, "-e", "env=dev", *extra, *arguments]

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

    def deploy(self, version: str, *arguments: str, **variables: Any) -> Ran:
        """Deploy a release of the backend."""
        return self.run("deploy.yml", *arguments, backend_release=f"backend-v{version}", **variables)

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

    def records(self) -> list[dict[str, Any]]:
        """The records in the state store, oldest first."""
        s3 = self.aws.client("s3")
        listed = s3.list_objects_v2(Bucket=STATE_BUCKET, Prefix="slipway/dev/releases/").get("Contents", [])
        keys = sorted(item["Key"] for item in listed)
        return [json.loads(s3.get_object(Bucket=STATE_BUCKET, Key=key)["Body"].read()) for key in keys]

    def record(self) -> dict[str, Any]:
        """The newest record."""
        return self.records()[-1]

    def lock(self) -> dict[str, Any]:
        """The lock's document."""
        body = self.aws.client("s3").get_object(Bucket=STATE_BUCKET, Key="slipway/dev/lock.json")["Body"].read()
        document: dict[str, Any] = json.loads(body)
        return document

    def inventory_name(self, host: Host) -> str:
        """What the inventory calls a host."""
        return f"umigo-dev-backend-{self.instances[host.name]}"

    def in_turn(self) -> list[Host]:
        """The hosts in the inventory's order."""
        return sorted(self.members, key=self.inventory_name)

    def target(self, host: Host) -> dict[str, Any]:
        """A host's entry in the newest record."""
        name = self.inventory_name(host)
        return next(item for item in self.record()["targets"] if item["name"] == name)

    def answers(self, host: Host, path: str) -> Any:
        """What the application on a host answers."""
        with urllib.request.urlopen(f"http://{host.address}:8080{path}", timeout=60) as answer:
            return json.load(answer)

    def version(self, host: Host) -> str:
        """The release that answers on a host."""
        return str(self.answers(host, "/api/version")["version"])

    def set_variables(self, group: str = "backend", **changes: Any) -> None:
        """Change variables of the inventory; ``None`` removes one."""
        file = self.directory / "inventories" / "dev" / "group_vars" / f"{group}.yml"
        found = yaml.safe_load(file.read_text(encoding="utf-8"))
        found.update(changes)
        file.write_text(yaml.safe_dump({k: v for k, v in found.items() if v is not None}), encoding="utf-8")

    def parameter(self, name: str, value: str, *, secure: bool = False) -> None:
        """Write a parameter of SSM."""
        kind: Any = "SecureString" if secure else "String"
        self.aws.client("ssm").put_parameter(Name=name, Value=value, Type=kind, Overwrite=True)


def _copy_project(directory: Path) -> None:
    for name in ("ansible.cfg", "deploy.yml"):
        shutil.copy(ROOT / name, directory)
    shutil.copytree(ROOT / "playbooks", directory / "playbooks")
    for name in ("collections", "roles"):
        (directory / name).symlink_to(ROOT / name)
    inventory = directory / "inventories" / "dev"
    inventory.mkdir(parents=True)
    shutil.copy(ROOT / "inventories" / "environment.yml", directory / "inventories")
    for name in ("environment.yml", "aws_ec2.yml"):
        shutil.copy(ROOT / "inventories" / "dev" / name, inventory)
    (inventory / "group_vars").mkdir()


def _write_variables(place: Place) -> None:
    everywhere = {
        "account_id": place.aws.account,
        "aws_region": place.aws.region,
        "aws_endpoint_url": place.aws.endpoint,
        "aws_access_key_id": "sandbox",
        "aws_secret_access_key": "sandbox",
        "state_store": f"s3://{STATE_BUCKET}/slipway",
        "lock_ttl": 60,
    }
    real = yaml.safe_load((ROOT / "inventories" / "dev" / "group_vars" / "backend.yml").read_text(encoding="utf-8"))
    login = {name: value for name, value in place.members[0].variables.items() if name != "ansible_host"}
    backend = {
        **real,
        **login,
        "backend_repository": place.repository,
        "backend_branch": BRANCH,
        "backend_module": MODULE,
        "artifact_bucket": BUCKET,
        "backend_stable_for": 3,
        "backend_ready_timeout": 120,
        "backend_target_group": None,
        "database_migration_maven_arguments": ["--offline"],
        "source_checkout_ca_file": "/etc/ssl/certs/ca-certificates.crt",
    }
    variables = place.directory / "inventories" / "dev" / "group_vars"
    (variables / "all.yml").write_text(yaml.safe_dump(everywhere), encoding="utf-8")
    (variables / "backend.yml").write_text(
        yaml.safe_dump({name: value for name, value in backend.items() if value is not None}), encoding="utf-8"
    )


def _fill_aws(place: Place) -> None:
    aws, database = place.aws, place.database
    s3 = aws.client("s3")
    for bucket in (BUCKET, STATE_BUCKET):
        s3.create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": aws.region})
    place.parameter("/shared/github/pat-readonly", place.git.token or "", secure=True)
    place.parameter("/dev/backend/SPRING_DATASOURCE_URL", database.url())
    place.parameter("/dev/backend/SPRING_REDIS_HOST", "redis.dev.internal")
    place.parameter("/dev/backend/SPRING_REDIS_PORT", "6379")
    secret = json.dumps({"username": database.user, "password": database.password})
    secrets = aws.client("secretsmanager")
    secrets.create_secret(Name="umigo/dev/database", SecretString=secret)
    secrets.create_secret(Name="umigo/dev/firebase", SecretString='{"type": "service_account", "private_key": "-----"}')


@contextmanager
def make_place(
    directory: Path,
    *versions: str,
    count: int = 1,
    arguments: Mapping[str, tuple[str, ...]] | None = None,
    image: str | None = None,
    sandbox: Mapping[str, Any] | None = None,
) -> Iterator[Place]:
    """An environment with ``count`` bare hosts; the jars of ``versions`` are in the bucket.

    :param arguments: further ones of ``podman run``, by host.
    :param image: what the hosts are made of, when they are not to be bare.
    :param sandbox: options of the sandbox; without them it is empty.
    """
    with ExitStack() as stack:
        hosts = stack.enter_context(Hosts())
        aws = stack.enter_context(Sandbox(**{"seed": "none", **(sandbox or {})}, address=hosts.gateway))
        database = stack.enter_context(Postgres(hosts.gateway))
        git = stack.enter_context(GitServer(address=hosts.gateway))
        umigo = Umigo.make(directory / "Umigo")
        git.add(REPOSITORY, umigo.directory)
        project = directory / "project"
        project.mkdir()
        place = Place(project, aws, database, git, umigo, hosts)
        for number in range(1, count + 1):
            name = f"umigo-dev-backend-{number}"
            extra = (*maven_cache("/var/lib/slipway-build"), *(arguments or {}).get(name, ()))
            host = hosts.start(name, image=image, arguments=extra)
            host.trust(git.ca)
            place.members.append(host)
            tags = {"Role": "backend", "Environment": "dev"}
            place.instances[name] = register_instance(aws, "umigo-dev-backend", tags, host.address)
        _copy_project(project)
        _write_variables(place)
        _fill_aws(place)
        Umigo.publish(aws.client("s3"), BUCKET, *versions)
        yield place
