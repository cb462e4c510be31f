# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What a change reaches, as a document and as the outputs of a job of GitHub Actions. Pure."""

from __future__ import annotations

from typing import Any

from .detect import Decision, Detection

SCHEMA = "slipway/changes/1"


def document(found: Detection) -> dict[str, Any]:
    """The answer as JSON has it."""
    return {
        "schema": SCHEMA,
        "head": found.head,
        "everything": found.everything or None,
        "build": found.build,
        "services": [_service(item) for item in found.decisions],
        "unclaimed": [{"path": path, "detail": detail or None} for path, detail in found.unclaimed],
        "new": list(found.new),
        "gone": list(found.gone),
        "notes": list(found.notes),
    }


def _service(item: Decision) -> dict[str, Any]:
    return {
        "name": item.service,
        "build": item.build,
        "reason": " → ".join(item.chain) or None,
        "chain": list(item.chain),
        "path": item.path or None,
        "detail": item.detail or None,
        "base": item.base or None,
        "tests_only": item.tests_only,
        "gone": item.gone,
    }


def outputs(found: Detection) -> dict[str, Any]:
    """The outputs of a step of GitHub Actions.

    ``matrix`` is for ``strategy.matrix: ${{ fromJSON(…) }}``, which must not be empty: ask ``changed`` first.
    """
    rows = [
        {"service": item.service, "base": item.base, "reason": " → ".join(item.chain)}
        for item in found.decisions
        if item.build
    ]
    return {
        "changed": bool(found.build),
        "count": len(found.build),
        "everything": bool(found.everything),
        "services": found.build,
        "matrix": {"include": rows},
        "head": found.head,
    }
