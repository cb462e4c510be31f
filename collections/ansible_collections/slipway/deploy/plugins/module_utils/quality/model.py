# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What a report says, whatever wrote it, and how a command ended. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple

#: Severities of vulnerabilities, lowest first.
SEVERITIES = ("info", "low", "moderate", "high", "critical")
#: Levels of a linter's findings, lowest first.
LEVELS = ("warning", "error")


class Finding(NamedTuple):
    """A finding.

    :ivar id: of the rule or the vulnerability.
    :ivar about: the test or the package.
    :ivar severity: one of :data:`SEVERITIES` or :data:`LEVELS`; empty if unknown, which counts as the highest.
    :ivar aliases: other ids of the vulnerability.
    :ivar path: the file, as the tool names it; with ``line``, if known.
    """

    id: str
    about: str = ""
    severity: str = ""
    message: str = ""
    aliases: tuple[str, ...] = ()
    path: str = ""
    line: int = 0


class Skipped(NamedTuple):
    """What a scanner did not audit, and why."""

    name: str
    why: str


@dataclass(frozen=True)
class Report:
    """What a report says.

    :ivar audited: how many tests, files or packages were examined; ``None`` if the report does not count them.
    :ivar skipped: what was not audited although it was asked for.
    :ivar left: tests that were skipped, which is their authors' choice.
    :ivar covered: of ``total`` lines or branches.
    :ivar doubt: why the report is not a result of an audit although it can be read.
    """

    findings: tuple[Finding, ...] = ()
    audited: int | None = None
    skipped: tuple[Skipped, ...] = ()
    left: int = 0
    covered: int = 0
    total: int = 0
    doubt: str = ""


def combine(reports: Iterable[Report]) -> Report:
    """Several files of one report as one."""
    found = list(reports)
    counts = [item.audited for item in found if item.audited is not None]
    return Report(
        findings=tuple(one for item in found for one in item.findings),
        audited=sum(counts) if counts else None,
        skipped=tuple(one for item in found for one in item.skipped),
        left=sum(item.left for item in found),
        covered=sum(item.covered for item in found),
        total=sum(item.total for item in found),
        doubt=next((item.doubt for item in found if item.doubt), ""),
    )


@dataclass(frozen=True)
class Ran:
    """How a gate's command ended.

    :ivar code: its exit code, negative for a signal; ``None`` if the gate has no command of its own.
    :ivar problem: why it did not run to its end, or empty.
    :ivar last: the end of what it printed, in one line.
    """

    code: int | None = None
    problem: str = ""
    last: str = ""
