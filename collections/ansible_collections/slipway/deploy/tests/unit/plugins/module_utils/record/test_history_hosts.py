# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Where a rollback goes when some releases were of hosts, some of services, some of both."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from ansible_collections.slipway.deploy.plugins.module_utils.common.errors import SlipwayError
from ansible_collections.slipway.deploy.plugins.module_utils.record.history import (
    Goal,
    expected_seconds,
    group_key,
    rollback_goal,
    runs_after,
    runs_before,
    services_of,
)

Doc = dict[str, Any]
BACKEND = group_key("backend")


def backend(version: int) -> Doc:
    return {"release": f"v{version}-{version}", "tag": f"v{version}", "digest": f"sha256:{version}"}


def made(
    number: int,
    *,
    hosts: tuple[int | None, int] | None = None,
    fleet: tuple[int, int] | None = None,
    names: tuple[str, ...] = ("a", "b"),
    looked: bool = True,
    outcome: str = "succeeded",
    **fields: Any,
) -> Doc:
    """A record.

    :param hosts: the backend's versions before and after; fleet: the revisions of user-service.
    :param names: the hosts that changed.
    :param looked: whether the hosts were selected when only services changed.
    """
    targets: list[Doc] = []
    unchanged: list[Doc] = [{"name": "bff-service", "task_definition": "bff:1"}]
    releases = {}
    if hosts:
        before, after = hosts
        releases["backend"] = backend(after)
        if before != after:
            side = backend(before) if before else {}
            host = {"kind": "host", "group": "backend", "from": side, "to": backend(after), "state": "stable"}
            targets += [{"name": name, **host} for name in names]
        else:
            unchanged += [{"name": name, "kind": "host", "digest": f"sha256:{after}"} for name in names]
    if fleet:
        sides = [{"task_definition": f"user:{revision}"} for revision in fleet]
        if fleet[0] == fleet[1]:
            unchanged.append({"name": "user-service", **sides[0]})
        else:
            service = {"name": "user-service", "kind": "ecs_service", "state": "stable"}
            targets.append({**service, "from": sides[0], "to": sides[1]})
    if not looked:
        unchanged += [{"name": name, "kind": "host", "why": "not selected"} for name in names]
    return {
        "id": f"2026-11-20T0{number}-00-00Z-r{number}",
        "label": f"r{number}",
        "kind": "deploy",
        "outcome": outcome if targets or outcome != "succeeded" else "unchanged",
        "targets": targets,
        "unchanged": unchanged,
        "releases": releases,
        **fields,
    }


def back(*newest_first: Doc, to: str | None = None) -> Goal:
    return rollback_goal(newest_first, to, "dev")


def found(goal: Goal) -> tuple[str, Any, Any]:
    """The goal's label, the backend's tag by the runs and by the releases."""
    return goal.label, (goal.runs.get(BACKEND) or {}).get("tag"), (goal.releases.get("backend") or {}).get("tag")


H1 = made(1, hosts=(None, 1))
H2 = made(2, hosts=(1, 2))
BOTH_1 = made(1, hosts=(None, 1), fleet=(1, 2))


@pytest.mark.parametrize(
    ("newest_first", "label", "tag"),
    [
        pytest.param([H2, H1], "r1", "v1", id="the hosts' release before"),
        pytest.param([made(3, hosts=(2, 2)), H2, H1], "r1", "v1", id="past a run that changed nothing"),
        pytest.param([made(3, hosts=(2, 3), outcome="undone"), H2, H1], "r1", "v1", id="past one that was undone"),
        pytest.param([made(3, hosts=(2, 3), outcome="held"), H2, H1], "r2", "v2", id="from one that is held"),
        pytest.param(
            [made(3, hosts=(2, 3), outcome="needs_person"), H2, H1], "r2", "v2", id="from one that needs a person"
        ),
        pytest.param(
            [made(3, hosts=(1, 2), names=("b",)), made(2, hosts=(1, 2), names=("a",)), H1],
            "r1",
            "v1",
            id="hosts one by one, by --limit",
        ),
        pytest.param([made(2, hosts=(1, 2), names=("a",)), H1], "r1", "v1", id="one host only"),
        pytest.param(
            [made(2, fleet=(2, 3), looked=False), BOTH_1], "r1", "v1", id="services after both: the hosts are there"
        ),
        pytest.param(
            [made(3, hosts=(1, 2), fleet=(3, 4)), made(2, fleet=(2, 3), looked=False), BOTH_1],
            "r2",
            "v1",
            id="to a release of services: the hosts go to what they ran then",
        ),
        pytest.param(
            [made(3, hosts=(1, 2), fleet=(3, 3)), made(2, fleet=(2, 3), looked=False), BOTH_1],
            "r2",
            "v1",
            id="hosts after services: the services stay",
        ),
        pytest.param(
            [
                made(4, hosts=(1, 2), fleet=(4, 4)),
                made(3, fleet=(3, 4), looked=False),
                made(2, fleet=(2, 3), looked=False),
                BOTH_1,
            ],
            "r3",
            "v1",
            id="and not further than the newest of several",
        ),
        pytest.param(
            [made(4, fleet=(3, 4), looked=False), made(3, hosts=(1, 2), fleet=(3, 3)), made(2, hosts=(1, 1)), BOTH_1],
            "r3",
            "v2",
            id="services after hosts: the hosts stay",
        ),
        pytest.param(
            [made(4, hosts=(2, 1), kind="rollback", of=H1["id"]), made(3, hosts=(1, 2)), made(2, hosts=(3, 1)), H1],
            None,
            "oldest good release",
            id="a rollback is not rolled forward",
        ),
    ],
)
def test_where_a_rollback_goes(newest_first: list[Doc], label: str | None, tag: str) -> None:
    if label is None:
        with pytest.raises(SlipwayError, match=tag):
            back(*newest_first)
    else:
        assert found(back(*newest_first)) == (label, tag, tag)


def test_a_release_by_its_name_says_the_same() -> None:
    records = [made(3, hosts=(1, 2), fleet=(3, 4)), made(2, fleet=(2, 3), looked=False), BOTH_1]
    assert found(back(*records, to="r2")) == ("r2", "v1", "v1")
    assert back(*records, to="r2").runs["user-service"]["task_definition"] == "user:3"


def test_hosts_that_only_a_newer_release_tells_of_go_to_what_it_found() -> None:
    """The records before are gone (a bucket's life cycle), or they ran before Slipway came."""
    goal = back(made(3, hosts=(1, 2), fleet=(3, 4)), made(2, fleet=(2, 3)))
    assert found(goal) == ("r2", "v1", None)


def test_hosts_on_which_nothing_ran_go_nowhere() -> None:
    goal = back(made(3, hosts=(None, 1), fleet=(3, 4)), made(2, fleet=(2, 3)))
    assert found(goal) == ("r2", None, None)


def test_before_the_first_release() -> None:
    goal = back(H1)
    assert (goal.release, goal.runs, dict(goal.releases)) == (None, {"bff-service": goal.runs["bff-service"]}, {})
    assert back(made(1, hosts=(7, 8))).runs[BACKEND]["digest"] == "sha256:7"


def test_what_a_record_s_hosts_ran() -> None:
    assert runs_before(H2)[BACKEND]["tag"] == "v1"
    assert runs_after(H2)[BACKEND]["tag"] == "v2"
    assert {*runs_after(H2)} == {BACKEND, "bff-service"}, "hosts come and go: none stands by its name"
    assert runs_after(made(3, hosts=(2, 2)))[BACKEND]["tag"] == "v2"


def test_the_fleet_is_asked_for_its_services_only() -> None:
    runs = runs_after(H2)
    assert services_of(runs) == {"bff-service": runs["bff-service"]}


def test_two_groups_are_two() -> None:
    site = {"name": "web", "kind": "host", "group": "site", "from": backend(5), "to": backend(6), "state": "stable"}
    both = {**H2, "targets": [*H2["targets"], site], "releases": {**H2["releases"], "site": backend(6)}}
    before = {**H1, "releases": {**H1["releases"], "site": backend(5)}}
    goal = back(both, before)
    assert (goal.releases["backend"]["tag"], goal.releases["site"]["tag"]) == ("v1", "v5")
    assert runs_before(both)["@site"]["tag"] == "v5"


def test_records_are_read_no_further_than_the_hosts_need() -> None:
    def records() -> Iterator[Doc]:
        yield made(4, hosts=(1, 2), fleet=(3, 4))
        yield made(3, fleet=(2, 3), looked=False)
        yield made(2, hosts=(1, 1), fleet=(1, 2))
        raise AssertionError("read too far")

    assert found(rollback_goal(records(), None, "dev")) == ("r3", "v1", "v1")


def test_a_host_s_time_is_known_as_a_service_s() -> None:
    target = {**H2["targets"][0], "started_at": 1.0, "finished_at": 4.0}
    assert expected_seconds([{**H2, "targets": [target]}]) == {"a": 3.0}
