# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The rules of repositories."""

from __future__ import annotations

import pytest

from ansible_collections.slipway.deploy.plugins.module_utils.common.errors import SlipwayError
from ansible_collections.slipway.deploy.plugins.module_utils.policy.model import Rules, find_rules

INFRASTRUCTURE = Rules("infra", "infrastructure", develop=("dev", "develop"), versioned=False)


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
    assert find_rules({"lib": {"strategy": "library"}}, "", "x") == Rules("lib", "library")
    assert find_rules({"infra": {"strategy": "infrastructure"}}, "infra", "x") == INFRASTRUCTURE
    found = find_rules({"a": {"strategy": "services", "component": "backend", "develop": "next"}}, "a", "x")
    assert (found.tag_prefix, found.develop) == ("backend-v", ("next",))
