# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A bare host's life: first release, the next with its migration, a bad one, the way back, and where there is none.

The tests are the chapters of one story, in this order.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.backend.place import REPOSITORY, Place, make_place
from tests.promote.conftest import repository
from tests.support.canaries import put_secret
from tests.support.host_place import check_failure, check_no_change
from tests.support.hosts import Host
from tests.support.pace import scaled
from tests.support.umigo import BRANCH, BUCKET, MODULE, jar, sha256, tag_of

LOST = "0.7.0"
#: A parameter of the service.
GREETING = "/dev/backend/UMIGO_GREETING"
REFUSAL = "the schema has moved past backend-v0.1.0: migration 2 is not declared backward-compatible"


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    """A bare host."""
    with make_place(tmp_path_factory.mktemp("life"), "0.1.0", "0.2.0", "0.3.0") as made:
        made.parameter(GREETING, "one")
        yield made


def has_greeting(place: Place, host: Host, value: str) -> bool:
    """Whether the process was started with it."""
    return hashlib.sha256(value.encode()).hexdigest() in str(place.answers(host, "/api/config?env=UMIGO_GREETING"))


@pytest.fixture
def host(place: Place) -> Host:
    """The host."""
    return place.members[0]


def process(place: Place, host: Host) -> Any:
    """The process that answers."""
    return place.answers(host, "/api/version")["pid"]


def runs(place: Place, host: Host, version: str) -> None:
    """Everybody agrees that the host runs this release, and nothing is left half-done."""
    assert place.version(host) == version
    link, service = host.spec.file("/app/app.jar"), host.spec.service("umigo-backend")
    assert link.linked_to.startswith(f"/app/releases/{tag_of(version)}-")
    jar = host.spec.file(link.linked_to)
    assert (jar.user, jar.mode) == ("root", 0o444)
    assert (service.is_running, service.is_enabled) == (True, True)
    assert service.systemd_properties["User"] == "umigo-backend"
    assert host.spec.file("/etc/umigo-backend/current").linked_to.startswith("/etc/umigo-backend/generations/")
    dropin = "/etc/systemd/system/umigo-backend.service.d/10-configuration.conf"
    assert host.spec.check_output("readlink %s", dropin) == "/etc/umigo-backend/current/unit.conf"
    assert place.ledger(host)["pending"] is None
    assert host.spec.check_output("find /app /etc/umigo-backend -name '*.new' -o -name '.*.tmp'") == ""
    assert not place.locked()


def status_says(place: Place, host: Host, version: str) -> None:
    """Whoever asks for the status sees this release run."""
    status = place.run("playbooks/status.yml")
    assert status.code == 0, status.text
    line = next(line for line in status.text.splitlines() if place.inventory_name(host) in line and "✔" in line)
    assert tag_of(version) in line
    assert "running" in line


def schema(place: Place) -> list[str]:
    """The versions that the database says were applied."""
    return [row[0] for row in place.database.query("SELECT version FROM flyway_schema_history ORDER BY installed_rank")]


def applied(record: dict[str, Any]) -> list[str]:
    """The versions of the migrations that a deploy applied."""
    return [str(item["version"]) for item in (record.get("migrations") or {}).get("applied") or ()]


def test_a_bare_host_becomes_a_running_backend(place: Place, host: Host) -> None:
    ran = place.run("playbooks/bootstrap_host.yml", backend_release=tag_of("0.1.0"))
    assert ran.code == 0, ran.text
    name = place.inventory_name(host)
    assert f"✔ {name}  nothing → backend-v0.1.0" in ran.text
    assert "smoke: 1 check passed" in ran.text
    assert "dev: 1 host deployed to backend-v0.1.0 in " in ran.text
    runs(place, host, "0.1.0")
    status_says(place, host, "0.1.0")
    assert place.verdicts(host) == [("backend-v0.1.0", "good")]
    assert schema(place) == ["1"]

    record = place.record()
    assert (record["schema"], record["outcome"], record["kind"]) == ("slipway/record/1", "succeeded", "deploy")
    release = record["releases"]["backend"]
    assert (release["tag"], release["branch"]) == ("backend-v0.1.0", "backend/loginCRM")
    (target,) = record["targets"]
    assert (target["name"], target["kind"], target["group"], target["state"]) == (name, "host", "backend", "stable")
    assert target["from"] == {}
    assert target["to"]["digest"] == release["digest"]
    done = record["migrations"]
    assert (done["state"], done["to"], [item["version"] for item in done["applied"]]) == ("done", "1", ["1"])
    assert done["restore_to"]


def test_a_second_run_changes_nothing(place: Place, host: Host) -> None:
    pid = process(place, host)
    ran = place.run("playbooks/bootstrap_host.yml", "-v", backend_release=tag_of("0.1.0"))
    check_no_change(place, ran)
    assert "nothing to deploy: 1 host already runs the requested release" in ran.text
    assert process(place, host) == pid


def test_a_check_of_a_build_changes_nothing(place: Place, host: Host) -> None:
    pid, records = process(place, host), len(place.records())
    build, s3 = place.build("0.2.0"), place.aws.client("s3")
    # Somebody replaces the jar.
    place.umigo.publish_as(s3, BUCKET, "0.3.0", "0.2.0")
    refused = place.run("deploy.yml", build=build)
    key = f"s3://{BUCKET}/{BRANCH}/{tag_of('0.2.0')}/app.jar"
    place.check_refusal(refused, f"{key}: its digests differ: the given digest says sha256:{sha256(jar('0.2.0'))}, S3")
    place.umigo.publish(s3, BUCKET, "0.2.0")

    ran = place.run("deploy.yml", "--check", "--diff", build=build)
    assert ran.code == 0, ran.text
    assert "backend-v0.1.0 → backend-v0.2.0" in ran.text
    assert f"build {build}" in ran.text
    assert f"{MODULE}/pom.xml → backend" in " ".join(ran.text.split())
    assert len(place.records()) == records
    assert process(place, host) == pid
    assert schema(place) == ["1"]


def test_the_next_release_is_promoted_and_comes_with_its_migration(place: Place, host: Host, tmp_path: Path) -> None:
    infra = repository(tmp_path / "infra", {"README.md": "The infrastructure.\n"})
    token = {"promote_token": {"ssm": "/shared/github/pat-readonly"}, "promote_ca_file": str(place.git.ca)}
    promoted = place.run("playbooks/promote.yml", backend_tag=tag_of("0.2.0"), infra_path=str(infra), **token)
    assert promoted.code == 0, promoted.text

    # What was promoted is deployed when no version is named.
    place.parameter(GREETING, "two")
    ran = place.run("deploy.yml")
    assert ran.code == 0, ran.text
    assert place.record()["releases"]["backend"]["chosen"] == "versions.json"
    assert "1 migration" in ran.text
    runs(place, host, "0.2.0")
    assert schema(place) == ["1", "2"]
    assert place.verdicts(host)[:2] == [("backend-v0.2.0", "good"), ("backend-v0.1.0", "good")]
    record = place.record()
    assert record["outcome"] == "succeeded"
    assert record["targets"][0]["from"]["tag"] == "backend-v0.1.0"
    (applied,) = record["migrations"]["applied"]
    assert (applied["version"], applied["compatible"]) == ("2", False)
    assert place.answers(host, "/api/customers") is not None


def test_a_configuration_that_was_there_before_is_deployed_again(place: Place, host: Host) -> None:
    assert has_greeting(place, host, "two")
    place.parameter(GREETING, "one")
    ran = place.run("deploy.yml")
    assert ran.code == 0, ran.text
    assert "UMIGO_GREETING changed" in ran.text
    assert has_greeting(place, host, "one")
    runs(place, host, "0.2.0")


def test_a_release_that_is_never_healthy_goes_back_by_itself(place: Place, host: Host) -> None:
    # The password is rotated: the old release would not start with the one that it ran with.
    place.database.query("ALTER ROLE umigo PASSWORD 'rotated'")
    place.database.password = "rotated"
    secret = {"username": place.database.user, "password": place.database.password}
    put_secret(place.aws.client("secretsmanager"), "umigo/dev/database", secret)
    ran = place.deploy("0.3.0", backend_ready_timeout=scaled(40))
    check_failure(ran)
    name = place.inventory_name(host)
    assert f"FAILED {name} after " in ran.text
    assert f"not ready within {scaled(40)} s: HTTP 503" in ran.text
    assert "dev is as it was before this deploy" in ran.text
    runs(place, host, "0.2.0")
    status_says(place, host, "0.2.0")
    assert ("backend-v0.3.0", "bad") in place.verdicts(host)
    record = place.record()
    assert record["outcome"] == "undone"
    (target,) = record["targets"]
    assert target["state"] == "undone"
    assert f"not ready within {scaled(40)} s" in target["failure"]["reason"]
    assert target["failure"]["log"]
    assert place.answers(host, "/api/customers") is not None


def test_a_rollback_past_the_schema_is_refused(place: Place, host: Host) -> None:
    pid, records = process(place, host), len(place.records())
    ran = place.run("playbooks/rollback.yml")
    check_failure(ran)
    said = [line for line in ran.text.splitlines() if line.strip()]
    (moved,) = [record["migrations"] for record in place.records() if "2" in applied(record)]
    again = f"ansible-playbook playbooks/rollback.yml -e env={place.name} -e force_schema=true"
    restore = f"Restore the database to {moved['restore_to']} first, or insist: {again}"
    assert said == [f"schema version 2: {REFUSAL}. {restore}"], ran.text
    assert len(place.records()) == records
    assert process(place, host) == pid
    runs(place, host, "0.2.0")


def test_who_insists_goes_back(place: Place, host: Host) -> None:
    ran = place.run("playbooks/rollback.yml", force_schema=True)
    assert ran.code == 0, ran.text
    assert f"warning: {REFUSAL}" in ran.text
    runs(place, host, "0.1.0")
    assert schema(place) == ["1", "2"]
    record = place.record()
    assert (record["kind"], record["outcome"]) == ("rollback", "succeeded")
    assert record["of"]
    assert (record["migrations"]["state"], record["migrations"]["to"]) == ("none", "2")
    assert record["warnings"]


def publish_without_a_way_back(place: Place) -> None:
    """A release that is never ready, with a migration that nobody declares to be backward-compatible."""
    umigo = place.umigo
    umigo.git("checkout", "-q", tag_of("0.3.0"))
    script = umigo.directory / MODULE / "src/main/resources/db/migration/V3__drop_everything_old.sql"
    script.write_text("ALTER TABLE customers ADD COLUMN phone text;\n", encoding="utf-8")
    umigo.git("add", "-A")
    umigo.git("commit", "-q", "-m", f"Release {LOST}")
    umigo.git("tag", "-a", "-m", tag_of(LOST), tag_of(LOST))
    umigo.git("push", "-q", str(place.git.root / f"{REPOSITORY}.git"), f"refs/tags/{tag_of(LOST)}")
    umigo.publish_as(place.aws.client("s3"), BUCKET, "0.3.0", LOST)


def test_after_a_migration_of_no_return_a_failure_needs_a_person(place: Place, host: Host) -> None:
    publish_without_a_way_back(place)
    ran = place.deploy(LOST, backend_ready_timeout=scaled(20))
    check_failure(ran)
    record = place.record()
    assert record["outcome"] == "needs_person", ran.text
    assert record["migrations"]["state"] == "done"
    restore_to = record["migrations"]["restore_to"]
    assert f"restore the database to {restore_to}" in ran.text
    assert "migration 3 is not declared backward-compatible" in ran.text
    assert schema(place) == ["1", "2", "3"]
    # It is not put back: what runs is the new release, for a person to look at.
    assert host.spec.file("/app/app.jar").linked_to.startswith(f"/app/releases/{tag_of(LOST)}-")
    assert not place.locked()
