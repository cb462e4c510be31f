# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A table of decisions, and of mistakes in the routes."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.slipway.deploy.plugins.module_utils.common.errors import SlipwayError
from ansible_collections.slipway.deploy.plugins.module_utils.dispatch.model import Change
from ansible_collections.slipway.deploy.plugins.module_utils.dispatch.routes import decide, parse_routes

BACKEND, SITE = "skilltracker/skill-tracker-backend", "salitemihret/salitemihret"
JVM = "starxtechnologysolutions/Umigo"
COMMIT = "3f9c2d1e8a7b6c5d4e3f2a1b0c9d8e7f6a5b4c3d"
ENVIRONMENTS = ("dev", "staging", "production")
ROUTES = parse_routes(
    {
        "routes": [
            {"repository": BACKEND, "branches": ["develop", "release/*"], "workflow": "fleet", "environment": "dev"},
            {"repository": BACKEND, "branches": ["main"], "workflow": "fleet", "environment": "production"},
            {
                "repository": JVM,
                "branches": ["develop"],
                "tags": ["backend-v*"],
                "workflow": "backend",
                "environment": "dev",
            },
            {"repository": SITE, "tags": ["staging-*"], "workflow": "site", "environment": "staging"},
            {"repository": SITE, "tags": ["prod-*"], "workflow": "site", "environment": "production"},
        ]
    },
    "routes.yml",
    ENVIRONMENTS,
)


@pytest.mark.parametrize(
    ("repository", "ref", "expected"),
    [
        (BACKEND, "refs/heads/develop", ("fleet", "dev", BACKEND)),
        (BACKEND.upper(), "refs/heads/develop", ("fleet", "dev", BACKEND)),
        (BACKEND, "refs/heads/release/1.2", ("fleet", "dev", BACKEND)),
        (BACKEND, "refs/heads/main", ("fleet", "production", BACKEND)),
        (JVM, "refs/heads/develop", ("backend", "dev", JVM)),
        (JVM, "refs/tags/backend-v0.2.0", ("backend", "dev", JVM)),
        (SITE, "refs/tags/staging-20261130", ("site", "staging", SITE)),
        (SITE, "refs/tags/prod-20261130", ("site", "production", SITE)),
    ],
)
def test_what_a_change_starts(repository: str, ref: str, expected: tuple[str, ...]) -> None:
    found = decide(Change(repository, ref, COMMIT, 7, True), ROUTES, "routes.yml")
    assert (found.workflow, found.environment, found.repository) == expected
    assert (found.ref, found.commit, found.pull_request, found.force_full_build) == (ref, COMMIT, 7, True)


@pytest.mark.parametrize(
    ("repository", "ref", "said"),
    [
        ("evil/backend", "refs/heads/develop", "evil/backend is not a repository that starts anything"),
        ("skilltracker/skill-tracker-bakend", "refs/heads/develop", f"Did you mean {BACKEND}?"),
        (BACKEND, "refs/heads/feature/X-1", "There are routes for develop, release/*, main"),
        (BACKEND, "refs/heads/Develop", "starts nothing"),
        (BACKEND, "refs/tags/develop", "There is no route for its tags"),
        (SITE, "refs/heads/staging-20261130", "There is no route for its branches"),
    ],
)
def test_what_is_refused(repository: str, ref: str, said: str) -> None:
    with pytest.raises(SlipwayError) as error:
        decide(Change(repository, ref, COMMIT), ROUTES, "routes.yml")
    assert str(error.value).startswith("routes.yml: ")
    assert said in str(error.value)


ROW: dict[str, Any] = {"repository": BACKEND, "branches": ["develop"], "workflow": "fleet", "environment": "dev"}


@pytest.mark.parametrize(
    ("document", "said"),
    [
        (None, "it is not a list of routes"),
        ({"routes": {}}, "it is not a list of routes"),
        ({"routes": [], "route": []}, "it is not a list of routes"),
        ({"routes": ["x"]}, "route 1: it is not a mapping"),
        ({"routes": [{**ROW, "branch": "x"}]}, "branch is not a field of a route. Did you mean branches?"),
        ({"routes": [ROW, {**ROW, "environment": "devv"}]}, "route 2: there is no environment devv. Did you mean dev?"),
        ({"routes": [{**ROW, "workflow": "ship"}]}, "there is no workflow ship. There are fleet, backend, site"),
        ({"routes": [{**ROW, "branches": None}]}, "it has neither branches nor tags"),
        ({"routes": [{**ROW, "branches": "develop"}]}, "branches: it is not a list of texts. Write [first, second]"),
        ({"routes": [{**ROW, "repository": 7}]}, "repository is missing or not a text"),
    ],
)
def test_a_mistake_in_the_routes(document: Any, said: str) -> None:
    with pytest.raises(SlipwayError) as error:
        parse_routes(document, "routes.yml", ENVIRONMENTS)
    assert said in str(error.value)
