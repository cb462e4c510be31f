# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What Flyway would do, with what the files declare."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.slipway.deploy.plugins.module_utils.migration.flyway.plan import (
    newly_applied,
    plan_migrations,
    untouched,
)
from ansible_collections.slipway.deploy.plugins.module_utils.migration.model import Row, Script, version_key

SCRIPTS = [
    Script("/m/V1__a.sql", "1", "a", True, ""),
    Script("/m/V002__b.sql", "002", "b", False, "…"),
    Script("/m/V3__c.sql", "3", "c", True, ""),
    Script("/m/R__v.sql", "", "v", True, ""),
]


def versions(migrations):
    return [item.version or item.description for item in migrations]


def test_pending_with_their_declarations():
    rows = [Row("1", "a", "Success"), Row("2", "b", "Pending"), Row("3", "c", "Pending"), Row("", "v", "Pending")]
    plan = plan_migrations(rows, SCRIPTS)
    assert (plan.schema, plan.target) == ("1", "3")
    assert [(item.version, item.compatible) for item in plan.pending] == [("2", False), ("3", True), ("", True)]
    assert not plan.compatible
    assert plan.pending[2].as_dict()["version"] == "R__v"


def test_all_states():
    rows = [
        Row("1", "a", "Baseline"),
        Row("1.5", "late", "Ignored"),
        Row("2", "b", "Missing"),
        Row("3", "c", "Out of Order"),
        Row("4", "d", "Failed"),
        Row("9", "z", "Future"),
        Row("10", "zz", "Failed (Future)"),
    ]
    plan = plan_migrations(rows, SCRIPTS)
    assert plan.schema == "9"
    assert plan.compatible
    assert versions(plan.failed) == ["4", "10"]
    assert (versions(plan.out_of_order), versions(plan.missing), versions(plan.future)) == (["1.5"], ["2"], ["9"])
    assert versions(plan.applied) == ["2", "3", "9"]


def test_without_a_file_nothing_is_compatible():
    plan = plan_migrations([Row("7", "by java", "Pending")], SCRIPTS)
    assert not plan.compatible
    assert plan.pending[0].as_dict()["file"] is None


def test_an_empty_database():
    plan = plan_migrations([], [])
    assert (plan.schema, plan.target, plan.compatible, plan.pending) == (None, None, True, ())


def plan_of(*states):
    return plan_migrations([Row(str(at), "x", state) for at, state in enumerate(states, 1)], SCRIPTS)


def test_what_was_applied():
    before = plan_of("Success", "Pending", "Pending")
    assert versions(newly_applied(before, plan_of("Success", "Success", "Pending"))) == ["2"]
    assert versions(newly_applied(before, plan_of("Success", "Success", "Failed"))) == ["2"]
    assert newly_applied(before, before) == ()


def test_what_was_rolled_back_whole():
    before = plan_of("Success", "Pending", "Pending")
    assert untouched(before, before)
    assert not untouched(before, plan_of("Success", "Success", "Pending"))
    assert not untouched(before, plan_of("Success", "Failed", "Pending"))


_STATES = st.sampled_from(["Pending", "Success", "Failed", "Ignored", "Missing", "Future", "Out of Order", "Undone"])


@given(st.lists(_STATES, max_size=12))
def test_every_row_is_somewhere_and_the_schema_is_the_highest_applied(states):
    plan = plan_of(*states)
    applied = [str(at) for at, state in enumerate(states, 1) if state not in ("Pending", "Failed", "Ignored", "Undone")]
    assert plan.schema == max(applied, key=version_key, default=None)
    assert len(plan.pending) + len(plan.failed) + len(plan.out_of_order) + len(plan.applied) == sum(
        state != "Undone" for state in states
    )


def test_what_a_baseline_covers_is_neither_pending_nor_applied():
    rows = [Row("1", "a", "Pending"), Row("2", "b", "Pending"), Row("", "v", "Pending")]
    before = plan_migrations(rows, SCRIPTS, baseline="1.0")
    assert versions(before.pending) == ["2", "v"]
    rows = [
        Row("1", "a", "Ignored (Baseline)"),
        Row("1", "<< Flyway Baseline >>", "Baseline"),
        Row("2", "b", "Success"),
    ]
    after = plan_migrations(rows, SCRIPTS)
    assert after.schema == "2"
    assert versions(newly_applied(plan_migrations([Row("1", "a", "Pending"), *rows[2:]], SCRIPTS), after)) == []
    assert versions(newly_applied(before, after)) == ["2"]
