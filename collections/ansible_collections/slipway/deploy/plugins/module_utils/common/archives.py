# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Reads untrusted archives in bounded memory and time. Python 3.8, standard library only.

``tarfile`` and ``zipfile`` trust the sizes in an archive: a few kilobytes can make them allocate gigabytes for
one name, or for a list of members. Both get a file object here that stops at a limit. The limits are far
beyond what software has; each error names its limit.
"""

from __future__ import annotations

import bz2
import gzip
import io
import stat
import sys
import tarfile
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, BinaryIO

try:
    import lzma
except ImportError:  # Python may be built without it: then such archives are not supported.
    lzma = None  # type: ignore[assignment]

_CHUNK = 1024 * 1024
_XZ_MEMORY = 192 * 1024 * 1024
_HEADERS = 64
_ENTRY = b"PK\x01\x02"
_WAYS = ((b"\x1f\x8b", "gzip"), (b"BZh", "bzip2"), (b"\xfd7zXZ", "xz"), (b"\x5d\x00\x00", "xz"))


@dataclass(frozen=True)
class Limits:
    """What an archive may have at most.

    :ivar size: decompressed bytes, and bytes of all its files.
    :ivar header: bytes that describe one member.
    :ivar names: characters of all names.
    """

    members: int = 200_000
    size: int = 4 * 1024**3
    header: int = 256 * 1024
    names: int = 32 * 1024**2
    name: int = 255
    path: int = 4096
    depth: int = 100


LIMITS = Limits()
"""Of a release, with everything that it brings along."""


class LimitExceeded(ValueError):
    """An archive exceeds a limit, which the text names."""


def mib(size: int) -> str:
    """A number of bytes as MiB, for messages."""
    return f"{size / 1024 / 1024:g} MiB" if size >= 1024 * 1024 else f"{size / 1024:g} KiB"


class _Bounded:
    """An archive's decompressed bytes, limited for a header and in total."""

    def __init__(self, file: Any, limits: Limits) -> None:
        self._file = file
        self._limits = limits
        self._left = limits.header

    @contextmanager
    def header(self) -> Iterator[None]:
        """While this is open, what is read is the description of one member."""
        self._left = self._limits.header
        try:
            yield
        finally:
            self._left = sys.maxsize

    def read(self, size: int = -1) -> bytes:
        if size < 0 or size > self._left:
            raise LimitExceeded(f"a member's header is larger than the limit of {mib(self._limits.header)}")
        self._left -= size
        data: bytes = self._file.read(size)
        self._check(self.tell())
        return data

    def seek(self, position: int, whence: int = 0) -> int:
        if whence == 0:
            self._check(position)
        return int(self._file.seek(position, whence))

    def tell(self) -> int:
        return int(self._file.tell())

    def _check(self, position: int) -> None:
        if position > self._limits.size:
            raise LimitExceeded(f"it has more than the limit of {mib(self._limits.size)} when it is decompressed")


class Tar:
    """A tar archive, compressed or not, that is read sequentially.

    :raises OSError, EOFError, ValueError: besides ``tarfile``'s errors.
    """

    def __init__(self, archive: BinaryIO, limits: Limits = LIMITS) -> None:
        self._limits = limits
        archive.seek(0)
        self._source = _Bounded(_decompressed(archive), limits)
        with self._source.header():
            self._tar = tarfile.open(fileobj=self._source, mode="r:")  # type: ignore[call-overload]  # noqa: SIM115

    @property
    def comment(self) -> str:
        """The archive's comment, as far as it was read; ``git archive`` writes the commit there."""
        return str(self._tar.pax_headers.get("comment", ""))

    def members(self) -> Iterator[tarfile.TarInfo]:
        """Its members, one at a time; a member's content can be read until the next one is requested.

        :raises LimitExceeded: it has too many, or states sizes that are too large.
        """
        count = size = names = 0
        while True:
            with self._source.header():
                try:
                    member = self._tar.next()
                except RecursionError:
                    # tarfile follows nested headers by recursion.
                    raise LimitExceeded("a member has more headers than the limit of a few hundred") from None
            if member is None:
                break
            del self._tar.members[:]
            count, size, names = count + 1, size + max(member.size, 0), names + len(member.name) + len(member.linkname)
            self._check(count, size, names)
            yield member
        # A compressed archive's checksum follows its last member.
        while self._source.read(_CHUNK):
            pass

    def content(self, member: tarfile.TarInfo) -> IO[bytes]:
        """A file's content."""
        file: IO[bytes] | None = self._tar.extractfile(member)
        if file is None:
            raise AssertionError(member.name)
        return file

    def _check(self, count: int, size: int, names: int) -> None:
        limits = self._limits
        if count > limits.members:
            raise LimitExceeded(f"it has more members than the limit of {limits.members}")
        if size > limits.size:
            raise LimitExceeded(f"its files have more than the limit of {mib(limits.size)}")
        if len(self._tar.pax_headers) > _HEADERS:
            raise LimitExceeded(f"it has more headers for all members than the limit of {_HEADERS}")
        if names > limits.names:
            raise LimitExceeded(f"its names have more than the limit of {limits.names} characters")


def check_path(parts: list[str], limits: Limits = LIMITS) -> None:
    """Refuse a path that no file system accepts, or that only wastes resources.

    :raises LimitExceeded: its text follows a member's name.
    """
    if len(parts) > limits.depth:
        raise LimitExceeded(f"is deeper than the limit of {limits.depth} directories")
    sizes = [len(part.encode("utf-8", "surrogateescape")) for part in parts]
    if sum(sizes) + len(sizes) > limits.path or max(sizes, default=0) > limits.name:
        raise LimitExceeded(f"is longer than the limit of {limits.name} bytes for a name, {limits.path} for a path")


def _decompressed(archive: BinaryIO) -> Any:
    start = archive.read(6)
    archive.seek(0)
    way = next((way for magic, way in _WAYS if start.startswith(magic)), "")
    if way == "gzip":
        return gzip.GzipFile(fileobj=archive, mode="rb")
    if way == "bzip2":
        return bz2.BZ2File(archive)
    if way == "xz":
        if lzma is None:
            raise tarfile.CompressionError("this Python cannot read xz")
        return _Xz(archive)
    return archive


class _Xz:
    """A decompressed xz file: as ``lzma.LZMAFile``, with a limit for its dictionary."""

    def __init__(self, archive: BinaryIO) -> None:
        self._archive = archive
        self._restart()

    def _restart(self) -> None:
        self._archive.seek(0)
        self._position, self._data = 0, b""
        self._decompressor = lzma.LZMADecompressor(memlimit=_XZ_MEMORY)

    def tell(self) -> int:
        return self._position

    def seek(self, position: int, whence: int = 0) -> int:
        if whence != 0:
            raise io.UnsupportedOperation("seek")
        if position < self._position:
            self._restart()
        while self._position < position and self.read(min(position - self._position, _CHUNK)):
            pass
        return self._position

    def read(self, size: int) -> bytes:
        parts: list[bytes] = []
        while size > 0:
            part = self._next(size)
            if not part:
                break
            parts.append(part)
            size -= len(part)
            self._position += len(part)
        return b"".join(parts)

    def _next(self, size: int) -> bytes:
        while True:
            # Pylint takes the properties of the C type for functions.
            if self._decompressor.eof:  # pylint: disable=using-constant-test
                # Streams may follow one another, with zeros between them.
                self._data = self._decompressor.unused_data.lstrip(b"\0") or self._archive.read(_CHUNK).lstrip(b"\0")
                if not self._data:
                    return b""
                self._decompressor = lzma.LZMADecompressor(memlimit=_XZ_MEMORY)
            elif self._decompressor.needs_input:  # pylint: disable=using-constant-test
                self._data = self._archive.read(_CHUNK)
                if not self._data:
                    raise EOFError("the xz file ends too early")
            part = self._decompressor.decompress(self._data, size)
            self._data = b""
            if part:
                return part


class _Directory(io.FileIO):
    """A zip file whose list of members is bounded."""

    def __init__(self, path: Path, limits: Limits) -> None:
        super().__init__(str(path))
        self._limits = limits

    def read(self, size: int | None = -1) -> bytes:
        limit = min(self._limits.members * 512, 64 * 1024**2)
        if size is not None and size > limit:
            raise LimitExceeded(f"its list of members is larger than the limit of {mib(limit)}")
        data = super().read(-1 if size is None else size) or b""
        if data.count(_ENTRY) > self._limits.members:
            raise LimitExceeded(f"it has more members than the limit of {self._limits.members}")
        return data


@contextmanager
def open_zip(path: Path, limits: Limits) -> Iterator[zipfile.ZipFile]:
    """A zip archive, such as a jar, with a bounded list of members.

    :raises ValueError: it is damaged, or exceeds a limit.
    :raises OSError: it cannot be read.
    """
    try:
        with _Directory(path, limits) as file, zipfile.ZipFile(file) as archive:
            yield archive
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError) as error:
        raise ValueError(" ".join(str(error).split()) or "it is damaged") from None


def read_zipped(archive: zipfile.ZipFile, member: zipfile.ZipInfo, limit: int) -> bytes:
    """The content of a regular file in a zip archive.

    :param limit: the most bytes that it may have, whatever the archive claims.
    :raises ValueError: it is something else, or larger.
    """
    kind = stat.S_IFMT(member.external_attr >> 16)
    if kind not in (0, stat.S_IFREG):
        raise ValueError("is not a regular file")
    if member.flag_bits & 1:
        raise ValueError("is encrypted")
    if member.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        raise ValueError("is compressed in a way that Java does not read")
    with archive.open(member) as file:
        content = file.read(limit + 1)
    if len(content) > limit:
        raise LimitExceeded(f"is larger than the limit of {mib(limit)}")
    return content
