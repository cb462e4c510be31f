# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What goes into a bundle, and what its two descriptions say. Pure."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Final

from ..artifact.model import release_id
from ..common.archives import LimitExceeded, check_path, mib
from ..common.errors import SlipwayError

MIGRATION_SIZE: Final = 64 * 1024 * 1024
"""Bytes that one migration may have."""
MIGRATIONS_SIZE: Final = 256 * 1024 * 1024
MIGRATIONS_COUNT: Final = 20_000

BUNDLE_SCHEMA: Final = "slipway/bundle/1"
RELEASE_SCHEMA: Final = "slipway/bundled-release/1"
MIGRATIONS: Final = "migrations/"
WHEELHOUSE: Final = "wheelhouse/"
FLYWAY: Final = "flyway/"

_COLLECTION: Final = "collections/ansible_collections/slipway/deploy/"
_FILES: Final = frozenset({"ansible.cfg", "COPYING", "inventories/environment.yml"})
_TREES: Final = ("playbooks/", "roles/", "filter_plugins/", f"{_COLLECTION}plugins/", f"{_COLLECTION}meta/")
# For playbooks that are started elsewhere; a bundle's are not.
_LINK: Final = "playbooks/collections"
_HOOKS: Final = "pipelines/codedeploy/"
_SKIPPED: Final = ("pipelines/codedeploy/pins.json",)
#: Where Flyway looks by default: of a module's resources, as ``database_migration_locations`` names it.
LOCATIONS: Final = ("src/main/resources/db/migration",)
_RESOURCES: Final = "src/main/resources/"
# Where resources are in the jar of Spring Boot, in a plain one, and in a module's sources.
_ROOTS: Final = ("BOOT-INF/classes/", _RESOURCES, "")
# What Windows opens instead of a file, with any extension.
_DEVICE: Final = re.compile(r"(?i)(?:con|prn|aux|nul|com[0-9]|lpt[0-9])(?:\..*)?")
_VERSIONED: Final = re.compile(r"V(?P<version>[0-9]+(?:[._][0-9]+)*)__.*\.sql")
# Flyway's program needs neither the drivers of other databases nor what signs in to Azure.
_FLYWAY_TREES: Final = ("lib/", "drivers/postgresql-", "conf/", "licenses/")
_FLYWAY_SKIPPED: Final = ("lib/netty/", "lib/aad/", "lib/jna")


@dataclass(frozen=True)
class Release:
    """The release that a bundle deploys.

    :ivar group: the group of its hosts, which is their kind.
    :ivar digest: the artifact's.
    :ivar schema: the newest migration's version.
    """

    group: str
    environment: str
    tag: str
    branch: str
    bucket: str
    key: str
    digest: str
    version: str
    commit: str
    infra_commit: str
    schema: str

    def document(self) -> dict[str, Any]:
        """``release.json``."""
        return {"format": RELEASE_SCHEMA, "release": release_id(self.tag, self.digest), **asdict(self)}


def project_name(name: str, environment: str) -> str | None:
    """The name in the bundle of a file of the project, or ``None`` when it stays out.

    :param name: its path below the project's directory.
    :param environment: the only environment that comes along.
    """
    if name.startswith(_HOOKS) and name not in _SKIPPED:
        return name.removeprefix(_HOOKS)
    if name in _FILES or name.startswith((f"inventories/{environment}/", *_TREES)):
        return None if "/__pycache__/" in name or name.endswith(".example") or name == _LINK else name
    return None


def resource(location: str) -> str:
    """The path of a location of migrations among the resources of a jar.

    :param location: as Flyway or ``database_migration_locations`` has it: ``src/main/resources/db/migration``,
        ``classpath:db/migration``.
    :raises SlipwayError: when it is none of the application's resources.
    """
    path = location.removeprefix("filesystem:").removeprefix("classpath:").removeprefix("./")
    path = path.removeprefix("/" if location.startswith("classpath:") else "").removeprefix(_RESOURCES).rstrip("/")
    if not path or path.startswith("/") or ".." in path.split("/") or set(path) & set("*?{"):
        remedy = f"Name a directory below {_RESOURCES}, such as {LOCATIONS[0]}"
        raise SlipwayError(f"{location!r} is not in the application's jar", "database_migration_locations", remedy)
    return path


def migration_name(path: str, locations: Sequence[str] = LOCATIONS) -> str | None:
    """The name in the bundle of a file of a jar or of a Maven module when Flyway needs it.

    All files of the locations are: migrations, their ``.conf``, callbacks, and what a script reads.

    :param locations: where the migrations are; of several each keeps its path.
    """
    name = located_name(path, locations)
    return None if name is None or any(part in ("", ".", "..") for part in name.split("/")) else name


def located_name(path: str, locations: Sequence[str] = LOCATIONS) -> str | None:
    """:func:`migration_name` also of a file whose name leads elsewhere, to be refused by it."""
    for location in map(resource, locations):
        for root in _ROOTS:
            inside = path.removeprefix(f"{root}{location}/")
            if inside == path or not inside or inside.endswith(("/", ".class")):
                continue
            return f"{MIGRATIONS}{location}/{inside}" if len(locations) > 1 else f"{MIGRATIONS}{inside}"
    return None


def check_name(name: str, where: str) -> str:
    """A name that leads nowhere else, whoever unpacks a bundle and on which system.

    :raises SlipwayError: it could.
    """
    parts = name.split("/")
    what = ""
    if "\\" in name or not name.isprintable():
        what = "has a backslash, or a character that cannot be printed, in its name"
    elif any(part in ("", ".", "..") or re.fullmatch(r"[A-Za-z]:.*", part) for part in parts):
        what = "leads out of its directory"
    elif any(_DEVICE.fullmatch(part) for part in parts):
        what = "has the name of a device"
    else:
        try:
            check_path(parts)
        except LimitExceeded as error:
            what = str(error)
    if what:
        raise SlipwayError(f"{name[:200]!a} {what}", where, "Rename it, then build again")
    return name


class Budget:
    """What the migrations of one bundle may have at most, counted while they are read.

    :param where: the jar or the directory that they are in.
    """

    def __init__(self, where: str) -> None:
        self._where = where
        self._names: set[str] = set()
        self._size = 0

    def check_name(self, name: str) -> None:
        """Count one more file.

        :raises SlipwayError: its name is refused, is there already (in whatever case), or one too many.
        """
        check_name(name, self._where)
        if name.casefold() in self._names:
            what = f"{name[:200]!a} is there twice, or differs from another only in case"
            raise SlipwayError(what, self._where, "Keep one of them, then build again")
        self._names.add(name.casefold())
        if len(self._names) > MIGRATIONS_COUNT:
            raise SlipwayError(f"it has more migrations than the limit of {MIGRATIONS_COUNT}", self._where)

    def add(self, size: int) -> None:
        """Count the bytes of a file.

        :raises SlipwayError: there are too many.
        """
        self._size += size
        if self._size > MIGRATIONS_SIZE:
            what = f"its migrations have more than the limit of {mib(MIGRATIONS_SIZE)}"
            raise SlipwayError(what, self._where, "Load data outside migrations")


def flyway_name(path: str) -> str | None:
    """The name in the bundle of a file of Flyway's archive (``flyway-<version>/…``), or ``None``."""
    name = path.partition("/")[2]
    if name.startswith(_FLYWAY_SKIPPED):
        return None
    return f"{FLYWAY}{name}" if name == "flyway" or name.startswith(_FLYWAY_TREES) else None


def schema_version(migrations: Iterable[str]) -> str:
    """The highest version among the names of migrations, empty when none is versioned."""
    found = (_VERSIONED.fullmatch(name.rpartition("/")[2]) for name in migrations)
    versions = [match["version"].replace("_", ".") for match in found if match]
    return max(versions, key=version_key, default="")


def version_key(version: str) -> tuple[int, ...]:
    """What versions of a schema are sorted by: ``1.10`` comes after ``1.9`` and equals ``1.10.0``."""
    numbers = [int(part) for part in re.split(r"[._]", version) if part.isdigit()]
    while numbers and numbers[-1] == 0:
        numbers.pop()
    return tuple(numbers)


def refuse_private_key(name: str, content: bytes) -> None:
    """Refuse a file that holds a private key: a bundle is readable by every host.

    :raises SlipwayError: naming the file.
    """
    if re.search(rb"-----BEGIN [A-Z ]*PRIVATE KEY-----\s+[A-Za-z0-9+/=]{16}", content):
        raise SlipwayError("holds a private key", name, "Keep secrets in Secrets Manager or SSM, out of the project")


def manifest(files: Mapping[str, str], release: Release, pythons: Mapping[str, str]) -> bytes:
    """``bundle.json``: the digest of every other file, and what the host looks up in it.

    :param files: name → SHA-256.
    :param pythons: Python version → its list of requirements, by name in the bundle.
    """
    document = {
        "schema": BUNDLE_SCHEMA,
        "group": release.group,
        "environment": release.environment,
        "release": release.tag,
        "pythons": dict(sorted(pythons.items())),
        "files": dict(sorted(files.items())),
    }
    return as_json(document)


def as_json(document: Mapping[str, Any]) -> bytes:
    """A document as it is written."""
    return (json.dumps(document, indent=1, ensure_ascii=False) + "\n").encode()


def bundle_id(release: Release, manifest_body: bytes) -> str:
    """A bundle's name: what it releases, and the digest of all it holds."""
    tag = re.sub(r"[^A-Za-z0-9._-]", "-", release.tag)
    return f"{tag}-{hashlib.sha256(manifest_body).hexdigest()[:12]}"
