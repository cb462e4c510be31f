# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What -e env=… and -i may say, and the line that answers what they may not."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.slipway.deploy.plugins.module_utils.common.errors import SlipwayError
from ansible_collections.slipway.deploy.plugins.module_utils.common.suggest import shorten, suggest
from ansible_collections.slipway.deploy.plugins.module_utils.environment.choose import check_name, choose, named_by

KNOWN = ("dev", "local", "prod")
ROOT = "/project/inventories"
THERE = "(there are dev, local, prod)"


@pytest.mark.parametrize(
    ("value", "line"),
    [
        (None, f"env is missing: use -e env=… {THERE}"),
        ("", f"env is missing: use -e env=… {THERE}"),
        ("dve", f"env=dve: no such environment in inventories/ {THERE}. Did you mean dev?"),
        ("DEV", f"env=DEV: no such environment in inventories/ {THERE}. Did you mean dev?"),
        ("production", f"env=production: no such environment in inventories/ {THERE}. Did you mean prod?"),
        ("qa", f"env=qa: no such environment in inventories/ {THERE}"),
        ("dev,local", f"env=dev,local: no such environment in inventories/ {THERE}. Did you mean dev?"),
        ("{{ x }}", f"env={{{{ x }}}}: no such environment in inventories/ {THERE}"),
        ("two\nlines", f"env=two lines: no such environment in inventories/ {THERE}"),
        ("../x", f"env=../x: the name of an environment is expected, not a path {THERE}"),
        ("/etc", f"env=/etc: the name of an environment is expected, not a path {THERE}"),
        ("dev/", f"env=dev/: the name of an environment is expected, not a path {THERE}"),
        ("..", f"env=..: the name of an environment is expected, not a path {THERE}"),
        ("x\\y", f"env=x\\y: the name of an environment is expected, not a path {THERE}"),
        (5, f"env=5: the name of one environment is expected {THERE}"),
        (False, f"env=False: the name of one environment is expected {THERE}"),
        (["dev"], f"env=['dev']: the name of one environment is expected {THERE}"),
        ({"name": "dev"}, f"env={{'name': 'dev'}}: the name of one environment is expected {THERE}"),
    ],
)
def test_a_wrong_name_is_answered_in_one_line(value: object, line: str) -> None:
    with pytest.raises(SlipwayError) as caught:
        check_name(value, KNOWN)
    assert str(caught.value) == line


def test_no_environment_at_all() -> None:
    with pytest.raises(SlipwayError, match=r"env=dev: no such environment in inventories/ \(there are none\)"):
        check_name("dev", ())


@given(
    st.one_of(
        st.none(),
        st.text(),
        st.sampled_from(KNOWN),
        st.integers(),
        st.lists(st.text()),
        st.dictionaries(st.text(), st.text()),
    )
)
def test_any_value_is_one_that_exists_or_one_line(value: object) -> None:
    if value in KNOWN:
        assert check_name(value, KNOWN) == value
        return
    with pytest.raises(SlipwayError) as caught:
        check_name(value, KNOWN)
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < 240


@pytest.mark.parametrize(
    ("source", "name"),
    [
        ("/project/inventories/dev", "dev"),
        ("/project/inventories/dev/fleet.yml", "dev"),
        ("/project/inventories/dev/more/vms.yml", "dev"),
        ("/project/inventories/environment.yml", None),
        ("/project/inventories", None),
        ("/project/inventories-old/dev", None),
        ("/project/inventories/unknown", None),
        ("/elsewhere/dev", None),
        ("host1,host2", None),
    ],
)
def test_the_environment_that_a_source_belongs_to(source: str, name: str | None) -> None:
    assert named_by(source, ROOT, KNOWN) == name


@pytest.mark.parametrize(
    ("value", "sources", "name"),
    [
        ("dev", [f"{ROOT}/environment.yml"], "dev"),
        ("dev", [], "dev"),
        (None, [f"{ROOT}/dev"], "dev"),
        ("", [f"{ROOT}/dev"], "dev"),
        ("dev", [f"{ROOT}/dev"], "dev"),
        (None, [f"{ROOT}/dev", f"{ROOT}/dev/fleet.yml"], "dev"),
        (None, [f"{ROOT}/dev", "/elsewhere/more.yml", "a,b"], "dev"),
    ],
)
def test_one_environment_is_chosen(value: str | None, sources: list[str], name: str) -> None:
    assert choose(value, sources, ROOT, KNOWN) == name


@pytest.mark.parametrize(
    ("value", "sources", "line"),
    [
        ("local", [f"{ROOT}/dev"], "-i inventories/dev and -e env=local name different environments"),
        (None, [f"{ROOT}/dev", f"{ROOT}/prod"], "-i inventories/dev and -i inventories/prod name different"),
        ("dev", [f"{ROOT}/dev", f"{ROOT}/prod"], "-i inventories/dev and -i inventories/prod name different"),
        ("dve", [f"{ROOT}/dev"], "env=dve: no such environment"),
        ("dev", [ROOT], "-i inventories selects all environments, but a run is for one. Instead, use -e env=…"),
        (None, [f"{ROOT}/environment.yml"], "env is missing"),
        (None, ["/elsewhere/more.yml"], "env is missing"),
    ],
)
def test_no_or_two_environments_are_refused(value: str | None, sources: list[str], line: str) -> None:
    with pytest.raises(SlipwayError) as caught:
        choose(value, sources, ROOT, KNOWN)
    assert str(caught.value).startswith(line)


@pytest.mark.parametrize(
    ("word", "question"), [("dve", "Did you mean dev?"), ("PROD", "Did you mean prod?"), ("zzz", None), ("", None)]
)
def test_the_suggestion(word: str, question: str | None) -> None:
    assert suggest(word, KNOWN) == question


def test_a_long_value_is_shortened() -> None:
    assert shorten("x" * 100) == "x" * 59 + "…"
