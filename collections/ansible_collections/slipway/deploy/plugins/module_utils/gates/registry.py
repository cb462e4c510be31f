# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The registry of gates. Pure.

To add one, write a class with ``name``, ``point`` and ``check`` in a file of its own, add it here, and name its setting
among the known variables of ``environment/known.py``. A gate of the point ``plan`` holds for every kind of target.
"""

from __future__ import annotations

from collections.abc import Sequence

from ..common.errors import SlipwayError, SlipwayErrors
from .approval import ApprovalGate
from .gate import Gate, Point, Request, Result
from .notes import NotesGate
from .quality import QualityGate
from .tags import TagGate

#: In the order in which those of one point are asked.
GATES: tuple[Gate, ...] = (TagGate(), NotesGate(), QualityGate(), ApprovalGate())


def pass_gates(point: Point, request: Request, gates: Sequence[Gate] = GATES) -> list[Result]:
    """The results of the gates of one point. All are asked, so that all refusals are said at once.

    :raises SlipwayError: when a gate fails or is inconclusive, and nobody waived it.
    """
    asked = [gate.check(request) for gate in gates if gate.point == point]
    results = [result for result in asked if result is not None]
    errors = [_refusal(result, request) for result in results if result.verdict in ("fail", "inconclusive")]
    if len(errors) == 1:
        raise errors[0]
    if errors:
        raise SlipwayErrors(errors)
    return results


def _refusal(result: Result, request: Request) -> SlipwayError:
    said = "is inconclusive" if result.verdict == "inconclusive" else "does not pass"
    detail = f": {result.detail}" if result.detail else ""
    return result.error or SlipwayError(f"the gate {result.gate} {said}{detail}", request.where)
