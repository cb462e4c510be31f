# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The results of gates: in a build's manifest, as a document, as outputs and annotations of GitHub Actions. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, replace
from typing import Any, TypeVar

from ..builds.model import Build, BuiltArtifact, BuiltService, Gate
from ..common.errors import SlipwayError
from ..common.redact import redact
from .judge import Outcome

SCHEMA = "slipway/quality/1"
#: Annotations of one gate; GitHub shows ten of a step.
_MOST_ANNOTATIONS = 10

_Part = TypeVar("_Part", BuiltService, BuiltArtifact)


def verdict_of(outcomes: Iterable[Outcome]) -> str:
    """The verdict of all gates together."""
    found = {item.row.verdict for item in outcomes}
    return next((word for word in ("fail", "not audited") if word in found), "pass")


def document(outcomes: Sequence[Outcome], source: str) -> dict[str, Any]:
    """The results as JSON has them, by what they are about as in a manifest.

    :param source: the directory of the checkout, which annotations leave out.
    """
    services: dict[str, list[Any]] = {}
    artifacts: dict[str, list[Any]] = {}
    whole: list[Any] = []
    for item in outcomes:
        rows = services.setdefault(item.service, []) if item.service else whole
        (artifacts.setdefault(item.artifact, []) if item.artifact else rows).append(asdict(item.row))
    return {
        "schema": SCHEMA,
        "verdict": verdict_of(outcomes),
        "blocked": [label(item) for item in outcomes if item.blocks],
        "gates": whole,
        "services": services,
        "artifacts": artifacts,
        "annotations": [one for item in outcomes for one in annotations_of(item, source)],
    }


def label(item: Outcome) -> str:
    """A gate's name, and what it is about."""
    about = item.service or item.artifact
    return f"{item.result.gate} of {about}" if about else item.result.gate


def annotations_of(item: Outcome, source: str) -> list[dict[str, Any]]:
    """What is to be seen beside the source: the findings that have a place there, else the gate itself.

    :return: each with ``level`` (``error`` or ``warning``), ``title``, ``message``, ``file`` and ``line``.
    """
    if item.result.verdict == "pass":
        return []
    level = "error" if item.blocks else "warning"
    found = [
        {
            "level": level,
            "title": f"{label(item)}: {one.id}",
            "message": redact(one.message or one.id),
            "file": one.path.removeprefix(f"{source}/"),
            "line": one.line or None,
        }
        for one in item.counted
        if one.path
    ][:_MOST_ANNOTATIONS]
    head = f"{label(item)}: {item.row.verdict}"
    return found or [{"level": level, "title": head, "message": item.result.detail, "file": None, "line": None}]


def in_build(build: Build, outcomes: Sequence[Outcome]) -> Build:
    """The manifest with these results; a gate of the same name is replaced.

    A finished build that a gate fails is ``failed``, so that it cannot be deployed. It is ``built`` again if nothing
    else failed and its gates no longer do.

    :raises SlipwayError: the build has no such service or artifact.
    """
    services, artifacts = dict(build.services), dict(build.artifacts)
    for item in outcomes:
        if item.service:
            services[item.service] = _with_gate(services, item.service, build.id, item.row)
        elif item.artifact:
            artifacts[item.artifact] = _with_gate(artifacts, item.artifact, build.id, item.row)
    gates = build.gates
    for item in outcomes:
        if not (item.service or item.artifact):
            gates = _placed(gates, item.row)
    made = replace(build, services=services, artifacts=artifacts, gates=gates)
    if build.result == "running":
        return made
    return replace(made, result=_result(made, any(item.blocks for item in outcomes)))


def _with_gate(parts: Mapping[str, _Part], name: str, build: str, row: Gate) -> _Part:
    if name not in parts:
        raise SlipwayError(f"the build has no {name}", build, f"It has {', '.join(sorted(parts)) or 'nothing'}")
    return replace(parts[name], gates=_placed(parts[name].gates, row))


def _placed(gates: tuple[Gate, ...], row: Gate) -> tuple[Gate, ...]:
    if all(one.name != row.name for one in gates):
        return (*gates, row)
    return tuple(row if one.name == row.name else one for one in gates)


def _result(build: Build, blocked: bool) -> str:
    parts: list[BuiltService | BuiltArtifact] = [*build.services.values(), *build.artifacts.values()]
    rows = [*build.gates, *(one for part in parts for one in part.gates)]
    results = {part.result for part in parts}
    if blocked or build.error or results - {"built", "unchanged"} or any(one.verdict == "fail" for one in rows):
        return "failed"
    return "built" if "built" in results else "unchanged"


def outputs(outcomes: Sequence[Outcome]) -> dict[str, Any]:
    """The outputs of a step of GitHub Actions."""
    return {"gates": verdict_of(outcomes), "blocked": any(item.blocks for item in outcomes)}
