# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Names of branches, and where they are merged: tables."""

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
from ansible_collections.slipway.deploy.plugins.module_utils.policy.model import Rules

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
