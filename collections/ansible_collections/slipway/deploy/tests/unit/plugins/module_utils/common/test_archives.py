# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Archives that cost more than they are: each is read by a process that cannot have the memory that it would take."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import subprocess
import sys
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Iterable
from pathlib import Path

import pytest

from ansible_collections.slipway.deploy.plugins.module_utils.bundle.fetch import migrations_of_jar
from ansible_collections.slipway.deploy.plugins.module_utils.common import archives
from ansible_collections.slipway.deploy.plugins.module_utils.common.archives import Limits, Tar
from ansible_collections.slipway.deploy.plugins.module_utils.common.errors import SlipwayError

_ROOT = Path(archives.__file__).resolve().parents[6]
_MIB = 1024 * 1024
_READER = """
import resource, sys
from pathlib import Path
from ansible_collections.slipway.deploy.plugins.module_utils.bundle.fetch import migrations_of_jar
from ansible_collections.slipway.deploy.plugins.module_utils.common.errors import SlipwayError
from ansible_collections.slipway.deploy.plugins.module_utils.files.unpack import read_plan
resource.setrlimit(resource.RLIMIT_AS, (512 * 1024 * 1024, 512 * 1024 * 1024))
path = Path(sys.argv[1])
try:
    if path.suffix == ".jar":
        print(len(migrations_of_jar(path)))
    else:
        with path.open("rb") as file:
            print(read_plan(file, path.name).files)
except SlipwayError as error:
    print(error)
"""


def read(path: Path) -> str:
    """What reading an archive in 512 MiB of address space says."""
    done = subprocess.run(
        [sys.executable, "-c", _READER, str(path)], capture_output=True, text=True, check=False, cwd=_ROOT
    )
    assert done.returncode == 0, done.stderr[-2000:]
    return done.stdout.strip()


def header(name: str, kind: bytes = tarfile.REGTYPE, size: int = 0) -> bytes:
    info = tarfile.TarInfo(name)
    info.type, info.size = kind, size
    return info.tobuf(tarfile.GNU_FORMAT)


def zeros(size: int) -> bytes:
    """Many zeros as a gzip file of few bytes: one may be put after another."""
    return gzip.compress(bytes(16 * _MIB), 6, mtime=0) * (size // (16 * _MIB))


def packed(*parts: bytes) -> bytes:
    return b"".join(gzip.compress(part, 1, mtime=0) for part in parts)


def numbered(count: int) -> bytes:
    """A tar file of that many empty members, each with a name of its own."""
    first = header("d/f000000")
    base = sum(first) - sum(first[148:156]) + 8 * 32 - 6 * ord("0")

    def one(number: int) -> bytes:
        digits = b"%06d" % number
        return b"d/f" + digits + first[9:148] + b"%06o\0 " % (base + sum(digits)) + first[156:]

    return b"".join(map(one, range(count)))


def sparse() -> bytes:
    """A member whose old list of holes goes on for 768 MiB."""
    first = bytearray(header("a", tarfile.GNUTYPE_SPARSE))
    first[482] = 1
    first[148:156] = b"        "
    first[148:156] = f"{sum(first):06o}\0 ".encode()
    more = (b"00000000001\0" * 42)[:504] + b"\1" + bytes(7)
    return packed(bytes(first)) + packed(more * (_MIB // 512)) * 768


def global_headers() -> bytes:
    """Headers for all members, of which each adds to what is kept."""

    def one(number: int) -> bytes:
        text = "".join(f"{len(f'99 k{number}-{at}=v') + 1} k{number}-{at}=v\n" for at in range(5000)).encode()
        return header("g", tarfile.XGLTYPE, len(text)) + text + bytes(-len(text) % 512) + header(f"f{number}")

    return packed(*(one(number) for number in range(2)))


def dictionary() -> bytes:
    """An xz file that states a dictionary of 1.5 GiB."""
    body = bytearray(lzma.compress(header("a") + bytes(1024)))
    end = 12 + 4 * (body[12] + 1) - 4
    body[16] = 37
    body[end : end + 4] = zlib.crc32(body[12:end]).to_bytes(4, "little")
    return bytes(body)


def endless() -> bytes:
    """Zeros after the last member."""
    return packed(header("a") + bytes(1024)) + zeros(4112 * _MIB)


BOMBS: dict[str, tuple[Callable[[], bytes], str]] = {
    "a long name": (
        lambda: packed(header("././@LongLink", tarfile.GNUTYPE_LONGNAME, 1536 * _MIB)) + zeros(1536 * _MIB),
        "a member's header is larger than the limit of 256 KiB",
    ),
    "a long link": (
        lambda: packed(header("././@LongLink", tarfile.GNUTYPE_LONGLINK, 1536 * _MIB)) + zeros(1536 * _MIB),
        "a member's header is larger than the limit of 256 KiB",
    ),
    "a PAX header": (
        lambda: packed(header("pax", tarfile.XHDTYPE, 1536 * _MIB)) + zeros(1536 * _MIB),
        "a member's header is larger than the limit of 256 KiB",
    ),
    "a PAX header for all": (
        lambda: packed(header("pax", tarfile.XGLTYPE, 1536 * _MIB)) + zeros(1536 * _MIB),
        "a member's header is larger than the limit of 256 KiB",
    ),
    "many PAX headers for all": (global_headers, "it has more headers for all members than the limit of 64"),
    "headers of headers": (
        lambda: packed((header("././@LongLink", tarfile.GNUTYPE_LONGNAME, 2) + b"a\0" + bytes(510)) * 5000),
        "a member's header is larger than the limit of 256 KiB",
    ),
    "a list of holes": (sparse, "a member's header is larger than the limit of 256 KiB"),
    "a file that is not there": (
        lambda: packed(header("a", size=7 * 1024**3)),
        "its files have more than the limit of 4096 MiB",
    ),
    "an end that does not end": (endless, "it has more than the limit of 4096 MiB when it is decompressed"),
    "many members": (lambda: packed(numbered(200_001)), "it has more members than the limit of 200000"),
    "a dictionary of xz": (
        dictionary,
        "Memory usage limit exceeded",
    ),
    "a deep path": (
        lambda: packed(b"".join(long(f"{number}/" + "a/" * 1500 + "f") for number in range(300))),
        "is deeper than the limit of 100 directories",
    ),
    "a part of a path": (lambda: packed(long("a" * 300)), "is longer than the limit of 255 bytes for a name"),
}


def long(name: str) -> bytes:
    text = name.encode() + b"\0"
    body = text + bytes(-len(text) % 512)
    return header("././@LongLink", tarfile.GNUTYPE_LONGNAME, len(text)) + body + header(name[:90])


@pytest.mark.parametrize(("make", "said"), BOMBS.values(), ids=BOMBS)
def test_a_bomb_is_refused_in_bounded_memory(tmp_path: Path, make: Callable[[], bytes], said: str) -> None:
    path = tmp_path / "release.tar"
    path.write_bytes(make())
    answer = read(path)
    assert said in answer
    assert answer.startswith("release.tar: ")
    assert "\n" not in answer


def test_what_real_software_has_is_read(tmp_path: Path) -> None:
    path = tmp_path / "release.tar"
    deep = "node_modules/" * 12 + "@scope/" + "n" * 180 + ".js"
    path.write_bytes(packed(numbered(20_000), long(deep), header("large", size=1536 * _MIB)) + zeros(1536 * _MIB))
    assert read(path) == "20002"


@pytest.mark.parametrize("compress", [gzip.compress, bz2.compress, lzma.compress])
def test_several_streams_in_one_file_are_read(compress: Callable[[bytes], bytes]) -> None:
    body = header("a", size=5) + b"hello".ljust(512, b"\0") + header("b") + bytes(1024)
    tar = Tar(io.BytesIO(compress(body[:700]) + compress(body[700:])))
    assert [(member.name, tar.content(member).read()) for member in tar.members()] == [("a", b"hello"), ("b", b"")]


def test_a_smaller_limit_is_obeyed_and_named() -> None:
    body = packed(b"".join(header(f"f{number}") for number in range(11)) + bytes(1024))
    with pytest.raises(archives.LimitExceeded, match="it has more members than the limit of 10"):
        list(Tar(io.BytesIO(body), Limits(members=10)).members())


def jar(path: Path, members: Iterable[tuple[str, bytes]], method: int = zipfile.ZIP_DEFLATED) -> Path:
    with zipfile.ZipFile(path, "w", method) as archive:
        for name, body in members:
            archive.writestr(name, body)
    return path


def raw_jar(path: Path, names: Iterable[bytes], content: bytes = b"x", size: int = 1, attributes: int = 0) -> Path:
    """A jar that says of its members whatever is wanted, without the checks of who writes one.

    :param content: of each, compressed already when it is longer than one byte.
    """
    method = zipfile.ZIP_DEFLATED if len(content) > 1 else zipfile.ZIP_STORED
    body, directory = bytearray(), bytearray()
    count = 0
    for name in names:
        count += 1
        fields = method.to_bytes(2, "little") + bytes(4) + zlib.crc32(b"x").to_bytes(4, "little")
        sizes = len(content).to_bytes(4, "little") + size.to_bytes(4, "little") + len(name).to_bytes(2, "little")
        directory += b"PK\1\2\x14\3\x14\0\0\0" + fields + sizes + bytes(8)
        directory += attributes.to_bytes(4, "little") + len(body).to_bytes(4, "little") + name
        body += b"PK\3\4\x14\0\0\0" + fields + sizes + bytes(2) + name + content
    total = min(count, 0xFFFF).to_bytes(2, "little")
    end = len(directory).to_bytes(4, "little") + len(body).to_bytes(4, "little")
    path.write_bytes(body + directory + b"PK\5\6\0\0\0\0" + total + total + end + b"\0\0")
    return path


def test_a_jar_of_600_000_members_is_refused_in_bounded_memory(tmp_path: Path) -> None:
    path = raw_jar(tmp_path / "app.jar", (b"%d" % number for number in range(600_000)))
    assert read(path).startswith(f"{path}: it has more members than the limit of 100000")


def test_one_migration_of_a_gigabyte_is_refused_in_bounded_memory(tmp_path: Path) -> None:
    deflate = zlib.compressobj(6, zlib.DEFLATED, -15)
    block = deflate.compress(bytes(16 * _MIB)) + deflate.flush(zlib.Z_FULL_FLUSH)
    # Z_FULL_FLUSH lets a block be repeated: the end is an empty one.
    whole = block * 96 + zlib.compressobj(6, zlib.DEFLATED, -15).flush()
    path = raw_jar(tmp_path / "app.jar", [b"db/migration/V1__load.sql"], whole, 1536 * _MIB)
    assert read(path) == (
        f"{path}: 'db/migration/V1__load.sql' is larger than the limit of 64 MiB. Build and upload it again"
    )


def test_many_migrations_are_limited_together(tmp_path: Path) -> None:
    path = jar(tmp_path / "app.jar", [(f"db/migration/V{at}__x.sql", bytes(60 * _MIB)) for at in range(1, 6)])
    assert "its migrations have more than the limit of 256 MiB" in read(path)
    path = raw_jar(tmp_path / "app.jar", (b"db/migration/V%d__x.sql" % at for at in range(20_001)))
    assert "it has more migrations than the limit of 20000" in read(path)


def test_a_large_jar_is_read(tmp_path: Path) -> None:
    members = [f"BOOT-INF/classes/a/very/usual/package/name/Class{at}.class".encode() for at in range(60_000)]
    path = raw_jar(tmp_path / "app.jar", [*members, b"BOOT-INF/classes/db/migration/V1__x.sql"])
    assert read(path) == "1"


HOSTILE = {
    "up": (b"db/migration/../../../x.sql", "leads out of its directory"),
    "up in Spring Boot's place": (b"BOOT-INF/classes/db/migration/a/../../x.sql", "leads out of its directory"),
    "absolute": (b"db/migration//etc/x.sql", "leads out of its directory"),
    "dot": (b"db/migration/./x.sql", "leads out of its directory"),
    "backslash": (b"db/migration/..\\..\\x.sql", "has a backslash"),
    "drive": (b"db/migration/C:/x.sql", "leads out of its directory"),
    "NUL": (b"db/migration/V1__a.sql\0/../x.sql", "cannot be printed"),
    "newline": (b"db/migration/V1__a\n.sql", "cannot be printed"),
    "escape": (b"db/migration/V1__\x1b[2J.sql", "cannot be printed"),
    "device": (b"db/migration/nul.sql", "has the name of a device"),
    "device's directory": (b"db/migration/COM1/V1__a.sql", "has the name of a device"),
    "long": (b"db/migration/V1__" + b"a" * 300 + b".sql", "is longer than the limit"),
    "deep": (b"db/migration/" + b"a/" * 200 + b"x.sql", "is deeper than the limit"),
}


@pytest.mark.parametrize(("name", "said"), HOSTILE.values(), ids=HOSTILE)
def test_a_migration_that_could_lead_out_is_refused(tmp_path: Path, name: bytes, said: str) -> None:
    with pytest.raises(SlipwayError, match=said) as caught:
        migrations_of_jar(raw_jar(tmp_path / "app.jar", [name]))
    assert str(caught.value).isprintable()
