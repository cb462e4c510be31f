# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The backup before a migration, in the record and in the words that name it."""

from __future__ import annotations

import re
from typing import Any

import pytest

from ansible_collections.slipway.deploy.plugins.module_utils.common.errors import SlipwayError
from ansible_collections.slipway.deploy.plugins.module_utils.hosts import backup, migrations

from .builders import V1, V2, Doc, migration, record

BAD = migration("3", compatible=False)
PLANNED: Doc = {"state": "planned", "pending": [BAD]}
TAKEN: Doc = {"label": "dev-1", "reference": "/srv/dev-1.dump", "at": "2026-11-20T21:04:00+00:00"}
HALF: Doc = {"label": "dev-1", "attempts": 1, "begun_at": "then"}


@pytest.mark.parametrize(
    ("environment", "record_id", "attempt", "label"),
    [
        ("staging", "2026-11-20T21-04-11Z-staging-20261121", 1, "staging-2026-11-20t21-04-11z-staging-20261121"),
        ("staging", "2026-11-20T21-04-11Z-staging-20261121.2", 1, "staging-2026-11-20t21-04-11z-staging-20261121-2"),
        ("dev", "2026-11-20T21-04-11Z", 3, "dev-2026-11-20t21-04-11z-3"),
        ("dev", "2026-11-20T21-04-11Z-a/../b; c__d-", 1, "dev-2026-11-20t21-04-11z-a-b-c-d"),
    ],
)
def test_a_label_is_a_name_for_files_and_snapshots(environment: str, record_id: str, attempt: int, label: str) -> None:
    assert backup.label_of(environment, record_id, attempt) == label


def test_a_long_one_keeps_what_makes_it_unique() -> None:
    label = backup.label_of("e" * 20, f"2026-11-20T21-04-11Z-{'x' * 200}", 2)
    assert re.fullmatch(r"e{20}-2026-11-20t21-04-11z-x+-2", label)
    assert len(label) < 100


@pytest.mark.parametrize(
    ("fields", "due"),
    [
        pytest.param({"migrations": PLANNED}, True, id="the schema will change"),
        pytest.param({"migrations": {**PLANNED, "direction": "down"}}, True, id="or go back"),
        pytest.param({"migrations": {**PLANNED, "backup": HALF}}, True, id="a run was killed in the hook"),
        pytest.param({"migrations": {**PLANNED, "backup": TAKEN}}, False, id="a run was killed after it"),
        pytest.param({"migrations": {**PLANNED, "state": "running"}}, False, id="it may have changed already"),
        pytest.param({"migrations": {"state": "none", "pending": []}}, False, id="nothing to migrate"),
        pytest.param({"migrations": {}}, False, id="no database"),
        pytest.param({"migrations": PLANNED, "cause": {"what": "x"}}, False, id="it is going back"),
        pytest.param({"migrations": PLANNED, "hold": {"what": "x"}}, False, id="it is held"),
    ],
)
def test_when_it_is_due(fields: Doc, due: bool) -> None:
    document = record(**fields)
    assert backup.is_due(document, document["migrations"]) is due


def test_from_begun_to_taken() -> None:
    document = record(environment="dev", migrations=PLANNED)
    first = backup.begun(document, "at first")
    assert first["backup"] == {"label": "dev-2026-11-20t21-04-11z-r", "attempts": 1, "begun_at": "at first"}
    assert backup.taken(first) is None
    assert backup.words(backup.taken(first)) == ""
    again = backup.begun({**document, "migrations": first}, "then")
    done = backup.ended(again, {"reference": " s3://backups/\n x "})
    assert done == {
        **PLANNED,
        "backup": {"label": "dev-2026-11-20t21-04-11z-r-2", "reference": "s3://backups/ x", "at": "then"},
    }
    assert backup.words(backup.taken(done)) == "backup dev-2026-11-20t21-04-11z-r-2 taken at then: s3://backups/ x"
    assert backup.ended(again, {})["backup"]["reference"] is None


def test_the_migration_does_not_lose_it() -> None:
    done = migrations.ended(migrations.begun({**PLANNED, "backup": TAKEN}), {"applied": [BAD], "pending": [BAD]})
    assert (done["state"], done["backup"]) == ("done", TAKEN)


def ran(release: Any, restore_to: str = "", saved: Doc | None = None) -> Doc:
    done = {"state": "done", "applied": [BAD], "restore_to": restore_to, "backup": saved} if restore_to else {}
    return {"releases": {"backend": release.to_record()}, "migrations": done, "outcome": "succeeded"}


LATER: Doc = {**TAKEN, "label": "dev-2"}


@pytest.mark.parametrize(
    ("newest_first", "said"),
    [
        pytest.param(
            [ran(V2, "T1", TAKEN), ran(V1)],
            "Restore the database to T1 (backup dev-1 taken at 2026-11-20T21:04:00+00:00: /srv/dev-1.dump) first",
            id="it is named",
        ),
        pytest.param([ran(V2, "T1"), ran(V1)], "Restore the database to T1 first", id="none was taken"),
        pytest.param([ran(V2, "T1", HALF), ran(V1)], "Restore the database to T1 first", id="it did not end"),
        pytest.param(
            [ran(V2, "T2", LATER), ran(V2, "T1", TAKEN), ran(V1)], "to T1 (backup dev-1 taken", id="the oldest"
        ),
        pytest.param(
            [ran(V2, "T2", LATER), ran(V2, "T1"), ran(V1)], "Restore the database to T1 first", id="a later one is not"
        ),
    ],
)
def test_the_refusal_names_the_one_before_the_first_bad_migration(newest_first: list[Doc], said: str) -> None:
    with pytest.raises(SlipwayError) as caught:
        migrations.refuse_behind(migrations.moved_since(newest_first, V1), V1, {}, forced=False)
    assert said in str(caught.value.remedy)
