# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""logs.yml, status.yml and history.yml as a person runs them: what they say, and that they change nothing."""

from __future__ import annotations

import hashlib

from ansible_collections.slipway.deploy.plugins.module_utils.codedeploy import record as codedeploy
from ansible_collections.slipway.deploy.plugins.module_utils.record.hosts import host_record_key
from ansible_collections.slipway.deploy.plugins.module_utils.record.model import serialise
from tests.support.definitions import widen
from tests.support.deploys import NEW, OLD, Deploys, Ran, wait_for
from tests.support.images import build

CLUSTER = "sdt-local-cluster"
USER = "sdt-local-user-service"


def look(deploys: Deploys, verb: str, *arguments: str) -> Ran:
    """Run a verb that only reads; it must leave AWS and the store as they are, and say all in lines that end."""
    before = snapshot(deploys)
    deploys.sandbox.control("calls", {"reset": True})
    ran = deploys.run(f"playbooks/{verb}.yml", *arguments)
    assert deploys.sandbox.control("calls")["mutations"] == 0
    assert snapshot(deploys) == before
    assert all(line == line.rstrip() for line in ran.out.splitlines())
    return ran


def snapshot(deploys: Deploys) -> dict[str, str]:
    """The keys of the state store with a hash of what is there."""
    root = deploys.state / "local"
    files = (path for path in root.rglob("*") if path.is_file())
    return {str(path.relative_to(root)): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


def row(ran: Ran, name: str) -> list[str]:
    """The words of a service's row."""
    return next(line.split() for line in ran.out.splitlines() if line[2:].startswith(f"{name} "))


def test_before_the_first_deploy(deploys: Deploys) -> None:
    status = look(deploys, "status")
    assert status.code == 0, status.text
    assert "local · 12 services in sdt-local-cluster · 12 healthy, not released by Slipway" in status.out
    assert "local is not locked" in status.out
    assert "no release is recorded yet" in status.out
    assert len(status.out.splitlines()) < 20
    history = look(deploys, "history", "--check")
    assert (history.code, history.out) == (0, "local · no release is recorded yet\n"), history.text
    assert snapshot(deploys) == {}


def test_after_a_failed_deploy_the_card_s_command_says_why(deploys: Deploys) -> None:
    assert deploys.run("deploy.yml").code == 0
    build(deploys, "user-service", "bad0000", fail="crash", exit_code=3)
    secret = "token=hunter2hunter2"
    deploys.sandbox.control(f"services/{USER}", {"log_lines": [f"calling with {secret}"]})
    failed = deploys.run("deploy.yml", "-e", '{"release_title": "Retry payments"}')
    assert failed.code == 2, failed.text
    assert "playbooks/logs.yml -e env=local --limit user-service" in failed.out

    logs = look(deploys, "logs", "--limit", "user-service", "-e", "lines=5")
    assert logs.code == 0, logs.text
    assert "user-service · 2/2 running" in logs.out
    assert "exit code 3" in logs.out
    assert "Essential container in task exited" in logs.out
    assert "calling with token=[redacted]" in logs.out
    assert "hunter2" not in logs.text
    assert "tasks failed to start" in logs.out
    assert "config-server" not in logs.out

    history = look(deploys, "history")
    assert history.code == 0, history.text
    newest, older = deploys.records()[::-1]
    assert [line.split()[:1] for line in history.lines[2:4]] == [[newest["id"]], ["now"]]
    assert f"local runs {NEW} ({older['id']})" in history.out
    assert "returns to the state before the first release" in history.out

    status = look(deploys, "status", "--limit", "user-service", "--check")
    assert status.code == 0, status.text
    assert "1 of 12 services" in status.out
    assert '"Retry payments" failed and was undone: user-service' in status.out
    assert row(status, "user-service")[:4] == ["✔", "user-service", ":2", NEW]

    (deploys.state / "local" / "releases" / f"{older['id']}.json").write_text("{", encoding="utf-8")
    damaged = look(deploys, "history")
    assert damaged.code == 2
    assert newest["id"] in damaged.out
    assert "the record is damaged" in damaged.text.splitlines()[-1]


def test_trouble_is_shown_and_the_exit_code_says_so(deploys: Deploys) -> None:
    ecs = deploys.sandbox.client("ecs")
    widen(deploys)
    ecs.delete_service(cluster=CLUSTER, service="sdt-local-bff-service", force=True)
    deploys.sandbox.control("services/sdt-local-task-service", {"start": 6000})
    ecs.update_service(cluster=CLUSTER, service="sdt-local-task-service", forceNewDeployment=True)
    deploys.sandbox.client("logs").delete_log_group(logGroupName="/ecs/sdt/local/payment-service")

    status = look(deploys, "status")
    assert status.code == 2, status.text
    assert status.text.splitlines()[-1] == "local has problems: failing: bff-service"
    assert row(status, "bff-service")[0] == "✘"
    assert row(status, "task-service")[0] == "…"
    assert "drift   user-service: family head :2 differs from running :1" in status.out
    assert "-e ship_drift=user-service" in status.out

    logs = look(deploys, "logs", "--limit", "payment-service,bff-service")
    assert logs.code == 0, logs.text
    assert "the log group does not exist" in logs.out
    assert "bff-service" in logs.out


def test_what_others_changed_is_out_of_step_until_it_is_put_back(deploys: Deploys) -> None:
    assert deploys.run("deploy.yml").code == 0
    record = deploys.record()["id"]
    status = look(deploys, "status")
    assert (status.code, "12 healthy" in status.out) == (0, True), status.text
    ecs = deploys.sandbox.client("ecs")
    before = next(item["from"] for item in deploys.record()["targets"] if item["name"] == "user-service")
    ecs.update_service(cluster=CLUSTER, service=USER, taskDefinition=before["task_definition"])
    wait_for("the old revision is stable", lambda: deploys.running()["user-service"] == OLD)

    status = look(deploys, "status")
    assert status.code == 2, status.text
    assert "11 healthy, 1 out of step" in status.out
    assert row(status, "user-service")[:3] == ["≠", "user-service", ":1"]
    said = " ".join(status.out.split())
    assert f"release user-service: runs :1 ({OLD}), not :2 ({NEW}) of release {record}" in said
    assert ":1 was registered by arn:aws:iam::" in said
    assert status.text.splitlines()[-1] == "local has problems: out of step: user-service"
    history = look(deploys, "history")
    assert history.code == 2, history.text
    assert f"local should run {NEW} ({record}), and 1 of it is out of step" in history.out
    assert look(deploys, "status", "--limit", "task-service").code == 0

    command = next(line for line in status.out.splitlines() if "put it back:" in line).partition("ansible-playbook ")[2]
    assert command == f"playbooks/rollback.yml -e env=local -e to={record} --limit user-service"
    playbook, *arguments = command.split()
    back = deploys.run(playbook, *arguments)
    assert back.code == 0, back.text
    assert deploys.running()["user-service"] == NEW
    assert look(deploys, "status").code == 0
    history = look(deploys, "history")
    assert history.code == 0, history.text
    assert "in 1 of 12; the others run earlier releases" in history.out


def test_an_unfinished_deploy_is_said_with_the_commands_that_end_it(deploys: Deploys) -> None:
    deploys.variables["lock_ttl"] = 5
    deploys.sandbox.control("services/sdt-local-config-server", {"start": 6000})
    with deploys.started("deploy.yml", "--limit", "config-server") as process:
        assert process.stdout is not None
        for line in process.stdout:
            if "→" in line and "config-server" in line and "new revision" not in line:
                break
        running = deploys.run("playbooks/status.yml")
        assert "is running (rolling out)" in running.out, running.text
        process.kill()
    deploys.run("playbooks/lock.yml", "-e", "state=broken", "-e", "force=true", "-e", "reason=killed")
    status = look(deploys, "status")
    assert status.code == 2, status.text
    assert "is unfinished" in status.text.splitlines()[-1]
    assert f"deploy {NEW} is unfinished (left rolling out)" in status.out
    assert "deploy.yml -e env=local -e resume=undo" in status.out
    history = look(deploys, "history")
    assert "open (rolling out)" in history.out
    assert "not possible: the newest release has not ended" in history.out


def test_hosts_that_deploy_themselves_are_seen_by_their_own_records(deploys: Deploys) -> None:
    def keep(host: str, tag: str, at: float) -> None:
        release = {"group": "backend", "release": f"{tag}-0a1b", "tag": tag, "digest": "sha256:0a1b", "schema": "2"}
        record = codedeploy.opened("local", host, f"d-{host}", release, at)
        record = codedeploy.with_event(record, "ApplicationStart", "done", at, switch={"state": "switched"})
        path = deploys.state / host_record_key("local", host, record["id"])
        path.parent.mkdir(parents=True)
        path.write_bytes(serialise(codedeploy.succeeded(record, at)))

    keep("i-1", "v2", 1795208651.0)
    status = look(deploys, "status")
    assert status.code == 0, status.text
    assert row(status, "i-1") == ["·", "i-1", "v2", "2", "not", "asked"]
    keep("i-2", "v1", 1795200000.0)
    status = look(deploys, "status")
    assert status.code == 2, status.text
    assert row(status, "i-2")[:3] == ["≠", "i-2", "v1"]
    assert "release i-2: runs v1, not v2 of deployment d-i-1" in " ".join(status.out.split())
    history = look(deploys, "history")
    assert history.code == 0, history.text
    assert [line.split()[1:3] for line in history.lines[2:4]] == [["codedeploy", "v2"], ["codedeploy", "v1"]]
    assert "local runs what its hosts deployed themselves: i-1 v2, i-2 v1" in history.out


def test_what_cannot_be_read_is_said_in_a_line(deploys: Deploys) -> None:
    for verb, arguments, said in (
        ("logs", ["-e", "lines=many"], "-e lines: 'many' is not a whole number from 1 to 1000"),
        ("history", ["-e", "entries=0"], "-e entries: '0' is not a whole number from 1 to 1000"),
        ("status", ["-e", "ecs_cluster=nowhere"], "the cluster does not exist"),
        ("status", ["-e", "account_id=111111111111"], "the credentials belong to account 000000000000"),
    ):
        ran = look(deploys, verb, *arguments)
        assert ran.code == 2, ran.text
        assert len(ran.lines) == 1, ran.text
        assert said in ran.text
