# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A table of how pipelines end."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.slipway.deploy.plugins.module_utils.common.errors import SlipwayError
from ansible_collections.slipway.deploy.plugins.module_utils.dispatch.report import report

ALL = ("detect", "build", "deploy", "recover", "health")


def needs(*results: str, changed: str = "true", undo: str = "") -> dict[str, Any]:
    """The jobs with these results, the last of them skipped."""
    given = dict(zip(ALL, [*results, *["skipped"] * len(ALL)], strict=False))
    found: dict[str, Any] = {name: {"result": result, "outputs": {}} for name, result in given.items()}
    found["detect"]["outputs"] = {"changed": changed, "services": '["user-service"]'}
    found["recover"]["outputs"] = {"undo": undo}
    return found


@pytest.mark.parametrize(
    ("given", "verdict", "words"),
    [
        (needs("success", "success", "success", "skipped", "success"), "succeeded", "everything succeeded"),
        (needs("success", changed="false"), "unchanged", "no change; nothing is built or deployed"),
        (needs("failure"), "failed", "the changed services could not be found; nothing was built"),
        (needs("success", "failure"), "failed", "the build failed; nothing was deployed"),
        (needs("success", "cancelled"), "cancelled", "cancelled in build"),
        (needs("success", "success", "failure", "success"), "partial", "the build succeeded, the deploy failed"),
        (
            needs("success", "success", "failure", "success", undo="success"),
            "cancelled",
            "the deploy did not end; what it had changed was undone",
        ),
        (needs("success", "success", "cancelled", "success"), "cancelled", "cancelled in deploy"),
        (
            needs("success", "success", "cancelled", "failure"),
            "failed",
            "the deploy did not end and could not be undone: a person is needed",
        ),
        (
            needs("success", "success", "cancelled"),
            "failed",
            "the deploy did not end and could not be undone: a person is needed",
        ),
        (
            needs("success", "success", "success", "skipped", "failure"),
            "partial",
            "the deploy succeeded, the health check failed",
        ),
        (
            {"publish": {"result": "failure"}, "gates": {"result": "skipped"}},
            "failed",
            "the artifacts were not published; nothing was deployed",
        ),
        (
            {"publish": {"result": "success"}, "gates": {"result": "failure"}, "deploy": {"result": "skipped"}},
            "failed",
            "the build does not pass its quality gates; nothing was deployed",
        ),
        ({"lint": {"result": "failure"}}, "failed", "lint failed"),
        ({"build": {"result": None}}, "failed", "the build failed; nothing was deployed"),
    ],
)
def test_how_it_ended(given: dict[str, Any], verdict: str, words: str) -> None:
    found = report(given, "SLIPWAY_JOBS")
    assert (found.verdict, found.words) == (verdict, words)


def test_jobs_services_and_build() -> None:
    given = needs("success", "success")
    given["build"]["outputs"] = {"build": "20261130T191500Z-3f9c2d1"}
    found = report({"zeta": {"result": "success"}, **given}, "SLIPWAY_JOBS")
    assert [name for name, _result in found.jobs] == [*ALL, "zeta"]
    assert (found.services, found.build) == (("user-service",), "20261130T191500Z-3f9c2d1")
    given["publish"] = {"result": "success", "outputs": given["build"].pop("outputs")}
    assert report(given, "SLIPWAY_JOBS").build == "20261130T191500Z-3f9c2d1"
    given["build"]["outputs"] = {"build": "$(id)"}
    given["detect"]["outputs"]["services"] = "{"
    found = report(given, "SLIPWAY_JOBS")
    assert (found.services, found.build) == ((), "")


@pytest.mark.parametrize("given", [None, {}, [], "x", {"build": "success"}])
def test_what_is_no_result_of_jobs(given: Any) -> None:
    with pytest.raises(SlipwayError, match="SLIPWAY_JOBS: it is not the results of jobs"):
        report(given, "SLIPWAY_JOBS")
