# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What is published, and what it means that the registry has something of that version already. Pure.

A stable version is immutable: the same content again changes nothing, other content is refused. A snapshot replaces the
one before.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from ..common.errors import SlipwayError, SlipwayErrors

BACKEND, MAVEN, NPM = "backend", "maven", "npm"
#: What a snapshot of a version is called.
SNAPSHOT: Final = "-SNAPSHOT"
PUBLISH, REPLACE, UNCHANGED = "publish", "replace", "unchanged"
#: Files of Maven's that accompany a version's own.
METADATA: Final = "maven-metadata.xml"
CHECKSUMS: Final = (".md5", ".sha1", ".sha256", ".sha512", ".asc.md5")
#: CodeArtifact's word for a version that can be used.
PUBLISHED: Final = "Published"
_UNFINISHED: Final = "Unfinished"
_DOMAIN: Final = re.compile(r"[a-z][a-z0-9-]{0,48}[a-z0-9]")
_REPOSITORY: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{1,99}")
_ACCOUNT: Final = re.compile(r"[0-9]{12}")
_BUILD: Final = r"-[0-9]{8}\.[0-9]{6}-[0-9]+"
_FIELDS: Final = ("domain", "repository", "owner")


@dataclass(frozen=True)
class Target:
    """A repository of CodeArtifact.

    :ivar owner: the account that owns the domain; empty for the environment's own.
    """

    domain: str
    repository: str
    owner: str = ""

    def location(self, package: Package) -> str:
        """The location of a package's version, for the manifest."""
        return f"codeartifact:{self.domain}/{self.repository}/{package.format}/{package.title}"


@dataclass(frozen=True)
class Package:
    """One version of a package.

    :ivar namespace: Maven's groupId, npm's scope without ``@``, or empty.
    """

    format: str
    namespace: str
    name: str
    version: str

    @property
    def stable(self) -> bool:
        """Whether its content may never change."""
        return not is_snapshot(self.version)

    @property
    def display(self) -> str:
        """Its name as its users write it: ``com.acme:common`` or ``@acme/ui``."""
        if self.format == MAVEN:
            return f"{self.namespace}:{self.name}"
        return f"@{self.namespace}/{self.name}" if self.namespace else self.name

    @property
    def title(self) -> str:
        """Name and version: ``com.acme:common:1.1.0`` or ``@acme/ui@1.1.0``."""
        return f"{self.display}{':' if self.format == MAVEN else '@'}{self.version}"


@dataclass(frozen=True)
class Staged:
    """A package as it was built.

    :ivar assets: the SHA-256 of its files in hexadecimal, by the names that the registry gives them.
    :ivar digest: of its main file: ``sha256:`` and 64 hexadecimal digits.
    """

    package: Package
    assets: Mapping[str, str]
    digest: str


@dataclass(frozen=True)
class Held:
    """A version in the registry.

    :ivar status: one of CodeArtifact's.
    :ivar assets: as those of :class:`Staged`; none unless it is published.
    """

    status: str
    assets: Mapping[str, str]


def is_snapshot(version: str) -> bool:
    """Whether a version is a snapshot, as Maven sees it."""
    return version.upper().endswith(SNAPSHOT)


def read_target(value: Any, where: str) -> Target:
    """The repository that ``codeartifact`` names.

    :raises SlipwayErrors: it is malformed; all mistakes are named.
    """
    if not isinstance(value, Mapping):
        raise SlipwayErrors(
            [SlipwayError("it is not a mapping", where, "Write codeartifact: {domain: …, repository: …}")]
        )
    errors = [
        SlipwayError(f"{str(name)[:40]!r} is not a setting of it", where, f"There are {', '.join(_FIELDS)}")
        for name in value
        if name not in _FIELDS
    ]
    for name, pattern in (("domain", _DOMAIN), ("repository", _REPOSITORY), ("owner", _ACCOUNT)):
        text = value.get(name)
        if text is None and name == "owner":
            continue
        if not isinstance(text, str) or not pattern.fullmatch(text):
            shown = "missing" if text is None else f"{str(text)[:60]!r}"
            remedy = "Quote the 12 digits of the account" if name == "owner" else "Write its name in CodeArtifact"
            errors.append(SlipwayError(f"its {name} is {shown}", where, remedy))
    if errors:
        raise SlipwayErrors(errors)
    return Target(value["domain"], value["repository"], value.get("owner") or "")


def decide(staged: Staged, held: Held | None, where: str) -> str:
    """What to do with a package: one of the three words. To replace is to delete what is there, then to publish.

    :param held: what the registry has of that version, ``None`` for nothing.
    :param where: the package's file in the source, for errors.
    :raises SlipwayError: a stable version exists with other content, or cannot be used again.
    """
    package = staged.package
    if held is None:
        return PUBLISH
    there, here = comparable(held.assets, package), comparable(staged.assets, package)
    if held.status == PUBLISHED and there == here:
        return UNCHANGED
    # Nobody can have used a version that was never finished.
    if not package.stable or held.status == _UNFINISHED:
        return REPLACE
    if held.status != PUBLISHED:
        what = f"{package.title} is {held.status} in the registry"
        raise SlipwayError(what, where, "Raise the version, and commit it")
    differing = sorted(name for name in {*there, *here} if there.get(name) != here.get(name))
    what = (
        f"{package.title} is published with other content ({', '.join(differing[:3])}), and a stable version is final"
    )
    raise SlipwayError(what, where, "Raise the version, and commit it")


def builds_of(package: Package, versions: Sequence[str]) -> list[str]:
    """The versions to delete before a version is published again: itself, and a snapshot's builds.

    CodeArtifact keeps each build of a Maven snapshot as a version with a time stamp.
    """
    found = {package.version} & set(versions)
    if package.format == MAVEN and not package.stable:
        build = re.compile(re.escape(package.version[: -len(SNAPSHOT)]) + _BUILD)
        found |= {version for version in versions if build.fullmatch(version)}
    return sorted(found)


def comparable(assets: Mapping[str, str], package: Package) -> dict[str, str]:
    """The files of a version that tell whether it is the same, without the time that Maven puts into their names."""
    build = ""
    if package.format == MAVEN and not package.stable:
        base = package.version[: -len(SNAPSHOT)]
        build = f"^{re.escape(f'{package.name}-{base}')}{_BUILD}"
    plain = f"{package.name}-{package.version}"
    return {
        re.sub(build, lambda _found: plain, name) if build else name: digest
        for name, digest in assets.items()
        if name != METADATA and not name.endswith(CHECKSUMS)
    }
