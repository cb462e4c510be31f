# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What each service and host should run by the records together, and how what runs stands to it, as tables."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from ansible_collections.slipway.deploy.plugins.module_utils.checks.health import Health
from ansible_collections.slipway.deploy.plugins.module_utils.checks.status import ServiceStatus
from ansible_collections.slipway.deploy.plugins.module_utils.fleet.model import (
    Deployment,
    DesiredService,
    ObservedService,
)
from ansible_collections.slipway.deploy.plugins.module_utils.fleet.observation import Facts, TaskDefinition
from ansible_collections.slipway.deploy.plugins.module_utils.hosts.model import Runs
from ansible_collections.slipway.deploy.plugins.module_utils.record.released import groups_released, released
from ansible_collections.slipway.deploy.plugins.module_utils.record.step import (
    Step,
    asks_for_definition,
    health_in_step,
    host_step,
    service_step,
    with_step,
)

PREFIX = "arn:aws:ecs:eu-west-1:962496666337:task-definition/user:"


def arn(revision: int) -> str:
    return f"{PREFIX}{revision}"


def record(number: int, outcome: str | None = "succeeded", **fields: Any) -> dict[str, Any]:
    """A record without targets."""
    return {
        "id": f"r{number}",
        "kind": "deploy",
        "label": f"l{number}",
        "outcome": outcome,
        "finished_at": float(number),
        "targets": [],
        "unchanged": [],
        **fields,
    }


def changed(number: int, to: int, outcome: str | None = "succeeded", state: str = "stable", **fields: Any) -> Any:
    """A record that changed user-service."""
    target = {
        "name": "user",
        "kind": "ecs_service",
        "from": {"task_definition": arn(to - 1)},
        "to": {"task_definition": arn(to), "tag": f"t{to}", "digest": f"sha256:{to}"},
        "state": state,
        **fields,
    }
    return record(number, outcome, targets=[target])


def left(number: int, revision: int, why: str, outcome: str | None = "succeeded") -> Any:
    """A record that left user-service alone."""
    item = {"name": "user", "task_definition": arn(revision), "image_tag": "t", "digest": "sha256:x", "why": why}
    return record(number, outcome, unchanged=[item])


CLONED = {"undo": {"task_definition": arn(5), "equivalent_of": arn(1)}}
AGAIN = {"undo": {"task_definition": arn(7), "equivalent_of": arn(5)}}


@pytest.mark.parametrize(
    ("newest_first", "expected"),
    [
        pytest.param([], None, id="nothing was ever deployed"),
        pytest.param([changed(1, 2)], ("r1", arn(2), set(), ""), id="deployed"),
        pytest.param([record(2), changed(1, 2)], ("r1", arn(2), set(), ""), id="another record tells of it"),
        pytest.param([left(2, 9, "outside the limit"), changed(1, 2)], ("r1", arn(2), set(), ""), id="outside --limit"),
        pytest.param([left(2, 9, "outside the limit")], None, id="never but outside --limit"),
        pytest.param([left(2, 9, "same digest"), changed(1, 2)], ("r2", arn(9), set(), ""), id="found as asked for"),
        pytest.param([left(2, 9, "same digest", "unchanged")], ("r2", arn(9), set(), ""), id="a deploy without change"),
        pytest.param(
            [left(2, 9, "same digest", "undone"), changed(1, 2)], ("r1", arn(2), set(), ""), id="not by a bad"
        ),
        pytest.param(
            [changed(2, 3, "undone", "undone"), changed(1, 2)], ("r1", arn(2), set(), ""), id="what was undone"
        ),
        pytest.param([changed(2, 3, "undone", "undone")], None, id="undone, and nothing before"),
        pytest.param([changed(2, 3, "undone", "planned"), changed(1, 2)], ("r1", arn(2), set(), ""), id="never begun"),
        pytest.param(
            [changed(2, 3, "undone", "undone", **CLONED), changed(1, 1)],
            ("r1", arn(1), {arn(5)}, ""),
            id="an undo's clone of it",
        ),
        pytest.param(
            [changed(3, 6, "undone", "undone", **AGAIN), changed(2, 3, "undone", "undone", **CLONED), changed(1, 1)],
            ("r1", arn(1), {arn(5), arn(7)}, ""),
            id="a clone of the clone",
        ),
        pytest.param(
            [changed(2, 3, "undone", "undone", **CLONED), changed(1, 2)],
            ("r1", arn(2), set(), ""),
            id="a clone of what others had put there is no release",
        ),
        pytest.param([changed(2, 3, "held"), changed(1, 2)], ("r2", arn(3), set(), ""), id="held stands"),
        pytest.param([changed(2, 3, "needs_person", "undo_failed")], ("r2", "", set(), "undo_failed"), id="stuck"),
        pytest.param([changed(2, 3, None, "in_flight"), changed(1, 2)], ("r2", "", set(), "in_flight"), id="killed"),
        pytest.param([changed(2, 3, None, "planned"), changed(1, 2)], ("r1", arn(2), set(), ""), id="not reached"),
        pytest.param([changed(2, 3, None), changed(1, 2)], ("r2", arn(3), set(), ""), id="reached before the kill"),
    ],
)
def test_what_a_service_should_run(newest_first: list[Any], expected: tuple[Any, ...] | None) -> None:
    found = released(newest_first, ["user"]).get("user")
    got = found and (found.record, found.task_definition, set(found.copies), found.unsettled)
    assert got == expected


def test_no_more_is_read_than_is_needed() -> None:
    def records() -> Iterator[Any]:
        yield changed(2, 3)
        raise AssertionError("an older record was read")

    assert released(records(), ["user"])["user"].record == "r2"
    assert released(records(), []) == {}


DESIRED = DesiredService("user", 1, "c", "user", "app", "repo", "t2")


def body(image: str, memory: int = 512) -> dict[str, Any]:
    return {"containerDefinitions": [{"name": "app", "image": image, "memory": memory}]}


def facts(revision: int, digest: str = "", by: str = "", own: str = "", **kwargs: Any) -> Facts:
    image = kwargs.get("image", f"host/repo@{digest}" if digest else "host/repo:t")
    definition = TaskDefinition(
        arn(revision),
        {**body(image, kwargs.get("memory", 512)), **({"registeredBy": by} if by else {})},
        {"slipway:release": own} if own else {},
    )
    primary = Deployment("d", "PRIMARY", arn(revision), "COMPLETED", created_at=1795208651.0)
    observed = ObservedService("user", "", "ACTIVE", arn(revision), 1, 1, 0, deployments=(primary,))
    return Facts(DESIRED, observed, running=definition, running_digest=digest)


RELEASED = released([changed(1, 2)], ["user"])["user"]


@pytest.mark.parametrize(
    ("runs", "definition", "kind", "parts"),
    [
        pytest.param(facts(2, "sha256:2"), None, "in_step", [], id="the released revision"),
        pytest.param(facts(2, "sha256:9"), None, "in_step", [], id="pinned: a platform's digest is the image's"),
        pytest.param(
            facts(2, "sha256:9", image="host/repo:t"), None, "out_of_step", ["its tag moved"], id="a moved tag"
        ),
        pytest.param(
            facts(1, "sha256:1", by="arn:aws:iam::1:user/eve"),
            TaskDefinition(arn(2), body("host/repo@sha256:2")),
            "out_of_step",
            ["runs :1, not :2 (t2) of release r1", ":1 was registered by arn:aws:iam::1:user/eve", "2026-11-20 21:04"],
            id="put back by hand",
        ),
        pytest.param(
            facts(3, "sha256:2", by="arn:aws:sts::1:assumed-role/pipeline/x", memory=256),
            TaskDefinition(arn(2), body("host/repo@sha256:2")),
            "out_of_step",
            ["memory (app) 512 → 256", "arn:aws:sts::1:assumed-role/pipeline/x"],
            id="same image, other memory",
        ),
        pytest.param(
            facts(1, "sha256:1", own="r0"), None, "out_of_step", [":1 is of release r0"], id="an older release"
        ),
        pytest.param(
            facts(3, "sha256:2"), TaskDefinition(arn(2), body("host/repo@sha256:2")), "in_step", [], id="equal content"
        ),
    ],
)
def test_a_service_against_its_release(runs: Facts, definition: Any, kind: str, parts: list[str]) -> None:
    asked = asks_for_definition(runs, RELEASED)
    assert asked == ("" if runs.running is not None and runs.running.arn == arn(2) else arn(2))
    step = service_step(runs, RELEASED, {arn(2): (definition, True)} if definition else {})
    assert step is not None
    assert step.kind == kind
    assert all(part in step.what for part in parts), step.what


def test_a_service_that_no_record_tells_of_is_neither_released_nor_wrong() -> None:
    step = service_step(facts(1), None, {})
    assert step is not None
    assert step.kind == "unreleased"
    assert service_step(Facts(DESIRED, None, "MISSING"), RELEASED, {}) is None


@pytest.mark.parametrize(
    ("condition", "kind", "running", "expected"),
    [
        ("well", "in_step", False, "well"),
        ("well", "out_of_step", False, "out_of_step"),
        ("well", "out_of_step", True, "out_of_step"),
        ("idle", "out_of_step", False, "out_of_step"),
        ("failing", "out_of_step", False, "failing"),
        ("moving", "out_of_step", False, "moving"),
        ("well", "unsettled", False, "out_of_step"),
        ("well", "unsettled", True, "moving"),
        ("well", "unreleased", False, "unreleased"),
        ("failing", "unreleased", False, "failing"),
        ("well", "unknown", False, "unknown"),
    ],
)
def test_the_condition_in_view_of_the_release(condition: Any, kind: Any, running: bool, expected: str) -> None:
    status = with_step(ServiceStatus("user", condition), Step(kind, "why", "r1"), running=running)
    assert status.condition == expected
    assert bool(status.stray) is (
        kind in ("out_of_step", "unsettled", "unknown") and not (running and kind[:3] == "uns")
    )


def host(number: int, release: str, state: str = "stable", outcome: str | None = "succeeded", **to: Any) -> Any:
    target = {"name": "h1", "kind": "host", "group": "site", "to": {"release": release, **to}, "state": state}
    return record(number, outcome, targets=[target], releases={"site": {"release": release}})


@pytest.mark.parametrize(
    ("newest_first", "runs", "changes", "kind", "part"),
    [
        pytest.param([host(1, "a")], Runs("a"), [], "in_step", "", id="as released"),
        pytest.param([host(1, "a")], Runs("b"), [], "out_of_step", "runs b, not a of release r1", id="another one"),
        pytest.param([host(1, "a")], None, [], "out_of_step", "what its ledger does not know", id="a link by hand"),
        pytest.param([host(1, "a")], Runs("a"), ["/srv/x/current"], "out_of_step", "/srv/x/current", id="a moved link"),
        pytest.param(
            [host(1, "a", configuration="c1")], Runs("a", configuration="c2"), [], "out_of_step", "c2", id="c"
        ),
        pytest.param([host(2, "b", "undone", "undone"), host(1, "a")], Runs("a"), [], "in_step", "", id="undone"),
        pytest.param(
            [host(2, "b", "updating", None), host(1, "a")], Runs("a"), [], "unsettled", "half-way", id="killed"
        ),
        pytest.param([], Runs("a"), [], "unreleased", "", id="never released"),
    ],
)
def test_a_host_against_its_release(newest_first: Any, runs: Any, changes: Any, kind: str, part: str) -> None:
    step = host_step(runs, changes, released(newest_first, ["h1"]).get("h1"))
    assert step.kind == kind
    assert part in step.what


def test_a_host_that_scaled_out_should_run_its_group_s_release() -> None:
    limited = {**host(2, "b"), "unchanged": [{"name": "h2", "kind": "host", "group": "site", "why": "not selected"}]}
    assert groups_released([limited, host(1, "a")], ["site"])["site"].release == "a"
    assert groups_released([host(1, "a")], ["backend"]) == {}
    # That another kind was left out says nothing of this one.
    other = {**host(2, "b"), "unchanged": [{"name": "h2", "kind": "host", "group": "node", "why": "not selected"}]}
    assert groups_released([other, host(1, "a")], ["site"])["site"].release == "b"


@pytest.mark.parametrize(
    ("deploy", "runs", "verdict"),
    [
        pytest.param(changed(1, 2, None), 2, "pass", id="what the deploy brought"),
        pytest.param(changed(1, 2, None), 1, "unknown", id="put back meanwhile: a person looks"),
        pytest.param(changed(1, 2, None, "planned"), 1, "pass", id="not begun"),
        pytest.param(left(1, 2, "same digest", None), 2, "pass", id="left alone"),
        pytest.param(left(1, 2, "same digest", None), 3, "warn", id="left alone, and changed by somebody"),
        pytest.param(record(1, None), 3, "pass", id="the record says nothing of it"),
    ],
)
def test_health_after_a_deploy_is_of_what_it_deployed(deploy: Any, runs: int, verdict: str) -> None:
    result = health_in_step(Health("user", "pass", 1, 1), facts(runs).observed, deploy)
    assert result.verdict == verdict
    assert ("it was changed by others during this deploy" in result.detail) is (verdict != "pass")
    assert health_in_step(Health("user", "fail", 0, 1, "down"), facts(3).observed, deploy).detail == "down"
