# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A run's files: handed on, marked, and told from those of runs of which nothing is known here."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from ansible_collections.slipway.deploy.plugins.module_utils.lock.process import ProcessId, identify
from ansible_collections.slipway.deploy.plugins.plugin_utils.files import Held, RunFiles, machine


def own(home: Path) -> RunFiles:
    process = identify(os.getpid())
    assert process is not None
    return RunFiles(home, process)


def gone() -> ProcessId:
    """A process that has ended."""
    child = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    process = identify(child.pid)
    assert process is not None
    child.communicate(b"\n")
    return process


def test_what_a_run_holds_is_handed_on(tmp_path: Path) -> None:
    files, held = own(tmp_path), Held("dev", "token", machine(), "heartbeat.json", "r1", "undo")
    assert files.load() is None
    files.save(held)
    assert own(tmp_path).load() == held
    assert files.directory.stat().st_mode & 0o777 == 0o700
    files.remove()
    assert files.load() is None


def test_the_mark_needs_the_runs_directory(tmp_path: Path) -> None:
    files = own(tmp_path)
    assert not files.ask_to_stop("SIGINT")
    files.save(Held("dev", "token"))
    assert files.asked_to_stop() is None
    assert files.ask_to_stop("SIGINT")
    assert files.asked_to_stop() == "SIGINT"


def test_the_mark_is_never_seen_half_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    files, write = own(tmp_path), os.write
    files.save(Held("dev", "token"))
    seen: list[str | None] = []

    def looked(descriptor: int, content: bytes) -> int:
        seen.append(files.asked_to_stop())
        return write(descriptor, content)

    monkeypatch.setattr(os, "write", looked)
    assert files.ask_to_stop("SIGINT")
    assert files.ask_to_stop("SIGTERM")
    assert seen == [None, "SIGINT"]


@pytest.mark.parametrize("elsewhere", ["", "another-host/boot/1", None])
def test_only_runs_of_this_machine_can_be_called_dead(tmp_path: Path, elsewhere: str | None) -> None:
    """The home may be shared by machines and containers, in which the same process numbers mean nothing."""
    RunFiles(tmp_path, gone()).save(Held("dev", "token", machine() if elsewhere is None else elsewhere))
    own(tmp_path).save(Held("dev", "mine", machine()))
    assert [held.token for held in own(tmp_path).dead_runs()] == (["token"] if elsewhere is None else [])


def test_a_running_run_is_not_dead(tmp_path: Path) -> None:
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as child:
        process = identify(child.pid)
        assert process is not None
        RunFiles(tmp_path, process).save(Held("dev", "token", machine()))
        assert list(own(tmp_path).dead_runs()) == []
        child.communicate(b"\n")
    assert [held.token for held in own(tmp_path).dead_runs()] == ["token"]


def test_sweeping_leaves_what_may_still_be_needed(tmp_path: Path) -> None:
    files = own(tmp_path)
    dead = RunFiles(tmp_path, gone())
    dead.save(Held("dev", "token", machine()))
    (tmp_path / "1-2").mkdir()
    files.sweep()
    assert not (tmp_path / "1-2").exists()
    assert dead.load() is not None
    files.sweep("token")
    assert dead.load() is None


def test_a_damaged_file_is_nothing(tmp_path: Path) -> None:
    files = own(tmp_path)
    files.save(replace(Held("dev", "token"), record="r1"))
    (files.directory / "held.json").write_text("{", encoding="utf-8")
    assert files.load() is None
