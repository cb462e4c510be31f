# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What an environment publishes of one commit: the jar of its backend, and packages. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from ..artifact.model import FILENAME
from ..common.documents import loads
from ..common.errors import SlipwayError, SlipwayErrors
from ..git.version import check_directory
from .model import BACKEND, MAVEN, NPM, Package, is_snapshot

POM: Final = "pom.xml"
PACKAGE: Final = "package.json"
#: Digits of a commit in the tag of a snapshot's jar.
SHORT: Final = 7
# What a key of the bucket holds without an escape, here and in every tool that reads it.
_BRANCH: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._/+-]{0,199}")
_VERSION: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._+-]{0,99}")
_NPM_NAME: Final = re.compile(r"(?:@(?P<scope>[a-z0-9~][a-z0-9._~-]*)/)?(?P<name>[a-z0-9~][a-z0-9._~-]*)")
#: A version of npm's must be a semantic one: https://docs.npmjs.com/about-semantic-versioning
_SEMVER: Final = re.compile(r"[0-9]+\.[0-9]+\.[0-9]+(?:-[0-9A-Za-z.-]+)?(?:\+[0-9A-Za-z.-]+)?")


@dataclass(frozen=True)
class Part:
    """Something to build and publish.

    :ivar kind: :data:`BACKEND`, :data:`MAVEN` or :data:`NPM`.
    :ivar path: its directory in the source, ``""`` for the root.
    :ivar version: what its file says; of a Maven package empty: Maven knows it better.
    :ivar where: its file, for errors.
    """

    kind: str
    path: str
    version: str
    where: str
    package: Package | None = None

    @property
    def name(self) -> str:
        """Its name until its build says a better one."""
        return BACKEND if self.kind == BACKEND else self.package.display if self.package else self.path or "."


def read_packages(value: Any, where: str) -> tuple[str, ...]:
    """The directories of ``publish_packages``.

    :raises SlipwayErrors: a row is malformed; all mistakes are named.
    """
    rows = value if isinstance(value, (list, tuple)) else [None]
    errors: list[SlipwayError] = []
    paths: list[str] = []
    for number, row in enumerate(rows, 1):
        place = f"{where}, row {number}"
        if not isinstance(row, str) or not row.strip():
            remedy = "Write directories: publish_packages: [common-security, web/ui]"
            errors.append(SlipwayError("it is not a directory's name", place, remedy))
            continue
        try:
            paths.append(check_directory(row.strip(), place))
        except SlipwayError as error:
            errors.append(error)
    if errors:
        raise SlipwayErrors(errors)
    twice = sorted({path for path in paths if paths.count(path) > 1})
    if twice:
        raise SlipwayError(f"{twice[0] or '.'} is in it twice", where, "Write each directory once")
    return tuple(paths)


def check_branch(branch: str, where: str) -> str:
    """A branch, if it can be part of an artifact's key.

    :raises SlipwayError: it cannot.
    """
    if not _BRANCH.fullmatch(branch) or "//" in branch or branch.endswith("/") or "/." in branch or ".." in branch:
        what = f"the branch {branch[:60]!r} cannot be part of an artifact's key"
        raise SlipwayError(what, where, "Use letters, digits and . _ / + - in its name")
    return branch


def check_text(version: str, where: str) -> str:
    """A version, if it can be part of a tag.

    :raises SlipwayError: it cannot.
    """
    if not _VERSION.fullmatch(version):
        raise SlipwayError(f"its version {version[:60]!r} is not valid", where, "Write one such as 1.2.0")
    return version


def jar_tag(group: str, version: str, commit: str) -> str:
    """The tag of a jar: a release's, or that of a snapshot, which has its commit: no jar ever replaces another."""
    tag = f"{group}-v{version}"
    return f"{tag}-{commit[:SHORT]}" if is_snapshot(version) else tag


def jar_key(branch: str, tag: str) -> str:
    """The key of a jar in the bucket."""
    return f"{branch}/{tag}/{FILENAME}"


def npm_part(path: str, text: str, where: str) -> Part:
    """The package of a ``package.json``.

    :raises SlipwayError: it is not one that can be published.
    """
    try:
        document = loads(text)
    except ValueError as error:
        raise SlipwayError(f"it is not valid JSON ({error})", where, "Correct the file and commit it") from error
    if not isinstance(document, Mapping):
        raise SlipwayError("it is not a JSON object", where, "Correct the file and commit it")
    name, version = document.get("name"), document.get("version")
    named = _NPM_NAME.fullmatch(name) if isinstance(name, str) else None
    if named is None:
        raise SlipwayError(f"its name is {str(name)[:60]!r}", where, 'Write one such as "@acme/ui"')
    if version is None or version == "":
        raise SlipwayError("its version is missing", where, 'Write "version": "1.0.0"')
    if not isinstance(version, str) or not _SEMVER.fullmatch(version):
        raise SlipwayError(f"its version is {str(version)[:60]!r}", where, 'Write a semantic one: "version": "1.0.0"')
    if document.get("private") is True:
        raise SlipwayError("it is private, and npm does not publish it", where, 'Remove "private", or its row')
    package = Package(NPM, named["scope"] or "", named["name"], version)
    return Part(NPM, path, version, where, package)


def find_part(path: str, read: Callable[[str], str | None], where: Callable[[str], str]) -> Part | None:
    """The package in a directory of the source; ``None`` if there is none.

    :param read: a file's text at the commit, ``None`` for none.
    :param where: a file's place, for errors.
    :raises SlipwayError: it cannot be published.
    """
    prefix = f"{path}/" if path else ""
    if read(f"{prefix}{POM}") is not None:
        return Part(MAVEN, path, "", where(f"{prefix}{POM}"))
    text = read(f"{prefix}{PACKAGE}")
    return None if text is None else npm_part(path, text, where(f"{prefix}{PACKAGE}"))
