# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Runs one lifecycle event of a CodeDeploy deployment, or the first boot of a host, from the bundle that contains it.

The standard library only. Exit code 0, or 1 with the cause in the last line: the agent keeps the last 2,048 bytes.
"""

from __future__ import annotations

import json
import os
import shutil
import socket
import sys
import tempfile
import time
from contextlib import suppress
from itertools import dropwhile, takewhile
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent))

from bundled import BundleError, check_files, describe, make_venv
from supervised import Ended, run_to_the_end

ROOT = Path(__file__).resolve().parent.parent
LOGS = Path("/var/log/slipway")
RUN = Path("/run/slipway")
STATE = Path("/var/lib/slipway")
#: Python's compiled files of each deployment, some 15 MB: on the disk, for /run is memory.
CACHE = Path("/var/cache/slipway/pycache")

# Seconds for an event, and for its undo: their sum stays below the appspec's limit.
LIMITS: dict[str, tuple[float, float]] = {
    "BeforeBlockTraffic": (45, 0),
    "AfterBlockTraffic": (100, 0),
    "BeforeInstall": (480, 90),
    "AfterInstall": (1320, 150),
    "ApplicationStart": (540, 150),
    "ValidateService": (180, 150),
    "BeforeAllowTraffic": (45, 0),
    "AfterAllowTraffic": (120, 30),
}
#: The agent runs them from the old revision's bundle, which must never block a new one.
OLD_REVISIONS = frozenset({"BeforeBlockTraffic", "AfterBlockTraffic"})
BOOT_SECONDS = 1800
BOOT_TRIES = 3
_KEPT_LOGS = 50
_KEPT_LINES = 12
_KEPT_BYTES = 1400
_KEPT_CAUSE = 400
_REFUSED_PREFIXES = ("PYTHON", "ANSIBLE_", "LD_", "GIT_")


def main() -> int:
    """Run the event; the exit code."""
    event = "boot" if sys.argv[1:] == ["boot"] else os.environ.get("LIFECYCLE_EVENT", "")
    if event != "boot" and event not in LIMITS:
        return _say(f"{event or 'no event'}: nothing to do", "", 0)
    try:
        code = _boot() if event == "boot" else _event(event)
    except BundleError as error:
        code = _say(f"{event} failed: {error}", "", 1)
    except Exception as error:  # noqa: BLE001 - the agent shows the last bytes only, which a traceback would fill
        code = _say(f"{event} failed: {type(error).__name__}: {error}", "", 1)
    return 0 if event in OLD_REVISIONS else code


def _event(event: str) -> int:
    deployment = os.environ.get("DEPLOYMENT_ID", "")
    if not deployment:
        raise BundleError("DEPLOYMENT_ID is not set: this is started by the CodeDeploy agent")
    started = time.monotonic()
    manifest = describe(ROOT)
    if event == "BeforeInstall":
        check_files(ROOT, manifest)
    python = make_venv(ROOT, manifest)
    work, back = LIMITS[event]
    # Shorter for a test; what the appspec allows cannot be made longer here.
    work = min(work, float(os.environ.get("SLIPWAY_HOOK_SECONDS", work)))
    variables = {
        **_this_host(manifest),
        "deployment_id": deployment,
        "deployment_group": os.environ.get("DEPLOYMENT_GROUP_NAME", ""),
        "application_name": os.environ.get("APPLICATION_NAME", ""),
        # A task that waits for another host needs to know its time limit.
        "event_ends_at": int(time.time() + work - (time.monotonic() - started)),
    }
    tidy(deployment)
    logs = LOGS / "codedeploy" / deployment
    log = logs / f"{event}.log"
    spent = time.monotonic() - started
    verdict = _verdict_file(deployment)
    ended = _play(python, {**variables, "lifecycle_event": event}, log, work - spent, verdict)
    said = _read_verdict(verdict)
    if ended.code == 0:
        return _say(said.get("line") or f"{event}: done", _tail(log), 0)
    cause = said.get("cause") or _cause(log, ended, work)
    if back and not said.get("put_back"):
        # The play could not undo its changes itself: it was stopped here, or never began.
        aborted = {**variables, "lifecycle_event": "Abort", "failed_event": event, "failed_cause": cause}
        _play(python, aborted, logs / f"{event}-abort.log", back, verdict)
        said = _read_verdict(verdict)
    after = said.get("line") or "see the log for what runs now"
    return _say(f"{event} failed: {cause}. {after} (log: {log})", _tail(log), 1)


def _boot() -> int:
    """The first boot: deploy the last good release, without the lock; try again if something is not ready yet."""
    manifest = describe(ROOT)
    check_files(ROOT, manifest)
    python = make_venv(ROOT, manifest)
    variables = {**_this_host(manifest), "boot": True}
    log = LOGS / "boot.log"
    for attempt in range(1, BOOT_TRIES + 1):
        ended = _play(python, variables, log, BOOT_SECONDS / BOOT_TRIES, None, playbook="bootstrap_host.yml")
        if ended.code == 0:
            return _say("boot: this host serves", _tail(log), 0)
        cause = _cause(log, ended, BOOT_SECONDS // BOOT_TRIES)
        if attempt < BOOT_TRIES:
            print(f"slipway: boot, try {attempt} of {BOOT_TRIES} failed: {cause}", flush=True)
            time.sleep(10 * attempt)
    return _say(f"boot failed: {cause} (log: {log})", _tail(log), 1)


def _this_host(manifest: dict[str, Any]) -> dict[str, Any]:
    """The variables that make this machine the only host of the bundle's environment."""
    return {"env": manifest["environment"], "self": manifest["group"], "bundle_path": str(ROOT)}


def _play(
    python: Path,
    variables: dict[str, Any],
    log: Path,
    seconds: float,
    verdict: Path | None,
    playbook: str = "codedeploy.yml",
) -> Ended:
    """Run a playbook of the bundle on this machine, its output in ``log``."""
    log.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile("w", dir=_private(RUN), suffix=".json", encoding="utf-8") as given:
        json.dump({**variables, "verdict_file": str(verdict) if verdict else ""}, given)
        given.flush()
        # `python -m ansible playbook`: the scripts of a virtual environment name its path in their first line.
        command = [str(python), "-m", "ansible", "playbook", f"playbooks/{playbook}", "-e", f"@{given.name}"]
        return run_to_the_end(command, cwd=ROOT, environ=_environ(), log=log, seconds=max(seconds, 5.0))


def _environ() -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith(_REFUSED_PREFIXES)}
    return {
        **kept,
        "ANSIBLE_CONFIG": str(ROOT / "ansible.cfg"),
        "ANSIBLE_HOME": str(_private(STATE / "ansible")),
        "ANSIBLE_LOCAL_TEMP": str(_private(STATE / "ansible" / "tmp")),
        "ANSIBLE_NOCOLOR": "1",
        "ANSIBLE_DISPLAY_SKIPPED_HOSTS": "0",
        # The screen of an operator is for a terminal; this log is read line by line.
        "ANSIBLE_STDOUT_CALLBACK": "ansible.builtin.default",
        # Nothing is written into the bundle: its files are what was checked.
        "PYTHONPYCACHEPREFIX": str(_private(CACHE / (os.environ.get("DEPLOYMENT_ID") or "boot"))),
        "PYTHONUNBUFFERED": "1",
        "SLIPWAY_OWNER": os.environ.get("DEPLOYMENT_ID") or f"boot@{socket.gethostname()}",
    }


def tidy(current: str) -> None:
    """Remove what earlier deployments left: on one host a deployment begins when the one before it is over.

    :param current: the deployment that runs; its own is kept, and what a first boot uses.
    """
    kept = {current, "boot"}
    for directory in (RUN, CACHE):
        # CodeDeploy's deployments are d-…; what else is here is not theirs.
        for path in directory.glob("d-*"):
            if path.is_dir() and path.name not in kept:
                shutil.rmtree(path, ignore_errors=True)
    # Versions before this one kept them here.
    shutil.rmtree(RUN / current / "pycache", ignore_errors=True)
    logs = [path for path in (LOGS / "codedeploy").glob("*") if path.is_dir() and path.name not in kept]
    for path in sorted(logs, key=lambda item: item.stat().st_mtime)[:-_KEPT_LOGS]:
        shutil.rmtree(path, ignore_errors=True)


def _private(directory: Path) -> Path:
    directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    return directory


def _verdict_file(deployment: str) -> Path:
    path = _private(RUN / deployment) / "verdict.json"
    with suppress(FileNotFoundError):
        path.unlink()
    return path


def _read_verdict(path: Path) -> dict[str, Any]:
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def _cause(log: Path, ended: Ended, limit: float) -> str:
    if ended.timed_out:
        return f"it took longer than {limit:.0f} s and was ended"
    lines = log.read_text(encoding="utf-8", errors="replace").splitlines() if log.exists() else []
    starts = [at for at, line in enumerate(lines) if line.startswith(("fatal: ", "failed: ", "[ERROR]", "ERROR!"))]
    if not starts:
        return " ".join((lines or [f"exit code {ended.code}"])[-1].split())[:_KEPT_CAUSE]
    # A result follows its first line, indented; what it says is its msg.
    following = lines[starts[-1] + 1 :]
    block = list(takewhile(lambda line: line.startswith("    "), following))
    said = list(dropwhile(lambda line: not line.startswith("    msg:"), block))
    words = " ".join(line.strip() for line in said).removeprefix("msg:").strip().strip("'") or lines[starts[-1]]
    return " ".join(words.split())[:_KEPT_CAUSE]


def _tail(log: Path) -> str:
    if not log.exists():
        return ""
    lines = [line for line in log.read_text(encoding="utf-8", errors="replace").splitlines() if line.strip()]
    return "\n".join(lines[-_KEPT_LINES:])[-_KEPT_BYTES:]


def _say(verdict: str, tail: str, code: int) -> int:
    """Print what the agent keeps: the end of the log, and the verdict last."""
    if tail and code:
        print(tail)
    print(f"slipway: {' '.join(verdict.split())[:600]}", flush=True)
    return code


if __name__ == "__main__":
    sys.exit(main())
