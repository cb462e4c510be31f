# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The results of gates in a manifest, a document and annotations."""

from __future__ import annotations

from dataclasses import replace

import pytest

from ansible_collections.slipway.deploy.plugins.module_utils.builds.model import Build, Gate, document, parse, serialise
from ansible_collections.slipway.deploy.plugins.module_utils.common.errors import SlipwayError
from ansible_collections.slipway.deploy.plugins.module_utils.gates.gate import Result, Verdict
from ansible_collections.slipway.deploy.plugins.module_utils.quality import document as results
from ansible_collections.slipway.deploy.plugins.module_utils.quality.judge import Outcome
from ansible_collections.slipway.deploy.plugins.module_utils.quality.model import Finding
from ansible_collections.slipway.deploy.tests.unit.plugins.module_utils.builds.helpers import BUILD

CLEAN: Build = replace(BUILD, gates=())


def outcome(
    verdict: Verdict, blocks: bool = False, service: str = "", artifact: str = "", name: str = "trivy"
) -> Outcome:
    return Outcome(Result(name, verdict, "detail"), service, artifact, blocks, 1)


def test_a_manifest_with_results_is_one() -> None:
    made = results.in_build(
        CLEAN, [outcome("inconclusive", service="api-gateway"), outcome("pass", artifact="backend")]
    )
    assert parse(serialise(made), "x") == made
    assert document(made)["services"]["api-gateway"]["gates"][-1] == {
        "name": "trivy",
        "verdict": "not audited",
        "detail": "detail",
        "count": 1,
    }
    # The row of the same name was replaced.
    assert [gate.name for gate in made.services["api-gateway"].gates] == ["coverage", "trivy"]
    assert made.artifacts["backend"].gates == (Gate("trivy", "pass", "detail", 1),)
    assert made.gates == ()


def test_a_build_that_a_gate_fails_is_failed_until_it_passes() -> None:
    failed = results.in_build(CLEAN, [outcome("fail", blocks=True)])
    assert (failed.result, failed.usable) == ("failed", False)
    # Another gate does not make up for it.
    assert results.in_build(failed, [outcome("pass", name="ruff")]).result == "failed"
    assert results.in_build(failed, [outcome("pass")]).result == "built"
    unsure = [outcome("inconclusive")]
    assert results.in_build(CLEAN, unsure).result == "built"
    assert results.in_build(CLEAN, [replace(unsure[0], blocks=True)]).result == "failed"


def test_a_gate_does_not_mend_a_service_that_was_not_built() -> None:
    broken = replace(CLEAN.services["api-gateway"], result="failed", digest=None)
    build = replace(CLEAN, result="failed", services={"api-gateway": broken})
    assert results.in_build(build, [outcome("pass")]).result == "failed"


def test_a_running_build_stays_running() -> None:
    build = replace(CLEAN, result="running", finished=None)
    assert results.in_build(build, [outcome("fail", blocks=True)]).result == "running"


def test_what_the_build_does_not_have_is_named() -> None:
    with pytest.raises(SlipwayError, match=r"the build has no user-service\. It has api-gateway"):
        results.in_build(CLEAN, [outcome("pass", service="user-service")])


def test_the_document() -> None:
    finding = Finding("F401", path="/src/app/a.py", line=3, message="unused")
    found = [
        replace(outcome("fail", blocks=True, name="ruff"), counted=(finding,) * 12),
        outcome("inconclusive", service="api-gateway"),
    ]
    document = results.document(found, "/src")
    assert (document["verdict"], document["blocked"]) == ("fail", ["ruff"])
    assert list(document["services"]) == ["api-gateway"]
    # GitHub shows ten of a step.
    assert len(document["annotations"]) == 11
    first, last = document["annotations"][0], document["annotations"][-1]
    assert first == {"level": "error", "title": "ruff: F401", "message": "unused", "file": "app/a.py", "line": 3}
    assert (last["level"], last["title"], last["file"]) == ("warning", "trivy of api-gateway: not audited", None)
    assert results.outputs(found) == {"gates": "fail", "blocked": True}
    assert results.outputs([]) == {"gates": "pass", "blocked": False}
