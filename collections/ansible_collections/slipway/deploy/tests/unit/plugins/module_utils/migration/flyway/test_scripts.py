# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What a migration's file says of itself."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.slipway.deploy.plugins.module_utils.migration.flyway.scripts import declared, read_script
from ansible_collections.slipway.deploy.plugins.module_utils.migration.model import version_key

YES, NO = "-- slipway: backward-compatible\n", "-- slipway: not-backward-compatible\n"


@pytest.mark.parametrize(
    ("text", "compatible"),
    [
        (f"{YES}SELECT 1;", True),
        (f"{NO}SELECT 1;", False),
        ("--slipway:backward-compatible", True),
        ("--   SLIPWAY :  Backward-Compatible  \r\nSELECT 1;", True),
        (f"\ufeff{YES}", True),
        (f"\n\n-- what it does\n\n{YES}SELECT 1;", True),
        (f"/* licence\n */\n-- more\n{YES}", True),
        ("SELECT 1;", False),
        ("", False),
        (f"SELECT 1;\n{YES}", False),
        (f"/*\n{YES}*/\nSELECT 1;", False),
        (f"{YES}{YES}", True),
    ],
)
def test_declared(text, compatible):
    assert declared(text)[0] is compatible


@pytest.mark.parametrize(
    ("text", "note"),
    [
        (f"{YES}SELECT 1;", ""),
        (f"{NO}SELECT 1;", ""),
        ("SELECT 1;", "neither"),
        (f"{YES}{NO}", "both"),
        ("-- slipway: backwards-compatible\n", "'backwards-compatible'"),
        (f"{YES}-- slipway: yes\n", "'yes'"),
    ],
)
def test_what_is_odd_about_it(text, note):
    compatible, said = declared(text)
    assert note in said
    assert bool(said) is bool(note)
    assert not (said and compatible)


@given(st.text())
def test_only_the_declaration_makes_one_compatible(text):
    if declared(text)[0]:
        assert "backward-compatible" in text.lower()
    assert declared(f"{NO}{text}")[0] is False


@pytest.mark.parametrize(
    ("name", "version", "description"),
    [
        ("V1__customers.sql", "1", "customers"),
        ("V2.1__full_name.sql", "2.1", "full name"),
        ("V2_1__x.sql", "2.1", "x"),
        ("V20260101120000__x__y.sql", "20260101120000", "x  y"),
        ("/opt/m/V001__x.sql", "001", "x"),
        ("R__a_view.sql", "", "a view"),
    ],
)
def test_names(name, version, description):
    script = read_script(name, YES)
    assert (script.version, script.description, script.compatible) == (version, description, True)


@pytest.mark.parametrize(
    "name", ["beforeInfo.sql", "U1__undo.sql", "notes.txt", "V__x.sql", "schema.sql", "R.sql", "Vx__a.sql"]
)
def test_no_migrations(name):
    assert read_script(name, YES) is None


def test_versions_are_ordered_as_flyway_does():
    order = ["1", "1.1", "1.9", "1.10", "2", "10", "20260101"]
    assert sorted(set(order), key=version_key) == order
    assert version_key("1") == version_key("01") == version_key("1.0") == version_key("1_0")
