# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Why a service or a host failed, and why a deploy was undone, as stored in a record. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Failure:
    """Why a service's rollout failed: for the card and the record."""

    reason: str
    exit_code: int | None = None
    stopped: int = 0
    log: tuple[str, ...] = ()
    events: tuple[str, ...] = ()

    def to_record(self) -> dict[str, Any]:
        """The ``failure`` document of a record's target."""
        return {
            "reason": self.reason,
            "exit_code": self.exit_code,
            "stopped": self.stopped,
            "log": list(self.log),
            "events": list(self.events),
        }

    @classmethod
    def from_record(cls, document: Mapping[str, Any]) -> Failure:
        """The inverse of :meth:`to_record`."""
        return cls(
            reason=document["reason"],
            exit_code=document.get("exit_code"),
            stopped=document.get("stopped", 0),
            log=tuple(document.get("log", ())),
            events=tuple(document.get("events", ())),
        )


@dataclass(frozen=True)
class Cause:
    """What caused the undo: one line, and where it happened."""

    what: str
    target: str | None = None
    phase: str = "rolling_out"
    wave: int | None = None

    def to_record(self) -> dict[str, Any]:
        """The ``cause`` document of a record."""
        return {"what": self.what, "target": self.target, "phase": self.phase, "wave": self.wave}

    @classmethod
    def from_record(cls, document: Mapping[str, Any]) -> Cause:
        """The inverse of :meth:`to_record`."""
        return cls(document["what"], document.get("target"), document.get("phase", ""), document.get("wave"))
