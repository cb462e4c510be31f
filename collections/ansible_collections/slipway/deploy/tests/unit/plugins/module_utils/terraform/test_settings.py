# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Where a plan is written, and whether it is this environment's."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from ansible_collections.slipway.deploy.plugins.module_utils.common.errors import SlipwayError
from ansible_collections.slipway.deploy.plugins.module_utils.terraform.plan import Plan, read_plan
from ansible_collections.slipway.deploy.plugins.module_utils.terraform.settings import (
    Target,
    check_identity,
    check_name,
    pull_request_number,
    read_target,
)

from .plans import content, plan

WORKFLOW = {"GITHUB_REPOSITORY": "acme/infra", "GITHUB_API_URL": "https://ghe.example.org/api/v3"}


def test_what_is_left_out_is_the_workflows() -> None:
    token = {"env": "GITHUB_TOKEN"}
    assert read_target(None, WORKFLOW, "w") == Target("acme/infra", token, "https://ghe.example.org/api/v3")
    given = {"repository": "a/b", "token": {"ssm": "/x"}, "api": "https://h", "expect": {"customer": "acme"}}
    assert read_target(given, WORKFLOW, "w") == Target("a/b", {"ssm": "/x"}, "https://h", {"customer": "acme"})
    assert read_target({"init": ["-upgrade"]}, {}, "w") == Target("", token, init=("-upgrade",))


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ([], "w: it is not a mapping. Write repository: owner/name"),
        ({"repository": "https://github.com/a/b"}, "w.repository: this is not a repository. Write owner/name"),
        ({"repository": "a/b/../../user"}, "w.repository: this is not a repository"),
        (
            {"repository": "a/b", "issue": 1},
            "w: it has no key issue. Use one of repository, token, api, expect, init, plan",
        ),
        ({"repository": "a/b", "expect": {"n": 1}}, "w.expect: it is not a mapping of names to texts"),
        ({"plan": "-var-file=x"}, "w.plan: it is not a list of options. Write [-var-file=dev.tfvars]"),
        ({"plan": ["apply"]}, "w.plan: it is not a list of options"),
        ({"plan": ["-out=x"]}, "w.plan: -out=x is set by Slipway. Leave it out"),
        ({"init": ["--chdir=/"]}, "w.init: --chdir=/ is set by Slipway"),
        ({"repository": "a/b", "expect": "dev"}, "w.expect: it is not a mapping of names to texts"),
    ],
)
def test_settings_that_are_wrong(given: Any, said: str) -> None:
    with pytest.raises(SlipwayError) as caught:
        read_target(given, {}, "w")
    assert str(caught.value).startswith(said)


@pytest.mark.parametrize(
    ("given", "ref", "number"),
    [("12", "", 12), ("#12", "", 12), (12, "refs/pull/3/merge", 12), ("", "refs/pull/3/merge", 3), ("", "x", None)],
)
def test_the_number_of_the_pull_request(given: object, ref: str, number: int | None) -> None:
    if number is None:
        with pytest.raises(SlipwayError, match="no pull request is named. Name it: -e pull_request=12"):
            pull_request_number(given, {"GITHUB_REF": ref})
        return
    assert pull_request_number(given, {"GITHUB_REF": ref}) == number


@pytest.mark.parametrize("given", ["$(id)", "0", "-1", "1.5", "12/../3", "{{ 1 }}", "99999999999", "²"])
def test_what_is_no_number(given: str) -> None:
    with pytest.raises(SlipwayError, match="is not the number of a pull request"):
        pull_request_number(given, {})


@pytest.mark.parametrize("name", ["a b", "a/b", "../x", "{{ x }}", "$(id)", "x" * 91, "é", "a\nb"])
def test_what_is_no_workspace(name: str) -> None:
    with pytest.raises(SlipwayError, match="is not a name of a workspace"):
        check_name(name, "-e plan_workspace")
    assert check_name("acme-1.eu_x~", "w") == "acme-1.eu_x~"


def of(variables: Mapping[str, Any], outputs: Mapping[str, Any] | None = None) -> Plan:
    values = {name: {"value": value} for name, value in variables.items()}
    shown = {name: {"value": value, "sensitive": False} for name, value in (outputs or {}).items()}
    planned = {"outputs": shown, "root_module": {}}
    return read_plan(content(plan(variables=values, planned_values=planned)), "plan.json")


@pytest.mark.parametrize(
    ("given", "expect", "workspace", "unsaid"),
    [
        (of({"environment": "dev"}), {}, "", ""),
        (of({"env": "dev"}), {}, "", ""),
        (of({}, {"environment": "dev"}), {}, "", ""),
        (of({"environment": "development"}), {"environment": "development"}, "", ""),
        (of({"environment": "dev", "workspace": "acme", "customer": "acme"}), {"customer": "acme"}, "acme", ""),
        (of({"environment": "dev"}), {}, "acme", "workspace"),
        (of({"workspace": "default"}), {}, "", "environment"),
        (of({"region": "eu-west-1", "environment": 1}), {}, "acme", "environment and its workspace"),
    ],
)
def test_the_plan_of_this_environment(given: Plan, expect: Any, workspace: str, unsaid: str) -> None:
    assert check_identity(given, expect, "dev", workspace, "plan.json") == unsaid


@pytest.mark.parametrize(
    ("given", "expect", "workspace", "said"),
    [
        (of({"environment": "main"}), {}, "", "this is not the plan of dev: its environment is 'main', not 'dev'"),
        (of({"environment": "dev", "env": "main"}), {}, "", "its env is 'main'"),
        (of({}, {"environment": "main"}), {}, "", "its environment is 'main'"),
        (of({"workspace": "globex"}), {}, "acme", "not the plan of dev, workspace acme: its workspace is 'globex'"),
        (of({"workspace": "globex"}), {}, "", "its workspace is 'globex'"),
        (of({"customer": "globex"}), {"customer": "acme"}, "acme", "its customer is 'globex', not 'acme'"),
        (of({}), {"customer": "acme"}, "acme", "the plan has no variable or output customer"),
    ],
)
def test_the_plan_of_another_one(given: Plan, expect: Any, workspace: str, said: str) -> None:
    with pytest.raises(SlipwayError) as caught:
        check_identity(given, expect, "dev", workspace, "plan.json")
    assert said in str(caught.value)
    assert str(caught.value).startswith("plan.json: ")
