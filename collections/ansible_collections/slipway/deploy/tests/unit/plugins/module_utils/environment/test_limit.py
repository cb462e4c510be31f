# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Ansible's patterns: which limits mean something, and what is said of the others."""

from __future__ import annotations

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.slipway.deploy.plugins.module_utils.common.errors import SlipwayError
from ansible_collections.slipway.deploy.plugins.module_utils.environment.limit import check_limit

HOSTS = ["config-server", "payment-service", "user-service"]
GROUPS = {
    "all": HOSTS,
    "ungrouped": [],
    "fleet": HOSTS,
    "priority_1": ["config-server"],
    "priority_4": ["payment-service", "user-service"],
}
HELP = "ansible-inventory --graph -e env=… lists them"


@pytest.mark.parametrize(
    "patterns",
    [
        ["user-service"],
        ["user-service", "config-server"],
        [" user-service "],
        ["priority_4"],
        ["fleet", "!user-service"],
        ["fleet", "&priority_4"],
        ["!user-service"],
        ["&priority_4"],
        ["*-service"],
        ["user*"],
        ["priority_?"],
        ["[cu]*"],
        ["~(user|payment)-.*"],
        ["!~user.*"],
        ["priority_4[0]"],
        ["priority_4[-1]"],
        ["priority_4[0:1]"],
        ["priority_4[1:]"],
        ["*-service[0]"],
        ["all"],
        ["localhost"],
    ],
)
def test_a_limit_that_means_something(patterns: list[str]) -> None:
    check_limit(patterns, HOSTS, GROUPS)


@pytest.mark.parametrize("patterns", [[], [""], [" ", ""]])
def test_an_empty_limit_is_not_everything(patterns: list[str]) -> None:
    with pytest.raises(SlipwayError, match="--limit is empty. Name services, hosts or groups, or leave it out"):
        check_limit(patterns, HOSTS, GROUPS)


@pytest.mark.parametrize(
    ("patterns", "line"),
    [
        (
            ["user-servcie"],
            "--limit user-servcie: no such service, host or group in the inventory. Did you mean user-service?",
        ),
        (
            ["user-service", "payment"],
            "--limit payment: no such service, host or group in the inventory. Did you mean payment-service?",
        ),
        (["fleet", "!usr"], f"--limit !usr: no such service, host or group in the inventory. {HELP}"),
        (["fleet", "&zzz"], f"--limit &zzz: no such service, host or group in the inventory. {HELP}"),
        (["prio_4"], "--limit prio_4: no such service, host or group in the inventory. Did you mean priority_4?"),
        (["zzz[0]"], f"--limit zzz: no such service, host or group in the inventory. {HELP}"),
        (["zzz*"], f"--limit zzz* matches no host or group. {HELP}"),
        (["~zzz"], f"--limit ~zzz matches no host or group. {HELP}"),
        (["~("], "--limit ~(: not a regular expression: missing ), unterminated subpattern at position 0"),
        (["priority_4[7]"], "--limit priority_4[7] matches no host: there are 2"),
        (["localhost[0]"], "--limit localhost[0] matches no host: there are 0"),
        (["user-service", "!user-service"], "--limit user-service,!user-service selects no host"),
        (["priority_1", "&priority_4"], "--limit priority_1,&priority_4 selects no host"),
        (["!all"], "--limit !all selects no host"),
        (["ungrouped"], "--limit ungrouped selects no host"),
    ],
)
def test_a_limit_that_means_nothing(patterns: list[str], line: str) -> None:
    with pytest.raises(SlipwayError) as caught:
        check_limit(patterns, HOSTS, GROUPS)
    assert str(caught.value) == line


NAMES = st.text(alphabet="abc-*?[]~&!()0:", max_size=8)


@given(st.lists(st.one_of(NAMES, st.sampled_from([*HOSTS, *GROUPS, "localhost[0]", "user*[1]"])), max_size=4))
def test_any_text_is_taken_or_refused_in_one_line(patterns: list[str]) -> None:
    with contextlib.suppress(SlipwayError):
        check_limit(patterns, HOSTS, GROUPS)
