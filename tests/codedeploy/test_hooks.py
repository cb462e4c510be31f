# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The hooks' own rules, without a host."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
HOOKS = ROOT / "pipelines" / "codedeploy" / "hooks"
sys.path.insert(0, str(HOOKS))

import bundled  # noqa: E402
import hook  # noqa: E402

from tests.support.pace import scaled  # noqa: E402

APPSPEC = yaml.safe_load((HOOKS.parent / "appspec.yml").read_text(encoding="utf-8"))
SUPERVISED = """
import sys
from pathlib import Path
sys.path.insert(0, sys.argv[1])
from supervised import run_to_the_end
ended = run_to_the_end([sys.executable, "-c", sys.argv[2]], Path("/"), {}, Path(sys.argv[3]), float(sys.argv[4]))
print(ended.code, ended.timed_out)
"""


def test_the_limits_fit_into_the_appspec_and_it_into_codedeploy() -> None:
    scripts = {event: script for event, (script,) in APPSPEC["hooks"].items()}
    assert set(scripts) == set(hook.LIMITS)
    assert sum(script["timeout"] for script in scripts.values()) <= 3600
    for event, (work, back) in hook.LIMITS.items():
        # Ending what was started takes a few seconds, twice when something is put back.
        assert work + back + 15 <= scripts[event]["timeout"], event


def test_the_appspec_needs_nothing_of_the_old_revision() -> None:
    assert "ApplicationStop" not in APPSPEC["hooks"]
    assert "files" not in APPSPEC
    assert {"BeforeBlockTraffic", "AfterBlockTraffic"} == hook.OLD_REVISIONS


def supervised(tmp_path: Path, program: str, seconds: float) -> str:
    done = subprocess.run(
        [sys.executable, "-c", SUPERVISED, str(HOOKS), program, str(tmp_path / "log"), str(seconds)],
        capture_output=True,
        text=True,
        timeout=scaled(60),
        check=True,
    )
    return done.stdout.strip()


def test_what_a_program_leaves_behind_is_ended_in_whatever_session(tmp_path: Path) -> None:
    leave = f"""
import subprocess
child = subprocess.Popen(["setsid", "sleep", "300"])
open({str(tmp_path / "pid")!r}, "w").write(str(child.pid))
"""
    assert supervised(tmp_path, leave, 30) == "0 False"
    assert not Path("/proc", (tmp_path / "pid").read_text()).exists()


def test_a_program_at_its_limit_is_ended_even_if_it_does_not_want_to(tmp_path: Path) -> None:
    stubborn = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); time.sleep(300)"
    assert supervised(tmp_path, stubborn, 1) == "124 True"


def test_an_event_that_nobody_planned_does_nothing(tmp_path: Path) -> None:
    environ = {"PATH": os.environ["PATH"], "LIFECYCLE_EVENT": "ApplicationStop"}
    done = subprocess.run([sys.executable, str(HOOKS / "hook.py")], env=environ, capture_output=True, check=False)
    assert (done.returncode, done.stdout) == (0, b"slipway: ApplicationStop: nothing to do\n")


def test_the_old_revisions_events_never_fail(tmp_path: Path) -> None:
    environ = {"PATH": os.environ["PATH"], "LIFECYCLE_EVENT": "AfterBlockTraffic", "DEPLOYMENT_ID": "d-1"}
    done = subprocess.run([sys.executable, str(HOOKS / "hook.py")], env=environ, capture_output=True, check=False)
    assert done.returncode == 0
    assert b"bundle.json cannot be read" in done.stdout


def test_a_damaged_bundle_is_named(tmp_path: Path) -> None:
    (tmp_path / "a").write_text("x")
    with pytest.raises(bundled.BundleError, match="a of the bundle is not what was built: upload the bundle again"):
        bundled.check_files(tmp_path, {"files": {"a": "0" * 64}})


def test_the_bundle_says_which_host_this_machine_is(tmp_path: Path) -> None:
    made = {"schema": "slipway/bundle/1", "group": "site", "environment": "dev", "release": "v2", "pythons": {}}
    (tmp_path / "bundle.json").write_text(json.dumps({**made, "files": {}}), encoding="utf-8")
    said = hook._this_host(bundled.describe(tmp_path))
    assert (said["env"], said["self"], said["bundle_path"]) == ("dev", "site", str(hook.ROOT))


def test_what_earlier_deployments_left_is_removed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A small host's /run is full after a dozen of them otherwise."""
    run, cache, logs = tmp_path / "run", tmp_path / "cache", tmp_path / "log"
    for name, path in (("RUN", run), ("CACHE", cache), ("LOGS", logs)):
        monkeypatch.setattr(hook, name, path)
    for number in range(60):
        for directory in (run / f"d-{number}" / "pycache", cache / f"d-{number}", logs / "codedeploy" / f"d-{number}"):
            directory.mkdir(parents=True)
            (directory / "x.pyc").write_bytes(b"x")
    (cache / "boot").mkdir()
    (run / "umigo-spare.env").write_text("")
    (run / "other").mkdir()
    hook.tidy("d-7")
    assert sorted(path.name for path in run.iterdir()) == ["d-7", "other", "umigo-spare.env"]
    assert sorted(path.name for path in cache.iterdir()) == ["boot", "d-7"]
    assert list((run / "d-7").iterdir()) == [], "what a version before this one kept in memory"
    kept = {path.name for path in (logs / "codedeploy").iterdir()}
    assert (len(kept), "d-7" in kept) == (51, True)


def test_compiled_files_are_not_kept_in_memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("RUN", "CACHE", "STATE"):
        monkeypatch.setattr(hook, name, tmp_path / name)
    monkeypatch.setenv("DEPLOYMENT_ID", "d-1")
    prefix = hook._environ()["PYTHONPYCACHEPREFIX"]
    assert prefix == str(tmp_path / "CACHE" / "d-1")
    assert not (tmp_path / "RUN").exists()


def test_the_cause_is_what_the_task_said(tmp_path: Path) -> None:
    log = tmp_path / "log"
    log.write_text(
        "TASK [x] ***\n[ERROR]: Task failed: y\nfatal: [h]: FAILED! => \n    changed: false\n    msg: 'first line\n"
        "        second line'\n\nPLAY RECAP ***\nh : ok=1\n"
    )
    assert hook._cause(log, hook.Ended(2), 10) == "first line second line"
    assert hook._cause(log, hook.Ended(124, timed_out=True), 10) == "it took longer than 10 s and was ended"
