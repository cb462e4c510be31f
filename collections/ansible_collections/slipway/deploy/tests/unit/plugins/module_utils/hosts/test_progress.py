# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""How far each host is, in any order of what may happen to it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.slipway.deploy.plugins.module_utils.hosts import progress
from ansible_collections.slipway.deploy.plugins.module_utils.hosts.model import Runs
from ansible_collections.slipway.deploy.plugins.module_utils.hosts.progress import After
from ansible_collections.slipway.deploy.plugins.module_utils.rollout.model import State

from .builders import GONE, ON_V1, ON_V2, RUNS_V1, STOPPED, V1, V2, Doc, migration, record, service, target

NAMES = ("a", "b", "c", "d")
#: The states that a host can be in at the end of a play: begun turns are ended in the same play, or the run died.
VOCABULARY = frozenset(get_args(State)) & {
    "planned",
    "updating",
    "stable",
    "failed",
    "undoing",
    "undone",
    "undo_failed",
}
LOST = {"state": "done", "applied": [migration("3", compatible=False)]}


def states(document: Mapping[str, Any]) -> dict[str, str]:
    return {item["name"]: item["state"] for item in progress.hosts_of(document)}


def turn(document: Doc, after: Mapping[str, After], threshold: int = 0) -> Doc:
    begun = progress.begin(document, list(after), 10.0)
    assert {states(begun)[name] for name in after} <= {"updating"}
    return progress.end(begun, after, {"backend": threshold}, 20.0)


@pytest.mark.parametrize(
    ("before", "after", "state", "reason"),
    [
        pytest.param(RUNS_V1, ON_V2, "stable", None, id="it runs the new release"),
        pytest.param(RUNS_V1, STOPPED, "failed", STOPPED.reason, id="it is down"),
        pytest.param(RUNS_V1, ON_V1, "undone", "does not run the release that it was switched to", id="still old"),
        pytest.param(
            RUNS_V1,
            After(True, V1.id, active=True, configuration="c1", reason="it never became ready"),
            "undone",
            "it never became ready",
            id="it put itself back",
        ),
        pytest.param(RUNS_V1, GONE, "failed", "the host is gone", id="no answer"),
        pytest.param(RUNS_V1, After(False, reason="timed out"), "failed", "is not known: timed out", id="why not"),
        pytest.param(
            RUNS_V1,
            After(True, V2.id, active=True, reason="i-1 is unhealthy for 300 s"),
            "failed",
            "i-1 is unhealthy for 300 s",
            id="it runs the new release, and its load balancer does not take it",
        ),
        pytest.param(
            RUNS_V1, After(True, V1.id, active=True, configuration="c9"), "failed", "does not run", id="old, half-way"
        ),
        pytest.param(
            RUNS_V1,
            After(True, V1.id, active=True, configuration="c7", renewed="c1"),
            "undone",
            "does not run",
            id="old, with the secrets of now",
        ),
        pytest.param(
            RUNS_V1,
            After(True, V1.id, active=True, configuration="c1", doubt="it did not become ready again"),
            "failed",
            "does not run",
            id="old, and not ready",
        ),
        pytest.param(RUNS_V1, After(True, V1.id, configuration="c1"), "failed", "does not run", id="old, and down"),
        pytest.param(None, After(True), "failed", "does not run", id="nothing ran before, nothing runs now"),
        pytest.param(None, ON_V2, "stable", None, id="the first release"),
        pytest.param(Runs(V1.id), ON_V1, "undone", "does not run", id="whose configuration nobody knew"),
    ],
)
def test_a_host_after_its_turn(before: Runs | None, after: After, state: str, reason: str | None) -> None:
    (item,) = turn(record(target("a", before=before)), {"a": after})["targets"]
    assert (item["state"], item["started_at"], item["finished_at"]) == (state, 10.0, 20.0)
    assert (item["failure"] is None) is (reason is None)
    assert reason is None or reason in item["failure"]["reason"]


def test_a_failed_change_of_configuration_alone_is_no_success() -> None:
    same = target("a", before=Runs(V2.id, V2.tag, V2.digest, "2", "c1"))
    back = After(True, V2.id, active=True, configuration="c1", reason="it never became ready")
    assert states(turn(record(same), {"a": back})) == {"a": "undone"}


@pytest.mark.parametrize(
    ("started", "state"),
    [
        ({"/etc/u": "1", "/etc/nginx/x": "w1"}, "undone"),
        ({}, "undone"),
        ({"/etc/u": "2", "/etc/nginx/x": "w1"}, "undo_failed"),
        ({"/etc/u": "1", "/etc/nginx/x": "w2"}, "undo_failed"),
    ],
)
def test_a_host_that_keeps_the_unit_or_the_web_server_of_the_new_release_is_not_back(
    started: dict[str, str], state: str
) -> None:
    before = Runs(V1.id, V1.tag, links={"/etc/nginx/x": "w1"}, files={"/etc/u": "1"})
    begun = progress.begin_undo(record(target("a", "stable", before), cause={"what": "x"}), ["a"], 30.0)
    assert progress.files_before(begun["targets"][0]) == {"/etc/u": "1"}
    (item,) = progress.end_undo(begun, {"a": After(True, V1.id, active=True, started=started)}, 40.0)["targets"]
    assert item["state"] == state


@pytest.mark.parametrize(
    ("before", "after", "state", "detail"),
    [
        pytest.param(RUNS_V1, ON_V1, "undone", "", id="it is back"),
        pytest.param(RUNS_V1, ON_V2, "undo_failed", f"it runs {V2.id}, not {V1.id}", id="it is not"),
        pytest.param(RUNS_V1, GONE, "undo_failed", "the host is gone", id="it does not answer"),
        pytest.param(
            RUNS_V1,
            After(True, V1.id, active=True, configuration="c7", renewed="c1"),
            "undone",
            "",
            id="old, with the secrets of now",
        ),
        pytest.param(
            RUNS_V1,
            After(True, V1.id, active=True, configuration="c1", doubt="it did not become ready again"),
            "undo_failed",
            "it did not become ready again",
            id="old, and not ready",
        ),
        pytest.param(RUNS_V1, After(True, V1.id, configuration="c1"), "undo_failed", "it runs", id="old, and down"),
        pytest.param(
            RUNS_V1,
            After(True, V1.id, active=True, configuration="c1", reason="its load balancer does not take it"),
            "undo_failed",
            "its load balancer does not take it",
            id="back, and not in its load balancer",
        ),
        pytest.param(
            RUNS_V1, After(True, V1.id, active=True, configuration="c2"), "undo_failed", "it runs", id="old, half-way"
        ),
        pytest.param(None, After(True), "undone", "nothing ran before", id="nothing ran before, and it is stopped"),
        pytest.param(None, ON_V2, "undo_failed", "not nothing", id="nothing ran before, and it runs"),
        pytest.param(None, GONE, "undo_failed", "the host is gone", id="nothing ran before, and nobody knows"),
    ],
)
def test_a_host_after_its_way_back(before: Runs | None, after: After, state: str, detail: str) -> None:
    begun = progress.begin_undo(record(target("a", "stable", before), cause={"what": "x"}), ["a"], 30.0)
    (item,) = progress.end_undo(begun, {"a": after}, 40.0)["targets"]
    assert item["state"] == state
    assert detail in item["undo"]["detail"]
    assert item["undo"]["started_at"] == 30.0


@pytest.mark.parametrize(
    ("threshold", "outcomes", "turned_back"),
    [
        pytest.param(0, [GONE], True, id="none may"),
        pytest.param(1, [GONE], True, id="the first gates the rest, whatever the threshold"),
        pytest.param(2, [GONE, GONE], True, id="as long as none is healthy"),
        pytest.param(1, [ON_V2, GONE], False, id="one may"),
        pytest.param(1, [ON_V2, GONE, STOPPED], True, id="two are more than one"),
        pytest.param(2, [ON_V2, GONE, STOPPED], False, id="two may"),
        pytest.param(0, [ON_V2, ON_V1], True, id="one that put itself back counts"),
        pytest.param(0, [ON_V2, ON_V2], False, id="none did"),
    ],
)
def test_threshold(threshold: int, outcomes: list[After], turned_back: bool) -> None:
    names = NAMES[: len(outcomes)]
    document = record(*map(target, (*names, "last")))
    for name, after in zip(names, outcomes, strict=True):
        document = turn(document, {name: after}, threshold)
    assert bool(document["cause"]) is turned_back
    assert progress.to_switch(document) == ([] if turned_back else ["last"])


def test_the_first_cause_stands() -> None:
    document = turn(record(*map(target, "ab")), {"a": GONE})
    again = progress.end(progress.begin(document, ["b"], 1.0), {"b": STOPPED}, {}, 2.0)
    assert again["cause"] == document["cause"]
    assert document["cause"]["target"] == "a"


@pytest.mark.parametrize("kept", [{"hold": {"what": "smoke"}}, {"cause": {"what": "bff-service failed"}}])
def test_nothing_is_switched_once_the_release_is_held_or_goes_back(kept: Doc) -> None:
    assert progress.to_switch(record(target("a"), target("b", "updating"), **kept)) == []


def test_a_killed_switch_is_done_again_and_keeps_its_beginning() -> None:
    document = record(target("a", "updating", started_at=5.0), target("b"))
    assert progress.to_switch(document) == ["a", "b"]
    assert progress.begin(document, ["a"], 50.0)["targets"][0]["started_at"] == 5.0


def test_services_are_none_of_its_business() -> None:
    document = record(service(), target("a", "stable"), cause={"what": "x"})
    assert progress.to_undo(document) == ["a"]
    assert progress.begin_undo(document, ["a", "bff-service"], 1.0)["targets"][0] == service()


@pytest.mark.parametrize(
    ("item", "links"),
    [
        pytest.param(target("a", before=None), [], id="nothing ran"),
        pytest.param(target("a", before=Runs(V1.id)), ["/app/app.jar"], id="no generation"),
        pytest.param(target("a"), ["/app/app.jar", "/etc/umigo-backend/current"], id="both"),
        pytest.param({"name": "a"}, [], id="no from at all"),
    ],
)
def test_links_before(item: Doc, links: list[str]) -> None:
    found = progress.links_before(item, "umigo-backend")
    assert [link["path"] for link in found] == links
    if len(found) > 1:
        assert found[0]["target"] == f"/app/releases/{V1.id}/app.jar"
        assert found[1]["target"] == "/etc/umigo-backend/generations/c1"


@pytest.mark.parametrize(
    ("migrations", "why"),
    [
        pytest.param({}, None, id="none"),
        pytest.param({"state": "planned", "pending": [migration(compatible=False)]}, None, id="not begun"),
        pytest.param({"state": "done", "applied": [migration()]}, None, id="compatible"),
        pytest.param({"state": "running", "pending": [migration(compatible=False)]}, "migration 2 is", id="running"),
        pytest.param({"state": "failed", "pending": [migration(compatible=False)]}, "migration 2 is", id="half-way"),
        pytest.param(
            {"state": "done", "applied": [migration("2", compatible=False), migration("3", compatible=False)]},
            "migrations 2, 3 are",
            id="several",
        ),
        pytest.param(
            {"state": "failed", "applied": [migration()], "pending": [migration("3", compatible=False)]},
            "migration 3 is",
            id="the second",
        ),
    ],
)
def test_point_of_no_return(migrations: Doc, why: str | None) -> None:
    document = record(target("a", "stable"), cause={"what": "x"}, migrations=migrations)
    found = progress.point_of_no_return(document)
    assert found == (f"{why} not declared backward-compatible" if why else None)
    assert progress.to_undo(document) == ([] if why else ["a"])
    assert progress.needs_person(document) is (why is not None)


def test_without_a_cause_a_migration_needs_nobody() -> None:
    assert not progress.needs_person(record(target("a", "stable"), migrations=LOST))


def test_hosts_that_failed_within_the_threshold_are_named() -> None:
    document = turn(record(*map(target, "abc")), {"a": ON_V2, "b": ON_V2, "c": GONE}, threshold=1)
    cause = progress.left_behind(document)
    assert cause is not None
    assert (cause.target, cause.what.startswith("the deploy failed on c (the host is gone")) == ("c", True)
    assert progress.finished(document)
    assert progress.left_behind({**document, "cause": {"what": "x"}}) is None
    assert progress.left_behind(turn(record(target("a")), {"a": ON_V2})) is None


@pytest.mark.parametrize(
    ("choice", "state", "given_up"),
    [
        ("finish", "planned", "failed"),
        ("finish", "updating", "failed"),
        ("finish", "stable", "stable"),
        ("undo", "planned", "planned"),
        ("undo", "updating", "undo_failed"),
        ("undo", "stable", "undo_failed"),
        ("undo", "undoing", "undo_failed"),
        ("undo", "undone", "undone"),
    ],
)
def test_a_host_that_left_the_inventory_keeps_no_deploy_open(choice: str, state: str, given_up: str) -> None:
    cause = {"what": "the run was interrupted"} if choice == "undo" else None
    document = record(target("gone", state), target("a", "stable"), cause=cause)
    document = progress.give_up(document, ["a"], choice, 50.0)
    assert states(document) == {"gone": given_up, "a": "stable"}
    assert "gone" not in progress.to_switch(document) + progress.to_undo(document)
    assert progress.needs_person(document) is (given_up == "undo_failed")


AFTER = st.builds(
    After,
    answered=st.booleans(),
    release=st.sampled_from([None, V1.id, V2.id, "other"]),
    active=st.booleans(),
    configuration=st.sampled_from([None, "c1", "c2"]),
    reason=st.sampled_from(["", "it never became ready"]),
)
COMMON = st.fixed_dictionaries(
    {
        "hosts": st.lists(st.sampled_from([RUNS_V1, None, Runs(V1.id)]), min_size=1, max_size=4),
        "migrations": st.sampled_from([{}, {"state": "done", "applied": [migration()]}, LOST]),
        "threshold": st.integers(0, 2),
    }
)
#: A play over some hosts: forward or back, and whether the run dies in the middle of it.
STEPS = st.lists(
    st.tuples(st.sampled_from(["forward", "back", "turn"]), st.sets(st.sampled_from(NAMES)), st.booleans()), max_size=8
)


def play(document: Doc, step: tuple[str, set[str], bool], afters: st.DataObject, threshold: int) -> Doc:
    """One play as the playbook does it."""
    kind, batch, killed = step
    if kind == "turn":
        return {**document, "cause": document["cause"] or {"what": "stopped by Ctrl-C", "target": None}}
    forward = kind == "forward"
    names = [name for name in (progress.to_switch if forward else progress.to_undo)(document) if name in batch]
    if not names:
        return document
    begun = (progress.begin if forward else progress.begin_undo)(document, names, 1.0)
    if killed:
        return begun
    after = {name: afters.draw(AFTER) for name in names}
    return progress.end(begun, after, {"backend": threshold}, 2.0) if forward else progress.end_undo(begun, after, 2.0)


@given(common=COMMON, steps=STEPS, afters=st.data())
def test_whatever_happens(common: Doc, steps: list[Any], afters: st.DataObject) -> None:
    hosts = [target(name, before=before) for name, before in zip(NAMES, common["hosts"], strict=False)]
    document = record(service(), *hosts, migrations=common["migrations"])
    for step in steps:
        was = states(document)
        document = play(document, step, afters, common["threshold"])
        now = states(document)
        assert set(now.values()) <= VOCABULARY
        assert document["targets"][0] == service()
        lost = progress.point_of_no_return(document)
        going_back = {"undoing", "undo_failed"}
        if lost:
            assert not going_back & set(now.values())
            assert progress.to_undo(document) == []
            assert not document["cause"] or progress.needs_person(document)
        # What is as before is never put back, and what ended is never begun again.
        as_before = {name for name, state in now.items() if state in ("planned", "undone")}
        assert not as_before & set(progress.to_undo(document))
        assert all(now[name] == state for name, state in was.items() if state in ("undone", "undo_failed"))
        left = progress.to_undo(document) if document["cause"] else progress.to_switch(document)
        assert progress.finished(document) is (not left)
        failed = [item for item in progress.hosts_of(document) if item["failure"]]
        assert len(failed) <= common["threshold"] or document["cause"]


@given(common=COMMON, steps=STEPS, afters=st.data())
def test_from_anywhere_a_resumed_run_comes_to_an_end(common: Doc, steps: list[Any], afters: st.DataObject) -> None:
    hosts = [target(name, before=before) for name, before in zip(NAMES, common["hosts"], strict=False)]
    document = record(*hosts, migrations=common["migrations"])
    for step in steps:
        document = play(document, step, afters, common["threshold"])
    for name in NAMES:
        document = play(document, ("forward", {name}, False), afters, common["threshold"])
    document = play(document, ("back", set(NAMES), False), afters, common["threshold"])
    assert progress.finished(document)
    ended = {"undone", "undo_failed", "planned"} if document["cause"] else {"stable", "failed", "undone"}
    assert progress.point_of_no_return(document) or set(states(document).values()) <= ended
