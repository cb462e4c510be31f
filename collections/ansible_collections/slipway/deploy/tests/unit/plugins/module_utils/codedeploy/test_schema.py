# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A redeploy of an old revision: which schema it can live with."""

from __future__ import annotations

from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.slipway.deploy.plugins.module_utils.bundle.content import version_key
from ansible_collections.slipway.deploy.plugins.module_utils.codedeploy.schema import (
    applied_migrations,
    check,
    is_behind,
)
from ansible_collections.slipway.deploy.plugins.module_utils.common.errors import SlipwayError


def record(**compatible: bool) -> Mapping[str, object]:
    applied = [{"version": name[1:].replace("_", "."), "compatible": fits} for name, fits in compatible.items()]
    return {"migrations": {"applied": applied}}


@pytest.mark.parametrize(
    ("release", "database", "applied", "back"),
    [
        ("2", "", {}, False),
        ("2", "1", {}, False),
        ("2", "2", {"2": False}, False),
        ("2", "2.0", {}, False),
        ("1.9", "1.10", {"1.10": True}, True),
        ("1", "3", {"2": True, "3": True}, True),
        # What came before the release does not matter.
        ("2", "3", {"1": False, "2": False, "3": True}, True),
    ],
)
def test_what_may_run(release: str, database: str, applied: dict[str, bool], back: bool) -> None:
    assert check(release, database, applied, "backend-v1") is back


@pytest.mark.parametrize(
    ("release", "database", "applied", "said"),
    [
        ("1", "2", {"2": False}, "schema is 2, backend-v1 brings 1: migration 2 is not backward-compatible"),
        ("1", "4", {"2": False, "3": False, "4": True}, "migration 2, 3 is not"),
        ("", "1", {"1": False}, "backend-v1 brings none"),
        ("1", "2", {}, "no record says whether migration 2 is backward-compatible"),
        ("1", "3", {"2": True}, "no record says whether migration 3"),
    ],
)
def test_what_is_refused(release: str, database: str, applied: dict[str, bool], said: str) -> None:
    with pytest.raises(SlipwayError, match=said):
        check(release, database, applied, "backend-v1")


def test_what_records_say_is_joined_the_cautious_way() -> None:
    records = [record(v2=True, v3=True), {"migrations": None}, {}, record(v3=False), record(v3=True)]
    assert applied_migrations(records, "backend") == {"2": True, "3": False}


def test_migrations_of_another_kinds_database_do_not_count() -> None:
    both = {"backend": record(v2=True)["migrations"], "site": record(v3=True)["migrations"]}
    records = [
        {"releases": {"backend": {}, "site": {}}, "migrations": both},
        {"releases": {"site": {}}, **record(v4=True)},
    ]
    assert applied_migrations(records, "backend") == {"2": True}
    assert applied_migrations(records, "site") == {"3": True, "4": True}


VERSIONS = st.lists(st.integers(0, 20), min_size=1, max_size=3).map(lambda numbers: ".".join(map(str, numbers)))


@given(release=VERSIONS, applied=st.dictionaries(VERSIONS, st.booleans()), database=VERSIONS)
def test_nothing_gets_through_that_is_behind_a_breaking_migration(
    release: str, applied: dict[str, bool], database: str
) -> None:
    try:
        back = check(release, database, applied, "x")
    except SlipwayError:
        assert is_behind(release, database)
        return
    assert back == is_behind(release, database)
    low, high = version_key(release), version_key(database)
    assert not back or all(fits for version, fits in applied.items() if low < version_key(version) <= high)
