# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Whether a host serves what its process runs: its units, and its answers along the request path. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

_LEAST_ERROR = 400


def serving_problem(questions: Sequence[Mapping[str, Any]], answers: Sequence[Mapping[str, Any]]) -> str:
    """The first problem in one line; empty if everything serves.

    :param questions: as the module ``host_probe`` accepts them, each with ``name``, its display name. One
        with ``behind`` is compared with the question of that name: a missing page is not a problem if what
        lies behind it has none either.
    :param answers: what ``host_probe`` answered, in their order.
    """
    told = {str(question.get("name")): answer for question, answer in zip(questions, answers)}  # noqa: B905
    for question in questions:
        name = str(question.get("name"))
        if name not in told:
            return f"{name} was not asked"
        found = _problem(question, told[name])
        behind = told.get(str(question.get("behind") or ""))
        if found and not (behind is not None and behind.get("status") == told[name].get("status")):
            return f"{name} {found}"
    return ""


def _problem(question: Mapping[str, Any], answer: Mapping[str, Any]) -> str:
    if answer.get("error"):
        return f"does not answer: {answer['error']}"
    if question.get("kind") == "systemd":
        if not answer.get("loaded"):
            return "is not installed: systemd knows no such unit"
        return "" if answer.get("active") in ("active", "reloading") else f"is {answer.get('active') or 'not active'}"
    status = int(answer.get("status") or 0)
    well = status < _LEAST_ERROR or status == question.get("status")
    return "" if well else f"answers HTTP {status} at {question.get('url')}"
