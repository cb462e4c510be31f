# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Predicts from a project's files whether Flyway can run: its Maven project and its migrations."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from ...common.errors import SlipwayError
from ...files.atomic import filing
from ..model import Failure, MigrationPlan
from . import output
from .scripts import is_compiled, placeholders

_RESOURCES = "src/main/resources"
_SOURCES = ("src/main/java", "src/main/kotlin", "src/main/groovy", "src/main/scala")
_LONGEST = 16 * 1024 * 1024
_ON = re.compile(r"^[^#\n]*baselineOnMigrate(?:>|\s*=)\s*\"?true\b", re.MULTILINE)
_VERSION = re.compile(r"^[^#\n]*baselineVersion(?:>|\s*=)\s*\"?([0-9._]+)", re.MULTILINE)
_QUIET = re.compile(r"-[a-zA-Z]*q|--quiet")


class Known(NamedTuple):
    """What is known about Flyway's settings.

    :param baseline: the version assumed for a schema without history, or ``None`` if that is refused.
    :param placeholders: the names that have a value, or ``None`` if unknown.
    """

    baseline: str | None
    placeholders: frozenset[str] | None


def compiled(locations: Iterable[str]) -> Iterator[str]:
    """The migrations that are classes, or sources of classes, instead of SQL."""
    for location in locations:
        places = [location]
        if f"/{_RESOURCES}/" in f"{location}/":
            places += [f"{location}/".replace(f"/{_RESOURCES}/", f"/{sources}/") for sources in _SOURCES]
        for place in places:
            yield from (str(path) for path in sorted(Path(place).rglob("*")) if is_compiled(path.name))


def unfit(directory: Path) -> SlipwayError | None:
    """What prevents Maven from running in a checkout, or from reporting its results; or ``None``."""
    wrapper = directory / "mvnw"
    with filing("read it", wrapper), wrapper.open("rb") as file:
        first = file.readline(1024)
    if first.endswith(b"\r\n"):
        remedy = "Commit it with LF: write 'mvnw text eol=lf' into .gitattributes, then git add --renormalize mvnw"
        return SlipwayError("it has the line endings of Windows (CRLF), which a shell cannot run", str(wrapper), remedy)
    for place in (directory, *directory.parents):
        configured = place / ".mvn" / "maven.config"
        if configured.is_file():
            with filing("read it", configured):
                text = configured.read_text(encoding="utf-8", errors="replace")
            quiet = next((word for word in shlex.split(text, comments=True) if _QUIET.fullmatch(word)), None)
            if quiet is not None:
                what = f"{quiet} makes Maven hide the list of migrations"
                return SlipwayError(what, str(configured), "Remove it there, and pass it where you want it")
        if (place / ".mvn").is_dir():
            break
    return None


def known(settings: Mapping[str, Any], directory: Path, *, maven: bool) -> Known:
    """The known settings: the inventory's, and those of the Maven project or the command line.

    :param directory: the Maven project, or the directory of Flyway's command.
    """
    plain = {name[len("flyway.") :] if name.startswith("flyway.") else name: value for name, value in settings.items()}
    project = "\n".join(_poms(directory) if maven else _configurations(directory))
    on = str(plain.get("baselineOnMigrate", _ON.search(project) is not None)).lower() == "true"
    said = _VERSION.search(project)
    version = str(plain.get("baselineVersion", said[1] if said else "1"))
    names = {name[len("placeholders.") :].lower() for name in plain if name.startswith("placeholders.")}
    untold = "placeholder" in project.lower() or any(
        name.startswith("placeholder") and not name.startswith("placeholders.") for name in plain
    )
    return Known(version if on else None, None if untold else frozenset(names))


def _configurations(directory: Path) -> Iterator[str]:
    for path in sorted((*directory.glob("conf/*.conf"), *directory.glob("conf/*.toml"))):
        with filing("read it", path):
            yield path.read_text(encoding="utf-8", errors="replace")


def _poms(directory: Path) -> Iterator[str]:
    for place in (directory, *directory.parents):
        pom = place / "pom.xml"
        if pom.is_file():
            with filing("read it", pom):
                yield pom.read_text(encoding="utf-8", errors="replace")
        if (place / ".git").exists():
            return


def trouble(plan: MigrationPlan, schema: output.Schema | None, settings: Known) -> Failure | None:
    """Why ``migrate`` will fail, or ``None`` if no reason is known."""
    if schema is not None and schema.fresh:
        if not schema.empty and settings.baseline is None:
            what = f"the schema {schema.name} is not empty and has no history of Flyway"
            return Failure(what, output.NOT_EMPTY)
        if not schema.creatable and plan.pending:
            return output.may_not_create(schema.name)
    for item in plan.pending if settings.placeholders is not None else ():
        if item.file and not Path(f"{item.file}.conf").is_file():
            missing = _missing(Path(item.file), settings.placeholders or frozenset())
            if missing:
                return output.no_value(Path(item.file).name, f"${{{missing}}}")
    return None


def _missing(path: Path, names: frozenset[str]) -> str | None:
    with filing("read it", path), path.open("rb") as file:
        text = file.read(_LONGEST).decode("utf-8", "replace")
    return next((name for name in placeholders(text) if name.lower() not in names), None)
