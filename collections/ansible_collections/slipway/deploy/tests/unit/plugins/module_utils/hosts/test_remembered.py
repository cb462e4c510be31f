# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Where hosts go back to by their ledgers, and whether they serve what they run, as tables."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.slipway.deploy.plugins.module_utils.common.errors import SlipwayError
from ansible_collections.slipway.deploy.plugins.module_utils.hosts.remembered import remembered_release
from ansible_collections.slipway.deploy.plugins.module_utils.hosts.serving import serving_problem


def entry(tag: str, verdict: str = "good", schema: str = "3") -> dict[str, Any]:
    release = {"id": f"{tag}-abc", "tag": tag, "digest": "commit:1", "schema": schema, "configuration": "c"}
    return {"release": release, "verdict": verdict}


def said(*entries: dict[str, Any], runs: str | None = None) -> dict[str, Any]:
    current = runs or (entries[0]["release"]["id"] if entries else None)
    return {"runs": {"release": current, "schema": "4"} if current else None, "releases": list(entries)}


@pytest.mark.parametrize(
    ("hosts", "to", "expected"),
    [
        pytest.param({"a": said()}, None, None, id="nothing ran before"),
        pytest.param({"a": said(entry("v1"))}, None, None, id="only what runs"),
        pytest.param({"a": said(entry("v2"), entry("v1"))}, None, "v1", id="the one before"),
        pytest.param({"a": said(entry("v3"), entry("v2", "bad"), entry("v1"))}, None, "v1", id="not a bad one"),
        pytest.param({"a": said(entry("v2"), entry("v2"), entry("v1"))}, None, "v1", id="nor another configuration"),
        pytest.param({"a": said(entry("v3"), entry("v2"), entry("v1"))}, "v1", "v1", id="the one named"),
        pytest.param({"a": said(entry("v3"), entry("v2"), entry("v1"))}, "v2-abc", "v2", id="named by its id"),
        pytest.param({"a": said(entry("v3"), entry("v1"))}, "v9", SlipwayError, id="one that no ledger has"),
        pytest.param({"a": said(entry("v2"), entry("v1")), "b": said(entry("v2"), entry("v1"))}, None, "v1", id="both"),
        pytest.param(
            {"a": said(entry("v2"), entry("v1")), "b": said(entry("v2"), entry("v0"))}, None, SlipwayError, id="not one"
        ),
        pytest.param(
            {"a": said(entry("v2"), entry("v1")), "b": said(entry("v2"))}, None, SlipwayError, id="a new host"
        ),
        pytest.param({}, None, None, id="no host answered"),
    ],
)
def test_the_release_before_by_the_ledgers(hosts: Any, to: str | None, expected: Any) -> None:
    if expected is SlipwayError:
        with pytest.raises(SlipwayError):
            remembered_release(hosts, to)
        return
    found = remembered_release(hosts, to)
    assert (found and found.side["tag"]) == expected
    if found is not None:
        assert found.side["release"] == f"{expected}-abc"
        assert (found.side["schema"], found.schema) == ("3", "4")


SERVICE = {"name": "the service", "kind": "http", "url": "http://127.0.0.1:8000/health"}
NGINX = {"name": "nginx", "kind": "systemd", "unit": "nginx.service"}
PAGE = {"name": "the front end", "kind": "http", "url": "http://127.0.0.1:80/"}
API = {"name": "the API behind nginx", "kind": "http", "url": "http://127.0.0.1:80/api/health", "behind": "the service"}
ACTIVE = {"loaded": True, "active": "active"}


def http(status: int) -> dict[str, Any]:
    return {"status": status}


@pytest.mark.parametrize(
    ("answers", "problem"),
    [
        pytest.param([http(200), ACTIVE, http(200), http(200)], "", id="all serves"),
        pytest.param([http(200), ACTIVE, http(302), http(200)], "", id="a redirect is an answer"),
        pytest.param(
            [http(200), {"loaded": True, "active": "inactive"}, *[{"error": "refused"}] * 2], "nginx is inactive"
        ),
        pytest.param([http(200), {"loaded": False}, http(200), http(200)], "nginx is not installed"),
        pytest.param(
            [http(200), ACTIVE, http(404), http(200)], "the front end answers HTTP 404 at http://127.0.0.1:80/"
        ),
        pytest.param([http(200), ACTIVE, http(200), http(404)], "the API behind nginx answers HTTP 404"),
        pytest.param([http(200), ACTIVE, http(200), http(502)], "the API behind nginx answers HTTP 502"),
        pytest.param([http(503), ACTIVE, http(200), http(503)], "the service answers HTTP 503"),
        pytest.param([{"error": "x"}, ACTIVE, http(200), http(502)], "the service does not answer: x"),
        pytest.param([http(200), {"error": "systemd does not answer"}, http(200), http(200)], "nginx does not answer"),
        pytest.param([http(200), ACTIVE], "the front end was not asked", id="an answer that is missing"),
    ],
)
def test_what_a_host_serves(answers: Any, problem: str) -> None:
    found = serving_problem([SERVICE, NGINX, PAGE, API], answers)
    assert found.startswith(problem)
    assert bool(found) is bool(problem)


def test_a_page_that_the_service_does_not_have_either_is_no_fault_of_nginx() -> None:
    asked = [{**SERVICE, "status": 404}, NGINX, PAGE, API]
    assert serving_problem(asked, [http(404), ACTIVE, http(200), http(404)]) == ""
