# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Reads the migrations of a backend release from its repository, for check mode, which has no checkout on a host."""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..module_utils.common.errors import SlipwayError
from ..module_utils.git.run import Credentials
from ..module_utils.git.tags import Tree, TreeFile, fetched_versions
from ..module_utils.git.token import Token, find_token
from ..module_utils.hosts.by_kind import of_kind
from ..module_utils.hosts.migrations import known_schema, touched
from ..module_utils.hosts.model import Release
from ..module_utils.hosts.released import Before, chosen_by, compare, is_version, migrations_of, refuse_compiled
from ..module_utils.kinds.backend import BACKEND
from ..module_utils.migration.flyway.scripts import read_script
from ..module_utils.record.hosts import last_good_release
from ..module_utils.record.journal import history
from .context import Context

#: How many records are searched for applied migrations.
_LOOKED_BACK = 50
_LOCATION = "src/main/resources/db/migration"
_RESOURCES = "/src/main/resources/"
#: The class directory for a location of resources.
_SOURCES = ("/src/main/java/", "/src/main/kotlin/", "/src/main/groovy/", "/src/main/scala/")


class _Unknown(Exception):
    """Why the migrations are unknown, in one line."""


@dataclass(frozen=True)
class _Project:
    """The paths of the Maven project and its migrations in the repository, and the inventory's settings for Flyway."""

    module: str
    locations: tuple[str, ...]
    settings: Mapping[str, Any]
    arguments: tuple[str, ...]
    maven: bool


def predict_migrations(context: Context, host: str, release: Release) -> dict[str, Any]:
    """Predict the result of ``flyway`` for a release, from its repository and the records.

    :param host: one of the hosts; the variables are the same on all.
    :return: ``schema_before``, ``pending``, ``callbacks`` and ``doubts`` (warnings) if known, with
        ``by_records``; and ``unverifiable``, the unknown parts.
    :raises SlipwayError: the deploy would refuse the release.
    """
    try:
        try:
            project = _project(context.host(host))
        except SlipwayError as error:  # A template may use variables that only the plays set.
            raise _Unknown(f"where they are is not known here ({_line(error)})") from error
        return _looked(context, host, release, project)
    except _Unknown as error:
        return {"unverifiable": [f"migrations of {release.tag}: {error}"]}


def _looked(context: Context, host: str, release: Release, project: _Project) -> dict[str, Any]:
    url = str(context.host(host).get("backend_repository") or "")
    if not url:
        raise _Unknown("backend_repository is not set")
    with ExitStack() as stack:
        try:
            fetch = stack.enter_context(fetched_versions(url, BACKEND.name, _credentials(context, host)))
            tree = fetch(release.commit or release.tag)
        except SlipwayError as error:
            raise _Unknown(f"the repository could not be read from here ({_line(error)})") from error
        files = _files(tree, project)
        _refuse_unfit(tree, project, files)
        chosen = chosen_by(project.settings, project.arguments, *_maven_files(tree, project))
        if chosen is not None:
            raise _Unknown(f"{chosen} chooses which there are")
        before = _before(context, project, fetch)
        if before is None:
            count = len(migrations_of(files))
            raise _Unknown(f"no record says which of its {count} the database has")
        found = compare(files, before, tree.file)
    own = () if project.maven else ("what the configuration of Flyway's command on the host changes",)
    return {
        "schema_before": before.schema,
        "pending": [item.as_dict() for item in found.pending],
        "callbacks": list(found.callbacks),
        "unverifiable": [f"migrations of {release.tag}: {text}" for text in (*found.unknown, *own)],
        "doubts": list(found.warnings),
        "by_records": True,
    }


def _project(said: Mapping[str, Any]) -> _Project:
    """The defaults are those of playbooks/plays/group_vars/backend.yml and of the roles."""
    module = str(said.get("backend_module") or "")
    checkout = str(said.get("source_checkout_dest") or f"/opt/{said.get('backend_service')}/source")
    directory = str(said.get("database_migration_directory") or posixpath.join(checkout, module))
    locations = said.get("database_migration_locations") or [_LOCATION]
    names = locations.split(",") if isinstance(locations, str) else locations
    return _Project(
        module=_inside(checkout, directory),
        locations=tuple(_inside(checkout, posixpath.join(directory, str(name).strip())) for name in names),
        settings=said.get("database_migration_settings") or {},
        arguments=tuple(str(word) for word in said.get("database_migration_maven_arguments") or ()),
        maven=str(said.get("backend_migrations") or "maven") == "maven",
    )


def _inside(checkout: str, path: str) -> str:
    """A path of the checkout from the repository's root; ``""`` for the root itself."""
    inside = posixpath.relpath(posixpath.normpath(path), posixpath.normpath(checkout))
    if inside == ".." or inside.startswith("../"):
        raise _Unknown(f"{path} is on the host, not in the repository ({checkout})")
    return "" if inside == "." else inside


def _credentials(context: Context, host: str) -> Credentials:
    said = context.host(host)
    parameters = said.get("source_checkout_token_parameters")
    if parameters is None:
        parameters = [f"/{context.environment}/github/pat", "/shared/github/pat-readonly"]
    token = find_token(context.clients, list(parameters)) if parameters else Token()
    # It is a file on the hosts, which may exist here as well.
    ca_file = str(said.get("source_checkout_ca_file") or "")
    here = ca_file if ca_file and Path(ca_file).is_file() else None
    return Credentials(token.value or None, here, "source_checkout_token_parameters")


def _files(tree: Tree, project: _Project) -> tuple[TreeFile, ...]:
    """The files of the locations.

    :raises SlipwayError: there is none; the deploy would fail as well.
    """
    found: list[TreeFile] = []
    for location in project.locations:
        files = tree.files(location)
        if files is None:
            if any(tree.file(place) is not None for place in _upwards(location)):
                raise _Unknown(f"{location} is not a directory, or leads over a link")
            raise SlipwayError("there is no directory of migrations", location, "Correct database_migration_locations")
        found += files
    if not any(read_script(file.path, "") for file in found):
        remedy = "Correct database_migration_locations: a file is named V1__what_it_does.sql"
        raise SlipwayError("there is no migration", ", ".join(project.locations), remedy)
    return tuple(found)


def _refuse_unfit(tree: Tree, project: _Project, files: Iterable[TreeFile]) -> None:
    """Refuse what the deploy would refuse, regardless of the database.

    :raises SlipwayError: a migration is a class, or Maven cannot be run.
    """
    beside: list[TreeFile] = []
    for location in project.locations:
        rooted = f"/{location}/"
        if _RESOURCES in rooted:
            for sources in _SOURCES:
                beside += tree.files(rooted.replace(_RESOURCES, sources).strip("/")) or ()
    refuse_compiled((*files, *beside))
    if not project.maven:
        return
    wrapper = posixpath.join(project.module, "mvnw")
    text = tree.file(wrapper)
    if text is None:
        raise SlipwayError("there is no mvnw", wrapper, "Commit the Maven wrapper, or correct backend_module")
    if text.partition("\n")[0].endswith("\r"):
        remedy = "Commit it with LF: write 'mvnw text eol=lf' into .gitattributes, then git add --renormalize mvnw"
        raise SlipwayError("it has the line endings of Windows (CRLF), which a shell cannot run", wrapper, remedy)


def _maven_files(tree: Tree, project: _Project) -> tuple[dict[str, str], str]:
    """The project's and its parents' files with Flyway's settings, and the nearest ``.mvn/maven.config``."""
    if not project.maven:
        return {}, ""
    found, configured = {}, ""
    for place in (*_upwards(project.module), ""):
        for name in ("pom.xml", "flyway.conf", "flyway.toml", "conf/flyway.conf", "conf/flyway.toml"):
            path = posixpath.join(place, name)
            text = tree.file(path)
            if text is not None:
                found[path] = text
        configured = configured or tree.file(posixpath.join(place, ".mvn/maven.config")) or ""
    return found, configured


def _upwards(path: str) -> Iterator[str]:
    """A path and its parent directories, without the root."""
    while path:
        yield path
        path = posixpath.dirname(path)


def _before(context: Context, project: _Project, fetch: Callable[[str], Tree]) -> Before | None:
    """What is known about the schema; ``None`` if no record has its version."""
    schema = known_schema(history(context.store, context.environment), BACKEND.name)
    if schema is None or not is_version(schema):
        return None
    try:
        last = last_good_release(context.store, context.environment, BACKEND.name)
        if last is None:
            return Before(schema)
        tree = fetch(str(last.get("commit") or last["tag"]))
        listed = [tree.files(location) for location in project.locations]
    except SlipwayError:
        return Before(schema)  # Its questions are reported as not verifiable.
    files = [file for found in listed for file in found or ()]
    if any(found is None for found in listed):
        return Before(schema)
    records = history(context.store, context.environment, _LOOKED_BACK)
    applied = frozenset(
        str(item.get("version")) for record in records for item in touched(of_kind(record, BACKEND.name))
    )
    return Before(schema, applied, str(last["tag"]), files)


def _line(error: SlipwayError) -> str:
    return " ".join(str(error).split())
