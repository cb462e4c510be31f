# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The packages of an image, from the databases of its package managers and from its archives. Pure.

Debian's and Alpine's packages, those of Python and Node, and Java archives, also inside of others. What was compiled or
copied into the image without such a record is not seen, so a list of them never claims to be complete.
"""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Iterable, Iterator, Mapping
from email.parser import BytesHeaderParser
from typing import IO, NamedTuple
from urllib.parse import quote

from ..common.documents import loads_or_none

_APK = re.compile(r"(?:usr/)?lib/apk/db/installed")
_DPKG = re.compile(r"var/lib/dpkg/(?:status|status\.d/[^/]+(?<!\.md5sums))")
_RELEASE = re.compile(r"(?:etc|usr/lib)/os-release")
_PYTHON = re.compile(r"(?:.*/)?[^/]+\.(?:dist-info/METADATA|egg-info/PKG-INFO)")
_NODE = re.compile(r"(?:.*/)?node_modules/(?:@[^/]+/)?[^/@][^/]*/package\.json")
_JAVA = re.compile(r".*\.(?:jar|war|ear)")
_POM = re.compile(r"META-INF/maven/[^/]+/[^/]+/pom\.properties")
_JAR_NAME = re.compile(r"(?P<name>[^/]+?)-(?P<version>\d[^/]*)\.(?:jar|war|ear)")
_MOST_BYTES = 256 * 1024 * 1024
_DEPTH = 3


class Package(NamedTuple):
    """A package. ``purl`` is its package URL, empty if its origin is not known."""

    name: str
    version: str
    purl: str = ""


def is_record(path: str) -> bool:
    """Whether a file of an image says which packages there are."""
    return any(kind.fullmatch(path) for kind in (_APK, _DPKG, _RELEASE, _PYTHON, _NODE, _JAVA))


def is_archive(path: str) -> bool:
    """Whether the file is a Java archive, which is read by :func:`packages_of_archive`."""
    return _JAVA.fullmatch(path) is not None


def packages(records: Mapping[str, bytes]) -> list[Package]:
    """The packages that an image's records name.

    :param records: files of the image by path, without a slash at the beginning; no archives.
    """
    system = next((_system(body) for path, body in sorted(records.items()) if _RELEASE.fullmatch(path)), "")
    found: set[Package] = set()
    for path, body in records.items():
        if _DPKG.fullmatch(path):
            found.update(_dpkg(body, system or "debian"))
        elif _APK.fullmatch(path):
            found.update(_apk(body, system or "alpine"))
        elif _PYTHON.fullmatch(path):
            found.update(_python(body))
        elif _NODE.fullmatch(path):
            found.update(_node(body))
    return sorted(found)


def packages_of_archive(path: str, file: IO[bytes], depth: int = _DEPTH) -> Iterator[Package]:
    """The packages in a Java archive: by the ``pom.properties`` of Maven, else by the archive's name.

    :param depth: how many levels of archives in archives are opened.
    """
    try:
        with zipfile.ZipFile(file) as archive:
            known = False
            for item in archive.infolist():
                if _POM.fullmatch(item.filename) and item.file_size < _MOST_BYTES:
                    one = _maven(archive.read(item))
                    known = known or one is not None
                    yield from [one] if one else []
                elif depth and is_archive(item.filename) and item.file_size < _MOST_BYTES:
                    yield from packages_of_archive(item.filename, io.BytesIO(archive.read(item)), depth - 1)
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError, RuntimeError):
        return  # It is no archive, or one that nothing else could read.
    named = _JAR_NAME.fullmatch(path.rpartition("/")[2])
    if not known and named:
        yield Package(named["name"], named["version"])


def _purl(kind: str, space: str, name: str, version: str, more: str = "") -> str:
    # https://github.com/package-url/purl-spec
    parts = [kind, *(quote(part, safe="") for part in space.split("/") if part), quote(name, safe="")]
    return f"pkg:{'/'.join(parts)}@{quote(version, safe='')}{more}"


def _system(body: bytes) -> str:
    found = re.search(r'^ID="?([a-z0-9._-]+)"?\s*$', body.decode("utf-8", "replace"), re.MULTILINE)
    return found[1] if found else ""


def _stanzas(body: bytes) -> Iterator[dict[str, str]]:
    for stanza in body.decode("utf-8", "replace").split("\n\n"):
        pairs = (line.partition(":") for line in stanza.splitlines() if line[:1].strip())
        yield {name: value.strip() for name, _colon, value in pairs}


def _dpkg(body: bytes, system: str) -> Iterator[Package]:
    for item in _stanzas(body):
        installed = item.get("Status", "install ok installed").endswith(" installed")
        if item.get("Package") and item.get("Version") and installed:
            arch = f"?arch={item['Architecture']}" if item.get("Architecture") else ""
            yield Package(
                item["Package"], item["Version"], _purl("deb", system, item["Package"], item["Version"], arch)
            )


def _apk(body: bytes, system: str) -> Iterator[Package]:
    for item in _stanzas(body):
        if item.get("P") and item.get("V"):
            arch = f"?arch={item['A']}" if item.get("A") else ""
            yield Package(item["P"], item["V"], _purl("apk", system, item["P"], item["V"], arch))


def _python(body: bytes) -> Iterable[Package]:
    head = BytesHeaderParser().parsebytes(body)
    name, version = str(head.get("Name") or ""), str(head.get("Version") or "")
    return [Package(name, version, _purl("pypi", "", re.sub(r"[-_.]+", "-", name).lower(), version))] if name else []


def _node(body: bytes) -> Iterable[Package]:
    document = loads_or_none(body)
    found = document if isinstance(document, dict) else {}
    name, version = found.get("name"), found.get("version")
    if not isinstance(name, str) or not isinstance(version, str):
        return []
    space, _slash, last = name.rpartition("/")
    return [Package(name, version, _purl("npm", space, last, version))]


def _maven(body: bytes) -> Package | None:
    pairs = (line.partition("=") for line in body.decode("utf-8", "replace").splitlines())
    found = {name.strip(): value.strip() for name, _equals, value in pairs}
    group, artifact, version = (found.get(name, "") for name in ("groupId", "artifactId", "version"))
    if not (group and artifact and version):
        return None
    return Package(f"{group}:{artifact}", version, _purl("maven", group, artifact, version))
