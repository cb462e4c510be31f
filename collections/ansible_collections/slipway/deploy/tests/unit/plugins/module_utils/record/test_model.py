# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The record as a document: read back as it was written, refused when it is damaged."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from ansible_collections.slipway.deploy.plugins.module_utils.common.errors import SlipwayError
from ansible_collections.slipway.deploy.plugins.module_utils.common.failure import Cause, Failure
from ansible_collections.slipway.deploy.plugins.module_utils.record.journal import Journal, history, newest_id
from ansible_collections.slipway.deploy.plugins.module_utils.record.model import (
    SCHEMA,
    Record,
    closed,
    is_open,
    outcome_of,
    parse,
    pointer_key,
    record_id,
    record_key,
    serialise,
)
from ansible_collections.slipway.deploy.plugins.module_utils.record.result import service_result
from ansible_collections.slipway.deploy.plugins.module_utils.rollout.document import rollout_of, with_rollout
from ansible_collections.slipway.deploy.plugins.module_utils.rollout.model import Undo
from ansible_collections.slipway.deploy.plugins.module_utils.state.local import LocalStore
from ansible_collections.slipway.deploy.plugins.module_utils.state.model import Conflict, Expected, StoreUnreachable


def record(identity: str = "r1", previous: str | None = None) -> Record:
    """A record with one planned service."""
    return {
        "schema": SCHEMA,
        "id": identity,
        "environment": "dev",
        "phase": "planned",
        "outcome": None,
        "previous": previous,
        "cause": None,
        "settings": {"max_parallel": 2, "stabilise_timeout": 30, "failed_tasks_threshold": 5},
        "targets": [
            {
                "kind": "ecs_service",
                "name": "user-service",
                "wave": 4,
                "cluster": "c",
                "service": "sdt-dev-user-service",
                "from": {"task_definition": "u:1", "deployment_id": "ecs-svc/1", "image": "r/u:1", "digest": None},
                "to": {"task_definition": None, "image": "r/u@sha256:2", "tag": "2", "digest": "sha256:2"},
                "why": ["image"],
                "state": "planned",
            }
        ],
    }


def test_progress_is_read_back_as_it_was_written() -> None:
    rollout = rollout_of(record())
    target = replace(
        rollout.targets[0],
        state="undoing",
        task_definition="u:2",
        deployment_id="ecs-svc/2",
        started_at=1.0,
        finished_at=2.0,
        failure=Failure("exited", 1, 3, ("line",), ("event",)),
        undo=Undo("u:3", "u:1", "ecs-svc/3", 2.0, None, 2, "once more"),
    )
    rollout = rollout.with_target(target).turn_back(Cause("exited", "user-service", wave=4))
    body = serialise(with_rollout(record(), rollout))
    again = parse(body, "here")
    assert rollout_of(again) == rollout
    assert again["targets"][0]["why"] == ["image"]


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b"", "damaged"),
        (b"{", "damaged"),
        (b"\xff\xfe", "damaged"),
        (b"[]", "is not a slipway/record/1"),
        (b'{"schema": "slipway/record/9"}', "slipway/record/9"),
        (b'{"schema": "slipway/record/1", "id": "r"}', "has no environment"),
    ],
)
def test_a_damaged_record_is_named(body: bytes, said: str) -> None:
    with pytest.raises(SlipwayError, match=said) as caught:
        parse(body, "s3://bucket/dev/releases/r.json")
    assert str(caught.value).startswith("s3://bucket/dev/releases/r.json: ")


def test_ids_sort_by_time_and_can_be_keys() -> None:
    ids = [record_id(at, label) for at, label in ((0.0, "zz"), (86_400.0, "feature/x y"), (1_800_000_000.0, ""))]
    assert ids == sorted(ids)
    assert ids[1] == "1970-01-02T00-00-00Z-feature-x-y"


def test_a_journal_refuses_to_mix_two_writers(tmp_path: Path) -> None:
    store = LocalStore(tmp_path)
    first = Journal.open(store, record())
    second = Journal.load(store, "dev", "r1")
    second.write({**second.record, "phase": "rolling_out"})
    with pytest.raises(Conflict):
        first.write({**first.record, "phase": "checking"})
    assert Journal.load(store, "dev", "r1").record["phase"] == "rolling_out"


class Stumbling(LocalStore):
    """A store that does not answer some writes, before or after it has carried them out."""

    def __init__(self, root: Path, lost: list[str]) -> None:
        super().__init__(root)
        self.lost = lost

    def write(self, key: str, body: bytes, *, expect: Expected) -> str:
        when = self.lost.pop(0) if self.lost else "answered"
        if when == "before":
            raise StoreUnreachable("no answer")
        version = super().write(key, body, expect=expect)
        if when == "after":
            raise StoreUnreachable("no answer")
        return version


@pytest.mark.parametrize("lost", [["before"], ["after"], ["before", "before", "after"], ["before"] * 4])
def test_a_store_that_stumbles_does_not_end_the_run(tmp_path: Path, lost: list[str]) -> None:
    store = Stumbling(tmp_path, [])
    opened = Journal.open(store, record())
    waited: list[float] = []
    journal = Journal(store, opened.record, Journal.load(store, "dev", "r1").version, waited.append)
    store.lost = list(lost)
    journal.write({**journal.record, "phase": "rolling_out"})
    journal.write({**journal.record, "phase": "checking"})
    assert Journal.load(store, "dev", "r1").record["phase"] == "checking"
    assert len(waited) == len(lost)


def test_a_store_that_is_gone_ends_it(tmp_path: Path) -> None:
    store = Stumbling(tmp_path, [])
    opened = Journal.open(store, record())
    journal = Journal(store, opened.record, opened.version, lambda _seconds: None)
    store.lost = ["before"] * 5
    with pytest.raises(StoreUnreachable):
        journal.write({**journal.record, "phase": "rolling_out"})


def test_history_goes_from_the_newest_back(tmp_path: Path) -> None:
    store = LocalStore(tmp_path)
    assert newest_id(store, "dev") is None
    assert list(history(store, "dev")) == []
    for identity, previous in (("r1", None), ("r2", "r1"), ("r3", "r2")):
        Journal.open(store, record(identity, previous))
    assert [item["id"] for item in history(store, "dev")] == ["r3", "r2", "r1"]
    assert [item["id"] for item in history(store, "dev", limit=2)] == ["r3", "r2"]


@pytest.mark.parametrize("body", [b"", b"{}", b"[1]", b"null"])
def test_a_damaged_pointer_is_named(tmp_path: Path, body: bytes) -> None:
    store = LocalStore(tmp_path)
    store.write(pointer_key("dev"), body, expect=None)
    with pytest.raises(SlipwayError, match="pointer to the newest record is damaged"):
        newest_id(store, "dev")


def test_a_pointer_to_nothing_is_named(tmp_path: Path) -> None:
    store = LocalStore(tmp_path)
    store.write(pointer_key("dev"), b'{"record": "r7"}', expect=None)
    with pytest.raises(SlipwayError, match="should be r7, which is not there"):
        list(history(store, "dev"))


def test_a_record_is_open_until_it_has_an_outcome() -> None:
    assert is_open(record())
    assert not is_open(closed(record(), "succeeded", 1.0))
    assert record_key("dev", "r1") == "dev/releases/r1.json"


def test_an_undo_that_failed_needs_a_person() -> None:
    rollout = rollout_of(record()).turn_back(Cause("exited"))
    assert outcome_of(rollout) == "undone"
    stuck = rollout.with_target(replace(rollout.targets[0], state="undo_failed"))
    assert outcome_of(stuck) == "needs_person"


@pytest.mark.parametrize(
    ("deploy", "failed", "changed"),
    [
        ({"record": "r", "outcome": "succeeded", "services": {"a": "stable"}}, False, True),
        ({"record": "r", "outcome": "succeeded", "services": {"b": "stable"}}, False, False),
        ({"record": "r", "outcome": "unchanged", "services": {}}, False, False),
        ({"record": "r", "outcome": "undone", "services": {"a": "undone"}}, True, False),
        ({"record": "r", "outcome": "undone", "services": {"b": "undone"}}, False, False),
        ({"record": "r", "outcome": "undone", "services": {"a": "undone"}, "undo_asked": True}, False, True),
        ({"record": "r", "outcome": "undone", "services": {"a": "planned"}, "undo_asked": True}, False, False),
        ({"record": "r", "outcome": "held", "services": {}}, True, False),
        ({"record": "r", "outcome": None, "services": {"a": "in_flight"}}, True, False),
        ({}, False, False),
    ],
)
def test_what_a_deploy_means_for_one_service(deploy: dict[str, object], failed: bool, changed: bool) -> None:
    result = service_result("a", deploy)
    assert (result.get("failed", False), result["changed"]) == (failed, changed)
