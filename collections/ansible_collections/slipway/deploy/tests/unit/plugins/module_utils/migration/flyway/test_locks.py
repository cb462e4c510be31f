# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What Flyway is told of locks, and what it says of those that it did not get. Molecule has the real one."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.slipway.deploy.plugins.module_utils.migration.flyway.config import Connection, render
from ansible_collections.slipway.deploy.plugins.module_utils.migration.flyway.locks import (
    HOLDER,
    Patience,
    denied,
    limited,
    read_holders,
)

CONNECTION = Connection("jdbc:postgresql://h/d", "u", "p")


@pytest.mark.parametrize(
    ("settings", "seconds", "texts", "wanted"),
    [
        ({}, 3, ["ALTER TABLE a ADD b int;"], "set_config('lock_timeout', '3s', false)"),
        ({"initSql": "SET ROLE owner"}, 5, [], "'5s', false); END IF; END $$; SET ROLE owner"),
        ({"flyway.initSql": "SET ROLE owner"}, 5, [], "'5s', false); END IF; END $$; SET ROLE owner"),
        ({}, 0, [], None),
        ({"table": "x"}, 3, ["SELECT 1", "create index concurrently i on a (b)"], None),
    ],
)
def test_the_limit(settings: dict[str, Any], seconds: int, texts: list[str], wanted: str | None) -> None:
    given = dict(settings)
    found = limited(settings, seconds, texts)
    assert settings == given, "what the caller has stays"
    lines = [line for line in render(CONNECTION, ["/x"], found).splitlines() if "initSql" in line]
    assert (found == settings) is (wanted is None)
    assert [wanted in line for line in lines if wanted] == ([True] if wanted else [])


@pytest.mark.parametrize(
    ("output", "no_lock"),
    [
        ("SQL State  : 55P03\nError Code : 0\nMessage    : ERROR: canceling statement due to lock timeout", True),
        ("[ERROR] SQL State  : 40P01", True),
        ("SQL State  : 42P07\nMessage    : ERROR: relation exists", False),
        ("", False),
    ],
)
def test_a_lock_that_it_did_not_get(output: str, no_lock: bool) -> None:
    assert denied(output) is no_lock


def test_who_may_hold_it() -> None:
    said = '{"pid" : 412, "application" : "nightly", "user" : "rep", "state" : "idle in transaction", "seconds" : 130}'
    assert read_holders(f"INFO: {HOLDER} {said} (SQL State: 00000)\n[INFO] {HOLDER} {{broken}}\n") == (
        "nightly (pid 412, user rep, idle in transaction for 130 s)"
    )
    assert read_holders("nothing of the kind") == ""


def test_its_pauses_grow() -> None:
    assert [Patience().pause(tried) for tried in range(1, 7)] == [1, 2, 4, 8, 8, 8]
