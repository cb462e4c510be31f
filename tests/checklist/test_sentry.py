# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The row of a checklist that asks a Sentry, put to one on this machine."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from ansible_collections.slipway.deploy.plugins.module_utils.checks.probes import Found, questions
from ansible_collections.slipway.deploy.plugins.module_utils.checks.probes_ask import World, ask
from ansible_collections.slipway.deploy.plugins.module_utils.checks.probes_declared import parse_checklist
from tests.support.sentry import PROJECT_ID, Sentry

BEGAN = datetime(2026, 11, 20, 21, 4, 11, tzinfo=UTC)
BEFORE, AFTER = BEGAN - timedelta(seconds=1), BEGAN + timedelta(minutes=2)


@pytest.fixture(name="sentry")
def sentry_fixture() -> Iterator[Sentry]:
    """An organization with issues that are none of the deploy's."""
    with Sentry() as sentry:
        sentry.add_issue("old and still there", level="fatal", first_seen=BEFORE, last_seen=AFTER)
        sentry.add_issue("only a warning", level="warning", first_seen=AFTER)
        sentry.add_issue("resolved already", level="fatal", first_seen=AFTER, status="resolved")
        yield sentry


def asked(sentry: Sentry, token: str = "", **fields: Any) -> Found:
    """The verdict."""
    row = {"name": "alerts", "kind": "sentry", "organization": sentry.organization, "url": sentry.url}
    row |= {"projects": [PROJECT_ID], "token": {"env": "TOKEN"}, **fields}
    world = World(lambda _secret, _where: token or sentry.token, BEGAN.timestamp())
    found = ask(questions(parse_checklist([row], "w"), world.group), world)[0].found
    assert sentry.token not in found.detail
    return found


def test_nothing_is_new(sentry: Sentry) -> None:
    assert asked(sentry) == Found("green", "no new issue of level error or fatal since 21:04:11")
    assert sentry.calls[0].one("query") == "is:unresolved level:[error, fatal] firstSeen:>=2026-11-20T21:04:11Z"


@pytest.mark.parametrize(
    ("issue", "fields", "verdict"),
    [
        ({"level": "fatal", "first_seen": AFTER}, {}, "red"),
        ({"level": "error", "first_seen": BEGAN}, {}, "red"),
        ({"level": "error", "first_seen": AFTER}, {"levels": ["fatal"]}, "green"),
        ({"level": "fatal", "first_seen": BEFORE, "last_seen": AFTER}, {}, "green"),
        ({"level": "fatal", "first_seen": AFTER, "environment": "staging"}, {"environment": "production"}, "green"),
        ({"level": "fatal", "first_seen": AFTER, "environment": "production"}, {"environment": "production"}, "red"),
        ({"level": "fatal", "first_seen": AFTER}, {"projects": []}, "red"),
        ({"level": "fatal", "first_seen": AFTER}, {"projects": ["register"]}, "red"),
    ],
)
def test_what_is_new(sentry: Sentry, issue: Any, fields: Any, verdict: str) -> None:
    sentry.add_issue("KeyError: parish", **issue)
    found = asked(sentry, **fields)
    assert found.verdict == verdict
    assert found.detail.startswith("1 new issue since 21:04:11: REGISTER-4") is (verdict == "red")


@pytest.mark.parametrize(
    ("change", "detail"),
    [
        ({"token": "wrong"}, "Sentry does not take the token"),
        ({"organization": "somebody"}, "Sentry has no such organization, or the token does not see it"),
        (
            {"projects": ["4711"]},
            "the token may not read these issues (it needs the scope event:read, and access to the project)",
        ),
    ],
)
def test_what_sentry_refuses_is_unknown(sentry: Sentry, change: dict[str, Any], detail: str) -> None:
    token = change.pop("token", "")
    assert asked(sentry, token, **change) == Found("unknown", detail)


def test_a_project_that_is_misspelt_is_not_found_clean(sentry: Sentry) -> None:
    assert asked(sentry, projects=["regster"]).verdict == "unknown"


@pytest.mark.parametrize("status", [400, 401, 403, 404, 408, 429, 500, 503])
def test_no_answer_is_unknown(sentry: Sentry, status: int) -> None:
    sentry.fail(status)
    assert asked(sentry).verdict == "unknown"


def test_a_token_without_the_scope(sentry: Sentry) -> None:
    sentry.scopes = ("project:read",)
    assert (
        asked(sentry).detail
        == "the token may not read these issues (it needs the scope event:read, and access to the project)"
    )
