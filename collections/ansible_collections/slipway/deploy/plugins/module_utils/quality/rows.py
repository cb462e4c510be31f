# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The gates that an environment declares for its builds. Pure.

quality_gates:
  - name: tests
    command: [pytest, --junitxml=junit.xml, --cov, --cov-report=json]
    directory: server
    kind: junit
    report: junit.xml
  - name: coverage                 # reads what the command above wrote
    directory: server
    kind: coverage-py
    report: coverage.json
    minimum: 80
  - name: trivy
    services: all                  # once for each service of the build
    command: [trivy, image, --format=json, "{image}"]
    kind: trivy
    severity: high
    allow:
      - {id: CVE-2026-1234, until: 2027-01-31, reason: no fix yet}
    not_audited: warn
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from pathlib import PurePosixPath
from typing import Any, Final, Literal

from ..common.errors import SlipwayError, raise_all
from ..common.suggest import suggest
from ..migration.lint import check_rules
from .kinds import BRANCHES, KINDS, Kind

WHERE = "quality_gates"
SERVICE, IMAGE = "{service}", "{image}"
#: What a gate that is not audited means for the build.
NOT_AUDITED: Final = ("fail", "warn")
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9 ._-]{0,59}")
_VARIABLE: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_COMMON: Final = ("name", "kind", "command", "directory", "report", "timeout", "environment", "services", "artifact")
_OF_TOPIC: Final[Mapping[str, tuple[str, ...]]] = {
    "tests": (),
    "coverage": ("minimum", "of"),
    "lint": ("severity", "maximum", "allow"),
    "audit": ("severity", "maximum", "allow"),
    "sql": ("exclude", "fail_on", "postgresql", "maximum"),
    "exit": (),
}
_LONGEST_SECONDS = 6 * 3600
_DEFAULT_SECONDS = 900


@dataclass(frozen=True)
class Allowed:
    """A finding, or a package that a scanner skips, which does not count until a day, which is included."""

    id: str
    until: date
    reason: str


@dataclass(frozen=True)
class Gate:
    """A declared gate.

    :ivar report: a pattern below ``directory``; empty for what the command prints.
    :ivar timeout: seconds.
    :ivar environ: variables that its command gets; ``passed`` names those of the caller that it gets although they are
        withheld otherwise.
    :ivar services: the services it is run for, each by itself; empty for the build as a whole.
    :ivar minimum: percent.
    :ivar maximum: how many findings are no failure.
    :ivar severity: the lowest that counts.
    :ivar fail_on: levels and rules of squawk.
    :ivar blocks: whether the build fails if it is not audited; ``None`` leaves that to the environment.
    """

    name: str
    kind: Kind
    kind_name: str
    command: tuple[str, ...] = ()
    directory: str = "."
    report: str = ""
    timeout: float = _DEFAULT_SECONDS
    environ: tuple[tuple[str, str], ...] = ()
    passed: tuple[str, ...] = ()
    services: tuple[str, ...] = ()
    artifact: str = ""
    minimum: Decimal = Decimal(0)
    of: Literal["lines", "branches"] = "lines"
    maximum: int = 0
    severity: str = ""
    allow: tuple[Allowed, ...] = ()
    exclude: tuple[str, ...] = ()
    fail_on: tuple[str, ...] = ("error",)
    postgresql: str = ""
    blocks: bool | None = None

    @property
    def read(self) -> Any:
        """The reader of its report."""
        return BRANCHES[self.kind_name] if self.of == "branches" else self.kind.read


def parse_gates(value: Any, services: Collection[str]) -> tuple[Gate, ...]:
    """The gates of an environment, in their order.

    :param services: the names of its services.
    :raises SlipwayErrors: what is wrong with each.
    """
    if value is None or value == "":
        return ()
    if not isinstance(value, list):
        raise SlipwayError("it is not a list", WHERE, "Write a list of gates, each with name, kind and command")
    errors: list[SlipwayError] = []
    gates: list[Gate] = []
    for number, item in enumerate(value, 1):
        named = item.get("name") if isinstance(item, Mapping) else None
        try:
            gates.append(
                _Row(item, f"{WHERE}, {named if isinstance(named, str) else f'gate {number}'}", services).gate()
            )
        except SlipwayError as error:
            errors.append(error)
    seen: set[tuple[str, str]] = set()
    for gate in gates:
        for target in gate.services or (gate.artifact,):
            if (gate.name, target) in seen:
                errors.append(SlipwayError(f"there are two gates {gate.name}", WHERE, "Give each its own name"))
            seen.add((gate.name, target))
    raise_all(errors)
    return tuple(gates)


class _Row:
    """One row, and how to read it."""

    def __init__(self, item: Any, where: str, services: Collection[str]) -> None:
        if not isinstance(item, Mapping):
            raise SlipwayError("it is not a mapping", where, "Write name: …, kind: … and command: […]")
        self.item, self.where, self.known_services = item, where, services
        kind = item.get("kind")
        if not isinstance(kind, str) or kind not in KINDS:
            remedy = (suggest(kind, KINDS) if isinstance(kind, str) else None) or f"Write one of {', '.join(KINDS)}"
            raise self.wrong(f"there is no kind of report {str(kind)[:40]!r}" if kind else "it has no kind", remedy)
        self.kind_name, self.kind = kind, KINDS[kind]
        fields = (*_COMMON, *_OF_TOPIC[self.kind.topic], "not_audited")
        for name in item:
            if name not in fields or (name == "severity" and not self.kind.scale):
                why = f"{name} is not a field of a gate of kind {kind}"
                raise self.wrong(why, suggest(str(name), fields) or f"Its fields: {', '.join(fields)}")

    def wrong(self, what: str, remedy: str) -> SlipwayError:
        return SlipwayError(what, self.where, remedy)

    def gate(self) -> Gate:
        name = self.text("name", "")
        if not _NAME.fullmatch(name):
            raise self.wrong("it has no valid name", "Write name: tests (letters, digits, blanks, and . _ -)")
        command, report = self.texts("command"), self.path("report", "", pattern=True)
        services, artifact = self.services(), self.text("artifact", "")
        if services and artifact:
            raise self.wrong("it is of services and of an artifact", "Write one of them, or a gate for each")
        gate = Gate(
            name=name,
            kind=self.kind,
            kind_name=self.kind_name,
            command=command,
            report=report,
            directory=self.path("directory", "."),
            timeout=float(self.whole("timeout", _DEFAULT_SECONDS, _LONGEST_SECONDS)),
            environ=self.environ(),
            passed=self.passed(),
            services=services,
            artifact=artifact,
            minimum=self.minimum(),
            of=self.of(),
            maximum=self.whole("maximum", 0, 1_000_000, least=0),
            severity=self.severity(),
            allow=self.allow(),
            exclude=self.texts("exclude"),
            fail_on=self.texts("fail_on", ("error",)),
            postgresql=self.text("postgresql", ""),
            blocks=self.blocks(),
        )
        self.check(gate)
        return gate

    def check(self, gate: Gate) -> None:
        """What fields mean together."""
        if not gate.command and self.kind.own_command:
            raise self.wrong(
                "it has no command", f"A gate of kind {self.kind_name} needs one: its report alone is no proof"
            )
        if not gate.command and not gate.report:
            raise self.wrong("it has neither a command nor a report", "Write command: [program, argument]")
        if gate.report and self.kind.topic in ("sql", "exit"):
            raise self.wrong("report is of no use here", "Its result is what the command prints, or its exit code")
        used = " ".join((*gate.command, gate.directory, gate.report))
        if not gate.services and (SERVICE in used or IMAGE in used):
            raise self.wrong(f"{SERVICE} and {IMAGE} are of a service", "Write services: all, or a list of names")
        if self.kind.topic == "sql":
            check_rules(gate.exclude, f"{self.where}: exclude")
            check_rules(gate.fail_on, f"{self.where}: fail_on")

    def text(self, name: str, default: str) -> str:
        value = self.item.get(name, default)
        if not isinstance(value, str) or "\0" in value:
            raise self.wrong(f"{name} is not a text", f'Write {name}: "…"')
        return str(value)

    def texts(self, name: str, default: tuple[str, ...] = ()) -> tuple[str, ...]:
        value = self.item.get(name, list(default))
        if not isinstance(value, list) or not all(isinstance(one, str) and "\0" not in one for one in value):
            raise self.wrong(f"{name} is not a list of texts", f'Write {name}: [first, "second"]: no shell reads it')
        if name in self.item and (not value or not value[0]):
            raise self.wrong(f"{name} is empty", f"Write {name}: [first, second], or leave it out")
        return tuple(str(one) for one in value)

    def path(self, name: str, default: str, pattern: bool = False) -> str:
        value = self.text(name, default)
        parts = PurePosixPath(value).parts
        if value.startswith("/") or ".." in parts or (name in self.item and not parts):
            what = "pattern of files" if pattern else "directory"
            raise self.wrong(
                f"{name} is not a {what} below the source", f"Write it without / at its beginning and ..: {value[:60]}"
            )
        return value

    def whole(self, name: str, default: int, most: int, least: int = 1) -> int:
        value = self.item.get(name, default)
        if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
            raise self.wrong(
                f"{name} is not a whole number from {least} to {most}", f"For example {name}: {default or 5}"
            )
        return value

    def environ(self) -> tuple[tuple[str, str], ...]:
        value = self.item.get("environment", {})
        if isinstance(value, list):
            return ()
        if not isinstance(value, Mapping) or not all(
            isinstance(name, str) and _VARIABLE.fullmatch(name) and (one is None or isinstance(one, str))
            for name, one in value.items()
        ):
            raise self.wrong("environment is not a mapping of texts", 'Write environment: {CI: "true"}, or [NAME]')
        return tuple((str(name), one) for name, one in value.items() if one is not None)

    def passed(self) -> tuple[str, ...]:
        """The variables of the caller, those of a mapping without a value: ``[NAME]``, ``{CI: "true", NAME: }``."""
        value = self.item.get("environment", {})
        names = [name for name, one in value.items() if one is None] if isinstance(value, Mapping) else value
        if not all(isinstance(name, str) and _VARIABLE.fullmatch(name) for name in names):
            raise self.wrong("environment is not a list of names", 'Write environment: [NAME], or {CI: "true"}')
        return tuple(names)

    def services(self) -> tuple[str, ...]:
        if self.item.get("services") == "all":
            if not self.known_services:
                raise self.wrong("the environment has no services", "Leave services out, or write artifact: backend")
            return tuple(self.known_services)
        names = self.texts("services")
        for name in names:
            if name not in self.known_services:
                remedy = suggest(name, [*self.known_services, "all"]) or "Write all, or names of the fleet's services"
                raise self.wrong(f"there is no service {name[:60]}", remedy)
        return tuple(dict.fromkeys(names))

    def minimum(self) -> Decimal:
        if self.kind.topic != "coverage":
            return Decimal(0)
        value = self.item.get("minimum")
        try:
            found = Decimal(str(value)) if not isinstance(value, bool) and value is not None else Decimal(-1)
        except InvalidOperation:
            found = Decimal(-1)
        if not found.is_finite() or not 0 <= found <= 100:
            raise self.wrong("it has no minimum between 0 and 100", "Write minimum: 80 (percent)")
        return found

    def of(self) -> Literal["lines", "branches"]:
        value = self.item.get("of", "lines")
        if value not in ("lines", "branches"):
            raise self.wrong(f"of is {str(value)[:40]!r}", "Write of: lines, or of: branches")
        return "branches" if value == "branches" else "lines"

    def severity(self) -> str:
        value = self.text("severity", self.kind.default).lower()
        value = {"medium": "moderate"}.get(value, value)
        if self.kind.scale and value not in self.kind.scale:
            raise self.wrong(f"there is no severity {value[:40]!r}", f"Write one of {', '.join(self.kind.scale)}")
        return value

    def allow(self) -> tuple[Allowed, ...]:
        value = self.item.get("allow", [])
        if not isinstance(value, list):
            raise self.wrong("allow is not a list", "Write allow: [{id: CVE-…, until: 2027-01-31, reason: …}]")
        return tuple(self.allowed(one) for one in value)

    def allowed(self, item: Any) -> Allowed:
        example = "Write {id: CVE-…, until: 2027-01-31, reason: …}"
        if not isinstance(item, Mapping) or set(item) != {"id", "until", "reason"}:
            raise self.wrong("an item of allow has not exactly id, until and reason", example)
        name, reason, until = item["id"], item["reason"], item["until"]
        if not (isinstance(name, str) and name.strip() and isinstance(reason, str) and reason.strip()):
            raise self.wrong("id or reason of an item of allow is not a text", example)
        if isinstance(until, str):
            try:
                until = date.fromisoformat(until)
            except ValueError:
                until = None
        if not isinstance(until, date):
            raise self.wrong(f"the until of {name[:40]} is not a date", example)
        until = until.date() if isinstance(until, datetime) else until
        return Allowed(name.strip(), date(until.year, until.month, until.day), reason.strip())

    def blocks(self) -> bool | None:
        value = self.item.get("not_audited")
        return None if value is None else parse_not_audited(value, f"{self.where}: not_audited")


def parse_not_audited(value: Any, where: str) -> bool:
    """Whether a gate that is not audited fails the build.

    :raises SlipwayError: it is neither ``fail`` nor ``warn``.
    """
    if value not in NOT_AUDITED:
        raise SlipwayError(f"{str(value)[:40]!r} is neither fail nor warn", where, "Write fail or warn")
    return bool(value == "fail")
