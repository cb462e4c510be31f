# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from ansible_collections.slipway.deploy.plugins.module_utils.common.errors import SlipwayError
from ansible_collections.slipway.deploy.plugins.module_utils.record.journal import (
    Journal,
    history,
    newest,
    newest_id,
)
from ansible_collections.slipway.deploy.plugins.module_utils.record.model import parse, record_key, serialise
from ansible_collections.slipway.deploy.plugins.module_utils.state.local import LocalStore


def record(identity: str, **changes: Any) -> dict[str, Any]:
    return {
        "schema": "slipway/record/1",
        "id": identity,
        "environment": "dev",
        "phase": "closed",
        "outcome": "succeeded",
        "previous": None,
        "targets": [],
        "unchanged": [],
        **changes,
    }


def target(**changes: Any) -> dict[str, Any]:
    side = {"task_definition": "family:1", "image": "repository:tag", "digest": None}
    names = {"kind": "ecs_service", "name": "a", "wave": 1, "cluster": "c", "service": "s"}
    return {**names, "from": side, "to": side, "state": "in_flight", **changes}


@pytest.fixture
def store(tmp_path: Path) -> LocalStore:
    return LocalStore(tmp_path / "state")


def point(store: LocalStore, body: bytes) -> None:
    store.write("dev/current.json", body, expect=None)


def test_what_was_opened_is_the_newest(store: LocalStore) -> None:
    assert (newest_id(store, "dev"), newest(store, "dev")) == (None, None)
    Journal.open(store, record("r1"))
    Journal.open(store, record("r2", previous="r1"))
    found = newest(store, "dev")
    assert found is not None
    assert found.record["id"] == "r2"
    assert [item["id"] for item in history(store, "dev")] == ["r2", "r1"]


def test_history_ends_where_a_record_was_removed(store: LocalStore) -> None:
    Journal.open(store, record("r2", previous="r1"))
    assert [item["id"] for item in history(store, "dev")] == ["r2"]


def test_history_has_no_end_but_the_first_record(store: LocalStore) -> None:
    for number in range(120):
        Journal.open(store, record(f"r{number}", previous=f"r{number - 1}" if number else None))
    assert len(list(history(store, "dev"))) == 120
    assert [item["id"] for item in history(store, "dev", 2)] == ["r119", "r118"]


def test_a_damaged_record_hides_no_other(store: LocalStore) -> None:
    for number in range(1, 6):
        Journal.open(store, record(f"r{number}", previous=f"r{number - 1}" if number > 1 else None))
    for number, body in ((4, b"{"), (2, b"[]")):
        store.write(record_key("dev", f"r{number}"), body, expect=None)
    problems: list[SlipwayError] = []
    assert [item["id"] for item in history(store, "dev", damaged=problems.append)] == ["r5", "r3", "r1"]
    assert [str(error).partition(": ")[0].rpartition("/")[2] for error in problems] == ["r4.json", "r2.json"]
    with pytest.raises(SlipwayError, match="r4.json: the record is damaged"):
        list(history(store, "dev"))


@pytest.mark.parametrize("body", [b"{", b'{"record": "r9"}'], ids=["damaged", "names none"])
def test_without_a_pointer_the_records_are_still_there(store: LocalStore, body: bytes) -> None:
    Journal.open(store, record("r1"))
    Journal.open(store, record("r2", previous="r1"))
    point(store, body)
    problems: list[SlipwayError] = []
    assert [item["id"] for item in history(store, "dev", damaged=problems.append)] == ["r2", "r1"]
    assert len(problems) == 1


def test_records_that_name_one_another_end(store: LocalStore) -> None:
    Journal.open(store, record("r1", previous="r2"))
    Journal.open(store, record("r2", previous="r1"))
    assert [item["id"] for item in history(store, "dev")] == ["r2", "r1"]


@pytest.mark.parametrize(
    "body", [b"{", b"[]", b"{}", b"\x00\xff", b'{"record": null}', b'{"record": "../x"}', b'{"record": ""}']
)
def test_a_pointer_that_names_no_record_is_damaged(store: LocalStore, body: bytes) -> None:
    point(store, body)
    with pytest.raises(SlipwayError, match=r"dev/current\.json: the pointer to the newest record is damaged"):
        newest(store, "dev")


@pytest.mark.parametrize(
    ("body", "what"),
    [
        (b'{"rec', "the pointer to the newest record is damaged"),
        (b'{"record": "../../../etc/passwd"}', "the pointer to the newest record is damaged"),
        (b'{"record": "r9"}', "the newest record should be r9, which is not there"),
    ],
)
def test_a_pointer_is_said_where_it_is_with_what_it_should_be(store: LocalStore, body: bytes, what: str) -> None:
    point(store, body)
    line = (
        f"{store.url}/dev/current.json: {what}. "
        'It should be {"record": "<id>"} with the newest of the names below dev/releases/'
    )
    for read in (newest, lambda *of: list(history(*of))):
        with pytest.raises(SlipwayError) as caught:
            read(store, "dev")
        assert str(caught.value) == line


LACKS = "Restore it from the store's versions, or move it away"
WHOLE = record("r1", outcome=None, targets=[target()])


@pytest.mark.parametrize(
    ("body", "line"),
    [
        (
            b'{"schema": "slip',
            f"the record is damaged: Unterminated string starting at: line 1 column 12 (char 11). {LACKS}",
        ),
        (
            serialise({**WHOLE, "schema": "slipway/record/9"}),
            "this is not a slipway/record/1 document but 'slipway/record/9'. Use the version of Slipway that wrote it",
        ),
        (
            serialise({key: value for key, value in WHOLE.items() if key != "outcome"}),
            f"the record is damaged: it has no outcome. {LACKS}",
        ),
        (
            serialise({**WHOLE, "targets": [target(state="flying")]}),
            f"the record is damaged: targets[0].state is 'flying', not a state of a service's rollout. {LACKS}",
        ),
        (
            serialise({**WHOLE, "targets": [target(**{"from": {}})]}),
            f"the record is damaged: targets[0].from has no task_definition. {LACKS}",
        ),
    ],
)
def test_a_record_that_cannot_be_read_is_said_in_a_line(store: LocalStore, body: bytes, line: str) -> None:
    store.write(record_key("dev", "r1"), body, expect=None)
    point(store, b'{"record": "r1"}')
    with pytest.raises(SlipwayError) as caught:
        newest(store, "dev")
    assert str(caught.value) == f"{store.url}/dev/releases/r1.json: {line}"


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"targets": 3}, "targets is 3, not a list"),
        ({"outcome": 1}, "outcome is 1, not a text"),
        ({"targets": ["a"]}, r"targets\[0\] is 'a', not a mapping"),
        ({"unchanged": [{"service": "a"}]}, r"unchanged\[0\] has no name"),
        ({"targets": [{"name": "a"}]}, r"targets\[0\] has no kind"),
        ({"targets": [target(state="flying")]}, "'flying', not a state"),
        ({"targets": [target(wave="first")]}, "wave is 'first', not a whole number"),
        ({"targets": [target(undo={"to": "x"})]}, "undo has no task_definition"),
        ({"targets": [target(**{"from": {}})]}, "from has no task_definition"),
        ({"cause": {"target": "a"}}, "cause has no what"),
        ({"settings": {"max_parallel": []}}, r"max_parallel is \[\], not"),
    ],
)
def test_a_record_that_cannot_be_gone_on_with_is_damaged(changes: dict[str, Any], why: str) -> None:
    with pytest.raises(SlipwayError, match=f"^there: the record is damaged: .*({why})"):
        parse(serialise(record("r1", **changes)), "there")


def test_a_record_that_can_be_read_is_what_was_written() -> None:
    whole = record("r1", outcome=None, targets=[target()], unchanged=[{"name": "b"}])
    assert parse(serialise(whole), "there") == whole
