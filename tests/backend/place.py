# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""An environment with backend hosts: systemd containers, PostgreSQL, git over HTTPS, and the sandbox's AWS."""

from __future__ import annotations

import json
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar

import yaml

from ansible_collections.slipway.deploy.plugins.module_utils.builds.model import BuiltArtifact, BuiltService
from ansible_collections.slipway.deploy.plugins.module_utils.state.s3 import S3Store
from sandbox.testing import Sandbox
from tests.support.builds import finished_build
from tests.support.git_server import GitServer
from tests.support.host_place import HostPlace
from tests.support.hosts import Host, Hosts, register_instance
from tests.support.pace import scaled
from tests.support.postgres import Postgres
from tests.support.project import ROOT, Ran
from tests.support.umigo import BRANCH, BUCKET, MODULE, Umigo, jar, maven_cache, sha256, tag_of

STATE_BUCKET = "umigo-dev-slipway"
REPOSITORY = "starxtechnologysolutions/Umigo"
#: Environment of the service: tests start it often, so it compiles less, and later.
QUICK = {
    "SPRING_PROFILES_ACTIVE": "dev",
    "JAVA_TOOL_OPTIONS": "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC",
    "SPRING_MAIN_LAZY_INITIALIZATION": "true",
}


@dataclass(kw_only=True)
class Place(HostPlace):
    """The environment ``dev`` of a copy of the project, and everything that it talks to."""

    group: ClassVar[str] = "backend"
    name: str = "dev"
    aws: Sandbox
    umigo: Umigo
    instances: dict[str, str] = field(default_factory=dict)

    @property
    def repository(self) -> str:
        """The address of the application's repository."""
        return self.git.url(REPOSITORY)

    def credentials(self) -> dict[str, str]:
        """The sandbox's."""
        return {name: value for name, value in self.aws.environment.items() if name.startswith("AWS_")}

    def deploy(self, release: str, *arguments: str, **variables: Any) -> Ran:
        """Deploy a version of the backend."""
        return self.run("deploy.yml", *arguments, backend_release=f"backend-v{release}", **variables)

    def build(self, version: str, services: Mapping[str, BuiltService] | None = None) -> str:
        """Write the manifest of a build of a release, and of images of services; its id."""
        location = f"s3://{BUCKET}/{BRANCH}/{tag_of(version)}/app.jar"
        commit, digest = self.umigo.commits[version], f"sha256:{sha256(jar(version))}"
        reasons = (f"{MODULE}/pom.xml → backend",)
        built = BuiltArtifact("backend", commit, "built", version, location, digest, reasons=reasons)
        store = S3Store(self.aws.client("s3"), STATE_BUCKET, "slipway")
        return finished_build(store, self.name, {"backend": built}, services)

    def records(self) -> list[dict[str, Any]]:
        """The records in the state store, oldest first."""
        s3 = self.aws.client("s3")
        listed = s3.list_objects_v2(Bucket=STATE_BUCKET, Prefix="slipway/dev/releases/").get("Contents", [])
        keys = sorted(item["Key"] for item in listed)
        return [json.loads(s3.get_object(Bucket=STATE_BUCKET, Key=key)["Body"].read()) for key in keys]

    def lock(self) -> dict[str, Any]:
        """The lock's document."""
        body = self.aws.client("s3").get_object(Bucket=STATE_BUCKET, Key="slipway/dev/lock.json")["Body"].read()
        document: dict[str, Any] = json.loads(body)
        return document

    def locked(self) -> bool:
        """Whether somebody holds the lock."""
        return bool(self.lock()["state"] == "held")

    def inventory_name(self, host: Host) -> str:
        """What the inventory calls a host."""
        return f"umigo-dev-backend-{self.instances[host.name]}"

    def in_turn(self) -> list[Host]:
        """The hosts in the inventory's order."""
        return sorted(self.members, key=self.inventory_name)

    def answers(self, host: Host, path: str) -> Any:
        """What the application on a host answers."""
        with urllib.request.urlopen(f"http://{host.address}:8080{path}", timeout=scaled(60)) as answer:
            return json.load(answer)

    def version(self, host: Host) -> str:
        """The release that answers on a host."""
        return str(self.answers(host, "/api/version")["version"])

    def parameter(self, name: str, value: str, *, secure: bool = False) -> None:
        """Write a parameter of SSM."""
        kind: Any = "SecureString" if secure else "String"
        self.aws.client("ssm").put_parameter(Name=name, Value=value, Type=kind, Overwrite=True)


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
        "backend_environment": QUICK,
        "backend_stable_for": 2,
        "backend_ready_timeout": scaled(120),
        "backend_target_group": None,
        "database_migration_maven_arguments": ["--offline"],
        "source_checkout_ca_file": "/etc/ssl/certs/ca-certificates.crt",
    }
    place.set_variables("all", **everywhere)
    place.set_variables(**backend)


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
    image: str | Mapping[str, str] | None = None,
    sandbox: Mapping[str, Any] | None = None,
) -> Iterator[Place]:
    """An environment with ``count`` bare hosts; the jars of ``versions`` are in the bucket.

    :param arguments: further ones of ``podman run``, by host.
    :param image: what the hosts are made of, when they are not to be bare: all, or some by name.
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
        place = Place(directory=project, aws=aws, database=database, git=git, umigo=umigo, hosts=hosts)
        for number in range(1, count + 1):
            name = f"umigo-dev-backend-{number}"
            extra = (*maven_cache("/var/lib/slipway-build"), *(arguments or {}).get(name, ()))
            own = image.get(name) if isinstance(image, Mapping) else image
            host = hosts.start(name, image=own, arguments=extra)
            host.trust(git.ca)
            place.members.append(host)
            tags = {"Role": "backend", "Environment": "dev"}
            place.instances[name] = register_instance(aws, "umigo-dev-backend", tags, host.address)
        place.copy("environment.yml", "aws_ec2.yml")
        _write_variables(place)
        _fill_aws(place)
        Umigo.publish(aws.client("s3"), BUCKET, *versions)
        yield place
