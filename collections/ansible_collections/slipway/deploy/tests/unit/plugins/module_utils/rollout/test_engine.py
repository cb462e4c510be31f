# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The engine on the double: order, parallelism, failures of every kind, cancel, and where things end up."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ansible_collections.slipway.deploy.plugins.module_utils.common.errors import SlipwayError
from ansible_collections.slipway.deploy.plugins.module_utils.record.model import outcome_of
from ansible_collections.slipway.deploy.plugins.module_utils.rollout.engine import Engine, Refused, Undecided
from ansible_collections.slipway.deploy.plugins.module_utils.rollout.model import UNTOUCHED, Undo
from ansible_collections.slipway.deploy.plugins.module_utils.rollout.resume import Choice
from ansible_collections.slipway.deploy.tests.unit.plugins.module_utils.rollout.ecs_double import Killed
from ansible_collections.slipway.deploy.tests.unit.plugins.module_utils.rollout.scenarios import Run, Service

TWELVE = [
    Service("config-server", 1),
    Service("discovery-server", 2),
    Service("api-gateway", 3),
    *(Service(f"business-{number}", 4, seconds=5 + 3 * number) for number in range(9)),
]


def test_twelve_services_roll_out_in_order_with_at_most_four_in_flight() -> None:
    run = Run.of(TWELVE)
    rollout = run.go()
    assert outcome_of(rollout) == "succeeded"
    assert run.all_new()
    assert run.widest == 4
    assert not run.broken_rules


def test_a_changed_service_costs_two_mutations() -> None:
    run = Run.of(TWELVE)
    run.go()
    assert (run.ecs.calls["register"], run.ecs.calls["update"]) == (12, 12)
    assert len(run.ecs.mutations) == 24


def test_the_window_slides() -> None:
    """A slow service holds one place, not the whole batch."""
    services = [Service("a-slow", seconds=40), *(Service(f"quick-{number}", seconds=5) for number in range(8))]
    run = Run.of(services, max_parallel=2)
    started = run.ecs.now
    run.go()
    assert run.all_new()
    # Eight quick ones one after the other beside the slow one, not behind it: each notices within a poll.
    assert run.ecs.now - started < 40 + 8 * 1.5


@pytest.mark.parametrize(
    "broken",
    [
        pytest.param(Service("broken", kind="fails"), id="the breaker rolls it back"),
        pytest.param(Service("broken", kind="fails", breaker=False), id="it fails without a breaker"),
        pytest.param(Service("broken", kind="crashes"), id="its tasks stop"),
        pytest.param(Service("broken", kind="hangs"), id="it never gets stable"),
        pytest.param(Service("broken", kind="unable"), id="ECS is unable to place it"),
        pytest.param(Service("broken", kind="crashes", reuse=True), id="its revision was registered before"),
        pytest.param(Service("broken", kind="fails", breaker=False, inactive=True), id="its old revision is INACTIVE"),
    ],
)
def test_one_broken_service_brings_all_back(broken: Service) -> None:
    services = [Service("first", 1), Service("second", 2, inactive=True), Service("beside"), broken]
    run = Run.of(services)
    rollout = run.go()
    assert outcome_of(rollout) == "undone"
    assert run.all_old()
    assert rollout.cause is not None
    assert rollout.cause.target == "broken"
    failed_at = next(index for index, record in enumerate(run.journal.written) if record["cause"])
    forward = [item for item in run.ecs.mutations if item[1] in ("register", "update")]
    back = [item for item in run.ecs.mutations if item[1] not in ("register", "update")]
    assert failed_at > 0
    assert max(item[0] for item in forward) <= min((item[0] for item in back), default=run.ecs.now)


def test_undo_goes_in_reverse_wave_order() -> None:
    services = [Service("a", 1), Service("b", 2), Service("c", 3), Service("d", 4, kind="crashes")]
    run = Run.of(services)
    run.go()
    undone = sorted((target["undo"]["finished_at"], target["name"]) for target in run.journal.record["targets"])
    assert [name for _at, name in undone] == ["d", "c", "b", "a"]


def test_an_inactive_revision_is_registered_again_and_said() -> None:
    run = Run.of([Service("a", 1, inactive=True), Service("b", 2, kind="crashes")])
    run.go()
    undo = run.journal.record["targets"][0]["undo"]
    assert (undo["task_definition"], undo["equivalent_of"]) == ("a:old-clone", "a:old")


def test_a_revision_that_names_a_tag_comes_back_with_the_digest_that_ran() -> None:
    """Its tag may have moved since: the revision itself could start another image."""
    run = Run.of([Service("a", 1, pinned=False, moved=True), Service("b", 2, kind="hangs", pinned=False)])
    run.go()
    assert [run.ecs.running(name)[0] for name in ("a", "b")] == ["a:old-clone", "b:old"]
    assert [target["undo"]["equivalent_of"] for target in run.journal.record["targets"]] == ["a:old", None]


def test_a_refused_update_changed_nothing_and_needs_no_undo() -> None:
    run = Run.of([Service("a", 1), Service("b", 2)])

    def refuse(boundary: str) -> None:
        if boundary == "before update" and "update" in run.ecs.calls and run.ecs.calls["update"] == 2:
            raise Refused("User is not authorized to perform: ecs:UpdateService")

    run.ecs.trip = refuse
    rollout = run.go()
    assert outcome_of(rollout) == "undone"
    assert rollout.target("b").state == "planned"
    assert [name for _at, kind, name, _state in run.ecs.mutations if kind == "undo"] == ["a"]
    assert run.all_old()


@pytest.mark.parametrize("after", [0, 1, 3, 8, 15, 25])
def test_cancel_stops_what_is_in_flight_first(after: int) -> None:
    run = Run.of(TWELVE)
    waits = 0

    def press(run: Run) -> None:
        nonlocal waits
        waits += 1
        if waits == after + 1:
            run.cancel = "stopped by Ctrl-C"

    run.after_each_wait = press
    rollout = run.go()
    assert outcome_of(rollout) == "undone"
    assert run.all_old()
    kinds = [kind for _at, kind, _name, _state in run.ecs.mutations if kind in ("stop", "undo")]
    assert kinds == sorted(kinds, key=lambda kind: kind != "stop")


def test_cancel_before_the_first_change_changes_nothing() -> None:
    run = Run.of(TWELVE)
    run.cancel = "stopped by Ctrl-C"
    run.go()
    assert run.ecs.mutations == []


def test_a_forced_service_gets_a_new_deployment_of_what_it_runs() -> None:
    run = Run.of([Service("a", force=True)])
    before = run.ecs.services["a"].deployments[0].id
    run.go()
    assert run.all_new()
    assert run.ecs.services["a"].deployments[0].id != before
    assert "register" not in run.ecs.calls


def test_stale_reads_fool_nobody() -> None:
    run = Run.of([Service("a", 1, seconds=8), Service("b", 2, kind="crashes")], stale_seconds=3)
    rollout = run.go()
    assert outcome_of(rollout) == "undone"
    assert run.all_old()


@pytest.mark.parametrize("services", [[Service("a", 1, seconds=8)], [Service("a", 1), Service("b", 2, kind="crashes")]])
def test_reads_that_are_stale_for_long_end_as_fresh_ones(services: list[Service]) -> None:
    run = Run.of(services, stale_seconds=40)
    rollout = run.go()
    good = len(services) == 1
    assert {target.state for target in rollout.targets} == {"stable" if good else "undone"}
    assert run.all_new() if good else run.all_old()


@settings(max_examples=25)
@given(
    kinds=st.lists(st.sampled_from(["ok", "fails", "crashes", "hangs"]), min_size=1, max_size=3),
    force=st.booleans(),
    cancel_after=st.one_of(st.none(), st.integers(0, 30)),
)
def test_reads_that_stay_stale_never_end_in_a_hope(kinds: list[str], force: bool, cancel_after: int | None) -> None:
    services = [Service(f"s{number}", number, kind=kind, force=force) for number, kind in enumerate(kinds)]
    run = Run.of(services, stale_seconds=1e9)
    waits = iter(range(1_000_000))

    def cancel(_run: Run) -> None:
        if next(waits) == cancel_after:
            run.cancel = "SIGINT"

    run.after_each_wait = cancel
    rollout = run.go()
    for target, service in zip(rollout.targets, sorted(services, key=lambda item: item.name), strict=True):
        assert target.state not in ("stable", "undone"), target
        assert target.state in UNTOUCHED or "as before the update" in (target.undo or Undo("")).detail
        assert target.name == service.name


def test_a_foreign_deployment_is_a_failure_and_is_left_alone() -> None:
    run = Run.of([Service("a", 1), Service("b", 2, seconds=30)])

    def interfere(run: Run) -> None:
        service = run.ecs.services["b"]
        if service.deployments[0].task_definition == "b:new":
            run.ecs._deploy(service, "b:hotfix", False)

    run.after_each_wait = interfere
    rollout = run.go()
    assert outcome_of(rollout) == "needs_person"
    assert run.ecs.running("b")[0] == "b:hotfix"
    assert run.ecs.running("a") == ("a:old", "COMPLETED")
    assert "b:hotfix" in str(rollout.cause)


def test_a_foreign_deployment_on_a_stable_service_is_left_alone_by_the_undo() -> None:
    run = Run.of([Service("a", 1), Service("b", 1), Service("c", 2, seconds=30, kind="fails")])

    def interfere(run: Run) -> None:
        service = run.ecs.services["a"]
        if run.ecs.running("a") == ("a:new", "COMPLETED") and run.ecs.in_flight() == {"c"}:
            run.ecs._deploy(service, "a:hotfix", False)

    run.after_each_wait = interfere
    rollout = run.go()
    assert outcome_of(rollout) == "needs_person"
    assert run.ecs.running("a") == ("a:hotfix", "COMPLETED")
    assert [name for _at, kind, name, _state in run.ecs.mutations if kind == "undo"] == ["b"]
    undo = rollout.target("a").undo
    assert undo is not None
    assert undo.detail.startswith("left to another deployment: ")
    assert undo.detail.endswith(" of a:hotfix")


def test_a_foreign_deployment_in_the_place_of_one_that_failed_is_left_alone() -> None:
    """ECS gave ours up, and somebody has repaired the service since."""
    run = Run.of([Service("a", 1), Service("b", 2, seconds=4, kind="fails", breaker=False)])

    def repair(run: Run) -> None:
        if run.ecs.running("b") == ("b:new", "FAILED"):
            run.ecs._deploy(run.ecs.services["b"], "b:hotfix", False)

    run.after_each_wait = repair
    rollout = run.go()
    assert outcome_of(rollout) == "needs_person"
    assert run.ecs.running("b") == ("b:hotfix", "COMPLETED")
    assert run.ecs.running("a") == ("a:old", "COMPLETED")


@pytest.mark.parametrize("choice", ["finish", "undo"])
def test_a_run_taken_up_late_has_its_whole_time(choice: Choice) -> None:
    """The hours between the kill and the next run are not time that the services had."""
    run = Run.of([Service("a", 1), Service("b", 2, seconds=8, reuse=True)])

    def die(boundary: str) -> None:
        in_flight = any(item["name"] == "b" and item["state"] == "in_flight" for item in run.journal.record["targets"])
        if in_flight and boundary == "after write":
            raise Killed

    run.journal.trip = die
    with pytest.raises(Killed):
        run.go()
    run.journal.trip = lambda _boundary: None
    run.ecs.now += 7_200  # nobody looks, ECS is still at it
    run.ecs.services["b"].deployments[0].started = run.ecs.now
    rollout = run.resume(choice)
    assert outcome_of(rollout) == ("succeeded" if choice == "finish" else "undone")
    assert run.all_new() if choice == "finish" else run.all_old()


def test_an_undo_taken_up_late_has_its_whole_time() -> None:
    run = Run.of([Service("a", 1), Service("b", 2, seconds=30)])
    run.after_each_wait = lambda run: setattr(run, "cancel", "stopped by Ctrl-C") if run.ecs.in_flight() else None

    def die(boundary: str) -> None:
        if boundary == "after write" and any(item["state"] == "undoing" for item in run.journal.record["targets"]):
            raise Killed

    run.journal.trip = die
    with pytest.raises(Killed):
        run.go()
    run.journal.trip = lambda _boundary: None
    run.ecs.now += 7_200
    rollout = run.resume("undo")
    assert outcome_of(rollout) == "undone"
    assert all(target.undo is None or target.undo.attempts <= 1 for target in rollout.targets)


def silence() -> SlipwayError:
    """The error of a call that AWS did not answer."""
    error = SlipwayError("cannot update a: Could not connect to the endpoint URL")
    error.__cause__ = type("EndpointConnectionError", (Exception,), {})()
    return error


def expired() -> SlipwayError:
    """The error of a call with credentials that have expired."""
    answer = {"Error": {"Code": "ExpiredTokenException"}, "ResponseMetadata": {"HTTPStatusCode": 400}}
    error = SlipwayError("cannot update a: the AWS credentials have expired", None, "Log in again")
    error.__cause__ = type("ClientError", (Exception,), {"response": answer})()
    return error


@pytest.mark.parametrize("choice", ["finish", "undo"])
def test_services_that_do_not_answer_any_more_leave_the_record_open(choice: Choice) -> None:
    run = Run.of([Service("a", seconds=5), Service("b", 2)], stabilise_timeout=20)
    run.ecs.unanswered = {"describe"}
    with pytest.raises(Undecided, match=r"AWS has not answered for \d+ s: Rate exceeded"):
        run.go()
    record = run.journal.record
    assert (record["cause"], record["outcome"]) == (None, None)
    run.ecs.unanswered = set()
    run.resume(choice)
    assert run.all_new() if choice == "finish" else run.all_old()


def test_a_silence_that_ends_in_time_decides_nothing() -> None:
    run = Run.of([Service("a", seconds=5), Service("b", 2)], stabilise_timeout=20)
    run.ecs.unanswered = {"describe"}
    began = run.ecs.now

    def answer_again(run: Run) -> None:
        if run.ecs.now - began > 12:
            run.ecs.unanswered = set()

    run.after_each_wait = answer_again
    assert outcome_of(run.go()) == "succeeded"
    assert run.all_new()


@pytest.mark.parametrize("boundary", ["before", "after"])
@pytest.mark.parametrize("kind", ["register", "update"])
def test_a_change_without_an_answer_is_ridden_out(kind: str, boundary: str) -> None:
    """Whether it was carried out is found out: no service is deployed twice."""
    run = Run.of([Service("a", 1), Service("b", 2)], stabilise_timeout=60)
    left = [3]

    def fail(where: str) -> None:
        if where == f"{boundary} {kind}" and left[0]:
            left[0] -= 1
            raise silence()

    run.ecs.trip = fail
    assert outcome_of(run.go()) == "succeeded"
    assert run.all_new()
    assert [name for _at, done, name, _state in run.ecs.mutations if done == "update"] == ["a", "b"]


@pytest.mark.parametrize("kind", ["register", "update", "undo", "describe"])
@pytest.mark.parametrize("error", [silence, expired])
def test_aws_or_credentials_gone_for_good_leave_the_record_open(kind: str, error: Callable[[], SlipwayError]) -> None:
    broken = Service("b", 2, kind="hangs") if kind == "undo" else Service("b", 2)
    run = Run.of([Service("a", 1), broken], stabilise_timeout=20)

    def fail(where: str) -> None:
        if run.ecs.lost or (where == f"before {kind}" and run.ecs.running("a") == ("a:new", "COMPLETED")):
            run.ecs.lost = error()
            raise run.ecs.lost

    def lose(run: Run) -> None:
        if kind == "describe" and run.ecs.in_flight() == {"b"}:
            run.ecs.lost = error()

    run.ecs.trip, run.after_each_wait = fail, lose
    with pytest.raises(Undecided):
        run.go()
    record = run.journal.record
    assert record["outcome"] is None
    assert (record["cause"] is not None) == (kind == "undo")
    assert {target["state"] for target in record["targets"]}.isdisjoint({"undo_failed"})
    run.ecs.lost, run.ecs.trip, run.after_each_wait = None, lambda _boundary: None, lambda _run: None
    assert outcome_of(run.resume("undo")) == "undone"
    assert run.all_old()


def test_a_lost_lock_stops_everything() -> None:
    """Without the lock nothing is changed any more, not even back: somebody else may be at work."""
    run = Run.of(TWELVE)
    allowed = 5

    def guard() -> None:
        nonlocal allowed
        allowed -= 1
        if allowed < 0:
            raise SlipwayError("the lock is lost")

    engine = Engine(
        fleet=run.ecs,
        journal=run.journal,
        guard=guard,
        clock=lambda: run.ecs.now,
        wait=run.ecs.advance,
        cancelled=lambda: None,
        listener=lambda _record: None,
    )
    with pytest.raises(SlipwayError, match="lock is lost"):
        engine.run()
    assert len(run.ecs.mutations) == 5
