# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The lock's document: what is written is read again, and what is not a lock is refused."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.slipway.deploy.plugins.module_utils.lock.model import (
    SCHEMA,
    Breaking,
    Lock,
    LockCorrupt,
    parse,
    serialise,
)

TIMES = st.floats(min_value=0, max_value=1e11, allow_nan=False)
BREAKINGS = st.builds(Breaking, st.text(), st.text(), st.text(), st.text(), TIMES)
LOCKS = st.builds(
    Lock,
    env=st.text(),
    state=st.sampled_from(["held", "free"]),
    token=st.text(),
    owner=st.text(),
    reason=st.text(),
    deploy=st.text(),
    taken_at=TIMES,
    expires_at=TIMES,
    heartbeat_at=st.none() | TIMES,
    ttl=st.floats(min_value=0.001, max_value=1e6),
    host=st.text(),
    pid=st.integers(0, 2**22),
    serial=st.integers(1),
    history=st.lists(BREAKINGS, max_size=3).map(tuple),
)
LOCK = Lock("dev", "held", "t", "maria@ci-412", "", "d", 1.0, 2.0, 1.5, 60.0, "ci", 7, 1)
DOCUMENT = json.loads(serialise(LOCK))


@given(LOCKS)
def test_what_is_written_is_read_again(lock: Lock) -> None:
    try:
        body = serialise(lock)
    except UnicodeEncodeError:  # lone surrogates are not text that UTF-8 can hold
        return
    assert parse(body, "key") == lock


def test_the_document_names_its_schema_and_fields() -> None:
    assert DOCUMENT == {
        "schema": SCHEMA,
        "env": "dev",
        "state": "held",
        "token": "t",
        "owner": "maria@ci-412",
        "reason": "",
        "deploy": "d",
        "taken_at": 1.0,
        "expires_at": 2.0,
        "heartbeat_at": 1.5,
        "ttl": 60.0,
        "host": "ci",
        "pid": 7,
        "serial": 1,
        "history": [],
    }


@pytest.mark.parametrize(
    "body",
    [b"", b"{", b"null", b"[]", b'"held"', b"\xff\xfe", b"[" * 100_000, b"{}", serialise(LOCK)[:-20]],
)
def test_refuses_what_is_no_lock(body: bytes) -> None:
    with pytest.raises(LockCorrupt) as caught:
        parse(body, "s3://state/dev/lock.json")
    line = str(caught.value)
    assert line.startswith("s3://state/dev/lock.json: the lock cannot be read: ")
    replace = "ansible-playbook playbooks/lock.yml -e env=dev -e state=broken -e force=true"
    assert line.endswith(f"replace it: {replace} -e reason='it cannot be read'")
    assert "\n" not in line


@pytest.mark.parametrize("name", [name for name in DOCUMENT if name != "schema"])
@pytest.mark.parametrize("value", [True, {}, "x", -1, None, float("nan"), float("inf"), ...])
def test_refuses_a_field_of_another_kind(name: str, value: Any) -> None:
    document = {**DOCUMENT, name: value}
    if value is ...:
        del document[name]
    fine = {
        "x": ("env", "token", "owner", "reason", "deploy", "host"),
        -1: ("taken_at", "expires_at", "heartbeat_at", "pid", "serial"),
        None: ("heartbeat_at",),
    }
    if not isinstance(value, dict | bool) and value is not ... and name in fine.get(value, ()):
        parse(json.dumps(document).encode(), "key")
        return
    with pytest.raises(LockCorrupt, match=name):
        parse(json.dumps(document).encode(), "key")


@pytest.mark.parametrize("schema", ["slipway/lock/2", "", None, 1, {}])
def test_refuses_a_schema_that_it_does_not_know(schema: object) -> None:
    with pytest.raises(LockCorrupt) as caught:
        parse(json.dumps({**DOCUMENT, "schema": schema}).encode(), "s3://state/dev/lock.json")
    assert str(caught.value) == (
        f"s3://state/dev/lock.json: the lock cannot be read: its schema is {schema!r}, "
        "this version knows 'slipway/lock/1'. Look at it there; when no deploy runs, replace it: "
        "ansible-playbook playbooks/lock.yml -e env=dev -e state=broken -e force=true -e reason='it cannot be read'"
    )


@given(st.binary(max_size=60) | st.recursive(st.none() | st.booleans() | st.text(), st.lists).map(repr).map(str.encode))
def test_never_fails_in_another_way(body: bytes) -> None:
    with pytest.raises(LockCorrupt):
        parse(body, "key")
