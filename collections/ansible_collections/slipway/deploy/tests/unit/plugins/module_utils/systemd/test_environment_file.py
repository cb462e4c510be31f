# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.slipway.deploy.plugins.module_utils.systemd import environment_file

from .systemd_env_file import read as read_as_systemd

NAMES = st.from_regex(environment_file.NAME, fullmatch=True)
# What goes wrong in quoting is made of these more often than by chance.
NASTY = st.text(alphabet=" \t\n\r\"'\\$`#;%=nx\x07é東🚢\u2028", max_size=12)
VALUES = (NASTY | st.text(max_size=40)).filter(lambda value: environment_file.fault("A", value) is None)


@given(st.dictionaries(NAMES, VALUES, max_size=6))
def test_systemd_reads_what_was_written(environment):
    assert read_as_systemd(environment_file.render(environment)) == environment


@given(st.dictionaries(NAMES, VALUES, max_size=6))
def test_what_was_written_is_read_back_for_the_diff(environment):
    assert environment_file.parse(environment_file.render(environment)) == environment


@pytest.mark.parametrize(
    ("name", "value", "why"),
    [
        ("A", "\0", "holds a NUL"),
        ("A", "\ud800", "is not valid Unicode"),
        ("A", "\uffff", "reserves"),
        ("A", "\U0001fffe", "reserves"),
        ("A", "\ufdd0", "reserves"),
        ("A", "x" * 131072, "is longer than"),
        ("1A", "", "is not a valid name"),
        ("A-B", "", "is not a valid name"),
        ("", "", "is not a valid name"),
    ],
)
def test_what_systemd_would_not_hand_over_is_refused_without_its_value(name, value, why):
    line = environment_file.fault(name, value)
    assert why in line
    assert len(line) < 120


PEM = "-----BEGIN RSA PRIVATE KEY-----\n" + "MIIEow+/=\n" * 40 + "-----END RSA PRIVATE KEY-----\n"


@pytest.mark.parametrize(
    "value", [PEM, PEM.replace("\n", "\r\n"), "\n", "a\n\nb", "a\\\nb", 'x"\nB="y"\n', "# a\n; b\n", "\n  two\n", "a\r"]
)
def test_values_of_several_lines_arrive(value):
    environment = {"A": value, "B": "after it"}
    assert environment_file.fault("A", value) is None
    assert read_as_systemd(environment_file.render(environment)) == environment
    assert environment_file.parse(environment_file.render(environment)) == environment


def test_what_was_not_written_here_is_left_out():
    text = '# A="no"\nA=plain\nB="yes"\nC="open\nD="after"\n E="no"\nF="a\\q"\n'
    assert environment_file.parse(text) == {"B": "yes"} | environment_file.parse('D="after"\n')


def test_what_only_looks_odd_is_taken():
    for value in ("", " ", "#", "%n", "\t", "\x1b[0m", "=", "\u2028", "x" * (environment_file.LONGEST - 2)):
        assert environment_file.fault("A", value) is None


BY_HAND = st.lists(
    st.sampled_from(["A=", "B =", "\n", "\r\n", '"', "'", "\\", " ", "x", "#", ";", "$", "=", "\\\n"]), max_size=14
)


@given(BY_HAND.map("".join).map(lambda text: f"{text}\n"))
def test_what_somebody_wrote_is_read_as_systemd_reads_it(text):
    known = {name: value for name, value in read_as_systemd(text).items() if environment_file.NAME.fullmatch(name)}
    # A quote that is not closed before the end is nobody's file.
    if text.count('"') % 2 == 0 and text.count("'") % 2 == 0 and "#" not in text and ";" not in text:
        assert environment_file.read(text) == known


@given(st.dictionaries(NAMES, VALUES, max_size=6))
def test_what_was_written_is_read_by_everybody(environment):
    assert environment_file.read(environment_file.render(environment)) == environment


@pytest.mark.parametrize(
    ("line", "value"),
    [
        ('A="b c"', "b c"),
        (r'A="a\"b\$c\\d\`"', r'a"b$c\d`'),
        (r'A="a\nb"', r"a\nb"),
        ("A='b\\$c'", "b\\$c"),
        ("A=plain", "plain"),
        (" A = spaced ", "spaced"),
        (r"A=a\ b", "a b"),
        ("A=", ""),
        ("# A=b", None),
        ("; A=b", None),
        ("2A=b", None),
        ("A", None),
    ],
)
def test_a_line_of_an_environment_file(line, value):
    assert environment_file.read(f"\n{line}\n").get("A") == value


@given(st.dictionaries(st.from_regex(environment_file.NAME, fullmatch=True), st.text(max_size=40), max_size=4))
def test_what_slipway_wrote_is_read(environment):
    written = {name: value for name, value in environment.items() if not environment_file.fault(name, value)}
    assert environment_file.read(environment_file.render(written)) == written
