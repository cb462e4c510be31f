# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.slipway.deploy.plugins.module_utils.host import environment_file

from .systemd_env_file import read

NAMES = st.from_regex(environment_file.NAME, fullmatch=True)
# What goes wrong in quoting is made of these more often than by chance.
NASTY = st.text(alphabet=" \t\"'\\$`#;%=nx\x07é東🚢\u2028", max_size=12)
VALUES = (NASTY | st.text(max_size=40)).filter(lambda value: environment_file.fault("A", value) is None)


@given(st.dictionaries(NAMES, VALUES, max_size=6))
def test_systemd_reads_what_was_written(environment):
    assert read(environment_file.render(environment)) == environment


@given(st.dictionaries(NAMES, VALUES, max_size=6))
def test_what_was_written_is_read_back_for_the_diff(environment):
    assert environment_file.parse(environment_file.render(environment)) == environment


@pytest.mark.parametrize(
    ("name", "value", "why"),
    [
        ("A", "one\ntwo", "holds a newline"),
        ("A", "one\r", "holds a carriage return"),
        ("A", "\0", "holds a NUL"),
        ("A", "\ud800", "is no text of Unicode"),
        ("A", "\uffff", "reserves"),
        ("A", "\U0001fffe", "reserves"),
        ("A", "\ufdd0", "reserves"),
        ("A", "x" * 131072, "is longer than"),
        ("1A", "", "is no name"),
        ("A-B", "", "is no name"),
        ("", "", "is no name"),
    ],
)
def test_what_systemd_would_not_hand_over_is_refused_without_its_value(name, value, why):
    line = environment_file.fault(name, value)
    assert why in line
    assert len(line) < 120


def test_what_only_looks_odd_is_taken():
    for value in ("", " ", "#", "%n", "\t", "\x1b[0m", "=", "\u2028", "x" * (environment_file.LONGEST - 2)):
        assert environment_file.fault("A", value) is None
