# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A gate: a condition for a release to an environment. Pure.

The gates are listed in :mod:`.registry`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal, Protocol

from ..common.errors import SlipwayError

Verdict = Literal["pass", "fail", "inconclusive", "waived"]
#: When a gate is checked: once the release's name is known, once its content is, once there is a plan (of any kind of
#: target), and last, after everything else has passed.
Point = Literal["name", "release", "plan", "approval"]


@dataclass(frozen=True)
class Request:
    """The input of a gate.

    :ivar kind: ``deploy`` or ``rollback``.
    :ivar release: the release's name.
    :ivar where: where the release is defined, for an error.
    :ivar setting: the value of a setting of the environment, or of the group of hosts under the group's name.
    :ivar truth: a setting that is true or false.
    :ivar facts: further facts at this point, by name; each gate documents which it reads.
    """

    environment: str
    kind: str
    release: str
    where: str
    now: datetime
    setting: Callable[[str], Any]
    truth: Callable[[str], bool]
    facts: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Result:
    """A gate's result.

    :ivar detail: why, in one line.
    :ivar by: who waived it.
    :ivar error: the refusal of ``fail`` and ``inconclusive``.
    :ivar found: what the gate found, for the record or a prompt.
    """

    gate: str
    verdict: Verdict
    detail: str = ""
    by: str = ""
    error: SlipwayError | None = None
    found: Any = None

    def to_record(self) -> dict[str, str]:
        """An element of a record's ``gates``."""
        optional = {"detail": self.detail, "by": self.by}
        return {"gate": self.gate, "verdict": self.verdict, **{key: value for key, value in optional.items() if value}}


class Gate(Protocol):
    """A gate."""

    name: str
    point: Point

    def check(self, request: Request) -> Result | None:
        """Judge a release; ``None`` if the gate is off in the environment."""


def judged(gate: Gate, find: Callable[[], Any]) -> Result:
    """The result of a function that refuses by raising.

    :param find: returns what the gate found.
    """
    try:
        found = find()
    except SlipwayError as error:
        return Result(gate.name, "fail", str(error), error=error)
    return Result(gate.name, "pass", found=found)
