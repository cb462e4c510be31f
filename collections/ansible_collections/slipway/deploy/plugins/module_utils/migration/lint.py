# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Lints SQL with squawk, a linter for PostgreSQL migrations. :func:`lint` runs it; the rest is pure.

Its options and its JSON: https://squawkhq.com/docs/cli. It exits with 1 if it finds something and with 2 for an
unknown option.
"""

from __future__ import annotations

import re
import shutil
import sys
from collections.abc import Collection, Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from ..common.documents import loads
from ..common.errors import SlipwayError
from ..programs.run import run_command

PROGRAM = "squawk"
PASSED, FAILED, UNVERIFIED = "passed", "failed", "unverified"
#: Rules about what the release before a migration may still use: a migration that declares itself compatible with
#: that release contradicts itself.
BREAKING = ("renaming-column", "renaming-table", "ban-drop-column", "ban-drop-table", "adding-required-field")
_REMEDY = "Correct the migration, or leave the rule out (alembic_migration_lint_exclude)"
_LIMIT_SECONDS = 120
_RULE = re.compile(r"[a-z][a-z0-9-]*")
# A merge revision follows several: "b1, b2 -> m".
_REVISION = re.compile(r"-- Running \w+ .*?-> (?P<to>[^\s,]+)")
_BOOKKEEPING = re.compile(
    r"\b(?:INSERT INTO|UPDATE|DELETE FROM|CREATE TABLE) (?:\S+\.)?alembic_version\b", re.IGNORECASE
)


@dataclass(frozen=True)
class Finding:
    """A finding of the linter.

    :ivar line: of the SQL, from 1 on.
    :ivar revision: Alembic's, whose SQL it is in, or ``""``.
    """

    rule: str
    level: str
    line: int
    message: str
    revision: str = ""

    def __str__(self) -> str:
        place = f"revision {self.revision}, line {self.line}" if self.revision else f"line {self.line}"
        return f"{place}: {self.rule}: {self.message}"

    def as_dict(self) -> dict[str, Any]:
        """For a result."""
        return {**asdict(self), "revision": self.revision or None}


@dataclass(frozen=True)
class Linted:
    """The result of linting.

    :ivar reason: why nothing is verified, or empty.
    :ivar compatible: the revisions that are declared backward-compatible.
    :ivar breaking: the rules that those break.
    """

    findings: tuple[Finding, ...] = ()
    reason: str = ""
    compatible: frozenset[str] = frozenset()
    breaking: tuple[str, ...] = BREAKING

    def contradicts(self, finding: Finding) -> bool:
        """Whether a revision contradicts its declaration."""
        return finding.revision in self.compatible and finding.rule in self.breaking

    def failing(self, fail_on: Collection[str]) -> list[Finding]:
        """The findings whose level or rule is one of these, and those that contradict a declaration."""
        return [
            item for item in self.findings if item.level in fail_on or item.rule in fail_on or self.contradicts(item)
        ]

    def verdict(self, fail_on: Collection[str]) -> str:
        """The verdict: what was not linted has not passed."""
        if self.reason:
            return UNVERIFIED
        return FAILED if self.failing(fail_on) else PASSED


def lint(sql: str, exclude: Sequence[str] = (), version: str = "", program: str = "") -> Linted:
    """Lint SQL with squawk.

    :param version: PostgreSQL's, such as ``15``.
    :param program: squawk's path; empty for the one next to this Python, or in the path.
    :raises SlipwayError: a rule is unknown.
    """
    check_rules(exclude, "exclude")
    found = program or find_program()
    if not found:
        return Linted(reason=f"{PROGRAM} is not installed on the control node")
    try:
        argv = command(found, exclude, version)
        # Without cwd, a .squawk.toml in the current directory would count.
        done = run_command(argv, _LIMIT_SECONDS, cwd="/", stdin=sql.encode(), whole=True)
    except OSError as error:
        return Linted(reason=f"{found} could not be run: {' '.join(str(error).split())}")
    if done.late:
        return Linted(reason=f"{found} did not finish within {_LIMIT_SECONDS} s")
    said = " ".join(done.errors.split())
    if done.code == 2:
        raise SlipwayError(
            f"{PROGRAM} refuses its arguments: {said[:300]}", "exclude", "Correct the names of the rules"
        )
    try:
        return Linted(read_findings(done.output, sql))
    except ValueError:
        return Linted(reason=f"{found} ended with code {done.code}: {said[:300] or 'it printed nothing'}")


def find_program() -> str:
    """The path of squawk: in the environment that Ansible runs in, or in the path; ``""`` if it is missing."""
    beside = Path(sys.executable).parent / PROGRAM
    return str(beside) if beside.is_file() else shutil.which(PROGRAM) or ""


def command(program: str, exclude: Iterable[str], version: str) -> list[str]:
    """The command line of squawk; it reads the SQL from its standard input."""
    rules = ",".join(exclude)
    return [
        program,
        "--reporter=json",
        "--stdin-filepath=migrations.sql",
        *([f"--exclude={rules}"] if rules else []),
        *([f"--pg-version={version}"] if version else []),
    ]


def check_rules(rules: Iterable[str], where: str) -> None:
    """Refuse an invalid rule name.

    :raises SlipwayError: naming it.
    """
    for rule in rules:
        if not _RULE.fullmatch(rule):
            raise SlipwayError(f"{rule!r} is not a rule of {PROGRAM}", where, "Write it as in ban-drop-column")


def read_findings(output: str, sql: str) -> tuple[Finding, ...]:
    """The findings in squawk's JSON, without those about Alembic's own bookkeeping.

    :param sql: its input, which shows the revision of each line.
    :raises ValueError: when it is not squawk's JSON.
    """
    document = loads(output)
    if not isinstance(document, list):
        raise ValueError("no list")
    lines = sql.splitlines()
    alembic = any(_REVISION.match(line) for line in lines)
    found = []
    for item in document:
        try:
            line = int(item["line"]) + 1
            read = Finding(
                rule=str(item["rule_name"]),
                level=str(item["level"]).lower(),
                line=line,
                message=_message(item),
                revision=_revision(lines, line),
            )
        except (KeyError, TypeError) as error:
            raise ValueError(f"a finding lacks {error}") from None
        if not (alembic and _is_bookkeeping(lines, line)):
            found.append(read)
    return tuple(found)


def _message(item: Any) -> str:
    message = " ".join(str(item["message"]).split())
    help_ = " ".join(str(item.get("help") or "").split())
    return " ".join(part if part.endswith(".") else f"{part}." for part in (message, help_) if part)


def _revision(lines: Sequence[str], line: int) -> str:
    for text in reversed(lines[:line]):
        match = _REVISION.match(text)
        if match:
            return match["to"]
    return ""


def _is_bookkeeping(lines: Sequence[str], line: int) -> bool:
    """Whether a line is in a statement about Alembic's own table."""
    start = min(line, len(lines)) - 1
    while start > 0 and lines[start - 1].strip() and not lines[start - 1].rstrip().endswith(";"):
        start -= 1
    return bool(lines) and _BOOKKEEPING.search(lines[start]) is not None


def said(linted: Linted, fail_on: Collection[str]) -> str:
    """The outcome in one line."""
    if linted.reason:
        return f"the SQL of the migrations is not verified: {linted.reason}"
    failing = linted.failing(fail_on)
    if failing:
        more = f" (and {len(failing) - 1} more)" if len(failing) > 1 else ""
        first = str(failing[0]).rstrip(".")
        if linted.contradicts(failing[0]):
            remedy = "It is declared backward-compatible: declare it not-backward-compatible, or do it in two releases"
        else:
            remedy = _REMEDY
        return f"the SQL of the migrations: {first}{more}. {remedy}"
    count = len(linted.findings)
    return (
        f"the SQL of the migrations: {count} finding{'' if count == 1 else 's'}, none that counts"
        if count
        else ("the SQL of the migrations has no finding")
    )
