# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Deployments of one host by the bundle's own hooks: each test goes on where the last one ended."""

from __future__ import annotations

import tarfile
from typing import Any

import pytest

from ansible_collections.slipway.deploy.plugins.module_utils.codedeploy.record import opened
from ansible_collections.slipway.deploy.plugins.module_utils.lock.hosts import take
from ansible_collections.slipway.deploy.plugins.module_utils.lock.lease import acquire
from ansible_collections.slipway.deploy.plugins.module_utils.record.hosts import HostJournal
from ansible_collections.slipway.deploy.plugins.module_utils.state.store import open_store
from tests.codedeploy.agent import Agent
from tests.codedeploy.world import CANARY, STATE, World, serves
from tests.support.hosts import Host

FITS = "-- slipway: backward-compatible\nselect 1;\n"
BREAKS = "-- slipway: not-backward-compatible\nselect 1;\n"
ONE = {"V1__init.sql": FITS}
TWO = {**ONE, "V2__rename.sql": BREAKS}
SLOW = {**TWO, "V3__slow.sql": f"{FITS}-- SLOW\n"}
BROKEN = {**TWO, "V3__broken.sql": f"{FITS}-- BROKEN\n"}


@pytest.fixture(scope="module")
def agent(host: Host) -> Agent:
    return Agent(host)


def claims(world: World) -> list[str]:
    """The owners of live claims."""
    found = world.objects("testing/hosts/")
    return [body["owner"] for key, body in found.items() if key.endswith("claim.json") and body["state"] == "held"]


def record_of(world: World, deployment: str) -> dict[str, Any]:
    """The host's record of a deployment."""
    found = world.objects("testing/hosts/codedeploy/releases/")
    (record,) = (body for key, body in found.items() if key.endswith(f"Z-{deployment}.json"))
    return dict(record)


def outcome(world: World, deployment: str) -> str | None:
    """How the host's record of a deployment says that it ended."""
    record = record_of(world, deployment)
    assert record["targets"][0]["kind"] == "host"
    return str(record["outcome"]) if record["outcome"] else None


def test_the_first_deployment_makes_a_host_serve(world: World, agent: Agent) -> None:
    world.publish("backend-v0.1.0", migrations=ONE)
    done = agent.deploy(world.bundle("backend-v0.1.0"), "d-1")
    assert done.succeeded, agent.log("d-1")
    assert [event.name for event in done.events] == [
        "BeforeInstall",
        "AfterInstall",
        "ApplicationStart",
        "ValidateService",
    ]
    assert "backend-v0.1.0 serves" in done.last.verdict
    assert serves(agent.host) == "backend-v0.1.0"
    assert (outcome(world, "d-1"), claims(world)) == ("succeeded", [])
    # The backup that the inventory declares came before the migration: there was no schema yet.
    (line,) = agent.host.spec.file("/var/lib/standin/backups").content_string.splitlines()
    label, release, schema = line.split()
    assert (release, schema) == ("backend-v0.1.0", "0")
    backup = record_of(world, "d-1")["migrations"]["backup"]
    assert (backup["label"], backup["reference"]) == (label, "/var/lib/standin/backups")
    assert backup["at"]
    # Compiled files are on the disk, not in memory.
    assert agent.host.spec.check_output("find /run/slipway -name '*.pyc'") == ""


def test_without_the_backup_there_is_no_migration(world: World, agent: Agent) -> None:
    world.write("group_vars/backend/traffic.yml", "codedeploy_load_balancer: true\n")
    world.publish("backend-v0.2.0", migrations=TWO)
    agent.host.run("touch /var/lib/standin/full")
    agent.load_balancer = True
    done = agent.deploy(world.bundle("backend-v0.2.0"), "d-1b")
    agent.host.run("rm /var/lib/standin/full")
    assert done.last.name == "AfterInstall"
    assert "the backup before the migration failed: the disk is full. Correct backend_backup_hook" in done.last.verdict
    assert not agent.host.spec.file("/var/lib/standin/schema.json").contains('"2"')
    assert (outcome(world, "d-1b"), claims(world)) == ("undone", [])


def test_behind_a_load_balancer_the_end_is_when_requests_reach_it_again(world: World, agent: Agent) -> None:
    """The same bundle, now that there is room for the backup."""
    done = agent.deploy(world.bundle("backend-v0.2.0"), "d-2")
    agent.load_balancer = False
    world.remove("group_vars/backend/traffic.yml")
    assert done.succeeded, agent.log("d-2")
    assert [event.name for event in done.events][:2] == ["BeforeBlockTraffic", "AfterBlockTraffic"]
    assert "0 connections of clients on port 8080" in done["AfterBlockTraffic"].verdict
    assert "backend-v0.2.0 serves" in done["AfterAllowTraffic"].verdict
    assert serves(agent.host) == "backend-v0.2.0"
    assert (outcome(world, "d-2"), claims(world)) == ("succeeded", [])


@pytest.mark.parametrize(
    ("tag", "kind", "migrations", "event", "said"),
    [
        ("backend-v0.3.0", "broken", TWO, "ApplicationStart", "503"),
        ("backend-v0.4.0", "rude", TWO, "ValidateService", "500"),
        ("backend-v0.5.0", "good", BROKEN, "AfterInstall", "migration 3 is broken"),
    ],
)
def test_a_failure_leaves_the_old_release_serving_and_says_why_last(
    world: World, agent: Agent, tag: str, kind: str, migrations: dict[str, str], event: str, said: str
) -> None:
    world.publish(tag, kind, migrations)
    done = agent.deploy(world.bundle(tag), f"d-{tag}")
    assert done.last.name == event, agent.log(f"d-{tag}")
    assert done.last.verdict.startswith(f"slipway: {event} failed: ")
    assert said in done.last.verdict
    assert "serves; the lock is given back" in done.last.verdict
    assert serves(agent.host) == "backend-v0.2.0"
    assert (outcome(world, f"d-{tag}"), claims(world)) == ("undone", [])


def test_an_event_over_its_limit_is_ended_with_all_it_started(world: World, agent: Agent) -> None:
    world.publish("backend-v0.6.0", migrations=SLOW)
    bundle = world.bundle("backend-v0.6.0")
    agent.environment = {"SLIPWAY_HOOK_SECONDS": "30"}
    done = agent.deploy(bundle, "d-6")
    agent.environment = {}
    assert done.last.name == "AfterInstall"
    assert "failed: it took longer than 30 s and was ended" in done.last.verdict
    assert not done.last.timed_out
    assert [item for item in agent.host.spec.process.filter(comm="python3") if "database.py" in item.args] == []
    assert serves(agent.host) == "backend-v0.2.0"
    assert (outcome(world, "d-6"), claims(world)) == ("undone", [])


def test_a_redeploy_of_a_revision_that_cannot_read_the_schema_is_refused(world: World, agent: Agent) -> None:
    done = agent.deploy(world.bundle("backend-v0.1.0"), "d-7")
    assert done.last.name == "AfterInstall"
    assert "the database's schema is 2, backend-v0.1.0 brings 1: migration 2 is not backward" in done.last.verdict
    assert serves(agent.host) == "backend-v0.2.0"
    assert claims(world) == []


def test_a_redeploy_of_the_revision_that_runs_restarts_nothing(world: World, agent: Agent) -> None:
    """Nor does a deployment that was stopped before keep it out. And who has no migrations needs no Flyway."""
    store = open_store(f"s3://{STATE}/slipway", world.aws.client)
    take(store, "testing", "codedeploy", "d-stopped", limit=7200)
    stopped = opened("testing", "codedeploy", "d-stopped", {"group": "backend", "tag": "backend-v0.9.0"}, store.now())
    HostJournal.open(store, "codedeploy", stopped)
    world.write("group_vars/backend/none.yml", "backend_migrations: none\n")
    bundle = world.bundle("backend-v0.2.0")
    world.remove("group_vars/backend/none.yml")
    with tarfile.open(bundle) as archive:
        own = [name for name in archive.getnames() if not name.startswith("collections/")]
        assert own
        assert not [name for name in own if "flyway/" in name or "migrations/" in name]
    service = agent.host.spec.service("umigo-backend")
    before = service.systemd_properties["InvocationID"]
    done = agent.deploy(bundle, "d-8")
    assert done.succeeded, agent.log("d-8")
    log = agent.host.spec.file("/var/log/slipway/codedeploy/d-8/AfterInstall.log")
    assert log.exists
    assert not log.contains("Compare with the database")
    assert (outcome(world, "d-stopped"), claims(world)) == ("undone", [])
    assert service.systemd_properties["InvocationID"] == before, "it was restarted"


def test_a_deploy_from_elsewhere_keeps_the_host_out_before_anything_is_changed(world: World, agent: Agent) -> None:
    store = open_store(f"s3://{STATE}/slipway", world.aws.client)
    lease = acquire(store, "testing", owner="maria@ci-412", reason="", deploy="", ttl=300, wait=0)
    done = agent.deploy(world.bundle("backend-v0.1.0"), "d-9")
    lease.release()
    assert done.last.name == "BeforeInstall"
    assert "testing is locked by maria@ci-412" in done.last.verdict
    assert "Nothing was changed" in done.last.verdict


def test_a_bundle_that_was_changed_on_the_way_does_not_run(world: World, agent: Agent) -> None:
    bundle = world.bundle("backend-v0.1.0")
    directory = world.directory / "changed"
    with tarfile.open(bundle) as archive:
        archive.extractall(directory)  # noqa: S202 - this test made it
    (directory / "playbooks" / "codedeploy.yml").write_text("[]\n")
    changed = bundle.with_name("changed.tar.gz")
    with tarfile.open(changed, "w:gz") as archive:
        archive.add(directory, arcname=".")
    done = agent.deploy(changed, "d-10")
    assert "playbooks/codedeploy.yml of the bundle is not what was built" in done.last.verdict
    assert done.last.name == "BeforeInstall"


def test_no_secret_is_in_a_bundle_a_log_or_a_record(world: World, agent: Agent) -> None:
    for bundle in world.bundles.glob("backend-*.tar.gz"):
        with tarfile.open(bundle) as archive:
            for member in archive:
                file = archive.extractfile(member)
                assert file is None or CANARY.encode() not in file.read(), member.name
    places = "/var/log /run/slipway /var/lib/slipway /opt/slipway /opt/codedeploy-agent /tmp /app"
    spec = agent.host.spec
    assert spec.run(f"grep -rlF {CANARY} {places}").stdout == ""
    assert CANARY not in spec.check_output("journalctl --no-pager")
    assert CANARY not in str(world.objects("testing/"))
    assert spec.check_output(f"grep -rlF {CANARY} /etc") != ""
