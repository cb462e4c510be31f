# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Builds, packs and publishes packages with npm or pnpm."""

from __future__ import annotations

import os
import tarfile
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, Final, NamedTuple
from urllib.parse import urlsplit

from ..common.documents import loads
from ..common.errors import SlipwayError
from ..files.atomic import filing
from ..node.commands import NPM, Build, choose_tool, has_lock
from ..programs.run import Account, hidden, path_of
from .model import Package
from .tools import Tool

#: The name that CodeArtifact gives to the file of each version.
ASSET: Final = "package.tgz"
PACKAGE: Final = "package.json"
# With one of these scripts a package is not only its files.
_BUILDING: Final = ("build", "prepack", "prepare")
_MOST: Final = 1024 * 1024


class NpmLogin(NamedTuple):
    """A registry that an installation may read: its address, and a token."""

    address: str
    token: str


class Npm(NamedTuple):
    """Builds in one checkout.

    :param source: the checkout's root.
    :param login: makes the login to the registry that npm may install from.
    """

    source: Path
    tool: Tool
    login: Callable[[], NpmLogin]

    def pack(self, path: str, dest: Path) -> Path:
        """Build a package, and pack it; return the archive.

        :param path: the package's directory, or ``""`` for the root.
        :raises SlipwayError: a command fails, or there is no lock file.
        """
        place, where = self.source / path, path or "."
        package = _read((place / PACKAGE).read_bytes(), where)
        scripts = package.get("scripts")
        names = [name for name in _BUILDING if isinstance(scripts, Mapping) and name in scripts]
        program = self._build(place, where, "build" in names) if names else NPM
        with filing("make it", dest):
            dest.mkdir(parents=True)
        self.tool.run("the packing", [program, "pack", "--pack-destination", str(dest)], place, where)
        found = sorted(dest.glob("*.tgz"))
        if len(found) != 1:
            raise SlipwayError(f"{program} pack left {len(found)} archives", where, "Pack one package")
        return found[0]

    def _build(self, place: Path, where: str, script: bool) -> str:
        locked = place if has_lock(_names(place)) else self.source
        program = choose_tool(_names(locked), "auto", where)
        (doing, install), (_doing, build) = Build(program, "build").commands()
        self._install(doing, install, locked, where)
        if script:
            self.tool.run("the build", build, place, where)
        return program

    def _install(self, doing: str, command: list[str], place: Path, where: str) -> None:
        if command[0] != NPM:
            self.tool.run(doing, command, place, where)
            return
        login = self.login()
        tool = self.tool._replace(hidden=(*self.tool.hidden, login.token))
        with _userconfig(f"{_of_user()}\n{npmrc(login.address, login.token, '')}") as (words, descriptors):
            tool.run(doing, [*command, *words], place, where, descriptors)


class NpmRegistry(NamedTuple):
    """The registry at an address.

    :param address: with a slash at its end.
    :param renew: gets a token. One that expired is renewed once.
    """

    address: str
    renew: Callable[[], str]
    tool: Tool

    def upload(self, package: Package, archive: Path) -> None:
        """Publish an archive, in one request.

        :raises SlipwayError: the registry refuses or does not answer.
        """
        try:
            self._publish(package, archive)
        except SlipwayError as error:
            if "E401" not in error.what:
                raise
            self._publish(package, archive)

    def _publish(self, package: Package, archive: Path) -> None:
        token = self.renew()
        argv = ["npm", "publish", str(archive), f"--registry={self.address}", f"--tag={tag_of(package)}"]
        # The archive is final: no script may run that could change it, or read the token.
        argv += ["--ignore-scripts", "--no-provenance", "--fetch-retries=2", "--fetch-retry-mintimeout=1000"]
        text = npmrc(self.address, token, package.namespace)
        # No other .npmrc is read in an empty directory.
        with tempfile.TemporaryDirectory(prefix="slipway-npm-") as empty, _userconfig(text) as (words, descriptors):
            tool = self.tool._replace(hidden=(*self.tool.hidden, token))
            doing = f"the publication of {package.title}"
            tool.run(doing, [*argv, *words], Path(empty), self.address, descriptors)


@contextmanager
def _userconfig(text: str) -> Iterator[tuple[list[str], list[int]]]:
    """The option of npm that names its settings. They are in memory: no argument, variable or file has the token."""
    with hidden(text.encode(), Account("", os.geteuid(), os.getegid(), "")) as descriptor:
        yield [f"--userconfig={path_of(descriptor)}"], [descriptor]


def _of_user() -> str:
    """The settings of the user, whose place ours take."""
    path = Path(os.environ.get("NPM_CONFIG_USERCONFIG") or Path.home() / ".npmrc")
    with suppress(OSError, UnicodeDecodeError):
        return path.read_text(encoding="utf-8")
    return ""


def tag_of(package: Package) -> str:
    """The tag under which a version is published: ``latest``, which everybody gets, is for releases. Pure."""
    if not package.stable:
        return "snapshot"
    return "next" if "-" in package.version.partition("+")[0] else "latest"


def npmrc(address: str, token: str, scope: str) -> str:
    """The settings of npm for a registry. Pure."""
    parts = urlsplit(address)
    lines = [f"//{parts.netloc}{parts.path}:_authToken={token}"]
    if scope:
        lines.append(f"@{scope}:registry={address}")
    return "\n".join(lines) + "\n"


def named(archive: Path, where: str) -> tuple[str, str]:
    """The name and the version in a packed package.

    :raises SlipwayError: it is not one.
    """
    try:
        with tarfile.open(archive, "r:gz") as tar:
            member = tar.extractfile(f"package/{PACKAGE}")
            body = member.read(_MOST) if member is not None else b""
    except (tarfile.TarError, OSError, KeyError, EOFError) as error:
        raise SlipwayError(f"it is not a packed package ({type(error).__name__})", str(archive)) from error
    package = _read(body, where)
    return str(package.get("name")), str(package.get("version"))


def _names(directory: Path) -> list[str]:
    return [path.name for path in directory.iterdir()]


def _read(body: bytes, where: str) -> dict[str, Any]:
    try:
        package = loads(body)
    except ValueError:
        package = None
    if not isinstance(package, dict):
        raise SlipwayError("it is not a JSON object", f"{where}/{PACKAGE}", "Correct it")
    return package
