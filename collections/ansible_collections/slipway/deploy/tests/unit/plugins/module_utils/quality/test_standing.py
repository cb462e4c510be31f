# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Builds whose manifests have, lack or fail the gates that an environment declares."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from ansible_collections.slipway.deploy.plugins.module_utils.builds.model import Gate, Promoted
from ansible_collections.slipway.deploy.plugins.module_utils.gates.gate import Request
from ansible_collections.slipway.deploy.plugins.module_utils.gates.quality import QualityGate
from ansible_collections.slipway.deploy.plugins.module_utils.quality.rows import parse_gates
from ansible_collections.slipway.deploy.plugins.module_utils.quality.standing import standings
from ansible_collections.slipway.deploy.tests.unit.plugins.module_utils.builds.helpers import BACKEND, BUILD, GATEWAY

NAMES = ["api-gateway", "user-service"]
RUFF = {"name": "ruff", "kind": "ruff", "command": ["ruff"]}
TRIVY = {"name": "trivy", "kind": "trivy", "command": ["trivy", "{image}"], "services": "all"}
OF_BACKEND = {**RUFF, "name": "backend", "artifact": "backend"}
ROWS = [RUFF, TRIVY, OF_BACKEND]


def asked(
    whole: list[Gate], service: list[Gate], artifact: list[Gate], strict: bool = True, promoted: bool = False
) -> Any:
    """(verdict, detail) of the gate; ``None`` if it is off."""
    build = replace(
        BUILD,
        gates=tuple(whole),
        services={"api-gateway": replace(GATEWAY, gates=tuple(service))},
        artifacts={"backend": replace(BACKEND, gates=tuple(artifact))},
        promoted_from=Promoted("dev", "record") if promoted else None,
    )
    found = standings(build, parse_gates(ROWS, NAMES), ["api-gateway"], strict)
    facts = {"quality": found, "build": BUILD.id}
    request = Request(
        "dev", "deploy", "x", "the plan", datetime.now(UTC), lambda _name: None, lambda _name: False, facts
    )
    result = QualityGate().check(request)
    if result is not None and result.verdict != "pass":
        assert str(result.error).startswith(
            f"the plan: build {BUILD.id} has not passed its quality gates: {result.detail}"
        )
        assert f"-e env=dev -e source_path=… -e build={BUILD.id}" in str(result.error)
    return result and (result.verdict, result.detail)


PASSED = [Gate("ruff", "pass")], [Gate("trivy", "pass")], [Gate("backend", "pass")]
UNSURE = Gate("trivy", "not audited", "no database")


@pytest.mark.parametrize(
    ("rows", "strict", "verdict", "detail"),
    [
        (PASSED, True, "pass", "3 gates passed"),
        (([Gate("ruff", "fail", "2 findings")], *PASSED[1:]), False, "fail", "ruff failed (2 findings)"),
        ((PASSED[0], [UNSURE], PASSED[2]), True, "inconclusive", "trivy of api-gateway is not audited (no database)"),
        ((PASSED[0], [UNSURE], PASSED[2]), False, "pass", "2 gates passed; not audited: trivy of api-gateway"),
        (([], *PASSED[1:]), True, "inconclusive", "ruff was not run"),
        (([], *PASSED[1:]), False, "pass", "2 gates passed; not audited: ruff"),
        (([], [UNSURE], [Gate("backend", "fail")]), True, "fail", "backend of backend failed"),
        # What this environment does not declare is not its business.
        (([*PASSED[0], Gate("other", "fail")], *PASSED[1:]), True, "pass", "3 gates passed"),
    ],
)
def test_the_gate(rows: tuple[list[Gate], ...], strict: bool, verdict: str, detail: str) -> None:
    found, why = asked(*rows, strict=strict)
    assert found == verdict
    assert detail in why


def test_a_promoted_build_has_the_gates_of_its_images() -> None:
    assert asked([], *PASSED[1:], promoted=True) == ("pass", "2 gates passed")
    verdict, _detail = asked([], [], PASSED[2], promoted=True)
    assert verdict == "inconclusive"


def test_without_a_build_it_is_off() -> None:
    request = Request("dev", "deploy", "x", "", datetime.now(UTC), lambda _name: None, lambda _name: False, {})
    assert QualityGate().check(request) is None
