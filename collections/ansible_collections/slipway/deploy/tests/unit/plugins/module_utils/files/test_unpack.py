# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Archives that are unpacked, and those that must not be."""

from __future__ import annotations

import gzip
import io
import os
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ansible_collections.slipway.deploy.plugins.module_utils.common.errors import SlipwayError
from ansible_collections.slipway.deploy.plugins.module_utils.files import unpack as module
from ansible_collections.slipway.deploy.plugins.module_utils.files.unpack import (
    Access,
    check_space,
    plan_members,
    read_plan,
    unpack,
)

from .tars import member, tar

GOOD = (("file", "server/main.py", "print()"), ("file", "README", "read"))


def extract(body: bytes, place: Path, strip: int = 0, **access: int) -> None:
    archive = io.BytesIO(body)
    unpack(archive, "a.tar", read_plan(archive, "a.tar", strip), place, Access(**access), times=True)


@pytest.mark.parametrize("compression", ["", "gz", "xz", "bz2"])
def test_it_is_all_there(tmp_path: Path, compression: str) -> None:
    entries = (
        *GOOD,
        ("dir", "empty/", ""),
        ("file", "bin/run", "#!", 0o4775),
        ("hard", "again", "server/main.py"),
        ("sym", "frontend/link", "../server/main.py"),
    )
    extract(tar(entries, compression), tmp_path, top=0o700, directory=0o750, file=0o640, program=0o750)
    assert (tmp_path / "server/main.py").read_text() == "print()"
    assert (tmp_path / "server/main.py").stat().st_mtime == 1_700_000_000
    assert (tmp_path / "empty").is_dir()
    assert (tmp_path / "again").samefile(tmp_path / "server/main.py")
    assert (tmp_path / "frontend/link").read_text() == "print()"
    modes = {str(path.relative_to(tmp_path)): path.lstat().st_mode & 0o7777 for path in tmp_path.rglob("*")}
    assert modes["bin/run"] == modes["server"] == modes["bin"] == modes["empty"] == 0o750
    assert modes["README"] == 0o640
    assert tmp_path.stat().st_mode & 0o7777 == 0o700


REFUSED = {
    "absolute": ([("file", "/etc/passwd", "x")], "'/etc/passwd' is an absolute path"),
    "dots": ([("file", "../x", "x")], "leads out"),
    "dots inside": ([("file", "a/../../x", "x")], "leads out"),
    "dots that stay": ([("file", "a/../x", "x")], "leads out"),
    "newline": ([("file", "a\nb", "x")], "control character"),
    "twice": ([("file", "a", "x"), ("file", "./a", "y")], "is there twice"),
    "file then directory": ([("file", "a", "x"), ("dir", "a", "")], "is there twice"),
    "directory then file": ([("file", "a/b", "x"), ("file", "a", "y")], "is there twice"),
    "below a file": ([("file", "a", "x"), ("file", "a/b", "y")], "lies below 'a', which is a file"),
    "below a link": ([("sym", "a", "."), ("file", "a/b", "y")], "lies below 'a', which is a symbolic link"),
    "link away": ([("sym", "a", "/etc")], "'a' is a symbolic link to '/etc', an absolute path"),
    "link up": ([("sym", "a", "../etc")], "may lead out"),
    "link up from below": ([("sym", "a/b", "../../etc")], "may lead out"),
    "link down and up": ([("dir", "d/e", ""), ("sym", "d/e/s", ".."), ("sym", "t", "d/e/s/../../x")], "may lead out"),
    "link by an inner dot": ([("sym", "a", "x/./../..")], "may lead out"),
    "link to nothing": ([("sym", "a", "")], "an absolute path"),
    "link over a directory": ([("file", "a/b", "x"), ("sym", "a", "c")], "is there twice"),
    "hard link out": ([("hard", "a", "/etc/shadow")], "is an absolute path"),
    "hard link up": ([("hard", "a", "../x")], "leads out"),
    "hard link to nothing": ([("hard", "a", "b")], "which is not a file of the archive before it"),
    "hard link to later": ([("hard", "a", "b"), ("file", "b", "x")], "which is not a file of the archive before it"),
    "hard link to a link": ([("sym", "b", "c"), ("hard", "a", "b")], "which is not a file of the archive before it"),
    "hard link to a directory": (
        [("dir", "b", ""), ("hard", "a", "b")],
        "which is not a file of the archive before it",
    ),
    "character device": ([("char", "a", "")], "is a device"),
    "block device": ([("block", "a", "")], "is a device"),
    "pipe": ([("fifo", "a", "")], "is a named pipe"),
}


@pytest.mark.parametrize(("entries", "said"), REFUSED.values(), ids=REFUSED)
def test_what_could_lead_out_is_refused_before_anything_is_written(
    tmp_path: Path, entries: list[tuple[str, ...]], said: str
) -> None:
    with pytest.raises(SlipwayError) as caught:
        extract(tar([*GOOD, *entries]), tmp_path)
    assert said in str(caught.value)
    assert str(caught.value).startswith("a.tar: ")
    assert "\n" not in str(caught.value)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("kind", [b"7", b"S"])
def test_other_kinds_of_files_are_files(kind: bytes) -> None:
    info = member("file", "a")
    info.type = kind
    assert plan_members([info], "a.tar").items[0].kind == "file"


def test_an_unknown_kind_is_refused() -> None:
    info = member("file", "a")
    info.type = b"Z"
    with pytest.raises(SlipwayError, match="'a' is of the unknown type b'Z'"):
        plan_members([info], "a.tar")


def test_links_that_stay_are_kept(tmp_path: Path) -> None:
    links = (
        ("sym", "a/b/up", "../../README"),
        ("sym", "loop", "loop"),
        ("sym", "a/here", "./b"),
        ("sym", "gone", "x/y"),
    )
    extract(tar([*GOOD, ("dir", "a/b", ""), *links]), tmp_path)
    assert (tmp_path / "a/here/up").read_text() == "read"


@pytest.mark.parametrize(("strip", "there"), [(0, "top/server/main.py"), (1, "server/main.py"), (2, "main.py")])
def test_directories_are_stripped(tmp_path: Path, strip: int, there: str) -> None:
    extract(tar([("dir", "top", ""), ("file", "./top/server/main.py", "x")]), tmp_path, strip)
    assert (tmp_path / there).read_text() == "x"


def test_a_file_above_what_is_stripped_is_told(tmp_path: Path) -> None:
    with pytest.raises(SlipwayError, match="'README' is not below 1 directories"):
        extract(tar([("file", "top/a", "x"), ("file", "README", "x")]), tmp_path, strip=1)


def test_the_commit_that_git_writes_is_read() -> None:
    assert read_plan(io.BytesIO(tar(GOOD, comment="0" * 40)), "a.tar").comment == "0" * 40


BROKEN = {
    "nothing": (b"", "it is not a tar archive"),
    "text": (b"<html>not found</html>" * 100, "it is not a tar archive"),
    "cut": (tar([("file", "a", "x" * 5000)])[:3000], "it ends too early"),
    "cut in the header": (tar(GOOD)[:300], "it "),
    "gzip cut": (tar([("file", "a", os.urandom(5000).hex())], "gz")[:2000], "it ends too early"),
    "gzip flipped": (gzip.compress(tar(GOOD))[:-8] + b"\0" * 8, "it is damaged: CRC check failed"),
    "gzip of text": (gzip.compress(b"hello" * 1000), "it is not a tar archive"),
    "header": (tar(GOOD)[:140] + b"\xff" * 20 + tar(GOOD)[160:], "it is not a tar archive"),
}


@pytest.mark.parametrize(("body", "said"), BROKEN.values(), ids=BROKEN)
def test_a_damaged_archive_is_told(tmp_path: Path, body: bytes, said: str) -> None:
    with pytest.raises(SlipwayError) as caught:
        extract(body, tmp_path)
    assert f"a.tar: {said}" in str(caught.value)
    assert "\n" not in str(caught.value)
    assert list(tmp_path.iterdir()) == []


def test_space_is_looked_for_before(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    plan = read_plan(io.BytesIO(tar([("file", "a", "x" * 10_000)])), "a.tar")
    assert plan.space >= 10_000
    check_space(plan, tmp_path, "the release r")
    real = os.statvfs(tmp_path)

    def filled(**changed: int) -> None:
        values = {name: getattr(real, name) for name in ("f_bavail", "f_frsize", "f_files", "f_favail")}
        monkeypatch.setattr(module.os, "statvfs", lambda _path: type("State", (), {**values, **changed}))

    filled(f_bavail=10, f_frsize=4096)
    with pytest.raises(SlipwayError, match="the disk is full: 4.0 MiB are needed for the release r, 0.0 MiB are free"):
        check_space(plan, tmp_path, "the release r")
    filled(f_favail=5, f_files=1000)
    with pytest.raises(SlipwayError, match="the disk is full: 1 inodes are needed for the release r, 5 are free"):
        check_space(plan, tmp_path, "the release r")
    # Such as btrfs, which counts none.
    filled(f_favail=0, f_files=0)
    check_space(plan, tmp_path, "the release r")


def test_a_disk_that_fills_up_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fill_up(*_arguments: object) -> None:
        raise OSError(28, "No space left")

    monkeypatch.setattr(module.shutil, "copyfileobj", fill_up)
    with pytest.raises(SlipwayError, match="cannot unpack it: the disk is full"):
        extract(tar(GOOD), tmp_path)


NAMES = st.lists(st.sampled_from(["a", "b", "c", "..", ".", "", "/"]), min_size=1, max_size=5).map("/".join)
ENTRIES = st.lists(
    st.tuples(st.sampled_from(["file", "dir", "sym", "hard"]), NAMES.filter(lambda name: name.strip("/")), NAMES),
    max_size=8,
)


# Links in a tree with directories to climb out of, through one another.
LINKS = st.lists(
    st.tuples(
        st.just("sym"),
        st.sampled_from(["s", "t", "d/s", "d/t", "d/e/s", "d/e/t"]),
        st.lists(st.sampled_from(["..", "d", "e", "s", "t"]), min_size=1, max_size=5).map("/".join),
    ),
    min_size=2,
    max_size=4,
    unique_by=lambda entry: entry[1],
).map(lambda links: [("dir", "d/e", ""), *links])


@given(ENTRIES | LINKS)
@settings(max_examples=200, suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture])
def test_whatever_is_accepted_stays_inside(
    tmp_path_factory: pytest.TempPathFactory, entries: list[tuple[str, ...]]
) -> None:
    """Every link of what was unpacked leads to somewhere inside, or nowhere, and nothing is written elsewhere."""
    outer = tmp_path_factory.mktemp("outer")
    inner = outer / "x/y/inner"
    inner.mkdir(parents=True)
    for above in (inner.parent, inner.parents[1], outer):
        for name in ("a", "b", "c", "d/e"):
            (above / name).mkdir(parents=True)
    before = sorted(outer.rglob("*"))
    with suppress(SlipwayError):
        extract(tar(list(entries)), inner)
    for path in inner.rglob("*"):
        with suppress(OSError):
            # As the kernel follows it: pathlib makes up an end for some loops.
            descriptor = os.open(path, os.O_PATH)
            end = Path(f"/proc/self/fd/{descriptor}").readlink()
            os.close(descriptor)
            assert inner in (end, *end.parents), (path, end, entries)
    assert [path for path in sorted(outer.rglob("*")) if inner not in path.parents] == before
