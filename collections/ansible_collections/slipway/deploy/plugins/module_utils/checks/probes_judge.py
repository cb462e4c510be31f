# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What the answers to a checklist's questions mean. Pure.

An answer is what ``module_utils.probes.machine`` gives: a mapping, with ``error`` when there is none.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ..common.text import duration, plural
from .moment import age
from .probes import (
    Command,
    Found,
    Heartbeat,
    Probe,
    Queue,
    Row,
    Unit,
    Verdict,
)
from .smoke import Judged

_OF_SMOKE: Mapping[str, Verdict] = {"pass": "green", "fail": "red", "inconclusive": "unknown"}
#: systemd's states of a unit that is neither up nor down yet, or still.
_MOVING = ("activating", "deactivating", "maintenance", "refreshing")


def judge_smoke(judged: Judged) -> Found:
    """A request's verdict."""
    status = f"status {judged.status}" if judged.status is not None else ""
    return Found(_OF_SMOKE[judged.verdict], judged.detail or status)


def judge(probe: Probe, answer: Mapping[str, Any] | None) -> Found:
    """What an answer means.

    :param answer: ``None`` when the host gave none.
    """
    if answer is None:
        return Found("unknown", "the host gave no answer")
    if answer.get("error"):
        return Found("unknown", str(answer["error"]))
    spec = probe.spec
    try:
        if isinstance(spec, Queue):
            return _queue(spec, answer)
        if isinstance(spec, Heartbeat):
            return _heartbeat(spec, answer)
        if isinstance(spec, Unit):
            return _unit(answer)
        if isinstance(spec, Command):
            return _command(answer)
    except (KeyError, TypeError, ValueError):
        return Found("unknown", "the answer cannot be read")
    raise TypeError(f"{probe.kind} is judged elsewhere")


def _queue(spec: Queue, answer: Mapping[str, Any]) -> Found:
    depth = answer["value"]
    if not isinstance(depth, int) or isinstance(depth, bool) or depth < 0:
        return Found("unknown", "Redis gave no length")
    if depth < spec.below:
        return Found("green", f"{depth} waiting")
    return Found("red", f"{depth} waiting, fewer than {spec.below} are allowed")


def _heartbeat(spec: Heartbeat, answer: Mapping[str, Any]) -> Found:
    value = answer["value"]
    if value is None:
        return Found("red", "there is no heartbeat")
    old = age(value, float(answer["at"]))
    if old is None:
        return Found("unknown", "the heartbeat is no time, or one that lies ahead")
    if old > spec.max_age:
        return Found("red", f"the last heartbeat was {duration(old)} ago, {duration(spec.max_age)} are allowed")
    return Found("green", f"the last heartbeat was {duration(old)} ago")


def _unit(answer: Mapping[str, Any]) -> Found:
    if not answer["loaded"]:
        return Found("red", "systemd knows no such unit")
    active, sub = str(answer["active"]), str(answer["sub"])
    restarts = int(answer.get("restarts") or 0)
    said = f"{active} ({sub})" + (f", restarted {plural(restarts, 'time')}" if restarts else "")
    if active in ("active", "reloading"):
        return Found("green", said)
    return Found("unknown" if active in _MOVING or not active else "red", said)


def _command(answer: Mapping[str, Any]) -> Found:
    code, said = int(answer["code"]), str(answer.get("said") or "")
    if code == 0:
        return Found("green", said)
    if code == 1:
        return Found("red", said or "exit code 1")
    how = f"exit code {code}" if code > 0 else f"ended by signal {-code}"
    return Found("unknown", f"{how}: {said}" if said else how)


def worst(rows: Sequence[Row]) -> Row | None:
    """The first red row, else the first unknown one, or ``None`` when all are green."""
    for verdict in ("red", "unknown"):
        for row in rows:
            if row.found.verdict == verdict:
                return row
    return None
