# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Judges the answers to a checklist's questions. Pure.

An answer is what ``module_utils.probes.machine`` gives: a mapping, with ``error`` if there is no answer.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from .probes import Found, Probe, Row, Verdict
from .smoke import Judged

_OF_SMOKE: Mapping[str, Verdict] = {"pass": "green", "fail": "red", "inconclusive": "unknown"}


def judge_smoke(judged: Judged) -> Found:
    """A request's verdict."""
    status = f"status {judged.status}" if judged.status is not None else ""
    return Found(_OF_SMOKE[judged.verdict], judged.detail or status)


def judge(probe: Probe, answer: Mapping[str, Any] | None) -> Found:
    """The verdict of an answer.

    :param answer: ``None`` if the host did not answer.
    """
    if answer is None:
        return Found("unknown", "the host gave no answer")
    if answer.get("error"):
        return Found("unknown", str(answer["error"]))
    try:
        return probe.spec.judge(answer)
    except (KeyError, TypeError, ValueError):
        return Found("unknown", "the answer cannot be read")


def worst(rows: Sequence[Row]) -> Row | None:
    """The first red row, else the first unknown one, or ``None`` when all are green."""
    for verdict in ("red", "unknown"):
        for row in rows:
            if row.found.verdict == verdict:
                return row
    return None
