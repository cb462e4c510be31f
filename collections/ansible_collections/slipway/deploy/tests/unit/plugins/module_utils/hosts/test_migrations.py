# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The database in the record, and which release the schema has moved past."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.slipway.deploy.plugins.module_utils.common.errors import SlipwayError
from ansible_collections.slipway.deploy.plugins.module_utils.hosts.migrations import (
    begun,
    ended,
    has_begun,
    is_settled,
    known_schema,
    moved_since,
    planned_downgrade,
    planned_migrations,
    refuse_behind,
)
from ansible_collections.slipway.deploy.plugins.module_utils.hosts.progress import point_of_no_return

from .builders import V1, V2, Doc, migration

GOOD, BAD = migration("2"), migration("3", compatible=False)
FOUND = {"schema_before": "1", "pending": [GOOD, BAD], "applied": []}
#: The database's own time just before anything was applied.
CLOCK = "2026-11-20T21:04:11+00:00"


def test_nothing_to_migrate() -> None:
    assert planned_migrations({"schema_before": "2", "pending": []}) == {
        "state": "none",
        "from": "2",
        "to": "2",
        "pending": [],
        "applied": [],
        "restore_to": None,
    }
    assert planned_migrations({})["state"] == "none"


def test_planned() -> None:
    plan = planned_migrations({"schema_before": None, "pending": [{**GOOD, "file": "V2__x.sql"}, BAD]})
    assert (plan["state"], plan["from"], plan["to"]) == ("planned", None, "3")
    assert plan["pending"] == [GOOD, BAD]
    assert not has_begun({"migrations": plan})


def test_a_migration_that_says_nothing_is_not_compatible() -> None:
    assert planned_migrations({"pending": [{"version": 2}]})["pending"] == [
        {"version": "2", "description": "", "compatible": False}
    ]


def said(**fields: Any) -> Doc:
    return {"pending": [GOOD, BAD], "applied": [], "failed_migrations": [], "started_at": CLOCK, **fields}


FAILED = {"failed": True, "begun": True}


@pytest.mark.parametrize(
    ("result", "state", "applied", "pending", "lost"),
    [
        pytest.param(
            said(applied=[GOOD, BAD], schema_after="3", begun=True), "done", ["2", "3"], [], True, id="all is well"
        ),
        pytest.param(said(failed=True, begun=False), "planned", [], ["2", "3"], False, id="failed before it began"),
        pytest.param(
            {"failed": True, "begun": False, "msg": "no route"}, "planned", [], ["2", "3"], False, id="not even looked"
        ),
        pytest.param(said(**FAILED, applied=[GOOD]), "failed", ["2"], [], False, id="the second was rolled back whole"),
        pytest.param(
            said(**FAILED, applied=[GOOD], failed_migrations=[BAD]), "failed", ["2"], ["3"], True, id="left half-way"
        ),
        pytest.param(said(**FAILED, failed_migrations=[GOOD]), "failed", [], ["2"], False, id="the first half-way"),
        pytest.param({**FAILED, "pending": [GOOD, BAD]}, "failed", [], ["2", "3"], True, id="it does not say how far"),
        pytest.param({"failed": True}, "failed", [], ["2", "3"], True, id="the host is gone"),
        pytest.param({"failed": True, "applied": [GOOD]}, "failed", ["2"], ["3"], True, id="not which failed"),
    ],
)
def test_how_it_ended(result: Doc, state: str, applied: list[str], pending: list[str], lost: bool) -> None:
    migrations = ended(begun(planned_migrations(FOUND)), result)
    assert migrations["state"] == state
    assert [item["version"] for item in migrations["applied"]] == applied
    assert [item["version"] for item in migrations["pending"]] == pending
    assert bool(point_of_no_return({"migrations": migrations})) is lost
    assert is_settled({"migrations": migrations}) is (state != "planned")


def test_the_schema_s_version_is_what_the_database_says() -> None:
    plan = begun(planned_migrations(FOUND))
    assert ended(plan, said(applied=[GOOD], schema_after="2", **FAILED))["to"] == "2"
    assert ended(plan, {"failed": True})["to"] == "3"


def test_the_moment_to_restore_to_is_the_database_s_own() -> None:
    plan = {**begun(planned_migrations(FOUND)), "restore_to": "the store's"}
    assert ended(plan, said(applied=[GOOD, BAD]))["restore_to"] == CLOCK
    assert ended(plan, {"failed": True})["restore_to"] == "the store's"


class TestTakenUpAgain:
    """A run that was killed while it migrated may have applied what the next one does not find pending any more."""

    again = begun({**begun(planned_migrations(FOUND)), "restore_to": "before the first run"})

    def test_what_the_killed_run_applied_is_not_forgotten(self) -> None:
        migrations = ended(self.again, {**said(), "pending": []})
        assert migrations["applied"] == [GOOD, BAD]
        assert migrations["restore_to"] == "before the first run"
        assert point_of_no_return({"migrations": migrations})

    def test_a_part_of_it(self) -> None:
        migrations = ended(self.again, said(pending=[BAD], applied=[BAD]))
        assert (migrations["state"], migrations["applied"]) == ("done", [GOOD, BAD])

    def test_a_failure_before_it_began_is_not_one_of_nothing(self) -> None:
        failed = ended(self.again, said(pending=[BAD], failed=True, begun=False))
        assert (failed["state"], failed["applied"]) == ("failed", [GOOD])

    def test_nor_is_one_that_could_not_look(self) -> None:
        failed = ended(self.again, {"failed": True, "begun": False})
        assert failed["state"] == "failed"
        assert point_of_no_return({"migrations": failed})

    def test_unless_it_saw_that_nothing_was_applied(self) -> None:
        failed = ended(self.again, said(failed=True, begun=False))
        assert failed["state"] == "planned"
        assert not point_of_no_return({"migrations": failed})


def ran(release: Any, migrations: Doc | None = None, outcome: str = "succeeded") -> Doc:
    """A record of a release."""
    return {"releases": {"backend": release.to_record()}, "migrations": migrations or {}, "outcome": outcome}


def done(*items: Doc, state: str = "done", pending: list[Doc] | None = None, **fields: Any) -> Doc:
    return {"state": state, "applied": list(items), "pending": pending or [], **fields}


@pytest.mark.parametrize(
    ("newest_first", "versions"),
    [
        pytest.param([], None, id="nothing was deployed"),
        pytest.param([ran(V1)], None, id="it is what runs"),
        pytest.param([ran(V2, done(GOOD)), ran(V1)], None, id="compatible"),
        pytest.param([ran(V2, done(GOOD, BAD)), ran(V1)], "migration 3 is", id="not compatible"),
        pytest.param([ran(V2, done(BAD))], None, id="a release that never ran here"),
        pytest.param([ran(V2), ran(V2, done(BAD)), ran(V1)], "migration 3 is", id="some records ago"),
        pytest.param([ran(V1), ran(V2, done(BAD)), ran(V1)], None, id="it ran since: somebody restored the database"),
        pytest.param(
            [ran(V2), ran(V1, done(state="none", behind=["3"])), ran(V2, done(BAD)), ran(V1)],
            "migration 3 is",
            id="somebody insisted, and nobody restored the database",
        ),
        pytest.param(
            [ran(V1, outcome="undone"), ran(V2, done(BAD)), ran(V1)], "migration 3 is", id="it did not run since"
        ),
        pytest.param([ran(V2, done(BAD), "needs_person"), ran(V1)], "migration 3 is", id="of a deploy that failed"),
        pytest.param(
            [ran(V2, done(state="failed", pending=[BAD]), "needs_person"), ran(V1)],
            "migration 3 is",
            id="that failed half-way",
        ),
        pytest.param(
            [ran(V2, done(GOOD, state="failed", pending=[BAD]), "needs_person"), ran(V1)],
            "migration 3 is",
            id="after another",
        ),
        pytest.param(
            [ran(V2, done(state="running", pending=[BAD]), "needs_person"), ran(V1)],
            "migration 3 is",
            id="whose run was killed",
        ),
        pytest.param(
            [ran(V2, done(state="planned", pending=[BAD]), "undone"), ran(V1)], None, id="that was never begun"
        ),
        pytest.param(
            [{"outcome": "succeeded"}, ran(V2, done(BAD)), ran(V1)], "migration 3 is", id="records of services between"
        ),
        pytest.param(
            [ran(V2, done(migration("5", compatible=False))), ran(V2, done(BAD)), ran(V1)],
            "migrations 3, 5 are",
            id="all are named",
        ),
    ],
)
def test_refuse_behind(newest_first: list[Doc], versions: str | None) -> None:
    if versions is None:
        assert refuse_behind(moved_since(newest_first, V1), V1, {}, forced=False) == ()
        return
    moved = moved_since(newest_first, V1)
    with pytest.raises(SlipwayError) as caught:
        refuse_behind(moved, V1, {"from": "5"}, forced=False)
    error = caught.value
    assert error.what == (f"the schema has moved past {V1.tag}: {versions} not declared backward-compatible")
    assert (error.where, "force_schema=true" in str(error.remedy)) == ("schema version 5", True)
    (warning,) = refuse_behind(moved, V1, {}, forced=True)
    assert warning.startswith(error.what)


@pytest.mark.parametrize("safe", [True, False])
def test_what_may_be_taken_back_is_said_where_the_rollback_is_refused(safe: bool) -> None:
    records = [ran(V2, done({**BAD, "downgrade_safe": True}, {**GOOD, "downgrade_safe": safe})), ran(V1)]
    with pytest.raises(SlipwayError) as caught:
        refuse_behind(moved_since(records, V1), V1, {}, forced=False)
    assert ("-e downgrade_schema=true" in str(caught.value)) is safe


def test_what_was_left_behind_is_not_taken_back() -> None:
    # Somebody insisted on V1 on the newer schema.
    moved = moved_since([ran(V2), ran(V1, {"state": "none", "to": "3", "behind": ["3"]})], V1)
    with pytest.raises(SlipwayError, match="has moved past") as caught:
        refuse_behind(moved, V1, {}, forced=False)
    assert "downgrade_schema" not in str(caught.value)
    with pytest.raises(SlipwayError, match="migration 3 is not declared downgrade-safe"):
        planned_downgrade(moved, V1, "3")


def test_records_are_read_back_to_the_release_and_no_further() -> None:
    def records() -> Any:
        yield ran(V2, done(GOOD))
        yield ran(V1)
        raise AssertionError("read too far")

    assert moved_since(records(), V1).versions == ()


@pytest.mark.parametrize(
    ("newest_first", "version"),
    [
        ([], None),
        ([{"migrations": {"state": "done", "to": "3"}}, {"migrations": {"state": "done", "to": "2"}}], "3"),
        ([{}, {"migrations": {"state": "none", "to": None}}, {"migrations": {"state": "none", "to": "2"}}], "2"),
        ([{"migrations": {"state": "planned", "to": "3"}}, {"migrations": {"state": "done", "to": "2"}}], "2"),
        ([{"migrations": {"state": "failed", "to": "3"}}, {"migrations": {"state": "done", "to": "2"}}], None),
        ([{"migrations": {"state": "running", "to": "3"}}, {"migrations": {"state": "done", "to": "2"}}], None),
    ],
)
def test_known_schema(newest_first: list[Doc], version: str | None) -> None:
    assert known_schema(newest_first, "backend") == version


def test_callbacks_run_with_each_release_also_when_nothing_is_pending():
    found = {"schema_before": "3", "pending": [], "callbacks": ["/m/afterMigrate.sql"]}
    planned = planned_migrations(found)
    assert (planned["state"], planned["from"], planned["to"], planned["pending"]) == ("planned", "3", "3", [])
    failed = ended(begun(planned), {"failed": True, "begun": False, "pending": [], "applied": [], "schema_after": "3"})
    assert failed["state"] != "done"
    assert planned_migrations({**found, "callbacks": []})["state"] == "none"
