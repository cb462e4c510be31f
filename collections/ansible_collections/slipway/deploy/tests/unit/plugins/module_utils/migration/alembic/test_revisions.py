# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What a revision's file says of itself, and what became of revisions."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.slipway.deploy.plugins.module_utils.migration.alembic.revisions import (
    declared,
    outcome_of,
    read_revision,
    unsafe,
)

YES, NO = "# slipway: backward-compatible\n", "# slipway: not-backward-compatible\n"
SAFE = "# slipway: downgrade-safe\n"


@pytest.mark.parametrize(
    ("source", "compatible", "safe"),
    [
        (f'"""add phone"""\n{YES}', True, False),
        (f"{YES}{SAFE}", True, True),
        ("# slipway: backward-compatible, downgrade-safe\n", True, True),
        ("#slipway:Backward-Compatible ,DOWNGRADE-SAFE", True, True),
        (f"import os\n\n{SAFE}{NO}def upgrade():\n    pass\n", False, True),
        (f"def upgrade():\n    {YES}    pass\n", True, False),
        ("x = 1  # slipway: backward-compatible\n", True, False),
        (NO, False, False),
        ("", False, False),
        ('"""\n# slipway: backward-compatible\n"""\n', False, False),
        ("TEXT = '# slipway: backward-compatible'\n", False, False),
        (f"{YES}def upgrade(:\n", True, False),
    ],
)
def test_declared(source, compatible, safe):
    said = declared(source)
    assert (said.compatible, said.downgrade_safe) == (compatible, safe)


@pytest.mark.parametrize(
    ("source", "note"),
    [
        (YES, ""),
        (NO, ""),
        (SAFE, "neither"),
        ("", "neither"),
        (f"{YES}{NO}", "both backward-compatible"),
        ("# slipway: downgrade-safe, not-downgrade-safe, backward-compatible", "both downgrade-safe"),
        ("# slipway: backwards-compatible", "'backwards-compatible'"),
        (f"{YES}# slipway: yes, please", "'yes'"),
    ],
)
def test_what_is_odd_about_it(source, note):
    said = declared(source)
    assert note in said.note
    assert bool(said.note) is bool(note)
    assert not (said.note and said.compatible)


@given(st.text())
def test_only_the_declaration_says_so(source):
    said = declared(source)
    assert not said.compatible or "backward-compatible" in source.lower()
    assert not said.downgrade_safe or "downgrade-safe" in source.lower()
    assert not declared(f"{NO}{source}").compatible


@pytest.mark.parametrize(
    ("source", "transactional"),
    [
        ("op.add_column()", True),
        ("# commits nothing\n", True),
        ("with op.get_context().autocommit_block():", False),
        ("op.execute('COMMIT')", False),
        ('op.execute("commit; VACUUM")', False),
        ("bind.execution_options(isolation_level='AUTOCOMMIT')", False),
        ("session.commit()", False),
    ],
)
def test_what_the_database_does_not_take_back(source, transactional):
    assert read_revision({"version": "a", "source": source}).transactional is transactional


def revision(version, transactional=True, safe=False):
    source = f"{YES}{SAFE if safe else ''}{'' if transactional else '# autocommit_block'}"
    return read_revision({"version": version, "description": f"{version} does\nmuch", "down": [], "source": source})


A, B, C = revision("a"), revision("b", transactional=False), revision("c")


@pytest.mark.parametrize(
    ("begun", "still", "failed", "done", "undone", "last", "left"),
    [
        ("abc", "", False, "abc", "", "", ""),
        ("", "abc", True, "", "", "", ""),
        ("a", "abc", True, "", "", "a", ""),
        ("ab", "abc", True, "", "a", "b", "b"),
        ("ab", "bc", True, "a", "", "b", "b"),
        # The block of b committed a; the row of b was taken back with c.
        ("abc", "bc", True, "a", "b", "c", "b"),
        ("abc", "c", True, "ab", "", "c", ""),
        # All of it is there, and what failed came after it.
        ("abc", "", True, "abc", "", "", ""),
    ],
)
def test_what_became_of_revisions(begun, still, failed, done, undone, last, left):
    became = outcome_of((A, B, C), tuple(begun), tuple(still), failed)
    assert "".join(item.version for item in became.done) == done
    assert "".join(item.version for item in became.undone) == undone
    assert (became.failed.version if became.failed else "") == last
    assert "".join(item.version for item in became.left) == left


@given(st.integers(0, 3), st.integers(0, 3), st.booleans())
def test_every_revision_has_one_fate(begun, applied, failed):
    planned = (A, B, C)
    versions = [item.version for item in planned]
    became = outcome_of(planned, versions[:begun], versions[min(applied, begun) :], failed)
    sorts = [*became.done, *became.undone, *([became.failed] if became.failed else [])]
    assert len({item.version for item in sorts}) == len(sorts)
    assert {item.version for item in sorts} <= set(versions[:begun])
    assert all(item in sorts and item not in became.done for item in became.left)


def test_what_may_not_be_taken_back():
    assert unsafe((revision("a", safe=True), B)) == ["b"]


def test_a_revision_in_a_result():
    item = read_revision({"version": "b2", "description": "add\n phone", "file": "x.py", "down": ["a1"], "source": YES})
    assert item.as_dict() == {
        "version": "b2",
        "description": "add phone",
        "file": "x.py",
        "before": "a1",
        "compatible": True,
        "downgrade_safe": False,
    }
    assert item.as_dict(0.5)["seconds"] == 0.5
