# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Releases that are directories: ``<root>/releases/<id>``, the tree of a repository at a tag.

Files that outlive a release are below ``<root>/shared``, and linked into each.
"""

from __future__ import annotations

import re
import tarfile
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, BinaryIO

from ..artifact.model import release_id
from ..common.archives import Tar
from ..common.errors import SlipwayError
from ..files.atomic import ensure_directory
from ..files.atomic_directory import MARK, making
from ..files.unpack import DIRECTORY, FILE, SYMLINK, Access, Item, Plan, check_space, read_plan, reading, unpack

_COMMIT = re.compile(r"[0-9a-f]{40}")
_MODULE = re.compile(r"^\s*path\s*=\s*(\S.*?)\s*$", re.MULTILINE)
_LFS = re.compile(r"^[^#\n]*\sfilter=lfs\b", re.MULTILINE)
_LONGEST = 64 * 1024
#: Files that only make git keep a directory.
_PLACEHOLDERS = (".gitkeep", ".gitignore", ".keep")


@dataclass(frozen=True)
class Owner:
    """Who owns the shared directories, and the group that may read the releases, which belong to the current user.

    ``-1``: the user who runs this, or all users.
    """

    uid: int = -1
    gid: int = -1

    @property
    def access(self) -> Access:
        """The owner of a release, and who may read it."""
        if self.gid == -1:
            return Access()
        # Others may traverse the release but not list it: the builder of its virtual environment writes there.
        return Access(-1, self.gid, top=0o751, directory=0o750, file=0o640, program=0o750)


@dataclass(frozen=True)
class Layout:
    """The layout of a site's releases.

    :ivar shared: paths that are directories below ``shared``, linked into every release.
    :ivar expected: paths that a release must have.
    """

    root: Path
    shared: tuple[str, ...]
    expected: tuple[str, ...]
    owner: Owner

    @property
    def releases(self) -> Path:
        """The directory of the releases."""
        return self.root / "releases"

    def kept(self, path: str) -> Path:
        """The real location of a shared path."""
        return self.root / "shared" / path


@dataclass(frozen=True)
class Release:
    """The content of a release.

    :ivar digest: its archive's, ``sha256:`` and hexadecimal digits, or ``None`` for one from a checkout.
    :ivar commit: if known; always for a checkout.
    :ivar source: where it comes from, for messages.
    """

    tag: str
    commit: str | None
    digest: str | None
    source: str

    @property
    def id(self) -> str:
        """Its tag and the start of its content's digest, so that a moved tag is another release."""
        return release_id(self.tag, self.digest or self.commit or "")


def check_path(path: str, where: str) -> str:
    """A path that stays below its directory.

    :raises SlipwayError: it is none.
    """
    parts = path.split("/")
    if not path or any(part in ("", ".", "..", MARK) for part in parts) or not path.isprintable():
        raise SlipwayError(f"{path!r} is not a relative path", where, "Write it as in server/uploads")
    return path


def with_shared(content: Plan, layout: Layout, where: str) -> Plan:
    """The tree with links to the shared directories added. Pure.

    :raises SlipwayError: the tree has its own file or directory there, which is named.
    """
    kinds = {item.path: item.kind for item in content.items}
    for path in layout.shared:
        parts = path.split("/")
        for end in range(1, len(parts)):
            above = "/".join(parts[:end])
            if kinds.get(above, DIRECTORY) != DIRECTORY:
                raise SlipwayError(f"{above}, above the shared path {path}, is a {kinds[above]}", where)
        for name in (name for name in kinds if _lies_at(name, path)):
            placeholder = kinds[name] == FILE and name.rpartition("/")[2] in _PLACEHOLDERS and name != path
            if kinds[name] != DIRECTORY and not placeholder:
                remedy = f"Remove it from the repository, or {path} from the shared paths"
                raise SlipwayError(f"the release has {name}, and {path} is shared between releases", where, remedy)
    items = [item for item in content.items if not any(_lies_at(item.path, path) for path in layout.shared)]
    links = [Item(path, SYMLINK, target=str(layout.kept(path))) for path in layout.shared]
    return replace(content, items=(*items, *links))


def _lies_at(name: str, path: str) -> bool:
    return name == path or name.startswith(f"{path}/")


def check_expected(content: Plan, expected: Sequence[str], where: str) -> None:
    """Refuse a tree without an expected path. Pure.

    :raises SlipwayError: a path is missing, or it contains a mark.
    """
    if content.find(MARK) is not None:
        raise SlipwayError(f"it has a file {MARK}, which marks whole releases on hosts", where, "Remove it there")
    for path in expected:
        if content.find(path) is None and not content.has_directory(path):
            remedy = "Correct it, or release_directory_expected (an archive: release_directory_strip)"
            raise SlipwayError(f"there is no {path} in it", where, remedy)


def commit_of(content: Plan, release: Release) -> str | None:
    """The commit of a tree, from ``git archive`` or as given.

    :raises SlipwayError: the two differ.
    """
    written = content.comment if _COMMIT.fullmatch(content.comment) else None
    if written and release.commit and written != release.commit:
        what = f"the archive is of the commit {written}, not {release.commit}"
        raise SlipwayError(what, release.source, "Deploy the archive that was built of the tag's commit")
    return release.commit or written


def left_out(content: Plan, archive: BinaryIO, where: str) -> list[str]:
    """The parts of a repository that ``git archive`` does not write: submodules, and files of Git LFS."""
    if not _COMMIT.fullmatch(content.comment):
        return []
    wanted = [item for item in content.items if item.kind == FILE and item.path.rpartition("/")[2] == ".gitattributes"]
    modules = content.find(".gitmodules")
    if not wanted and modules is None:
        return []
    with reading(where):
        tar = Tar(archive)
        attributes, listed, pointers = {item.member for item in wanted}, "", False
        for at, member in enumerate(tar.members()):
            if at in attributes:
                pointers = pointers or _LFS.search(_text(tar, member)) is not None
            elif modules is not None and at == modules.member:
                listed = _text(tar, member)
    paths = _MODULE.findall(listed)
    empty = sorted(path for path in paths if not any(item.path.startswith(f"{path}/") for item in content.items))
    lines = [f"the submodules {', '.join(empty)} are empty: git archive leaves them out"] if empty else []
    if pointers:
        lines.append("files that Git LFS keeps are there as pointers only")
    return lines


def _text(tar: Tar, member: tarfile.TarInfo) -> str:
    return tar.content(member).read(_LONGEST).decode(errors="replace") if member.isreg() else ""


def ensure_shared(layout: Layout, *, check: bool) -> list[str]:
    """Create the shared directories; return those that were (or would be) created. Existing ones stay unchanged."""
    made = [path for path in layout.shared if not layout.kept(path).is_dir()]
    for path in made if not check else ():
        kept = layout.kept(path)
        ensure_directory(kept.parent)
        ensure_directory(kept, 0o750, layout.owner.uid, layout.owner.gid)
    return made


def make(layout: Layout, release: Release, archive: BinaryIO, strip: int) -> dict[str, Any]:
    """Create a release from an archive; return its mark.

    :raises SlipwayError: the archive is refused, or the disk is full: then no part of the release is left.
    """
    content = read_plan(archive, release.source, strip)
    check_expected(content, layout.expected, release.source)
    mark = {
        "id": release.id,
        "tag": release.tag,
        "commit": commit_of(content, release),
        "digest": release.digest,
        "source": release.source,
        "shared": sorted(layout.shared),
        "left_out": left_out(content, archive, release.source),
        "files": content.files,
        "bytes": content.size,
    }
    content = with_shared(content, layout, release.source)
    check_space(content, layout.releases, f"the release {release.id}")
    with making(layout.releases / release.id, mark) as new:
        unpack(archive, release.source, content, new, layout.owner.access, times=True)
    return mark
