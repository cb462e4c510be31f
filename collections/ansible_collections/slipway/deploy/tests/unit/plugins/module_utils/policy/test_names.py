# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Names of branches and messages of commits: tables."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.slipway.deploy.plugins.module_utils.common.errors import SlipwayError
from ansible_collections.slipway.deploy.plugins.module_utils.policy.branches import (
    check_target,
    read_branch,
    renamed_branch,
)
from ansible_collections.slipway.deploy.plugins.module_utils.policy.commits import read_message, strip_comments
from ansible_collections.slipway.deploy.plugins.module_utils.policy.model import TYPES, Rules, find_rules

SERVICES = Rules("backend", "services", develop=("develop",))
INFRASTRUCTURE = Rules("infra", "infrastructure", develop=("dev", "develop"), versioned=False)
LIBRARY = Rules("lib", "library")
SITE = Rules("site", "services", main="deploy/stmary-staging", develop=("develop",), others=("dependabot/*",))


@pytest.mark.parametrize(
    ("rules", "name", "kind", "task"),
    [
        (SERVICES, "main", "main", ""),
        (SERVICES, "develop", "develop", ""),
        (SERVICES, "feature/UM-142-short-desc", "feature", "UM-142"),
        (SERVICES, "feature/142-desc", "feature", "142"),
        (SERVICES, "feature/T42-Desc.v2_x", "feature", "T42"),
        (SERVICES, "hotfix/UM-7-crash", "hotfix", "UM-7"),
        (SERVICES, "042-short-description", "feature", "042"),
        (SERVICES, "release/1.2.0", "release", ""),
        (INFRASTRUCTURE, "dev", "develop", ""),
        (INFRASTRUCTURE, "develop", "develop", ""),
        (LIBRARY, "main", "main", ""),
        (LIBRARY, "feature/LIB-3-cache", "feature", "LIB-3"),
        (SITE, "deploy/stmary-staging", "main", ""),
        (SITE, "dependabot/npm_and_yarn/vite-5", "other", ""),
    ],
)
def test_branches_that_are_allowed(rules: Rules, name: str, kind: str, task: str) -> None:
    branch = read_branch(name, rules)
    assert (branch.kind, branch.task) == (kind, task)


@pytest.mark.parametrize(
    ("rules", "name", "said"),
    [
        (SERVICES, "feature/login", "git branch -m feature/<TaskID>-login."),
        (SERVICES, "feat/UM-1-login", "git branch -m feature/UM-1-login."),
        (SERVICES, "bugfix/UM-1_login", "git branch -m hotfix/UM-1-login."),
        (SERVICES, "UM-1-login", "git branch -m feature/UM-1-login."),
        (SERVICES, "feature/UM-1", "git branch -m feature/UM-1-desc."),
        (SERVICES, "feature/UM-1-", "git branch -m feature/UM-1-desc."),
        (SERVICES, "feature/UM-1-a--b", "git branch -m feature/UM-1-a-b."),
        (SERVICES, "backend/loginCRM", "git branch -m feature/<TaskID>-backend-logincrm."),
        (SERVICES, "42-too-short", "git branch -m feature/42-too-short."),
        (SERVICES, "dev", "Did you mean develop?"),
        (SERVICES, "Main", "Did you mean main?"),
        (SERVICES, "release/1.2", "is not a branch name of backend"),
        (SERVICES, "release/v1.2.0", "is not a branch name of backend"),
        (SERVICES, "feature/UM-1-$(id)", "git branch -m feature/UM-1-id."),
        (SERVICES, "$(id)", "git branch -m feature/<TaskID>-id."),
        (SERVICES, "{{ 7 * 7 }}", "git branch -m feature/<TaskID>-7-7."),
        (SERVICES, "feature/UM-1-x\n", "is not a branch name"),
        (SERVICES, "٠٤٢-x", "is not a branch name"),
        (SERVICES, "", "is not a branch name"),
        (LIBRARY, "develop", "develop is a branch of Git Flow, and the library lib is trunk-based"),
        (LIBRARY, "release/1.0.0", "trunk-based"),
        (SITE, "main", "'main' is not a branch name of site"),
    ],
)
def test_branches_that_are_refused_with_the_name_to_give(rules: Rules, name: str, said: str) -> None:
    with pytest.raises(SlipwayError) as caught:
        read_branch(name, rules)
    assert said in str(caught.value)
    assert "feature/<TaskID>-desc, hotfix/<TaskID>-desc, ###-short-description" in str(caught.value)


@given(st.text(min_size=1, max_size=40))
def test_the_suggested_name_is_allowed_and_safe(name: str) -> None:
    suggestion = renamed_branch(name, SERVICES)
    if suggestion:
        assert read_branch(suggestion.replace("<TaskID>", "UM-1"), SERVICES).kind in ("feature", "hotfix")


@pytest.mark.parametrize(
    ("rules", "name", "target", "allowed"),
    [
        (SERVICES, "feature/UM-1-x", "develop", True),
        (SERVICES, "feature/UM-1-x", "feature/UM-2-y", True),
        (SERVICES, "feature/UM-1-x", "main", False),
        (SERVICES, "hotfix/UM-1-x", "main", True),
        (SERVICES, "hotfix/UM-1-x", "develop", True),
        (SERVICES, "release/1.0.0", "main", True),
        (SERVICES, "develop", "main", True),
        (SERVICES, "main", "develop", True),
        (SERVICES, "042-x", "main", False),
        (INFRASTRUCTURE, "feature/UM-1-x", "dev", True),
        (INFRASTRUCTURE, "dev", "main", True),
        (LIBRARY, "feature/UM-1-x", "main", True),
        (LIBRARY, "hotfix/UM-1-x", "main", True),
    ],
)
def test_where_a_branch_is_merged(rules: Rules, name: str, target: str, allowed: bool) -> None:
    branch = read_branch(name, rules)
    if allowed:
        check_target(branch, target, rules)
    else:
        with pytest.raises(SlipwayError, match="is not merged into main.*Its target is develop"):
            check_target(branch, target, rules)


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


@pytest.mark.parametrize(
    ("value", "name", "said"),
    [
        ({}, "", "repository_rules is not set"),
        ([], "", "does not map"),
        ({"a": {"strategy": "services"}, "b": {"strategy": "library"}}, "", "Name one of a, b"),
        ({"backend": {"strategy": "services"}}, "backedn", "Did you mean backend?"),
        ({"a": {"strategy": "service"}}, "", "strategy is 'service'. Write one of services, infrastructure, library"),
        ({"a": {}}, "", "it has no strategy"),
        ({"a": "services"}, "", "its rules are not a mapping"),
        ({"a": {"strategy": "services", "task": "x"}}, "", "there is no rule 'task'. Did you mean task_id?"),
        ({"a": {"strategy": "services", "main": 1}}, "", "main is not a text"),
        ({"a": {"strategy": "services", "main": "develop"}}, "", "develop is both main and develop"),
        ({"a": {"strategy": "library", "develop": "dev"}}, "", "a library is trunk-based and has no develop"),
        ({"a": {"strategy": "services", "task_id": "("}}, "", "task_id is not a regular expression"),
        ({"a": {"strategy": "services", "component": "Back end"}}, "", "cannot be the beginning of a tag"),
        ({"a": {"strategy": "services", "commit_types": [1]}}, "", "commit_types is not a list of texts"),
    ],
)
def test_rules_that_are_refused(value: object, name: str, said: str) -> None:
    with pytest.raises(SlipwayError) as caught:
        find_rules(value, name, "group_vars")
    assert said in str(caught.value)


def test_rules_and_their_defaults() -> None:
    assert find_rules({"lib": {"strategy": "library"}}, "", "x") == LIBRARY
    assert find_rules({"infra": {"strategy": "infrastructure"}}, "infra", "x") == INFRASTRUCTURE
    found = find_rules({"a": {"strategy": "services", "component": "backend", "develop": "next"}}, "a", "x")
    assert (found.tag_prefix, found.develop) == ("backend-v", ("next",))
