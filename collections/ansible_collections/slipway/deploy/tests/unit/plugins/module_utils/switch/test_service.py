# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Files, links and the ledger on a real file system; a service on a stand-in for systemd."""

from __future__ import annotations

import json
import os
import signal
import stat
import subprocess
import sys
import threading
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.slipway.deploy.plugins.module_utils.common.errors import SlipwayError
from ansible_collections.slipway.deploy.plugins.module_utils.files import atomic
from ansible_collections.slipway.deploy.plugins.module_utils.probes.readiness import Wanted
from ansible_collections.slipway.deploy.plugins.module_utils.releases import ledger
from ansible_collections.slipway.deploy.plugins.module_utils.releases.ledger import (
    GOOD,
    Entry,
    Ledger,
    Release,
    Running,
    Snapshot,
)
from ansible_collections.slipway.deploy.plugins.module_utils.switch import service

SNAPSHOT = Snapshot({"/app/app.jar": "/app/releases/v1/app.jar"}, {"/etc/x.service": "0" * 64})
LEDGER = Ledger(
    (Entry(SNAPSHOT, Release("v1", schema="3"), GOOD, None, "2026-11-21T05:00:00Z"),), Running("i", SNAPSHOT)
)


def test_a_file_is_written_once(tmp_path: Path) -> None:
    path = tmp_path / "secret"
    assert atomic.write_atomic(path, b"x")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    before = path.stat()
    assert not atomic.write_atomic(path, b"x")
    assert path.stat().st_ino == before.st_ino
    assert atomic.write_atomic(path, b"x", 0o644)
    assert stat.S_IMODE(path.stat().st_mode) == 0o644
    assert os.listdir(tmp_path) == ["secret"]  # noqa: PTH208


def test_what_a_killed_write_left_is_replaced(tmp_path: Path) -> None:
    atomic.beside(tmp_path / "a").write_bytes(b"half")
    atomic.beside(tmp_path / "b").symlink_to("half")
    atomic.write_atomic(tmp_path / "a", b"whole")
    atomic.link_atomic(tmp_path / "b", "whole")
    assert sorted(item.name for item in tmp_path.iterdir()) == ["a", "b"]


def test_a_link_replaces_a_link_alone(tmp_path: Path) -> None:
    assert atomic.link_atomic(tmp_path / "link", "a")
    assert not atomic.link_atomic(tmp_path / "link", "a")
    assert atomic.link_atomic(tmp_path / "link", "b")
    (tmp_path / "directory").mkdir()
    (tmp_path / "file").write_text("")
    for name, kind in (("directory", "a directory"), ("file", "a file")):
        with pytest.raises(SlipwayError, match=f"{kind} is there, not a link"):
            atomic.link_atomic(tmp_path / name, "b")


def test_who_looks_always_finds_one_of_them(tmp_path: Path) -> None:
    link, seen, done = tmp_path / "link", set(), threading.Event()
    atomic.link_atomic(link, "0")

    def look() -> None:
        while not done.is_set():
            seen.add(atomic.read_link(link))

    thread = threading.Thread(target=look)
    thread.start()
    for number in range(200):
        atomic.link_atomic(link, str(number % 2))
    done.set()
    thread.join()
    assert seen <= {"0", "1"}


@given(st.lists(st.text("abc", min_size=1), unique=True), st.integers(0, 6), st.sets(st.text("abc", min_size=1)))
def test_what_is_protected_stays(names: list[str], keep: int, protected: set[str]) -> None:
    going = atomic.superfluous(names, keep, protected)
    assert not protected.intersection(going)
    staying = [name for name in names if name not in going]
    assert len(staying) == min(len(names), max(keep, len(protected.intersection(names))))


def test_a_ledger_survives_its_document(tmp_path: Path) -> None:
    path = tmp_path / "ledger.json"
    assert ledger.load(path) == Ledger()
    ledger.save(path, LEDGER, "x")
    assert ledger.load(path) == LEDGER
    assert json.loads(path.read_text())["releases"][0]["release"]["schema"] == "3"


@pytest.mark.parametrize(
    "text", ["", "{", "[]", "null", "{}", '{"schema": "slipway/ledger/2"}', '{"schema": "slipway/ledger/1"}', "\x00"]
)
def test_a_damaged_ledger_is_one_line(tmp_path: Path, text: str) -> None:
    path = tmp_path / "ledger.json"
    path.write_text(text)
    with pytest.raises(SlipwayError, match="the ledger is damaged: .*Move it away") as caught:
        ledger.load(path)
    assert "\n" not in str(caught.value)


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(),
        lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    ),
    st.data(),
)
def test_any_field_may_be_damaged(value: object, data: st.DataObject) -> None:
    document = json.loads(ledger.dump(LEDGER, "x"))
    name = data.draw(st.sampled_from(sorted(document)))
    document[name] = value
    with suppress(ValueError):
        ledger.parse(json.dumps(document).encode())


def test_two_switches_at_once(tmp_path: Path) -> None:
    script = (
        "import sys, time\n"
        "from pathlib import Path\n"
        "from ansible_collections.slipway.deploy.plugins.module_utils.switch.service import locked\n"
        "with locked(Path(sys.argv[1]), 0):\n    print('held', flush=True)\n    sys.stdin.read()\n"
    )
    environ = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    child = subprocess.Popen(
        [sys.executable, "-c", script, str(tmp_path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env=environ,
        text=True,
    )
    try:
        assert child.stdout is not None
        assert child.stdout.readline() == "held\n"
        said = f"another switch of this service is still under way after 0 s .pid {child.pid}."
        with pytest.raises(SlipwayError, match=said), service.locked(tmp_path, 0):
            pass
        service.await_switch(tmp_path, 0)
        threading.Timer(0.2, child.kill).start()
        with service.locked(tmp_path, 60):
            assert child.wait(10) == -signal.SIGKILL
        service.await_switch(tmp_path, 60)
    finally:
        child.kill()
        child.communicate()


def test_nothing_was_ever_switched(tmp_path: Path) -> None:
    service.await_switch(tmp_path / "none", 60)
    assert not (tmp_path / "none").exists()


SYSTEMCTL = """#!/bin/sh
# A systemd whose service is described by the files beside it.
here=$(dirname "$0")
case $1 in
show) cat "$here/unit" ;;
restart) echo "$(($(cat "$here/starts") + 1))" >"$here/starts"
  printf 'LoadState=loaded\\nActiveState=active\\nSubState=running\\nMainPID=%s\\nInvocationID=i%s\\nNRestarts=0\\n' \
    "$(cat "$here/starts")" "$(cat "$here/starts")" >"$here/unit" ;;
esac
"""


@pytest.fixture
def made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> service.Service:
    programs = tmp_path / "bin"
    programs.mkdir()
    (programs / "systemctl").write_text(SYSTEMCTL)
    (programs / "journalctl").write_text("#!/bin/sh\necho 'password=hunter2 refused'\n")
    for name in ("systemctl", "journalctl"):
        (programs / name).chmod(0o755)
    (programs / "starts").write_text("0")
    (programs / "unit").write_text("LoadState=loaded\nActiveState=inactive\nMainPID=0\n")
    monkeypatch.setenv("PATH", f"{programs}:{os.environ['PATH']}")
    return service.Service("x", tmp_path / "state", Wanted(stable_for=0, interval=0.01), [])


def test_a_restart_and_its_proof(made: service.Service) -> None:
    assert made.restart() == "i1"
    assert made.prove(settled=False).ready
    assert made.warnings == []


def test_a_service_that_does_not_run(made: service.Service) -> None:
    proof = made.prove(settled=False)
    assert not proof.ready
    assert proof.reason == "the process ended 0 s after its start"


def test_a_run_that_is_told_to_end_undoes(made: service.Service) -> None:
    made.restart()
    made.wanted = Wanted(url="http://127.0.0.1:1/", timeout=60, interval=0.01)
    with service.undo_on_signal(made):
        os.kill(os.getpid(), signal.SIGTERM)
        proof = made.prove(settled=False)
    assert (proof.ready, proof.reason) == (False, "the run was ended by SIGTERM")
    assert proof.log == ("password=[redacted]",)


def test_files_are_kept_and_put_back(made: service.Service, tmp_path: Path) -> None:
    unit = tmp_path / "x.service"
    unit.write_text("one")
    unit.chmod(0o640)
    digest = atomic.file_digest(unit)
    assert digest is not None
    made.keep(str(unit), digest)
    unit.write_text("two")
    made.restore(str(unit), digest)
    assert unit.read_text() == "one"
    assert stat.S_IMODE(unit.stat().st_mode) == 0o640
    made.restore(str(unit), "1" * 64)
    assert made.warnings
    made.save(Ledger())
    assert not list((made.home / "files").iterdir())


def test_a_port_that_is_taken(made: service.Service) -> None:
    import socket

    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        made.wanted = Wanted(url=f"http://127.0.0.1:{port}/")
        with pytest.raises(SlipwayError, match=rf"the port {port} is taken by .*\(pid {os.getpid()}"):
            made.check_startable()


def test_a_link_that_another_service_runs_with_is_refused(made: service.Service) -> None:
    site = "/etc/nginx/conf.d/site.conf"
    running = Running("i1", Snapshot({site: "/etc/nginx/slipway/a", "/srv/first": "r1"}, {}))
    other = made.home.parent / "first-site"
    for home in (other, made.home):
        home.mkdir(exist_ok=True)
    ledger.save(other / "ledger.json", Ledger(running=running), "first-site")
    made.check_own({site: "b"})  # It does not run.
    made.restart()
    made.check_own({"/srv/second": "r1"})
    with pytest.raises(SlipwayError, match=f"{site}: this link belongs to first-site.service, which runs with it"):
        made.check_own({site: "b", "/srv/second": "r1"})
    ledger.save(made.ledger_path, Ledger(running=running), "x")
    (other / "ledger.json").unlink()
    made.check_own({site: "b"})
