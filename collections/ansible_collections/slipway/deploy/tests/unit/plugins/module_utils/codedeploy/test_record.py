# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What becomes of a host's record when events go well, fail, or never come."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.slipway.deploy.plugins.module_utils.codedeploy import record as pure
from ansible_collections.slipway.deploy.plugins.module_utils.record.model import parse, serialise

RELEASE = {
    "group": "backend",
    "release": "v2-0a1b",
    "tag": "v2",
    "digest": "sha256:0a1b",
    "schema": "2",
    "branch": "main",
    "key": "k",
}
OLD = {"release": "v1-9f8e", "tag": "v1", "digest": None, "schema": "1"}
BREAKING = {"state": "done", "applied": [{"version": "2", "compatible": False}], "restore_to": "2026-11-20T21:04:11Z"}


def begun() -> dict[str, Any]:
    opened = pure.opened("dev", "i-1", "d-1", RELEASE, 1795208651.0)
    return pure.with_event(opened, "BeforeInstall", "begun", 1795208652.0)


def switched(state: str = "switched") -> dict[str, Any]:
    started = pure.with_event(begun(), "ApplicationStart", "begun", 1.0)
    return pure.with_event(started, "ApplicationStart", "done", 2.0, switch={"state": state, "from": OLD})


def ended(record: dict[str, Any], undo: dict[str, Any] | None = None) -> tuple[str, str, str]:
    closed = pure.failed(record, "X", "the cause", undo, 9.0)
    parse(serialise(closed), "here")
    return closed["outcome"], closed["targets"][0]["state"], pure.verdict(closed)


def test_a_deployment_that_goes_well() -> None:
    record = pure.succeeded(switched(), 3.0)
    assert parse(serialise(record), "here") == record
    assert (record["id"], record["outcome"]) == ("2026-11-20T21-04-11Z-d-1", "succeeded")
    assert record["targets"][0]["from"] == OLD
    assert record["targets"][0]["state"] == "stable"
    assert pure.verdict(record) == "v2 serves"


def test_before_the_switch_a_failure_leaves_what_ran() -> None:
    assert ended(begun()) == ("undone", "undone", "What ran before serves; the lock is given back")


def test_a_switch_that_undid_itself() -> None:
    said = "The old release v1 serves; the lock is given back"
    assert ended(switched("undone"), {"state": "unchanged"}) == ("undone", "undone", said)


def test_a_release_that_was_put_back_later() -> None:
    assert ended(switched(), {"state": "switched"})[:2] == ("undone", "undone")


@pytest.mark.parametrize("undo", [{"state": "undo_failed"}, {"state": "failed"}, {"failed": True, "msg": "x"}, {}])
def test_a_way_back_that_fails_needs_a_person(undo: dict[str, Any]) -> None:
    outcome, state, line = ended(switched(), undo)
    assert (outcome, state) == ("needs_person", "undo_failed")
    assert line.startswith("Needs a person: the old release v1 could not be restored")


def test_after_a_breaking_migration_nothing_is_called_all_old() -> None:
    record = pure.with_event(begun(), "AfterInstall", "done", 1.0, migrations=BREAKING)
    assert pure.needs_person(record)
    outcome, _state, line = ended(record)
    assert outcome == "needs_person"
    assert "restore the database to 2026-11-20T21:04:11Z" in line


def test_what_ran_before_is_what_ran_before_the_first_switch() -> None:
    again = pure.with_event(switched(), "ApplicationStart", "done", 3.0, switch={"state": "unchanged", "from": RELEASE})
    assert again["targets"][0]["from"] == OLD


@pytest.mark.parametrize(
    ("said", "state", "applied"),
    [
        ({"schema_before": "1", "schema_after": "2", "applied": BREAKING["applied"], "started_at": "T"}, "done", 1),
        ({"schema_before": "1", "schema_after": None, "applied": BREAKING["applied"], "failed": True}, "failed", 1),
        # It failed before the database was touched.
        ({"msg": "no Java", "failed": True}, "failed", 0),
    ],
)
def test_what_was_migrated(said: dict[str, Any], state: str, applied: int) -> None:
    record = pure.with_event(begun(), "AfterInstall", "done", 1.0, migrations=pure.migrated(said))
    assert parse(serialise(record), "here") == record
    assert (record["migrations"]["state"], len(record["migrations"]["applied"])) == (state, applied)
    assert pure.needs_person(record) is bool(applied)


def test_the_release_is_of_the_hosts_group() -> None:
    record = pure.opened("dev", "i-1", "d-1", {**RELEASE, "group": "site"}, 1.0)
    record = pure.with_event(record, "AfterInstall", "begun", 2.0, configuration="/etc/x/generations/1")
    assert record["targets"][0]["group"] == "site"
    assert record["releases"].keys() == {"site"}
    assert pure.release_of(record)["configuration"] == "/etc/x/generations/1"
    assert pure.verdict(pure.succeeded(record, 3.0)) == "v2 serves"


def test_a_record_that_is_closed_stays_as_it_is() -> None:
    record = pure.succeeded(switched(), 3.0)
    assert pure.failed(record, "X", "late", None, 4.0) == record
