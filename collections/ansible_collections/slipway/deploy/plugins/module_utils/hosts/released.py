# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Predicts which migrations Flyway would apply, from a release's files and the records. Pure.

For check mode, which runs nothing: a deploy uses Flyway itself.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from ..common.errors import SlipwayError
from ..git.tags import TreeFile
from ..migration.flyway.scripts import (
    declared,
    is_callback,
    is_compiled,
    read_script,
)
from ..migration.model import Migration, Script, version_key

#: Settings that change which files are migrations, or which of them are applied.
_CHOOSE = (
    *("sqlMigrationPrefix", "sqlMigrationSeparator", "sqlMigrationSuffixes", "repeatableSqlMigrationPrefix"),
    *("target", "cherryPick", "resolvers", "skipDefaultResolvers"),
)
_NAMES = "|".join(_CHOOSE)
_PLUGIN = re.compile(r"<artifactId>\s*flyway-maven-plugin\s*</artifactId>(.*?)</plugin>", re.DOTALL)
_ELEMENT = re.compile(rf"<({_NAMES})>")
_PROPERTY = re.compile(rf"<flyway\.({_NAMES})>")
# A property on the command line takes precedence over Slipway's own configuration file, also for the locations.
_ARGUMENT = re.compile(rf"-Dflyway\.({_NAMES}|locations)\b")
_SETTING = re.compile(rf"^\s*(?:flyway\.)?({_NAMES})\s*=", re.MULTILINE)
_VERSION = re.compile(r"[0-9]+(?:[._][0-9]+)*")
_LONGEST = 16 * 1024 * 1024


class Before(NamedTuple):
    """What is known about the schema.

    :ivar schema: its version according to the records.
    :ivar applied: versions applied according to the records.
    :ivar release: the tag of the release that ran last.
    :ivar files: its migrations' files, or ``None`` if unreadable.
    """

    schema: str
    applied: frozenset[str] = frozenset()
    release: str = ""
    files: Sequence[TreeFile] | None = None


class Found(NamedTuple):
    """The migrations that would be applied, and ``unknown``, a line for each that only Flyway can decide."""

    pending: tuple[Migration, ...]
    callbacks: tuple[str, ...] = ()
    unknown: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()


def chosen_by(
    settings: Mapping[str, Any], arguments: Iterable[str], project: Mapping[str, str], maven_config: str
) -> str | None:
    """A setting that makes Flyway use other files, and its location; ``None`` without one.

    :param settings: those of the inventory.
    :param arguments: the inventory's for Maven.
    :param project: the project's files with settings and its parents' (``pom.xml``, ``flyway.conf``, …), by path.
    :param maven_config: the text of ``.mvn/maven.config``.
    """
    for name in settings:
        if name.removeprefix("flyway.") in _CHOOSE:
            return f"database_migration_settings: {name}"
    for where, text in (
        ("database_migration_maven_arguments", " ".join(arguments)),
        (".mvn/maven.config", maven_config),
    ):
        found = _ARGUMENT.search(text)
        if found:
            return f"{where}: {found[0]}"
    for path, text in project.items():
        if path.endswith(".xml"):
            found = _ELEMENT.search("".join(_PLUGIN.findall(text))) or _PROPERTY.search(text)
        else:
            found = _SETTING.search(text)
        if found:
            return f"{path}: {found[1]}"
    return None


def is_version(schema: str | None) -> bool:
    """Whether a record's schema is a Flyway version."""
    return schema is not None and _VERSION.fullmatch(schema) is not None


def migrations_of(files: Iterable[TreeFile]) -> dict[tuple[Any, ...], tuple[Script, TreeFile]]:
    """The migrations among files, by their keys; their content is not read.

    :raises SlipwayError: two have the same version, or one is a class: Flyway or the deploy refuses that.
    """
    found: dict[tuple[Any, ...], tuple[Script, TreeFile]] = {}
    for file in files:
        name = file.path.rpartition("/")[2]
        script = read_script(file.path, "")
        if script is None or name.startswith("B"):  # A schema with a history does not start from a baseline.
            continue
        other = found.get(script.key)
        if other is not None and other[1].path != file.path:
            what = f"two migrations have one {'version' if script.version else 'description'}: {other[1].path}"
            raise SlipwayError(what, file.path, "Give one of them another")
        found[script.key] = (script, file)
    return found


def refuse_compiled(files: Iterable[TreeFile]) -> None:
    """Refuse migrations that are classes, as the deploy does.

    :param files: the files of the locations, and of their source directories.
    :raises SlipwayError: naming the first.
    """
    for file in files:
        if is_compiled(file.path.rpartition("/")[2]):
            remedy = (
                "Write it as SQL; or let the application migrate when it starts (spring.flyway.enabled), and set"
                " backend_migrations: none"
            )
            raise SlipwayError("this migration is a class, and only those in SQL can be run", file.path, remedy)


def compare(files: Sequence[TreeFile], before: Before, read: Callable[[str], str | None]) -> Found:
    """Predict what would be applied.

    :param files: those of the release's locations.
    :param read: a file's text by its path.
    :raises SlipwayError: Flyway is known to refuse them.
    """
    scripts = migrations_of(files)
    old = migrations_of(before.files) if before.files is not None else None
    level = version_key(before.schema)
    versioned = sorted((item for item in scripts.values() if item[0].version), key=lambda item: item[0].key)
    repeatable = sorted((item for item in scripts.values() if not item[0].version), key=lambda item: item[0].path)
    newer = [item for item in versioned if version_key(item[0].version) > level]
    older = [item for item in versioned if version_key(item[0].version) <= level]
    unknown: list[str] = []
    warnings: list[str] = []
    if old is None:
        if older:
            unknown.append(f"whether those up to version {before.schema} are as they were applied")
        if repeatable:
            since = "they were" if repeatable[1:] else "it was"
            unknown.append(f"whether {_listed(repeatable)} changed since {since} applied")
        again = []
    else:
        again = [(s, f) for s, f in repeatable if s.key not in old or old[s.key][1].blob != f.blob]
        warnings += _doubts(older, old, before)
    pending = []
    for script, file in (*newer, *again):
        text = read(file.path) if not file.link and file.size <= _LONGEST else None
        if text is None:
            unknown.append(f"what {file.path} declares: it is a link, or too long to be read")
        pending.append(Migration(script.version, script.description, file.path, declared(text or "")[0]))
    callbacks = tuple(file.path for file in files if is_callback(file.path.rpartition("/")[2]))
    return Found(tuple(pending), callbacks, tuple(unknown), tuple(warnings))


def _doubts(
    older: Iterable[tuple[Script, TreeFile]], old: Mapping[tuple[Any, ...], tuple[Script, TreeFile]], before: Before
) -> list[str]:
    """Older migrations that Flyway may refuse."""
    applied = _keys(before.applied)
    lines = []
    for script, file in older:
        if script.key in old:
            if old[script.key][1].blob != file.blob:
                what = f"{file.path} is not as in {before.release}, which ran last"
                lines.append(f"{what}: Flyway refuses a migration that was changed after it was applied")
        elif version_key(script.version) not in applied:
            what = f"{file.path} is older than the schema ({before.schema}), and {before.release} does not have it"
            lines.append(f"{what}: Flyway refuses it unless it was applied, or outOfOrder is set")
    return lines


def _keys(versions: Collection[str]) -> set[tuple[int, ...]]:
    return {version_key(version) for version in versions if is_version(version)}


def _listed(items: Sequence[tuple[Script, TreeFile]]) -> str:
    return ", ".join(file.path.rpartition("/")[2] for _script, file in items)
