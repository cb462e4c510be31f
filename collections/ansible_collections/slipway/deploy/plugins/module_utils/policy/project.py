# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The version that a commit's ``pom.xml`` or ``package.json`` says. Pure."""

from __future__ import annotations

import posixpath
from collections.abc import Mapping
from typing import Any

from ..changes.model import Entry, Snapshot
from ..changes.modules import find_modules, may_be_pom
from ..changes.poms import PROPERTY, parse_pom
from ..common.documents import loads
from ..common.errors import SlipwayError
from ..git.pom import maven_version, parse_project

POM, PACKAGE = "pom.xml", "package.json"


def version_file(files: Mapping[str, Entry], wanted: str, where: str) -> str:
    """The file with the version.

    :param files: those of the commit.
    :param wanted: what the rules name; empty for the one at the root, where a ``pom.xml`` goes first.
    :raises SlipwayError: there is none.
    """
    if wanted:
        if wanted not in files:
            raise SlipwayError(f"there is no {wanted}", where, "Commit it, or correct version_file")
        if not _is_pom(wanted) and posixpath.basename(wanted) != PACKAGE:
            raise SlipwayError(f"{wanted} is neither a pom.xml nor a package.json", where, "Correct version_file")
        return wanted
    found = next((name for name in (POM, PACKAGE) if name in files), None)
    if found is None:
        nested = sorted(path for path in files if posixpath.basename(path) in (POM, PACKAGE))[:3]
        remedy = f"Name it: version_file: {nested[0] if nested else POM}"
        raise SlipwayError("the version is missing: there is no pom.xml or package.json at the root", where, remedy)
    return found


def needed(files: Mapping[str, Entry], path: str) -> list[str]:
    """The files that a version may come from: parents of a pom may be anywhere."""
    return [name for name in files if may_be_pom(name)] if _is_pom(path) else [path]


def read_version(snapshot: Snapshot, path: str) -> str:
    """The version of a pom, with what it inherits and its properties, or of a package.

    :param path: of :func:`version_file`; it and what :func:`needed` names are in the snapshot.
    :raises SlipwayError: the file is not valid, or has no version.
    """
    where = snapshot.where(path)
    return _of_pom(snapshot, path, where) if _is_pom(path) else _of_package(snapshot.contents[path], where)


def _is_pom(path: str) -> bool:
    return may_be_pom(path)


def _of_pom(snapshot: Snapshot, path: str, where: str) -> str:
    content = snapshot.contents[path]
    parse_project(content, where)
    try:
        return maven_version(content, where)
    except SlipwayError as error:
        # The property may be one of a parent.
        if "${" not in str(error):
            raise
    modules, _notes = find_modules(
        snapshot, lambda name: parse_pom(snapshot.contents[name], name, snapshot.where(name))
    )
    version = modules[path].version if path in modules else ""
    unknown = PROPERTY.search(version)
    if unknown or not version:
        said = f"its version is {version}, and {unknown[1]} is not set" if unknown else "no build has it as a module"
        raise SlipwayError(
            said, where, "Write the property into the <properties> of it or a parent, or the version itself"
        )
    return version


def _of_package(content: bytes, where: str) -> str:
    try:
        document: Any = loads(content)
    except (ValueError, RecursionError) as error:
        raise SlipwayError(f"it is not valid JSON ({error})", where, "Correct the file and commit it") from error
    version = document.get("version") if isinstance(document, dict) else None
    if version is None or version == "":
        raise SlipwayError("the version is missing", where, 'Write "version": "0.1.0"')
    if not isinstance(version, str):
        raise SlipwayError("its version is not a text", where, 'Quote it: "version": "0.1.0"')
    return version
