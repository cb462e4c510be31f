# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from ansible_collections.slipway.deploy.plugins.module_utils.build_requirements.compare import Given, compare
from ansible_collections.slipway.deploy.plugins.module_utils.build_requirements.model import (
    Needs,
    NodeNeeds,
    PythonNeeds,
    Tools,
)

NODE = NodeNeeds("frontend/package.json", "npm", (("vite 7.1.0", "^20.19.0 || >=22.12.0"),), ("NPM_TOKEN",))
PYTHON = PythonNeeds("server/uv.lock", (("server/uv.lock", ">=3.12"),), True, ("https://packages.example.org/simple/",))
GIVEN = Given("web-1", npmrc=["NPM_TOKEN"], indexes=["https://packages.example.org/simple"])
GOOD = Tools("3.12.4", "/usr/local/bin/uv", "v22.12.0")


def problems(needs: Needs, tools: Tools, given: Given = GIVEN) -> list[str]:
    verdict = compare(needs, tools, given)
    assert not verdict.unknown
    return [str(problem) for problem in verdict.problems]


def test_a_host_that_has_everything_is_fit() -> None:
    assert problems(Needs(NODE, PYTHON), GOOD) == []


@pytest.mark.parametrize(
    ("tools", "given", "said"),
    [
        (
            replace(GOOD, node="v18.20.4"),
            GIVEN,
            "vite 7.1.0 needs Node.js ^20.19.0 || >=22.12.0, and web-1 has v18.20.4",
        ),
        (replace(GOOD, node=""), GIVEN, "web-1 has no Node.js"),
        (
            replace(GOOD, node="", candidates={"nodejs": "18.20.4"}),
            replace(GIVEN, installs_node=["nodejs"]),
            "and web-1 would get 18.20.4",
        ),
        (replace(GOOD, uv=""), GIVEN, "only uv reads it, and web-1 has no uv"),
        (GOOD, replace(GIVEN, tool="pip"), "only uv reads it, and pip is to build"),
        (
            replace(GOOD, python="3.11.2"),
            GIVEN,
            "server/uv.lock needs Python >=3.12, and web-1 has 3.11.2 (/usr/bin/python3)",
        ),
        (GOOD, replace(GIVEN, npmrc=[]), ".npmrc takes NPM_TOKEN from the environment, and nothing gives it a value"),
        (GOOD, replace(GIVEN, indexes=[]), "the index https://packages.example.org/simple/ needs credentials"),
    ],
)
def test_what_is_wrong_is_said(tools: Tools, given: Given, said: str) -> None:
    found = problems(Needs(NODE, PYTHON), tools, given)
    assert len(found) == 1
    assert said in found[0]


def test_what_is_not_there_yet_is_not_known() -> None:
    verdict = compare(Needs(NODE, PYTHON), replace(GOOD, node="", python=""), replace(GIVEN, installs_node=["nodejs"]))
    assert verdict.problems == []
    assert verdict.unknown == [
        "server/uv.lock needs Python >=3.12; web-1 has no /usr/bin/python3 yet",
        "vite 7.1.0 needs Node.js ^20.19.0 || >=22.12.0; web-1 has none yet",
    ]


def test_a_range_that_is_none_is_not_known() -> None:
    verdict = compare(Needs(replace(NODE, engines=(("package.json", "lts/*"),))), GOOD, GIVEN)
    assert verdict.unknown == ["package.json needs Node.js 'lts/*', which is not a range of versions"]


def test_needs_are_the_same_after_they_were_a_result() -> None:
    for needs in (Needs(NODE, PYTHON), Needs(None, PYTHON), Needs(NODE, None), Needs()):
        assert Needs.from_document(json.loads(json.dumps(needs.to_document()))) == needs
