# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Messages of commits: tables."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.slipway.deploy.plugins.module_utils.common.errors import SlipwayError
from ansible_collections.slipway.deploy.plugins.module_utils.policy.commits import read_message, strip_comments
from ansible_collections.slipway.deploy.plugins.module_utils.policy.model import TYPES


@pytest.mark.parametrize(
    "message",
    [
        "feat: add login",
        "fix(api): accept long passwords\n\nBecause they are safer.\n\nRefs: UM-1",
        "feat(api)!: drop v1",
        "Feat: any case",
        "chore(deps/npm): bump vite from 5.0.0 to 5.1.0",
        "fix: x\n\nBREAKING CHANGE: y",
        "fix: x\n\nBREAKING-CHANGE: y",
        'Revert "feat: add login"\n\nThis reverts commit 1234567.',
        "docs: {{ 7 * 7 }} $(id)",
        "fix: 日本語",
        "fix:  two blanks",
    ],
)
def test_messages_that_are_allowed(message: str) -> None:
    assert read_message(message, TYPES, "it").description


@pytest.mark.parametrize(
    ("message", "said"),
    [
        ("", "its message is empty"),
        ("\n\n", "its message is empty"),
        ("Add login", "it: 'Add login' has no type. Write feat: Add login"),
        ("fixed the bug", "Write fix: fixed the bug"),
        ("something", "Write <type>: something"),
        ("feat:add login", "Write feat: add login"),
        ("feat :add login", "Write feat: add login"),
        ("feat(): add login", "Write feat: add login"),
        ("feat( ): add login", "Write feat: add login"),
        ("feat (api) : add login", "Write feat(api): add login"),
        ("feat!(api): x y", "Write feat(api)!: x y"),
        ("feat:", "has no description"),
        ("feat: ", "has no description"),
        ("feature: add login", "there is no type 'feature'. Did you mean feat?"),
        ("bugfix: x y", "Did you mean fix?"),
        ("fxi: x y", "Did you mean fix?"),
        ("zzz: x y", "The types are feat, fix, docs"),
        ("feat: x\nmore", "its second line is not empty ('more')"),
        ("feat: x\n\nbreaking change: y", "Write BREAKING CHANGE:"),
        ("Merge branch 'x'", "has no type"),
        ("fixup! feat: x", "git rebase -i --autosquash"),
        ("https://example.org/x", "has no type"),
        ("$(id): {{ 7 * 7 }}", "has no type"),
        ("\x1b[31mred", "has no type"),
    ],
)
def test_messages_that_are_refused_with_what_to_write(message: str, said: str) -> None:
    with pytest.raises(SlipwayError) as caught:
        read_message(message, TYPES, "it")
    assert said in str(caught.value)
    assert "\x1b" not in str(caught.value)


def test_what_is_allowed_of_merges_and_drafts_only() -> None:
    assert read_message("Merge branch 'x' into main", TYPES, "it", merge=True).type == ""
    assert read_message("fixup! feat: x", TYPES, "it", draft=True).type == ""
    assert read_message("feat: x\n\nBREAKING CHANGE: y", TYPES, "it").breaking
    assert read_message("fix(a b)!: y", TYPES, "it").scope == "a b"


def test_comments_are_not_part_of_a_message() -> None:
    text = "\n# about\nfeat: x  \n\nbody\n# ------------------------ >8 ------------------------\ndiff --git\n"
    assert strip_comments(text) == "feat: x\n\nbody"
    assert strip_comments("; about\n# title", ";") == "# title"


@given(st.text(max_size=80), st.booleans(), st.booleans())
def test_any_message_is_read_or_refused(message: str, merge: bool, draft: bool) -> None:
    refused: SlipwayError | None = None
    try:
        read_message(message, TYPES, "it", merge=merge, draft=draft)
    except SlipwayError as error:
        refused = error
    assert refused is None or (refused.remedy and "\n" not in str(refused))
