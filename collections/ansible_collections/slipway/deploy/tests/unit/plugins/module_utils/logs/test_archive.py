# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The archive of hosts' logs: what gets into it, under which names, and who may read it."""

from __future__ import annotations

import io
import json
import tarfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.slipway.deploy.plugins.module_utils.common.errors import SlipwayError
from ansible_collections.slipway.deploy.plugins.module_utils.logs.archive import HostLogs, keep, kept, pack, write


def unpack(content: bytes) -> dict[str, str]:
    with tarfile.open(fileobj=io.BytesIO(content)) as archive:
        files = {member.name: archive.extractfile(member) for member in archive.getmembers()}
        return {name: file.read().decode() for name, file in files.items() if file}


def test_what_was_kept_is_packed(tmp_path: Path) -> None:
    keep(tmp_path / "stage", HostLogs("a", {"journal.log": "é\n"}, {"state": "active/running"}, ("df: no",)))
    keep(tmp_path / "stage", HostLogs("b", problem="no answer"))
    hosts = kept(tmp_path / "stage", ["b", "a", "c"])
    assert [(host.name, host.problem) for host in hosts] == [
        ("b", "no answer"),
        ("a", ""),
        ("c", "nothing came from it"),
    ]
    files = unpack(pack(hosts, "dev-now", 1795208651.0))
    assert sorted(files) == ["dev-now/a/journal.log", "dev-now/hosts.json"]
    assert files["dev-now/a/journal.log"] == "é\n"
    told = json.loads(files["dev-now/hosts.json"])
    assert told["a"]["parts"] == ["journal.log"]
    assert told["a"]["problems"] == ["df: no"]


@given(st.text(min_size=1), st.text(min_size=1))
def test_no_name_leaves_the_archive_s_directory(host: str, part: str) -> None:
    for name in unpack(pack([HostLogs(host, {part: "x"})], "dev", 0.0)):
        assert not name.startswith("/")
        assert name.split("/")[0] == "dev"
        assert not {"", ".", ".."} & set(name.split("/"))


def test_no_archive_is_overwritten(tmp_path: Path) -> None:
    first, second = (write(tmp_path / "logs", "dev", content) for content in (b"1", b"2"))
    assert (first.read_bytes(), second.read_bytes()) == (b"1", b"2")
    assert second.name == "dev-2.tar.gz"
    assert first.stat().st_mode & 0o777 == 0o600


def test_no_place_is_said_in_a_line(tmp_path: Path) -> None:
    (tmp_path / "logs").write_text("", encoding="ascii")
    with pytest.raises(SlipwayError, match=r"logs: the logs cannot be kept: file exists. Name another place"):
        write(tmp_path / "logs", "dev", b"")
