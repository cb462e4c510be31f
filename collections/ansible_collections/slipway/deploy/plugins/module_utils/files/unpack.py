# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Unpacks a tar archive into a new directory, and never outside of it.

The whole archive is read and planned before anything is written: an archive that is damaged, needs too much space
or has a member that leads outside is refused. Owners and modes of files are decided here, not
by the archive. tarfile's own ``filter=`` came with 3.12, and trusts the resolved path of links.
"""

from __future__ import annotations

import os
import shutil
import tarfile
import zlib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import BinaryIO

from ..common.archives import (
    LIMITS,
    LimitExceeded,
    Tar,
    check_path,
)
from ..common.errors import SlipwayError
from .atomic import filing

try:
    from lzma import LZMAError
except ImportError:  # Python may be built without it: then such archives are not supported.
    LZMAError = zlib.error  # type: ignore[misc,assignment]

DIRECTORY, FILE, SYMLINK, HARDLINK = "directory", "file", "symbolic link", "hard link"
#: Bytes and files that must stay free after unpacking.
RESERVE = 4 * 1024 * 1024
RESERVED_FILES = 100
_BLOCK = 4096
_CHUNK = 1024 * 1024
_REMEDY = "Build the archive again; do not deploy this one"


@dataclass(frozen=True)
class Item:
    """Something to unpack.

    :ivar path: below the directory, with ``/`` between its parts, none of which is ``""``, ``.`` or ``..``.
    :ivar target: the target of a symbolic link, or the other path of a hard link.
    :ivar member: its index among the archive's members, if any.
    """

    path: str
    kind: str
    member: int = -1
    size: int = 0
    executable: bool = False
    target: str = ""


@dataclass(frozen=True)
class Plan:
    """The items that unpacking an archive creates.

    :ivar comment: the archive's comment; ``git archive`` writes the commit there.
    """

    items: tuple[Item, ...]
    comment: str = ""

    @property
    def files(self) -> int:
        """The number of names that it creates."""
        return len(self.items)

    @property
    def size(self) -> int:
        """The bytes of its files."""
        return sum(item.size for item in self.items)

    @property
    def space(self) -> int:
        """The approximate bytes that it takes on disk."""
        return sum(-(-item.size // _BLOCK) * _BLOCK + _BLOCK for item in self.items)

    def find(self, path: str) -> Item | None:
        """The item at a path."""
        return next((item for item in self.items if item.path == path), None)

    def has_directory(self, path: str) -> bool:
        """Whether a path is a directory: an archive need not list the parents of its files."""
        found = self.find(path)
        return found.kind == DIRECTORY if found else any(item.path.startswith(f"{path}/") for item in self.items)


@dataclass(frozen=True)
class Access:
    """Owner, group and modes of unpacked files; ``-1`` for the user who runs this.

    :ivar top: the mode of the target directory.
    """

    uid: int = -1
    gid: int = -1
    top: int = 0o755
    directory: int = 0o755
    file: int = 0o644
    program: int = 0o755


def read_plan(archive: BinaryIO, where: str, strip: int = 0) -> Plan:
    """The plan of an archive, which is read to its end.

    :param where: the archive's name in errors.
    :param strip: how many leading directories of every path are removed.
    :raises SlipwayError: it is not an archive, is damaged or has a refused member.
    """
    with reading(where):
        tar = Tar(archive)
        plan = plan_members(tar.members(), where, strip)
        return replace(plan, comment=tar.comment)


def plan_members(members: Iterable[tarfile.TarInfo], where: str, strip: int = 0) -> Plan:
    """The plan of members, in their order. Pure.

    :raises SlipwayError: one is refused.
    """
    known: dict[str, str] = {}
    items = []
    for number, member in enumerate(members):
        try:
            item = _item(member, number, strip, known)
        except ValueError as error:
            raise SlipwayError(f"{_shown(member.name)} {error}", where, _REMEDY) from None
        if item is not None:
            items.append(item)
        if len(known) > LIMITS.members:
            raise SlipwayError(f"it has more members than the limit of {LIMITS.members}", where, _REMEDY)
    return Plan(tuple(items))


def _item(member: tarfile.TarInfo, number: int, strip: int, known: dict[str, str]) -> Item | None:
    parts = _parts(member.name)
    if len(parts) <= strip:
        if parts and not member.isdir():
            raise ValueError(f"is not below {strip} directories, which are to be left out")
        return None
    parts, kind = parts[strip:], _kind(member)
    path = "/".join(parts)
    for end in range(1, len(parts)):
        above = "/".join(parts[:end])
        if known.setdefault(above, DIRECTORY) != DIRECTORY:
            raise ValueError(f"lies below {_shown(above)}, which is a {known[above]}")
    if path in known and (kind, known[path]) != (DIRECTORY, DIRECTORY):
        raise ValueError("is there twice")
    target = ""
    if kind == SYMLINK:
        target = _symlink(member.linkname, depth=len(parts) - 1)
    elif kind == HARDLINK:
        target = "/".join(_parts(member.linkname)[strip:])
        if known.get(target) != FILE:
            raise ValueError(
                f"is a hard link to {_shown(member.linkname)}, which is not a file of the archive before it"
            )
    repeated = path in known
    # Another name of a hard link's file may be a target as well.
    known[path] = FILE if kind == HARDLINK else kind
    size = member.size if kind == FILE else 0
    return None if repeated else Item(path, kind, number, size, bool(member.mode & 0o100), target)


def _parts(name: str) -> list[str]:
    if name.startswith("/"):
        raise ValueError("is an absolute path")
    if any(ord(character) < 32 or ord(character) == 127 for character in name):
        raise ValueError("has a control character in it")
    parts = [part for part in name.split("/") if part not in ("", ".")]
    if ".." in parts:
        raise ValueError("leads out of the archive")
    check_path(parts)
    return parts


def _kind(member: tarfile.TarInfo) -> str:
    kinds = ((member.isreg(), FILE), (member.isdir(), DIRECTORY), (member.issym(), SYMLINK), (member.islnk(), HARDLINK))
    for matches, kind in kinds:
        if matches:
            return kind
    words = ((member.ischr() or member.isblk(), "a device"), (member.isfifo(), "a named pipe"))
    word = next((word for matches, word in words if matches), f"of the unknown type {member.type!r}")
    raise ValueError(f"is {word}")


def _symlink(target: str, depth: int) -> str:
    """The target of a link that stays inside, wherever the links on its path point.

    Its directory is a real one, because nothing lies below a link. From there ``..`` at its front climbs to a real
    directory too. What follows only goes down, through links for which the same is true. A ``..`` after a name could
    start from where a link leads, and climb out.
    """
    if not target or target.startswith("/"):
        raise ValueError(f"is a symbolic link to {_shown(target)}, an absolute path")
    parts = [part for part in target.split("/") if part not in ("", ".")]
    climbs = next((index for index, part in enumerate(parts) if part != ".."), len(parts))
    if climbs > depth or ".." in parts[climbs:]:
        raise ValueError(f"is a symbolic link to {_shown(target)}, which may lead out of the archive")
    return target


def _shown(name: str) -> str:
    return ascii(name if len(name) <= 200 else f"{name[:200]}…")


def check_space(content: Plan, directory: Path, doing: str) -> None:
    """Refuse an archive that does not fit on the disk.

    :param doing: what needs the space, for the error.
    :raises SlipwayError: there is too little space, or there are too few inodes.
    """
    with filing("look at its file system", directory):
        state = os.statvfs(directory)
    remedy = "Free space there, then run this again"
    need, free = content.space + RESERVE, state.f_bavail * state.f_frsize
    if free < need:
        what = f"the disk is full: {_mib(need)} are needed for {doing}, {_mib(free)} are free"
        raise SlipwayError(what, str(directory), remedy)
    # Some file systems do not count inodes.
    if state.f_files and state.f_favail < content.files + RESERVED_FILES:
        what = f"the disk is full: {content.files} inodes are needed for {doing}, {state.f_favail} are free"
        raise SlipwayError(what, str(directory), remedy)


def _mib(size: int) -> str:
    return f"{size / 1024 / 1024:.1f} MiB"


def unpack(archive: BinaryIO, where: str, content: Plan, directory: Path, access: Access, *, times: bool) -> None:
    """Unpack into an empty directory. If this fails, the caller removes the directory.

    :param times: whether files get their time from the archive.
    :raises SlipwayError: it cannot be written, or the archive is damaged.
    """
    with reading(where):
        tar = Tar(archive)
        for item, member in _matched(tar, content):
            path = directory / item.path
            with filing("unpack it", path):
                _make_parents(directory, item.path, access)
                _make(tar, member, item, path, directory, access, times)
    with filing("unpack it", directory):
        _adopt(directory, access, access.top)


def _matched(tar: Tar, content: Plan) -> Iterator[tuple[Item, tarfile.TarInfo]]:
    """The items with their members, in the archive's order; after them those without a member."""
    wanted = {item.member: item for item in content.items if item.member >= 0}
    for number, member in enumerate(tar.members()):
        if number in wanted:
            yield wanted[number], member
    for item in content.items:
        if item.member < 0:
            yield item, tarfile.TarInfo(item.path)


def _make_parents(directory: Path, path: str, access: Access) -> None:
    missing = []
    parent = (directory / path).parent
    while not parent.is_dir():
        missing.append(parent)
        parent = parent.parent
    for made in reversed(missing):
        made.mkdir()
        _adopt(made, access, access.directory)


def _make(
    tar: Tar,
    member: tarfile.TarInfo,
    item: Item,
    path: Path,
    directory: Path,
    access: Access,
    times: bool,
) -> None:
    if item.kind == DIRECTORY:
        if not path.is_dir():
            path.mkdir()
            _adopt(path, access, access.directory)
    elif item.kind == SYMLINK:
        path.symlink_to(item.target)
        os.lchown(path, access.uid, access.gid)
    elif item.kind == HARDLINK:
        os.link(directory / item.target, path, follow_symlinks=False)
    else:
        _write(tar, member, path)
        _adopt(path, access, access.program if item.executable else access.file)
        if times:
            os.utime(path, (member.mtime, member.mtime))


def _write(tar: Tar, member: tarfile.TarInfo, path: Path) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    with tar.content(member) as source, os.fdopen(descriptor, "wb") as file:
        shutil.copyfileobj(source, file, _CHUNK)


def _adopt(path: Path, access: Access, mode: int) -> None:
    if (access.uid, access.gid) != (-1, -1):
        os.chown(path, access.uid, access.gid)
    path.chmod(mode)


@contextmanager
def reading(where: str) -> Iterator[None]:
    """Report errors of reading an archive in one line.

    :raises SlipwayError: instead of exceptions of tarfile and its decompressors.
    """
    try:
        yield
    except (tarfile.ReadError, tarfile.CompressionError) as error:
        said = " ".join(str(error).split())
        # With "r:*" tarfile lists the error of each format that it tries.
        cut = "unexpected end of data" in said
        raise _damaged("it ends too early" if cut else "it is not a tar archive, or a damaged one", where) from None
    except EOFError:
        raise _damaged("it ends too early", where) from None
    except (tarfile.TarError, zlib.error, LZMAError) as error:
        raise _damaged(f"it is damaged: {' '.join(str(error).split())}", where) from None
    except OSError as error:
        # gzip's and bz2's own errors have no number; file system errors are handled above.
        if error.errno is None:
            raise _damaged(f"it is damaged: {' '.join(str(error).split())}", where) from None
        with filing("read it", where):
            raise error
    except LimitExceeded as error:
        raise _damaged(str(error), where) from None
    except (ValueError, OverflowError) as error:
        # Older versions of tarfile raise these for a header with wrong numbers.
        raise _damaged(f"it is damaged: {' '.join(str(error).split())}", where) from None


def _damaged(what: str, where: str) -> SlipwayError:
    return SlipwayError(what, where, _REMEDY)
