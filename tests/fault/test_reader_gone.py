# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A reader that goes away ends no run; a signal undoes it; a CI that kills it leaves what the next run explains."""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

import pytest

from tests.fault.test_killed import is_gone, recorded, workers
from tests.support.deploys import NEW, OLD, SERVICES, Deploys, wait_for
from tests.support.pace import scaled

TWO = ("--limit", "user-service,bff-service")
LIMIT_SECONDS = scaled(120)


def shell(deploys: Deploys, redirection: str, playbook: str, *arguments: str, **environ: str) -> int:
    """Run a playbook with its output redirected by a shell; the exit code of the pipe."""
    done = subprocess.run(
        ["bash", "-c", f'set -o pipefail; "$@" {redirection}', "bash", *deploys.command(playbook, *arguments)],
        cwd=deploys.directory,
        env={**deploys.environment(), **environ},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        check=False,
        timeout=LIMIT_SECONDS,
    )
    return done.returncode


@contextmanager
def unread(deploys: Deploys, *arguments: str) -> Iterator[tuple[subprocess.Popen[bytes], IO[bytes]]]:
    """A deploy in a session of its own and the only reader of what it says."""
    with subprocess.Popen(
        deploys.command("deploy.yml", *arguments),
        cwd=deploys.directory,
        env=deploys.environment(),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        start_new_session=True,
    ) as process:
        assert process.stdout is not None
        try:
            yield process, process.stdout
        finally:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)


def heartbeats(deploys: Deploys) -> list[int]:
    """The processes that keep the lock of this project's runs up: they have its home in their status files."""
    found: list[int] = []
    for directory in (deploys.directory / "home" / "slipway" / "runs").glob("*"):
        for path in directory.glob("heartbeat-*.json"):
            found += [int(part.split(":")[1].strip(' ",}')) for part in path.read_text().split(",") if '"pid"' in part]
    return [pid for pid in found if not is_gone(pid)]


def is_over(deploys: Deploys, outcome: str) -> None:
    """The record is closed, the lock is free, nothing of the run lives on."""
    assert deploys.record()["outcome"] == outcome
    assert deploys.lock()["state"] == "free"
    assert heartbeats(deploys) == []


@pytest.mark.parametrize(
    ("redirection", "environ"),
    [
        pytest.param("| head -4", {}, id="head"),
        pytest.param("> /dev/full 2>&1", {}, id="full disk"),
        pytest.param(">&- <&-", {}, id="closed"),
        pytest.param("| head -1", {"ANSIBLE_LOG_PATH": "/dev/full", "ANSIBLE_STDOUT_CALLBACK": "default"}, id="log"),
    ],
)
def test_it_goes_on_silently(deploys: Deploys, redirection: str, environ: dict[str, str]) -> None:
    assert shell(deploys, redirection, "deploy.yml", *TWO, **environ) == 0
    is_over(deploys, "succeeded")
    assert {name: deploys.running()[name] for name in ("user-service", "bff-service")} == {
        "user-service": NEW,
        "bff-service": NEW,
    }


def test_every_verb_ends_without_a_reader(deploys: Deploys) -> None:
    for playbook in sorted(path.name for path in (deploys.directory / "playbooks").glob("*.yml")):
        if playbook in ("deploy.yml", "rollback.yml", "bundle.yml", "codedeploy.yml", "dev_bootstrap.yml"):
            continue
        # That it ends at all is what is asked; some verbs are of hosts, which this environment has not.
        assert shell(deploys, "2>&1 | true", f"playbooks/{playbook}") in (0, 2, 4), playbook
    assert deploys.mutations() == []


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGHUP], ids=["Ctrl-C ends tee too", "closed terminal"])
def test_a_signal_undoes_it_without_a_reader(deploys: Deploys, number: signal.Signals) -> None:
    deploys.sandbox.control("services/sdt-local-bff-service", {"start": 60})
    with unread(deploys, *TWO) as (process, reader):
        wait_for("it is in flight", lambda: recorded(deploys, in_flight))
        reader.close()
        os.killpg(process.pid, number)
        process.wait(timeout=LIMIT_SECONDS)
    assert process.returncode != 0
    is_over(deploys, "undone")
    assert deploys.record()["cause"]["what"] == f"stopped by {'Ctrl-C' if number == signal.SIGINT else number.name}"
    assert deploys.running() == dict.fromkeys(SERVICES, OLD)


def in_flight(record: dict[str, Any]) -> bool:
    """Whether some service is being rolled out."""
    return any(item["state"] == "in_flight" for item in record["targets"])


@pytest.mark.parametrize("to_group", [False, True], ids=["process", "group"])
def test_a_cancellation_by_ci_leaves_what_the_next_run_explains(deploys: Deploys, to_group: bool) -> None:
    """SIGINT, SIGTERM and SIGKILL, as GitHub's runner sends them, while the undo is under way."""
    deploys.sandbox.control("services/sdt-local-bff-service", {"start": 60})
    with unread(deploys, *TWO) as (process, reader):
        wait_for("it is in flight", lambda: recorded(deploys, in_flight))
        deploys.sandbox.control("faults", {"kind": "latency", "action": "StopServiceDeployment", "seconds": 5})
        children = workers(process)  # type: ignore[arg-type]
        send = os.killpg if to_group else os.kill
        send(process.pid, signal.SIGINT)
        wait_for("the undo has begun", lambda: recorded(deploys, lambda record: record["phase"] == "undoing"))
        send(process.pid, signal.SIGTERM)
        wait_for("it left the mark that it ends", lambda: process.poll() is not None or left(deploys))
        if process.poll() is None:
            send(process.pid, signal.SIGKILL)
        reader.close()
        process.wait(timeout=LIMIT_SECONDS)
    wait_for("nothing of the run lives on", lambda: all(map(is_gone, children)) and not heartbeats(deploys))
    assert deploys.record()["outcome"] is None
    assert deploys.lock()["state"] == "free"
    deploys.sandbox.control("faults", {}, "DELETE")

    explained = deploys.run("deploy.yml")
    assert explained.code != 0
    assert "unfinished deploy" in explained.text
    assert "-e resume=undo" in explained.text
    undone = deploys.run("deploy.yml", "-e", "resume=undo")
    is_over(deploys, "undone")
    assert deploys.running() == dict.fromkeys(SERVICES, OLD), undone.text


def left(deploys: Deploys) -> bool:
    """Whether a run has said that it ends at once."""
    return any((deploys.directory / "home" / "slipway" / "runs").glob("*/left"))


def test_a_signal_while_planning_leaves_no_lock(deploys: Deploys) -> None:
    for number in (signal.SIGTERM, signal.SIGHUP):
        deploys.sandbox.control("faults", {"kind": "latency", "action": "DescribeServices", "seconds": 3})
        calls = len(deploys.sandbox.control("calls")["calls"])
        with unread(deploys) as (process, reader):
            wait_for("the lock is taken", lambda: locked(deploys))
            wait_for("the plan is made", lambda before=calls: len(deploys.sandbox.control("calls")["calls"]) > before)
            reader.close()
            os.killpg(process.pid, number)
            process.wait(timeout=LIMIT_SECONDS)
        assert process.returncode != 0
        assert deploys.lock()["state"] == "free", number.name
        assert deploys.mutations() == []
        deploys.sandbox.control("faults", {}, "DELETE")


def locked(deploys: Deploys) -> bool:
    """Whether somebody holds the lock."""
    path: Path = deploys.state / "local" / "lock.json"
    return path.exists() and '"held"' in path.read_text(encoding="utf-8")
