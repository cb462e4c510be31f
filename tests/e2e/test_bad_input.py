# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Bad input ends before any change, with one line that says what is wrong, where it is written, what would be right."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from sandbox.testing import Sandbox
from tests.support.deploys import BIN, NEW, SERVICES, Deploys, Ran, make_deploys

FLEET = "fleet.yml"
VARS = "group_vars/all.yml"
REGISTRY = "000000000000.dkr.ecr.eu-west-1.amazonaws.com"
DEV_ACCOUNT = "962496666337"
#: What a checked-out project says, and what it says in a test's copy of it.
SMOKE = """\
smoke_checks:
  - name: health
    path: "/{{ inventory_hostname }}/actuator/health"
    status: 200
"""
PLUGIN = "plugin: slipway.deploy.ecs_services\n"
#: What :func:`refuses` replaces in the lines that it expects.
STATE = "<state>"


@dataclass
class Place(Deploys):
    """A project whose files alone say what is deployed: the command line is what a person types."""

    name: str = "local"
    prefix: tuple[str, ...] = ()

    def command(self, playbook: str, *arguments: str) -> list[str]:
        """The command line, with nothing added."""
        return [*self.prefix, str(BIN / "ansible-playbook"), playbook, *arguments]

    def file(self, name: str) -> Path:
        """A file of the environment's inventory."""
        return self.directory / "inventories" / self.name / name

    def edit(self, name: str, old: str, new: str) -> None:
        """Change a file of the environment's inventory."""
        text = self.file(name).read_text(encoding="utf-8")
        assert old in text, f"{name} does not say {old!r}"
        self.file(name).write_text(text.replace(old, new, 1), encoding="utf-8")

    def store(self, key: str, body: str) -> None:
        """Put a document into the state store's directory."""
        path = self.state / self.name / key
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(body, encoding="utf-8")

    def stored_lock(self) -> str | None:
        """The lock's document wherever the environment keeps it."""
        path = self.state / self.name / "lock.json"
        if path.is_file():
            return path.read_text(encoding="utf-8")
        s3 = self.sandbox.client("s3")
        found = s3.list_objects_v2(Bucket=f"sdt-{self.name}-slipway", Prefix=f"slipway/{self.name}/lock.json")
        keys = [item["Key"] for item in found.get("Contents", ())]
        bodies = [s3.get_object(Bucket=f"sdt-{self.name}-slipway", Key=key)["Body"].read().decode() for key in keys]
        return str(bodies[0]) if bodies else None


Arrange = Callable[[Place], object]


@dataclass(frozen=True)
class Row:
    """One bad input. ``said`` is everything that is printed, a line each."""

    name: str
    said: tuple[str, ...]
    arrange: Arrange = lambda _place: None
    arguments: tuple[str, ...] = ()
    environ: Mapping[str, str] = field(default_factory=dict)
    playbook: str = "deploy.yml"


def row(name: str, *said: str, arrange: Arrange = lambda _place: None, **more: Any) -> Any:
    """A row of a table for pytest."""
    return pytest.param(Row(name, said, arrange, **more), id=name)


def edit(name: str, old: str, new: str) -> Arrange:
    return lambda place: place.edit(name, old, new)


def variable(name: str, value: str | None) -> Arrange:
    """The environment says something else, or nothing, for a variable."""

    def arrange(place: Place) -> None:
        lines = place.file(VARS).read_text(encoding="utf-8").splitlines(keepends=True)
        kept = [line for line in lines if not line.startswith(f"{name}:")]
        said = [] if value is None else [f"{name}: {value}\n"]
        place.file(VARS).write_text("".join(kept + said), encoding="utf-8")

    return arrange


def stored(key: str, body: object) -> Arrange:
    return lambda place: place.store(key, body if isinstance(body, str) else json.dumps(body))


def record(body: object) -> Arrange:
    """The newest record is this."""
    return both(stored("releases/r1.json", body), stored("current.json", {"record": "r1"}))


def both(*arranges: Arrange) -> Arrange:
    return lambda place: [arrange(place) for arrange in arranges]


def fault(kind: str, service: str, **more: Any) -> Arrange:
    return lambda place: place.sandbox.control("faults", {"kind": kind, "service": service, **more})


def from_tags(tags: list[dict[str, str]], remove: tuple[str, ...] = ()) -> Arrange:
    """The fleet is read from the cluster, where a service's tags are changed."""

    def arrange(place: Place) -> None:
        place.file(FLEET).unlink()
        place.file("fleet.aws_ecs.yml").write_text(PLUGIN, encoding="utf-8")
        arn = "arn:aws:ecs:eu-west-1:000000000000:service/sdt-local-cluster/sdt-local-user-service"
        ecs = place.sandbox.client("ecs")
        ecs.untag_resource(resourceArn=arn, tagKeys=["Priority", *remove])
        if tags:
            ecs.tag_resource(resourceArn=arn, tags=tags)

    return arrange


def delete_service(place: Place) -> None:
    place.sandbox.client("ecs").delete_service(
        cluster="sdt-local-cluster", service="sdt-local-user-service", force=True
    )


def target(**changes: Any) -> dict[str, Any]:
    """A target of a record that can be read."""
    arn = "arn:aws:ecs:eu-west-1:000000000000:task-definition/sdt-local-user-service:1"
    image = f"{REGISTRY}/sdt/local/user-service@sha256:{'0' * 64}"
    return {
        "kind": "ecs_service",
        "name": "user-service",
        "wave": 4,
        "cluster": "sdt-local-cluster",
        "service": "sdt-local-user-service",
        "from": {"task_definition": arn, "image": image, "tag": "8d20c11", "digest": image.partition("@")[2]},
        "to": {"task_definition": arn, "image": image, "tag": NEW, "digest": None},
        "state": "in_flight",
        **changes,
    }


def document(**changes: Any) -> dict[str, Any]:
    """A record that can be read, of a deploy that never ended."""
    made = {
        "schema": "slipway/record/1",
        "id": "r1",
        "environment": "local",
        "kind": "deploy",
        "label": NEW,
        "started_at": 1.8e9,
        "phase": "rolling_out",
        "outcome": None,
        "targets": [target()],
        "unchanged": [],
        **changes,
    }
    return {key: value for key, value in made.items() if value != "absent"}


def lines_of(ran: Ran) -> list[str]:
    return [line for line in (ran.out + ran.err).splitlines() if line.strip()]


def refuses(place: Place, row: Row) -> None:
    """Run the row and check what it says and that nothing happened."""
    row.arrange(place)
    place.environ.update(row.environ)
    place.sandbox.control("calls", {"reset": True})
    ran = place.run(row.playbook, "-e", f"env={place.name}", *row.arguments)
    place.sandbox.control("faults", {}, "DELETE")
    said = [line.replace(STATE, str(place.state)) for line in row.said]
    assert lines_of(ran) == said
    assert ran.code in (2, 4)
    untouched(place)


def untouched(place: Place) -> None:
    """Nothing was changed in AWS, no lock is held, nothing of the run is left."""
    calls = place.sandbox.control("calls")["calls"]
    assert [call for call in calls if call["mutating"] and call["service"] != "s3"] == []
    lock = place.stored_lock()
    # A lock that cannot be read is left as it is.
    assert lock is None or '"state": "held"' not in lock
    assert list((place.directory / "home" / "slipway" / "runs").glob("*")) == []


@pytest.fixture
def place(tmp_path: Path, sandbox: Sandbox) -> Iterator[Place]:
    """A project whose environment local is this test's sandbox."""
    made = make_deploys(tmp_path, sandbox)
    place = Place(made.directory, made.sandbox)
    place.edit(VARS, "http://127.0.0.1:4510", sandbox.endpoint)
    place.edit(VARS, "http://127.0.0.1:4511", sandbox.alb)
    place.edit(VARS, "{{ inventory_dir }}/../../.run/state", str(place.state))
    yield place
    sandbox.control("faults", {}, "DELETE")


@pytest.fixture
def spoilt(place: Place) -> Iterator[Place]:
    """A place whose sandbox is made new afterwards."""
    yield place
    place.sandbox.control("reset", {})


ALL = f"inventories/local/{VARS}"
USER = "inventories/local (host user-service)"
FIRST = "inventories/local (host config-server)"
PUSH = "Push it, or give the tag of one that was pushed: -e image_tag=…"
TAG = "A tag is up to 128 of A-Z a-z 0-9 _ . - and does not begin with . or -"
FORMS = "Say -e image_tag=<tag> for all, or -e image_tag=<service>=<tag>,<service>=<tag>"

WORDS = [
    row(
        "unknown service in --limit",
        "--limit user-servcie: no such service, host or group in the inventory. Did you mean user-service?",
        arguments=("--limit", "api-gateway,user-servcie"),
    ),
    row(
        "tag that no image has",
        "-e image_tag: no image nope of config-server, discovery-server, api-gateway and 9 more exists "
        "(Requested image not found). Push them, or give a tag that all of them have: -e image_tag=…",
        arguments=("-e", "image_tag=nope"),
    ),
    row(
        "tag that the image of one service lacks",
        f"-e image_tag: image {REGISTRY}/sdt/local/user-service:nope does not exist (Requested image not found). "
        f"{PUSH}",
        arguments=("-e", "image_tag=user-service=nope"),
    ),
    row(
        "default tag that no image has",
        f"{ALL}: no image main of config-server, discovery-server, api-gateway and 9 more exists "
        "(Requested image not found). Push them, or give a tag that all of them have: -e image_tag=…",
        arrange=edit(VARS, "default_image_tag: latest", "default_image_tag: main"),
    ),
    row(
        "repository that does not exist",
        f"{USER}: image {REGISTRY}/sdt/local/users:latest does not exist (repository sdt/local/users does not exist). "
        f"{PUSH}",
        arrange=edit(FLEET, "service_port: 8082", "service_port: 8082\n          image_repository: sdt/local/users"),
    ),
    row("tag with a space", f"-e image_tag: 'a b' is no image tag. {TAG}", arguments=("-e", '{"image_tag": "a b"}')),
    row(
        "tags of services that do not exist, and none",
        "-e image_tag: 'user-servcie' is no service. Did you mean user-service?",
        f"-e image_tag: '' of api-gateway is no image tag. {TAG}",
        arguments=("-e", "image_tag=user-servcie=3f9c2d1,api-gateway="),
    ),
    row(
        "two tags of one service",
        "-e image_tag: user-service is named twice. Keep one of them",
        arguments=("-e", "image_tag=user-service=a,user-service=b"),
    ),
    row("list of tags", f"-e image_tag: image_tag is a list. {FORMS}", arguments=("-e", '{"image_tag": ["a"]}')),
    row(
        "tags as half a JSON",
        "-e image_tag: '{\"user-service\": }' is no JSON (Expecting value: line 1 column 18 (char 17)). " + FORMS,
        arguments=("-e", json.dumps({"image_tag": '{"user-service": }'})),
    ),
    row(
        "settings on the command line",
        "-e max_parallel: max_parallel is 'many'. It is a whole number of at least 1, e.g. max_parallel: 4",
        "-e stabilise_timeout: stabilise_timeout is '-1'. It is a number of at least 1, e.g. stabilise_timeout: 600",
        "-e on_failure: on_failure is 'maybe'. It is undo or hold",
        "-e lock_ttl: lock_ttl is '1'. It is a number of at least 5, e.g. lock_ttl: 120",
        "-e lock_wait: lock_wait is 'soon'. It is a number of at least 0, e.g. lock_wait: 0",
        "-e resume: resume is 'yes'. It is finish or undo",
        "-e force_full_build: force_full_build is 'perhaps'. It is true or false",
        "-e ship_drift: ship_drift names 'user', which is no service. Did you mean user-service?",
        arguments=(
            *("-e", "max_parallel=many stabilise_timeout=-1 on_failure=maybe lock_ttl=1 lock_wait=soon resume=yes"),
            *("-e", "force_full_build=perhaps ship_drift=user"),
        ),
    ),
    row(
        "settings in the inventory",
        f"{ALL}: max_parallel is '2.5'. It is a whole number of at least 1, e.g. max_parallel: 4",
        f"{ALL}: state_store is not set. Write state_store: …",
        f"{ALL}: on_failure is a list. Write on_failure: and one text",
        arrange=both(variable("max_parallel", "2.5"), variable("on_failure", "[undo]"), variable("state_store", None)),
    ),
    row(
        "resume without an unfinished deploy",
        "-e resume=finish: there is no unfinished deploy in local. Leave resume out",
        arguments=("-e", "resume=finish"),
    ),
    row(
        "rollback to an unknown release",
        "-e to: local has no release 3f9c2d2. There is no good release yet",
        arguments=("-e", "to=3f9c2d2"),
        playbook="playbooks/rollback.yml",
    ),
]

INVENTORY = [
    row(
        "service twice",
        f"inventories/local/{FLEET}:21: bff-service is written twice, first on line 19. Keep one of them",
        arrange=edit(FLEET, "        user-service:", "        bff-service:"),
    ),
    row(
        "ECS service twice",
        f"inventories/local/{FLEET}:21: user-service and bff-service are both the ECS service sdt-local-bff-service. "
        "Give each its own ecs_service",
        arrange=edit(FLEET, "service_port: 8082", "service_port: 8082\n          ecs_service: sdt-local-bff-service"),
    ),
    row(
        "priority that is no number",
        f"inventories/local/{FLEET}:17: priority_high: the priority is no number. "
        "Name the group priority_<number>, such as priority_4",
        arrange=edit(FLEET, "priority_4", "priority_high"),
    ),
    row(
        "port that is no number",
        f"inventories/local/{FLEET}:21: service_port eighty of user-service is no port. "
        "A number from 1 to 65535 is wanted",
        arrange=edit(FLEET, "8082", "eighty"),
    ),
    row(
        "fleet of zero",
        "inventories/local: no service in group fleet. "
        "List the services in fleet.yml, each in a group priority_<number> below fleet",
        arrange=lambda place: place.file(FLEET).write_text("fleet:\n  hosts: {}\n", encoding="utf-8"),
    ),
    row(
        "YAML that is none",
        f"{ALL}:19: not valid YAML: did not find expected ',' or ']'",
        arrange=edit(VARS, "max_parallel: 4", "max_parallel: [4"),
    ),
    row(
        "template of a name that is not there",
        f"{FIRST}: default_image_tag cannot be templated: 'tag_of_main' is undefined. "
        "Correct the template, or set what it uses",
        arrange=edit(VARS, "default_image_tag: latest", 'default_image_tag: "{{ tag_of_main }}"'),
    ),
    row(
        "template with an error of syntax",
        f"{FIRST}: max_parallel cannot be templated: Syntax error in template: unexpected end of template, "
        "expected 'end of print statement'. Correct the template, or set what it uses",
        arrange=edit(VARS, "max_parallel: 4", 'max_parallel: "{{ cores "'),
    ),
    row(
        "smoke checks that are no list",
        f"{FIRST}: smoke_checks: smoke checks must be a list. Write - name: …, path: /…",
        arrange=edit(VARS, SMOKE, "smoke_checks: yes\n"),
    ),
    row(
        "smoke check with an unknown key",
        f"{FIRST}: smoke_checks[0]: a smoke check has no 'statuss'. Did you mean status?",
        arrange=edit(VARS, "    status: 200", "    statuss: 200"),
    ),
    row(
        "account that is no number",
        f"{ALL}: account_id '12345' is no account number. "
        "Write the twelve digits in quotes (YAML drops leading zeros otherwise)",
        arrange=variable("account_id", "12345"),
    ),
    row(
        "region that is none",
        f"{ALL}: aws_region 'eu-west1' is no region. Write it as in eu-west-1",
        arrange=variable("aws_region", "eu-west1"),
    ),
]

REAL_ACCOUNT = [
    row(
        "endpoint removed",
        f"{ALL}: aws_endpoint_url is not set: local would reach a real account. "
        "Set the sandbox's address, e.g. aws_endpoint_url: http://127.0.0.1:4510",
        arrange=variable("aws_endpoint_url", None),
    ),
    row(
        "endpoint of AWS",
        f"{ALL}: aws_endpoint_url https://ecs.eu-west-1.amazonaws.com is not on this machine. "
        "local may only use 127.0.0.1, ::1 or localhost",
        arrange=variable("aws_endpoint_url", "https://ecs.eu-west-1.amazonaws.com"),
    ),
    row(
        "endpoint that looks like this machine",
        "-e aws_endpoint_url: aws_endpoint_url http://127.0.0.1@localhost.example.com is not on this machine. "
        "local may only use 127.0.0.1, ::1 or localhost",
        arguments=("-e", "aws_endpoint_url=http://127.0.0.1@localhost.example.com"),
    ),
    row(
        "keys that look real, and a profile",
        f"{ALL}: aws_profile is set: local uses no real credentials. Remove aws_profile",
        "-e aws_access_key_id: aws_access_key_id and aws_secret_access_key are not the sandbox's dummy keys. "
        "Set both to 'sandbox'",
        arrange=variable("aws_profile", "prod"),
        arguments=("-e", "aws_access_key_id=AKIAIOSFODNN7EXAMPLE"),
    ),
    row(
        "keys removed",
        f"{ALL}: aws_access_key_id and aws_secret_access_key are not the sandbox's dummy keys. Set both to 'sandbox'",
        arrange=both(variable("aws_access_key_id", None), variable("aws_secret_access_key", None)),
    ),
]

LACKS = "Restore it from the store's versions, or move it away"
POINTER = 'It should be {"record": "<id>"} with the newest of the names below local/releases/'
LOCK = "Look at it there; when no deploy runs, replace it: playbooks/lock.yml -e state=broken -e force=true -e reason=…"
RIGHTS = "Give this user the right to read and write there, or let state_store name another directory"

STORE = [
    row(
        "kind of store that there is not",
        "state_store: 'ftp://files/slipway' is no kind of state store that Slipway knows. "
        "Write s3://bucket/prefix or a directory",
        arrange=variable("state_store", "ftp://files/slipway"),
    ),
    row(
        "bucket that cannot be",
        "state_store: 'Sdt_local' cannot be the name of a bucket. Write s3://bucket/prefix",
        arrange=variable("state_store", "s3://Sdt_local/slipway"),
    ),
    row(
        "bucket that does not exist",
        "s3://sdt-locla-slipway/slipway/clock: cannot read its clock: the bucket does not exist. "
        "Create it, or correct state_store (and aws_region, account_id)",
        arrange=variable("state_store", "s3://sdt-locla-slipway/slipway"),
    ),
    row(
        "bucket without access",
        "s3://sdt-local-slipway/slipway/clock: cannot read its clock: access denied. "
        "Allow s3:GetObject and s3:PutObject on its objects and s3:ListBucket on the bucket",
        arrange=both(variable("state_store", "s3://sdt-local-slipway/slipway"), fault("access_denied", "s3")),
    ),
    row(
        "directory that is a file",
        f"{STATE}: the state store cannot be used: a part of the path is no directory. "
        "Let state_store name a directory",
        arrange=lambda place: place.state.write_text("a file", encoding="utf-8"),
    ),
    row(
        "record that is half a document",
        f"{STATE}/local/releases/r1.json: the record is damaged: "
        f"Unterminated string starting at: line 1 column 12 (char 11). {LACKS}",
        arrange=record('{"schema": "slip'),
    ),
    row(
        "record of an unknown schema",
        f"{STATE}/local/releases/r1.json: this is no slipway/record/1 document but 'slipway/record/9'. "
        "Use the version of Slipway that wrote it",
        arrange=record(document(schema="slipway/record/9")),
    ),
    row(
        "record that lacks a field",
        f"{STATE}/local/releases/r1.json: the record is damaged: it has no outcome. {LACKS}",
        arrange=record(document(outcome="absent")),
    ),
    row(
        "record with a target that cannot be gone on with",
        f"{STATE}/local/releases/r1.json: the record is damaged: the state of user-service is 'flying'. {LACKS}",
        arrange=record(document(targets=[target(state="flying")])),
        arguments=("-e", "resume=undo"),
    ),
    row(
        "record with a target without its way back",
        f"{STATE}/local/releases/r1.json: the record is damaged: it has no task_definition. {LACKS}",
        arrange=record(document(targets=[target(**{"from": {}})])),
        arguments=("-e", "resume=undo"),
    ),
    row(
        "pointer that is no JSON",
        f"{STATE}/local/current.json: the pointer to the newest record is damaged. {POINTER}",
        arrange=stored("current.json", '{"rec'),
    ),
    row(
        "pointer out of the store",
        f"{STATE}/local/current.json: the pointer to the newest record is damaged. {POINTER}",
        arrange=stored("current.json", {"record": "../../../etc/passwd"}),
    ),
    row(
        "pointer to nothing",
        f"{STATE}/local/current.json: the newest record should be r9, which is not there. {POINTER}",
        arrange=stored("current.json", {"record": "r9"}),
    ),
    row(
        "lock that is no JSON",
        f"{STATE}/local/lock.json: the lock cannot be read: it is no JSON. {LOCK}",
        arrange=stored("lock.json", '{"schema": "slip'),
    ),
    row(
        "lock of an unknown schema",
        f"{STATE}/local/lock.json: the lock cannot be read: its schema is 'slipway/lock/9', "
        f"this version knows 'slipway/lock/1'. {LOCK}",
        arrange=stored("lock.json", {"schema": "slipway/lock/9"}),
    ),
    row(
        "list of dismissed drift that is none",
        f"{STATE}/local/dismissed-drift.json: the list of dismissed drift is damaged. Correct it, or remove it",
        arrange=stored("dismissed-drift.json", "[3"),
    ),
    row(
        "clock that is ahead of the store's",
        "s3://sdt-local-slipway/slipway: this machine's clock is 600 s ahead of the state store's. "
        "Set the clock (timedatectl set-ntp true); AWS refuses requests that are five minutes off",
        arrange=both(variable("state_store", "s3://sdt-local-slipway/slipway"), fault("date", "s3", seconds=-600)),
    ),
    row(
        "clock that AWS refuses",
        "cannot ask AWS whose credentials these are: this machine's clock differs from AWS's: "
        "Signature expired: is now earlier than the request's time. "
        "Set the clock (timedatectl set-ntp true) and try again",
        arrange=fault("clock_skew", "sts"),
    ),
]

AWS = [
    row(
        "account that is another",
        f"{ALL}: the credentials belong to account 000000000000, but local is account 111111111111. "
        "Use the profile of that account (aws_profile), or correct account_id",
        arrange=variable("account_id", '"111111111111"'),
    ),
    row(
        "region without the cluster",
        f"{ALL}: cluster sdt-local-cluster does not exist in us-east-1 of account 000000000000. "
        "Correct ecs_cluster or aws_region",
        arrange=variable("aws_region", "us-east-1"),
    ),
    row(
        "cluster that does not exist",
        f"{ALL}: cluster sdt-local-clutser does not exist in eu-west-1 of account 000000000000. "
        "Correct ecs_cluster or aws_region",
        arrange=variable("ecs_cluster", "sdt-local-clutser"),
    ),
    row(
        "task definition without the container",
        f"{USER}: sdt-local-user-service:1 has no container 'app' (there are: user-service). Set container_name",
        arrange=edit(FLEET, "service_port: 8082", "service_port: 8082\n          container_name: app"),
    ),
    row(
        "service that does not exist",
        f"{USER}: service sdt-local-users is not in cluster sdt-local-cluster (MISSING). "
        "Correct ecs_service, ecs_cluster or aws_region, or let Terraform create it",
        arrange=edit(FLEET, "service_port: 8082", "service_port: 8082\n          ecs_service: sdt-local-users"),
    ),
]

ARN = "arn:aws:ecs:eu-west-1:000000000000:service/sdt-local-cluster/sdt-local-user-service"
SPOIL = [
    row(
        "service that was deleted",
        f"{USER}: service sdt-local-user-service is INACTIVE. Create it again, or remove the host",
        arrange=delete_service,
    ),
    row(
        "priority tag that is no number",
        f"inventories/local/fleet.aws_ecs.yml: {ARN}: tag Priority='high' is no number. Write a whole number from 1",
        arrange=from_tags([{"key": "Priority", "value": "high"}]),
    ),
    row(
        "priority tag that is missing",
        f"inventories/local/fleet.aws_ecs.yml: {ARN}: the service has no tag Priority. "
        "Rename the tag priority (case matters)",
        arrange=from_tags([{"key": "priority", "value": "4"}]),
    ),
]


@pytest.mark.parametrize("row", [*WORDS, *INVENTORY, *REAL_ACCOUNT, *STORE, *AWS])
def test_it_ends_before_any_change_in_one_line(place: Place, row: Row) -> None:
    refuses(place, row)


@pytest.mark.parametrize("row", SPOIL)
def test_it_ends_in_one_line_when_the_cluster_is_wrong(spoilt: Place, row: Row) -> None:
    refuses(spoilt, row)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        pytest.param((), "env is missing: say -e env=… (there are dev, local)", id="missing"),
        pytest.param(
            ("-e", "env=loacl"),
            "env=loacl: no such environment in inventories/ (there are dev, local). Did you mean local?",
            id="misspelt",
        ),
    ],
)
def test_the_environment_has_to_be_named(place: Place, arguments: tuple[str, ...], said: str) -> None:
    place.sandbox.control("calls", {"reset": True})
    ran = place.run("deploy.yml", *arguments)
    assert (ran.code, lines_of(ran)) == (4, [said])
    untouched(place)


def test_an_unfinished_deploy_is_shown_and_nothing_else_is_done(place: Place) -> None:
    record(document())(place)
    place.sandbox.control("calls", {"reset": True})
    ran = place.run("deploy.yml", "-e", "env=local")
    assert ran.code == 2
    assert "in flight   user-service" in ran.text
    assert lines_of(ran)[-1] == "local: the deploy r1 is unfinished. Say -e resume=finish or -e resume=undo"
    untouched(place)


def test_local_uses_no_credentials_of_the_shell(place: Place) -> None:
    place.environ.update(
        AWS_PROFILE="prod",
        AWS_ACCESS_KEY_ID="AKIAIOSFODNN7EXAMPLE",
        AWS_SECRET_ACCESS_KEY="from the shell",
        AWS_ENDPOINT_URL="http://127.0.0.1:9",
        AWS_ENDPOINT_URL_ECS="http://127.0.0.1:9",
        HTTPS_PROXY="http://127.0.0.1:9",
        HTTP_PROXY="http://127.0.0.1:9",
    )
    ran = place.run("deploy.yml", "-e", "env=local", "--check")
    assert ran.code == 0, ran.text
    assert "12 of 12 services change" in ran.out


def test_a_directory_that_cannot_be_written_to(place: Place) -> None:
    place.state.mkdir(mode=0o500)
    if os.geteuid() == 0:
        # Root writes everywhere, unless this right is taken away.
        place.prefix = ("setpriv", "--bounding-set=-dac_override", "--")
    said = f"{STATE}/.clock: the state store cannot be used: permission denied. {RIGHTS}"
    refuses(place, Row("not writable", (said,)))


def test_a_directory_without_space(place: Place) -> None:
    place.state.mkdir()
    own = () if os.geteuid() == 0 else ("--user", "--map-root-user")
    full = 'mount -t tmpfs -o size=4k tmpfs "$0" && head -c 4096 /dev/zero > "$0/full" && exec "$@"'
    place.prefix = ("unshare", "--mount", *own, "sh", "-c", full, str(place.state))
    if subprocess.run([*place.prefix, "true"], check=False, capture_output=True).returncode:
        pytest.skip("this machine does not let a test mount a file system of its own")
    said = (
        f"{STATE}/local/lock.json: the state store cannot be used: no space is left. "
        "Free space there, or let state_store name another directory"
    )
    refuses(place, Row("full", (said,)))


def test_a_lock_that_cannot_be_read_is_replaced_as_the_line_says(place: Place) -> None:
    place.store("lock.json", "{")
    said = ("-e", "env=local", "-e", "state=broken", "-e", "force=true", "-e", '{"reason": "it was half a document"}')
    replaced = place.run("playbooks/lock.yml", *said)
    assert replaced.code == 0, replaced.text
    assert place.run("deploy.yml", "-e", "env=local", "--limit", "user-service", "--check").code == 0


def test_records_that_a_life_cycle_removed_do_not_matter(place: Place) -> None:
    record(document(outcome="succeeded", phase="closed", previous="r0"))(place)
    ran = place.run("deploy.yml", "-e", "env=local", "--check")
    assert ran.code == 0, ran.text


# The environment of an AWS account, with the project's own inventory of it.


@pytest.fixture(scope="module")
def account() -> Iterator[Sandbox]:
    """A sandbox that is the account of the environment dev."""
    with Sandbox(speed=8, account=DEV_ACCOUNT, environment="dev") as running:
        yield running


@pytest.fixture
def dev(tmp_path: Path, account: Sandbox) -> Iterator[Place]:
    """A project as it is checked out, and a shell with the credentials of its environment dev."""
    made = make_deploys(tmp_path, account)
    place = Place(made.directory, made.sandbox, name="dev")
    place.environ.update({name: value for name, value in account.environment.items() if name.startswith("AWS_")})
    place.environ["HOME"] = str(tmp_path)
    yield place
    account.control("faults", {}, "DELETE")


ASK = "cannot ask AWS whose credentials these are"
NO_KEYS = {"AWS_ACCESS_KEY_ID": "", "AWS_SECRET_ACCESS_KEY": ""}
DEV = f"inventories/dev/{VARS}"
CREDENTIALS = [
    row(
        "no credentials",
        f"{ASK}: no AWS credentials were found. Set aws_profile in the environment's group_vars, AWS_PROFILE, "
        "or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY",
        environ=NO_KEYS,
    ),
    row(
        "half the credentials",
        "AWS_ACCESS_KEY_ID: cannot make a client for sts (environment dev): the AWS credentials are incomplete "
        "(Partial credentials found in env, missing: AWS_SECRET_ACCESS_KEY). Set both AWS_ACCESS_KEY_ID and "
        "AWS_SECRET_ACCESS_KEY (and AWS_SESSION_TOKEN for temporary ones)",
        environ={"AWS_SECRET_ACCESS_KEY": ""},
    ),
    row(
        "profile of the inventory that does not exist",
        f"{DEV} (profile sdt-dve): cannot make a client for sts (environment dev): the AWS profile does not exist "
        "(The config profile (sdt-dve) could not be found). Correct aws_profile, or run aws configure --profile NAME",
        arrange=variable("aws_profile", "sdt-dve"),
    ),
    row(
        "expired credentials",
        f"AWS_ACCESS_KEY_ID: {ASK}: the AWS credentials have expired. Log in again, then run this again",
        arrange=fault("expired_token", "*"),
    ),
    row(
        "credentials that AWS does not know",
        f"AWS_ACCESS_KEY_ID: {ASK}: AWS does not know these credentials (InvalidClientTokenId). "
        "Check aws_profile or AWS_ACCESS_KEY_ID, and that they belong to this environment's account",
        arrange=fault("error", "*", status=403, code="InvalidClientTokenId", message="The security token is invalid."),
    ),
    row(
        "credentials that expire while the fleet is read",
        "cannot describe services in cluster sdt-dev-cluster: the AWS credentials have expired. "
        "Log in again, then run this again",
        arrange=fault("expired_token", "ecs"),
    ),
    row(
        "credentials of another account",
        f"{DEV}: the credentials belong to account {DEV_ACCOUNT}, but dev is account 111111111111. "
        "Use the profile of that account (aws_profile), or correct account_id",
        arrange=variable("account_id", '"111111111111"'),
    ),
    row(
        "region without the cluster",
        f"{DEV}: cluster sdt-dev-cluster does not exist in eu-central-1 of account {DEV_ACCOUNT}. "
        "Correct ecs_cluster or aws_region",
        arrange=variable("aws_region", "eu-central-1"),
    ),
    row(
        "endpoint that nothing answers at",
        f'{ASK}: Could not connect to the endpoint URL: "http://127.0.0.1:9/". '
        "Check aws_region (is it spelt right?), aws_endpoint_url and the network",
        environ={"AWS_ENDPOINT_URL": "http://127.0.0.1:9"},
    ),
    row(
        "state store that nothing answers at",
        "s3://sdt-dev-slipway/slipway/clock: cannot read its clock: Could not connect to the endpoint URL: "
        '"http://127.0.0.1:9/sdt-dev-slipway/slipway/clock". '
        "Check aws_region (is it spelt right?), aws_endpoint_url and the network",
        environ={"AWS_ENDPOINT_URL_S3": "http://127.0.0.1:9"},
    ),
]


@pytest.mark.parametrize("row", CREDENTIALS)
def test_credentials_that_do_not_do_end_it_in_one_line(dev: Place, row: Row) -> None:
    refuses(dev, row)


def test_dev_deploys_with_its_state_in_s3(dev: Place) -> None:
    """The project's own inventory of dev; only what outside DNS would answer is said on the command line."""
    smoke = ("-e", f"smoke_base_url={dev.sandbox.alb}")
    dev.sandbox.control("calls", {"reset": True})
    first = dev.run("deploy.yml", "-e", "env=dev", *smoke)
    assert first.code == 0, first.text
    ecs = dev.sandbox.client("ecs")
    named = [f"sdt-dev-{name}" for name in SERVICES]
    found = [
        item
        for part in (named[:10], named[10:])
        for item in ecs.describe_services(cluster="sdt-dev-cluster", services=part)["services"]
    ]
    assert {item["serviceName"] for item in found if item["taskDefinition"].endswith(":2")} == set(named)
    s3 = dev.sandbox.client("s3")
    keys = [item["Key"] for item in s3.list_objects_v2(Bucket="sdt-dev-slipway")["Contents"]]
    newest = json.loads(s3.get_object(Bucket="sdt-dev-slipway", Key="slipway/dev/current.json")["Body"].read())
    assert f"slipway/dev/releases/{newest['record']}.json" in keys
    body = s3.get_object(Bucket="sdt-dev-slipway", Key=f"slipway/dev/releases/{newest['record']}.json")["Body"].read()
    record = json.loads(body)
    assert (record["outcome"], record["account_id"], len(record["targets"])) == ("succeeded", DEV_ACCOUNT, 12)
    assert json.loads(dev.stored_lock() or "{}")["state"] == "free"
    puts = [call for call in dev.sandbox.control("calls?service=s3")["calls"] if call["action"] == "PutObject"]
    assert puts, "the state is in S3"

    dev.sandbox.control("calls", {"reset": True})
    second = dev.run("deploy.yml", "-e", "env=dev", *smoke)
    assert second.code == 0, second.text
    assert "nothing to deploy" in second.out
    assert dev.mutations() == []
