# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The directory: rights, versions, crashes and errors of the file system."""

from __future__ import annotations

import errno
import os
import resource
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from ansible_collections.slipway.deploy.plugins.module_utils.state.local import LocalStore, explain
from ansible_collections.slipway.deploy.plugins.module_utils.state.model import ABSENT, Conflict, StoreUnreachable

from .helpers import held

_WRITER = """
import sys
from pathlib import Path
from ansible_collections.slipway.deploy.plugins.module_utils.state.local import LocalStore
from ansible_collections.slipway.deploy.plugins.module_utils.state.model import ABSENT, Conflict
store = LocalStore(Path(sys.argv[1]))
sys.stdin.readline()
done = 0
while done < int(sys.argv[2]):
    stored = store.read("dev/n")
    try:
        number = int(stored.body) + 1 if stored else 1
        store.write("dev/n", str(number).encode(), expect=stored.version if stored else ABSENT)
        done += 1
    except Conflict:
        pass
"""


def test_others_can_neither_read_nor_write(tmp_path: Path) -> None:
    store = LocalStore(tmp_path / "a" / "b")
    store.write("dev/releases/1", b"x", expect=None)
    store.now()
    for path in [tmp_path / "a", *(tmp_path / "a").rglob("*")]:
        assert stat.S_IMODE(path.stat().st_mode) == (0o700 if path.is_dir() else 0o600), path


def test_a_value_that_was_changed_back_has_another_version(tmp_path: Path) -> None:
    store = LocalStore(tmp_path)
    versions = {store.write("dev/a", body, expect=None) for body in [b"1", b"2"] * 50}
    assert len(versions) == 100


def test_a_version_is_new_even_when_the_clock_went_back(tmp_path: Path) -> None:
    store = LocalStore(tmp_path)
    store.write("dev/a", b"1", expect=None)
    os.utime(tmp_path / "dev/a", (4e9, 4e9))
    ahead = store.read("dev/a")
    assert ahead is not None
    version = store.write("dev/a", b"1", expect=ahead.version)
    assert version != ahead.version
    with pytest.raises(Conflict):
        store.write("dev/a", b"2", expect=ahead.version)


def test_an_edit_by_hand_is_a_change(tmp_path: Path) -> None:
    store = LocalStore(tmp_path)
    version = store.write("dev/a", b"1", expect=ABSENT)
    (tmp_path / "dev/a").write_bytes(b"2")
    with pytest.raises(Conflict):
        store.write("dev/a", b"3", expect=version)


def test_what_a_killed_writer_left_does_no_harm(tmp_path: Path) -> None:
    store = LocalStore(tmp_path)
    version = store.write("dev/a", b"1", expect=ABSENT)
    (tmp_path / ".incoming").write_bytes(b"half a bo")
    store.write("dev/a", b"2", expect=version)
    assert store.keys("") == ["dev/a"]
    assert held(store, "dev/a").body == b"2"


def test_processes_do_not_lose_each_others_writes(tmp_path: Path) -> None:
    command = [sys.executable, "-c", _WRITER, str(tmp_path / "store"), "20"]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    writers = [subprocess.Popen(command, stdin=subprocess.PIPE, env=environment) for _writer in range(3)]
    for writer in writers:
        assert writer.stdin is not None
        writer.stdin.close()
    assert [writer.wait() for writer in writers] == [0, 0, 0]
    assert held(LocalStore(tmp_path / "store"), "dev/n").body == b"60"


def test_a_full_disk_is_one_line_and_leaves_the_old_value(tmp_path: Path) -> None:
    store = LocalStore(tmp_path)
    version = store.write("dev/a", b"1", expect=ABSENT)
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1000, hard))
    try:
        with pytest.raises(StoreUnreachable, match="larger than is allowed. Free space"):
            store.write("dev/a", b"x" * 2000, expect=version)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert held(store, "dev/a").version == version
    assert not (tmp_path / ".incoming").exists()


@pytest.mark.parametrize("call", ["read", "write", "keys", "now"])
def test_a_file_in_the_way_is_one_line(tmp_path: Path, call: str) -> None:
    (tmp_path / "file").write_text("")
    store = LocalStore(tmp_path / "file" / "state")
    calls = {
        "read": lambda: store.read("dev/a"),
        "write": lambda: store.write("dev/a", b"", expect=None),
        "keys": lambda: store.keys(""),
        "now": store.now,
    }
    with pytest.raises(StoreUnreachable) as caught:
        calls[call]()
    where, _colon, said = str(caught.value).partition(": ")
    assert where.startswith(str(tmp_path / "file"))
    assert said == (
        "the state store cannot be used: a part of the path is not a directory. Let state_store name a directory"
    )


def test_a_link_is_not_followed(tmp_path: Path) -> None:
    store = LocalStore(tmp_path / "state")
    store.write("dev/a", b"1", expect=None)
    (tmp_path / "secret").write_text("s")
    (tmp_path / "state/dev/link").symlink_to(tmp_path / "secret")
    with pytest.raises(StoreUnreachable, match="symbolic link"):
        store.read("dev/link")


@pytest.mark.parametrize(
    ("number", "what"),
    [
        (errno.ENOSPC, "no space is left. Free space"),
        (errno.EDQUOT, "quota"),
        (errno.EACCES, "permission denied. Give this user the right"),
        (errno.EROFS, "read-only"),
        (errno.EIO, "Input/output error. Check the disk"),
    ],
)
def test_says_what_an_error_means(number: int, what: str) -> None:
    line = str(explain(OSError(number, os.strerror(number)), Path("/state/dev/a")))
    assert what in line
    assert line.startswith("/state/dev/a: the state store cannot be used")
