# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What records say together: where a rollback goes, and how long services take."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from ansible_collections.slipway.deploy.plugins.module_utils.common.errors import SlipwayError
from ansible_collections.slipway.deploy.plugins.module_utils.record.history import (
    Expected,
    expected_seconds,
    rollback_goal,
    runs_after,
    runs_before,
)


def release(number: int, user: str, outcome: str = "succeeded", **fields: Any) -> dict[str, Any]:
    """A record that brought user-service to a revision, and left bff-service alone."""
    was = fields.pop("was", f"user:{number - 1}")
    return {
        "id": f"2026-11-20T0{number}-00-00Z-r{number}",
        "kind": "deploy",
        "label": f"r{number}",
        "outcome": outcome,
        "targets": [
            {
                "name": "user-service",
                "from": {"task_definition": was, "digest": was, "tag": was},
                "to": {"task_definition": user, "digest": user, "tag": user},
                "state": "stable",
                "started_at": 10.0,
                "finished_at": 10.0 + number,
            }
        ],
        "unchanged": [{"name": "bff-service", "task_definition": "bff:1", "digest": "b", "image_tag": "b"}],
        **fields,
    }


R1, R2, R3 = release(1, "user:1"), release(2, "user:2"), release(3, "user:3")
BACK_TO_1 = release(4, "user:1", kind="rollback", of=R1["id"], label="r1")
BEFORE_ALL = release(4, "user:0", kind="rollback", of=None, label="the state before the first release")
FORCED = release(3, "user:2", was="user:2")


@pytest.mark.parametrize(
    ("newest_first", "goal"),
    [
        pytest.param([R2, R1], R1["id"], id="the release before"),
        pytest.param([release(3, "user:3", "undone"), R2, R1], R1["id"], id="what was undone does not count"),
        pytest.param([release(3, "user:3", "held"), R2, R1], R2["id"], id="what is held goes back to the last good"),
        pytest.param([release(3, "user:3", "needs_person"), R2, R1], R2["id"], id="so does what is stuck"),
        pytest.param([release(1, "user:1", "held")], None, id="a first release that is held"),
        pytest.param([release(3, "user:3", "held", targets=[]), R2, R1], R1["id"], id="held without a change"),
        pytest.param([release(3, "user:2", "unchanged"), R2, R1], R1["id"], id="nor what changed nothing"),
        pytest.param([FORCED, R2, R1], R1["id"], id="nor a redeploy of the same"),
        pytest.param([R1], None, id="before the first release"),
        pytest.param([release(2, "user:1", was="user:1"), R1], None, id="before the first release, past a redeploy"),
        pytest.param([BACK_TO_1, R3, R2, R1], "oldest good release", id="a rollback is not rolled forward"),
        pytest.param([BEFORE_ALL, R1], "oldest good release", id="nor is one to before the first release"),
        pytest.param([release(4, "user:2", kind="rollback", of=R2["id"]), R3, R2, R1], R1["id"], id="but further back"),
        pytest.param([], "no release to go back to", id="nothing was deployed"),
        pytest.param([release(1, "user:1", "undone")], "no release to go back to", id="nothing good was deployed"),
    ],
)
def test_where_a_rollback_goes(newest_first: list[dict[str, Any]], goal: str | None) -> None:
    if goal is None or goal.startswith("2026"):
        assert rollback_goal(newest_first, None, "dev").release == goal
    else:
        with pytest.raises(SlipwayError, match=goal):
            rollback_goal(newest_first, None, "dev")


def test_before_the_first_release_means_what_ran_then() -> None:
    assert rollback_goal([FORCED, R1], None, "dev").runs["user-service"]["task_definition"] == "user:1"
    assert rollback_goal([R1], None, "dev").runs["user-service"]["task_definition"] == "user:0"


@pytest.mark.parametrize(
    ("to", "found"),
    [("r2", R2["id"]), (R2["id"], R2["id"]), ("2026-11-20T02", R2["id"]), ("r3", R3["id"])],
)
def test_a_release_is_named_by_label_id_or_its_beginning(to: str, found: str) -> None:
    assert rollback_goal([R3, R2, R1], to, "dev").release == found


@pytest.mark.parametrize(
    ("to", "said"),
    [("2026-11-20T02-00-00Z-r9", "Did you mean"), ("zzzz", "There are r3"), ("bad", "ended as undone")],
)
def test_a_release_that_is_not_there(to: str, said: str) -> None:
    bad = release(4, "user:4", "undone", label="bad")
    with pytest.raises(SlipwayError, match=said):
        rollback_goal([bad, R3, R2, R1], to, "dev")


def test_a_name_of_several_releases_is_refused_unless_they_are_the_same() -> None:
    again = release(4, "user:4", label="r2")
    with pytest.raises(SlipwayError) as raised:
        rollback_goal([again, R3, R2, R1], "r2", "dev")
    assert str(raised.value) == (
        "-e to: dev has 2 releases r2, which are not the same. "
        "Choose one: -e to=…, with one of 2026-11-20T04-00-00Z-r4, 2026-11-20T02-00-00Z-r2"
    )
    with pytest.raises(SlipwayError, match="dev has 3 releases 2026-11-20, which are not the same"):
        rollback_goal([R3, R2, R1], "2026-11-20", "dev")
    assert rollback_goal([again, R3, R2, R1], R2["id"], "dev").release == R2["id"]
    same = release(4, "user:2", label="r2")
    assert rollback_goal([same, R3, R2, R1], "r2", "dev").release == same["id"]


def test_a_record_tells_the_whole_fleet_before_and_after() -> None:
    assert {name: side["task_definition"] for name, side in runs_after(R2).items()} == {
        "user-service": "user:2",
        "bff-service": "bff:1",
    }
    assert runs_before(R2)["user-service"]["task_definition"] == "user:1"


UNCHANGED = [release(5, "user:2", "unchanged", targets=[], id=f"2026-11-20T05-{n:02}-00Z-r2") for n in range(60)]


@pytest.mark.parametrize("to", [None, "r1", R1["id"], "2026-11-20T01"])
def test_runs_that_change_nothing_push_no_release_out(to: str | None) -> None:
    assert rollback_goal(iter([*UNCHANGED, R2, *UNCHANGED, R1]), to, "dev").release == R1["id"]


def counted(records: list[dict[str, Any]], read: list[str]) -> Iterator[dict[str, Any]]:
    for record in records:
        read.append(record["id"])
        yield record


@pytest.mark.parametrize(("to", "last"), [(None, R1), (R2["id"], R2), (R1["id"], R1)])
def test_records_are_read_no_further_than_needed(to: str | None, last: dict[str, Any]) -> None:
    read: list[str] = []
    newest_first = [R3, *UNCHANGED, R2, R1] if to else [R2, *UNCHANGED, R1, release(0, "user:0")]
    rollback_goal(counted(newest_first, read), to, "dev")
    assert read[-1] == last["id"]


def test_how_long_services_take_is_read_past_runs_that_changed_nothing_and_only_when_asked() -> None:
    read: list[str] = []
    expected = Expected(lambda: counted([*UNCHANGED, R2, R1], read))
    assert read == []
    assert expected.get("user-service") == 2.0
    assert dict(expected) == {"user-service": 2.0}
    assert len(read) == len(expected) * 62


def test_a_service_takes_as_long_as_it_last_took() -> None:
    failed = release(3, "user:3")
    failed["targets"][0]["state"] = "undone"
    assert expected_seconds([failed, R2, R1]) == {"user-service": 2.0}


def test_releases_of_one_service_do_not_hide_how_long_the_others_take() -> None:
    def only(number: int) -> dict[str, Any]:
        record = release(number, "user:9")
        record["targets"][0]["name"] = "task-service"
        return record

    expected = Expected(lambda: [only(number) for number in range(2, 9)] + [R1])
    assert expected["user-service"] == 1.0
    assert expected.get("never") is None
