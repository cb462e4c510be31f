# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Writes the generations of a service's configuration, and removes those that are no longer needed.

``/etc/<service>`` holds ``generations/<digest>``, the link ``current`` and ``generation.key``. A generation gets its
name when it is complete, so a killed run leaves no partial one.
"""

from __future__ import annotations

import grp
import os
import pwd
import re
import secrets
import stat
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from ..common.errors import SlipwayError
from ..files.atomic import PRIVATE, ensure_directory, filing, link_atomic, read_link, write_atomic
from ..files.atomic_directory import making, newest_first, remove
from ..programs.run import run_command
from ..releases.ledger import GOOD, Ledger
from .delivered_files import link_files
from .model import (
    CREDENTIALS_SINCE,
    Configuration,
    Difference,
    Place,
    contents,
    difference,
    digest_of,
    file_name,
    read_contents,
)

_DIGEST = re.compile(r"[0-9a-f]{16}")
_KEY_BYTES = 32
_LIMIT = 60
_NEW = "0" * 16


@dataclass(frozen=True)
class Access:
    """The owner and group of a file, ``-1`` for root, and its mode."""

    uid: int = -1
    gid: int = -1
    mode: int = PRIVATE


@dataclass(frozen=True)
class Owner:
    """Who reads the credential files: root, or the service's user if systemd cannot pass them on.

    :ivar environment: the owner of the environment file.
    :ivar files: the owners of the delivered files, by their name below the generation.
    """

    uid: int = -1
    gid: int = -1
    environment: Access = Access()
    files: Mapping[str, Access] = field(default_factory=dict)

    @property
    def directory_mode(self) -> int:
        """The mode of the directories above what others than root have."""
        return 0o700 if self.uid == -1 and self.environment.uid == -1 and not self.files else 0o711

    def of(self, name: str) -> Access:
        """The owner and mode of a file of a generation."""
        if name.startswith("credentials/"):
            return Access(self.uid, self.gid)
        return self.environment if name == "env" else self.files.get(name, Access())


@dataclass(frozen=True)
class Written:
    """What was changed, or in check mode would be.

    :ivar generation: the wanted generation's directory; ``""`` in check mode on a host that has no key yet.
    :ivar current: the generation that the link pointed to before, or ``None``.
    :ivar changed: whether files changed, apart from the link.
    :ivar pruned: the digests of the generations that were removed.
    """

    generation: str
    current: str | None
    changed: bool
    difference: Difference
    pruned: tuple[str, ...] = ()

    @property
    def pending(self) -> bool:
        """Whether the link does not point at the wanted generation."""
        return not self.generation or self.current != self.generation


def write(
    configuration: Configuration,
    place: Place,
    owner: Owner,
    dropin: Path,
    protected: Collection[str] | None = (),
    check: bool = False,
    base: str = "",
) -> Written:
    """Write the generation of a configuration with its modes. The link ``current`` is not changed.

    :param dropin: the drop-in that systemd reads: a link through ``current`` to the generation's own.
    :param protected: digests of generations that are kept whatever their age; ``None`` for all.
    :param check: change nothing.
    :param base: the generation to compare with, instead of the live one.
    :raises SlipwayError: the host does not permit it.
    """
    top = Path(place.directory)
    current = read_link(top / "current")
    against = base if base and Path(base).is_dir() else current
    before = read_contents(read_files(Path(against))) if against else {}
    key = read_key(top / "generation.key")
    if key is None and check:
        after = read_contents(contents(configuration, place, _NEW))
        return Written("", current, True, difference(before, after))
    directories = _directories(top, owner, check)
    if key is None:
        key = secrets.token_bytes(_KEY_BYTES)
        write_atomic(top / "generation.key", key)
    digest = digest_of(configuration, place, key)
    files = contents(configuration, place, digest)
    generation = place.generation(digest)
    changed = write_generation(Path(generation), files, owner, check) or directories
    changed = _link_dropin(dropin, top / "current" / "unit.conf", check) or changed
    paths = {path: owner.of(file_name(path)) for path in configuration.files}
    linked = link_files(top, {path: (item.uid, item.gid) for path, item in paths.items()}, current, check)
    pruned = _prune(top / "generations", digest, current, protected, check)
    return Written(generation, current, changed or linked, difference(before, read_contents(files)), tuple(pruned))


def needed(ledger: Ledger, place: Place) -> frozenset[str]:
    """The digests of the generations to which the host may return, by its ledger.

    What runs, what is being switched to, and the last good other release: each was started with its own configuration.
    """
    current = ledger.current()
    release = current.release.id if current and current.release else None
    others = (item for item in ledger.entries if item.verdict == GOOD and item.release and item.release.id != release)
    entries = (current, next(others, None))
    snapshots = [entry.snapshot for entry in entries if entry] + ([ledger.pending] if ledger.pending else [])
    link = f"{place.directory}/current"
    return frozenset(Path(snapshot.links[link]).name for snapshot in snapshots if link in snapshot.links)


def switch(place: Place, generation: str) -> bool:
    """Point the link ``current`` at a generation; return whether it changed."""
    return link_atomic(Path(place.directory) / "current", generation)


def owner_of(place: Place, user: str) -> Owner:
    """Who reads the credential files.

    :raises SlipwayError: it must be the service's user, who does not exist.
    """
    if place.systemd >= CREDENTIALS_SINCE:
        return Owner()
    try:
        entry = pwd.getpwnam(user)
    except KeyError:
        what = f"systemd {place.systemd} hands no credentials to a service, and its user {user} does not exist"
        raise SlipwayError(what, place.service, "Create the user first (role jvm_service)") from None
    return Owner(entry.pw_uid, entry.pw_gid)


def owners(place: Place, user: str, configuration: Configuration, environment: str, check: bool) -> Owner:
    """Who reads which files.

    :param environment: the owner of the environment file; ``""`` for root.
    :param check: whether a user or group may be missing, because an earlier task would have created it.
    :raises SlipwayError: a user or group does not exist.
    """
    access = _access(environment, "", PRIVATE, "owner", check) if environment else Access()
    files = {
        file_name(path): _access(item.owner, item.group, item.mode, path, check)
        for path, item in configuration.files.items()
    }
    return replace(owner_of(place, user), environment=access, files=files)


def _access(user: str, group: str, mode: int, where: str, check: bool) -> Access:
    try:
        entry = pwd.getpwnam(user)
        return Access(entry.pw_uid, grp.getgrnam(group).gr_gid if group else entry.pw_gid, mode)
    except KeyError:
        if check:
            return Access(mode=mode)
        what = f"the host has no user {user}" + (f", or no group {group}" if group else "")
        raise SlipwayError(what, where, "Create it first") from None


def systemd_version() -> int:
    """The version of the systemd that runs here.

    :raises SlipwayError: there is none.
    """
    match = re.match(r"systemd ([0-9]+)", _systemctl("--version"))
    if match is None:
        raise SlipwayError("there is no systemd on this host", "systemctl", "Use a host that systemd runs")
    return int(match[1])


def unit_exists(service: str) -> bool:
    """Whether systemd knows the service's unit; a drop-in alone does not make one."""
    return _systemctl("show", "--property=LoadState", "--value", f"{service}.service").strip() == "loaded"


def _systemctl(*arguments: str) -> str:
    try:
        done = run_command(["systemctl", *arguments], _LIMIT)
        why = f"it did not finish within {_LIMIT:g} s" if done.late else ""
    except OSError as error:
        why = str(error)
    if why:
        raise SlipwayError(f"systemctl does not answer: {why}", "systemctl", "Use a host that systemd runs")
    return done.output


def _directories(top: Path, owner: Owner, check: bool) -> bool:
    wanted = (top, top / "generations")
    if check:
        return any(not path.is_dir() or stat.S_IMODE(path.stat().st_mode) != owner.directory_mode for path in wanted)
    changed = [ensure_directory(path, owner.directory_mode) for path in wanted]
    return any(changed)


def read_key(path: Path) -> bytes | None:
    """The host's key, or ``None`` if it is missing or truncated: then every generation gets a new name."""
    try:
        key = path.read_bytes()
    except FileNotFoundError:
        return None
    except OSError as error:
        with filing("read it", path):
            raise error
    return key if len(key) == _KEY_BYTES else None


def read_files(directory: Path) -> dict[str, bytes]:
    """The files of a generation; empty if it does not exist."""
    files: dict[str, bytes] = {}
    with filing("read it", directory):
        for path in sorted(directory.rglob("*")):
            if path.is_file() and not path.is_symlink():
                files[str(path.relative_to(directory))] = path.read_bytes()
    return files


def write_generation(directory: Path, files: Mapping[str, bytes], owner: Owner, check: bool) -> bool:
    """Make a generation match; return whether anything changed."""
    if directory.is_dir() and not directory.is_symlink():
        whole = _is_whole(directory, files, owner)
        if not whole and not check:
            _fill(directory, files, owner)
        if not check:
            os.utime(directory)  # The order in which generations were requested decides which one is the previous one.
        return not whole
    if not check:
        with making(directory) as new:
            _fill(new, files, owner)
    return True


def _fill(directory: Path, files: Mapping[str, bytes], owner: Owner) -> None:
    """Make a directory contain exactly these files."""
    ensure_directory(directory, owner.directory_mode)
    ensure_directory(directory / "credentials", 0o700, owner.uid, owner.gid)
    if owner.files:
        ensure_directory(directory / "files", 0o711)
    for name in set(read_files(directory)) - set(files):
        with filing("remove it", directory / name):
            (directory / name).unlink()
    for name, content in files.items():
        access = owner.of(name)
        write_atomic(directory / name, content, access.mode, access.uid, access.gid)


def _is_whole(directory: Path, files: Mapping[str, bytes], owner: Owner) -> bool:
    if read_files(directory) != dict(files):
        return False
    wanted = {
        directory: Access(mode=owner.directory_mode),
        directory / "credentials": Access(owner.uid, owner.gid, 0o700),
        **({directory / "files": Access(mode=0o711)} if owner.files else {}),
        **{directory / name: owner.of(name) for name in files},
    }
    with filing("look at it", directory):
        return all(_has(path.stat(), access) for path, access in wanted.items())


def _has(state: os.stat_result, access: Access) -> bool:
    """Whether a file's owner and mode match. Files of root belong to the user who runs this."""
    return (
        stat.S_IMODE(state.st_mode) == access.mode
        and state.st_uid == (os.geteuid() if access.uid == -1 else access.uid)
        and access.gid in (-1, state.st_gid)
    )


def _link_dropin(dropin: Path, target: Path, check: bool) -> bool:
    if check:
        return read_link(dropin) != str(target)
    ensure_directory(dropin.parent)
    return link_atomic(dropin, target)


def _prune(
    directory: Path, digest: str, current: str | None, protected: Collection[str] | None, check: bool
) -> list[str]:
    """Remove generations that are neither wanted, live nor the previous one; return their digests.

    The previous one is the live one until the wanted one is live, and then the newest of the others.
    """
    if check or protected is None or not directory.is_dir():
        return []
    live = Path(current).name if current else digest
    kept = {digest, live, *protected}
    others = [name for name in newest_first(directory) if _DIGEST.fullmatch(name) and name not in kept]
    gone = sorted(others[1 if live == digest else 0 :])
    for name in gone:
        remove(directory / name)
    return gone
