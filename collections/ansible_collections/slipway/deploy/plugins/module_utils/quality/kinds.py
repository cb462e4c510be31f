# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The kinds of report that a gate may name. Pure.

A reader is given a report's bytes and what its command printed as errors. It raises ValueError if the report is
not of its kind.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final, Literal, NamedTuple

from .model import LEVELS, SEVERITIES, Report
from .reports import audits, coverage, lint, tests

Reader = Callable[[bytes, str], Report]
Topic = Literal["tests", "coverage", "lint", "audit", "sql", "exit"]


class Kind(NamedTuple):
    """A kind of report.

    :ivar noun: what it examines, in the singular.
    :ivar scale: its severities, lowest first; empty if the report has none.
    :ivar default: the lowest severity that counts by default.
    :ivar codes: exit codes by which the command says that it found something; ``None`` for any.
    :ivar own_command: whether the gate needs a command of its own, because the report alone does not show that
        anything was audited.
    :ivar environ: variables for the command.
    """

    topic: Topic
    noun: str
    read: Reader | None = None
    scale: tuple[str, ...] = ()
    default: str = ""
    codes: frozenset[int] | None = frozenset({1})
    own_command: bool = False
    environ: Mapping[str, str] = {}


_COVERAGE: Final = Kind("coverage", "line", codes=frozenset())
KINDS: Final[Mapping[str, Kind]] = {
    "junit": Kind("tests", "test", tests.junit, codes=None),
    "jacoco": _COVERAGE._replace(read=coverage.jacoco),
    "cobertura": _COVERAGE._replace(read=coverage.cobertura),
    "coverage-py": _COVERAGE._replace(read=coverage.coverage_py),
    "lcov": _COVERAGE._replace(read=coverage.lcov),
    "ruff": Kind("lint", "file", lint.ruff, LEVELS, "warning"),
    "eslint": Kind("lint", "file", lint.eslint, LEVELS, "error"),
    "pip-audit": Kind("audit", "package", audits.pip_audit, environ={"PIP_AUDIT_LOGLEVEL": "warning"}),
    # With --offline, or an offline setting, npm prints a clean report and asks nobody; only its log shows that.
    "npm-audit": Kind(
        *("audit", "package", audits.npm_audit, SEVERITIES, "low"),
        own_command=True,
        environ={"npm_config_loglevel": "http"},
    ),
    "trivy": Kind("audit", "package", audits.trivy, SEVERITIES, "high", codes=None),
    "sql": Kind("sql", "statement", own_command=True, codes=frozenset()),
    "exit-code": Kind("exit", "command", own_command=True, codes=None),
}
#: Readers of branches instead of lines.
BRANCHES: Final[Mapping[str, Reader]] = {
    "jacoco": coverage.jacoco_branches,
    "cobertura": coverage.cobertura_branches,
    "coverage-py": coverage.coverage_py_branches,
    "lcov": coverage.lcov_branches,
}
