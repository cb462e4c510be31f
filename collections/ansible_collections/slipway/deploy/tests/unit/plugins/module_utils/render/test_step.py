# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What status and history say of what does not run as it was released, with the commands that put it right."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.slipway.deploy.plugins.module_utils.checks.status import ServiceStatus
from ansible_collections.slipway.deploy.plugins.module_utils.codedeploy import record as codedeploy
from ansible_collections.slipway.deploy.plugins.module_utils.render.history import history, releases
from ansible_collections.slipway.deploy.plugins.module_utils.render.hosts import HostStatus
from ansible_collections.slipway.deploy.plugins.module_utils.render.own import own_hosts, runs_of
from ansible_collections.slipway.deploy.plugins.module_utils.render.progress import events
from ansible_collections.slipway.deploy.plugins.module_utils.render.status import Overview, out_of_step, status

NOW = 1795208651.0


def overview(outcome: str | None = "succeeded", *, running: bool = False, state: str = "stable") -> Overview:
    target = {"name": "a", "kind": "ecs_service", "state": state, "from": {}, "to": {}}
    record = {"id": "r9", "environment": "dev", "outcome": outcome, "phase": "rolling_out", "targets": [target]}
    return Overview("dev", "c", 1, NOW, "dev is not locked", running, record)


def stray(name: str, release: str, *, returns: bool = True, **fields: Any) -> ServiceStatus:
    return ServiceStatus(
        name,
        **{"condition": "out_of_step", "step": "out_of_step", "stray": "runs :1", "release": release, **fields},
        returns=returns,
    )


WELL = ServiceStatus("w", "well", step="in_step")


@pytest.mark.parametrize(
    ("seen", "items", "hosts", "said"),
    [
        pytest.param(overview(), [WELL], [], "", id="all well"),
        pytest.param(overview(), [ServiceStatus("u", "unreleased")], [], "", id="never released is not an error"),
        pytest.param(overview(), [ServiceStatus("i", "idle")], [], "", id="nor is what runs nothing"),
        pytest.param(overview(), [stray("a", "r1")], [], "out of step: a", id="out of step"),
        pytest.param(overview(), [ServiceStatus("f", "failing")], [], "failing: f", id="failing"),
        pytest.param(overview(), [ServiceStatus("x", "unknown")], [], "unknown: x", id="unknown is not green"),
        pytest.param(overview(), [stray("m", "r1", condition="moving")], [], "out of step: m", id="moving elsewhere"),
        pytest.param(overview(None), [WELL], [], "the deploy r9 is unfinished", id="killed"),
        pytest.param(overview(None, running=True), [WELL], [], "", id="a deploy at work"),
        pytest.param(overview("needs_person"), [WELL], [], "release r9 needs a person", id="needs a person"),
        pytest.param(overview("held"), [WELL], [], "release r9 is held", id="held"),
        pytest.param(overview("undone", state="undone"), [WELL], [], "", id="undone is as before"),
        pytest.param(overview(), [], [HostStatus("h", "out_of_step")], "out of step: h", id="a host out of step"),
        pytest.param(overview(), [], [HostStatus("h", "fail")], "failing: h", id="a host that fails"),
        pytest.param(overview(), [], [HostStatus("h", "warn")], "", id="a host with a remark"),
    ],
)
def test_what_is_not_as_it_should_be_in_a_line(seen: Overview, items: Any, hosts: Any, said: str) -> None:
    found = out_of_step(seen, items, hosts)
    assert bool(found) is bool(said)
    assert said in found


def test_each_release_is_put_back_by_a_command_of_its_own() -> None:
    items = [stray("a", "r1"), stray("b", "r2"), stray("c", "r1"), stray("d", "r3", returns=False)]
    lines = [line.split("next", 1)[1].strip() for line in status(overview(), items) if line.startswith("  next")]
    rollback = "put it back: ansible-playbook playbooks/rollback.yml -e env=dev -e to="
    assert lines == [
        f"{rollback}r1 --limit a,c",
        f"{rollback}r2 --limit b",
        "deploy the requested release: ansible-playbook deploy.yml -e env=dev --limit d",
    ]
    # An unfinished deploy has to be ended first.
    unfinished = "\n".join(status(overview(None), items))
    assert "resume=undo" in unfinished
    assert "put it back" not in unfinished


V1 = {"group": "backend", "release": "v1-9f8e", "tag": "v1", "digest": "sha256:9f", "schema": "1"}
V2 = {"group": "backend", "release": "v2-0a1b", "tag": "v2", "digest": "sha256:0a", "schema": "2"}


def own(host: str, release: dict[str, str], at: float, end: str, before: dict[str, str] | None = None) -> Any:
    record = codedeploy.opened("dev", host, f"d-{at:.0f}", release, NOW + at)
    record = codedeploy.with_event(record, "ApplicationStart", "begun", NOW + at)
    switch = {"state": "switched", "from": before}
    record = codedeploy.with_event(record, "ApplicationStart", "done", NOW + at, switch=switch)
    if end == "succeeded":
        return codedeploy.succeeded(record, NOW + at)
    undo = {"state": end} if end != "needs_person" else None
    return record if end == "open" else codedeploy.failed(record, "ValidateService", "no answer", undo, NOW + at)


@pytest.mark.parametrize(
    ("records", "verdict", "release", "part"),
    [
        pytest.param([own("i-1", V2, 5, "succeeded")], "warn", "v2", "succeeded", id="as deployed, not asked"),
        pytest.param([own("i-1", V1, 5, "succeeded")], "out_of_step", "v1", "runs v1, not v2 of", id="an older one"),
        pytest.param(
            [own("i-1", V1, 20, "undone", V2), own("i-1", V2, 5, "succeeded")], "warn", "v2", "was undone", id="undone"
        ),
        pytest.param(
            [own("i-1", V2, 20, "undone", V1), own("i-1", V1, 5, "succeeded")], "out_of_step", "v1", "not v2", id="back"
        ),
        pytest.param([own("i-1", V2, 20, "needs_person")], "fail", "v2", "needs a person", id="needs a person"),
        pytest.param([own("i-1", V2, 20, "open")], "warn", "v2", "is running", id="at work"),
        pytest.param([own("i-1", V2, -9000, "open")], "unknown", "v2", "has not ended", id="left open"),
    ],
)
def test_a_host_that_deploys_itself(records: Any, verdict: str, release: str, part: str) -> None:
    other = [own("i-2", V2, 10, "succeeded")]
    first, second = own_hosts([("i-1", records, ""), ("i-2", other, "")], NOW + 30)
    assert (first.verdict, first.release, first.asked) == (verdict, release, False)
    assert part in first.detail
    assert (second.verdict, second.release) == ("warn", "v2")


def test_a_host_whose_records_are_damaged_is_unknown() -> None:
    (found,) = own_hosts([("i-1", [], "the record is damaged")], NOW)
    assert (found.verdict, "damaged" in found.detail) == ("unknown", True)
    assert runs_of([]) is None


def test_the_history_of_hosts_that_deploy_themselves() -> None:
    of = [("i-1", [own("i-1", V2, 5, "succeeded")], ""), ("i-2", [own("i-2", V1, 9, "undone", V1)], "")]
    lines = history(releases([], "dev", 20, 50, of))
    assert [line.split()[:3] for line in lines[2:4]] == [
        [record["id"], "codedeploy", tag] for record, tag in ((of[1][1][0], "v1"), (of[0][1][0], "v2"))
    ]
    assert "dev runs what its hosts deployed themselves: i-1 v2, i-2 v1" in " ".join(" ".join(lines).split())


def test_several_that_end_at_once_are_counted_one_after_the_other() -> None:
    def with_states(*states: str) -> dict[str, Any]:
        targets = [
            {"name": name, "wave": 1, "state": state, "from": {"task_definition": "x/f:1"}, "to": {}}
            for name, state in zip("abcde", states, strict=False)
        ]
        return {"phase": "rolling_out", "targets": targets}

    before = with_states("stable", "in_flight", "stable", "in_flight", "in_flight")
    lines = events(before, with_states("stable", "stable", "stable", "stable", "in_flight"), NOW)
    assert [line.rpartition("(")[2] for line in lines] == ["3 of 5)", "4 of 5)"]
