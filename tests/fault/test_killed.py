# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The real ansible-playbook and its worker killed in the middle of a deploy: what they leave can be finished or undone.

Every transition is tried on the double (the collection's unit tests); here the processes, signals, lock and store are
real, at one point of each kind.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.support.deploys import NEW, OLD, SERVICES, Deploys, wait_for
from tests.support.pace import scaled

Record = dict[str, Any]
States = Callable[[Record], bool]


def some(state: str, wave: int = 4) -> States:
    """Some service of the wave is in that state."""
    return lambda record: any(item["state"] == state and item["wave"] == wave for item in record["targets"])


POINTS = {
    "while the first service is updated": (some("updating", 1), "UpdateService"),
    "while a later revision is registered": (some("registering", 2), "RegisterTaskDefinition"),
    "while the second wave is in flight": (some("in_flight", 2), None),
    "while the last wave is half done": (
        lambda record: some("stable")(record) and some("in_flight")(record),
        None,
    ),
    "while health is checked": (lambda record: record["phase"] == "checking", "DescribeTargetHealth"),
}


def recorded(deploys: Deploys, condition: States) -> bool:
    """Whether the newest record, as it stands in the store this moment, fulfils a condition."""
    files = sorted((deploys.state / "local" / "releases").glob("*.json"))
    return bool(files) and condition(json.loads(files[-1].read_text(encoding="utf-8")))


def workers(process: subprocess.Popen[str]) -> list[int]:
    """The child processes of a playbook."""
    text = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text(encoding="ascii")
    return [int(pid) for pid in text.split()]


def is_gone(pid: int) -> bool:
    """Whether a process has ended (a zombie has)."""
    try:
        return Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()[0] == "Z"
    except OSError:
        return True


def reach(deploys: Deploys, process: subprocess.Popen[str], point: str) -> None:
    """Wait until a running deploy is at that point; the call that makes it is held there."""
    condition, _call = POINTS[point]
    wait_for(f"the deploy is {point}", lambda: recorded(deploys, condition) or process.poll() is not None)
    assert process.poll() is None, process.stdout and process.stdout.read()


def hold(deploys: Deploys, point: str) -> None:
    """Make the call of that point slow, so that the run can be killed in it."""
    call = POINTS[point][1]
    if call is not None:
        deploys.sandbox.control("faults", {"kind": "latency", "action": call, "seconds": 1, "when": "after"})


@pytest.mark.parametrize("point", POINTS)
@pytest.mark.parametrize("choice", ["finish", "undo"])
def test_the_controlling_process_is_killed(deploys: Deploys, point: str, choice: str) -> None:
    hold(deploys, point)
    with deploys.started("deploy.yml") as process:
        reach(deploys, process, point)
        children = workers(process)
        process.kill()
        process.wait()
        wait_for("its workers are gone too", lambda: all(map(is_gone, children)))
        gone_at = time.time()
    deploys.sandbox.control("faults", {}, "DELETE")

    # What is asked does not depend on what is chosen then.
    if choice == "finish":
        asked = deploys.run("deploy.yml")
        # A call that was under way when the run was killed still arrives; none begins after it.
        assert all(call["at"] - call["seconds"] <= gone_at for call in deploys.mutations()), asked.text
        assert asked.code != 0
        assert "-e resume=finish" in asked.text

    resumed = deploys.run("deploy.yml", "-e", f"resume={choice}")
    want = NEW if choice == "finish" else OLD
    assert deploys.running() == dict.fromkeys(SERVICES, want), resumed.text
    assert resumed.code == 0, resumed.text
    assert "FAILED" not in resumed.text
    assert deploys.record()["outcome"] == ("succeeded" if choice == "finish" else "undone")
    assert deploys.lock()["state"] == "free"


def test_killed_before_the_first_service_is_touched(deploys: Deploys) -> None:
    """There is nothing to resume: the next run says so and deploys."""
    deploys.sandbox.control("faults", {"kind": "latency", "action": "RegisterTaskDefinition", "seconds": 2})
    with deploys.started("deploy.yml") as process:
        wait_for("a revision is registered", lambda: recorded(deploys, some("registering", 1)))
        process.kill()
        process.wait()
    deploys.sandbox.control("faults", {}, "DELETE")
    again = deploys.run("deploy.yml")
    assert again.code == 0, again.text
    assert "ended before it changed anything" in again.text
    assert [record["outcome"] for record in deploys.records()] == ["abandoned", "succeeded"]
    assert deploys.running() == dict.fromkeys(SERVICES, NEW)


def test_the_worker_is_killed(deploys: Deploys) -> None:
    with deploys.started("deploy.yml") as process:
        reach(deploys, process, "while the last wave is half done")
        for pid in workers(process):
            os.kill(pid, signal.SIGKILL)
        output, _none = process.communicate(timeout=scaled(60))
    assert process.returncode != 0
    resumed = deploys.run("deploy.yml", "-e", "resume=undo")
    assert deploys.running() == dict.fromkeys(SERVICES, OLD), output + resumed.text


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM], ids=["Ctrl-C", "SIGTERM"])
def test_one_signal_brings_everything_back(deploys: Deploys, number: signal.Signals) -> None:
    deploys.sandbox.control("services/sdt-local-analytics-service", {"start": 60})
    with deploys.started("deploy.yml") as process:
        reach(deploys, process, "while the last wave is half done")
        process.send_signal(number)
        output, _none = process.communicate(timeout=scaled(60))
    assert process.returncode != 0
    assert deploys.running() == dict.fromkeys(SERVICES, OLD), output
    record = deploys.record()
    assert (record["outcome"], record["phase"]) == ("undone", "closed")
    assert "as it was before" in output
    assert deploys.lock()["state"] == "free"
    calls = [call["action"] for call in deploys.mutations()]
    stops = [index for index, call in enumerate(calls) if call == "StopServiceDeployment"]
    assert stops
    assert stops == list(range(stops[0], stops[0] + len(stops)))


@pytest.mark.parametrize(
    ("phase", "call"),
    [
        pytest.param("checking", None, id="between two tasks"),
        pytest.param("checking", "DescribeTargetHealth", id="while health is checked"),
        pytest.param("planned", "RegisterTaskDefinition", id="before the first service is touched"),
    ],
)
def test_ctrl_c_outside_the_rollout_brings_everything_back_too(deploys: Deploys, phase: str, call: str | None) -> None:
    if call is not None:
        deploys.sandbox.control("faults", {"kind": "latency", "action": call, "seconds": 1})
    with deploys.started("deploy.yml", "--limit", "user-service,bff-service") as process:
        wait_for(f"the deploy is {phase}", lambda: recorded(deploys, lambda record: record["phase"] == phase))
        process.send_signal(signal.SIGINT)
        output, _none = process.communicate(timeout=scaled(60))
    assert process.returncode == (99 if phase == "planned" and deploys.record()["outcome"] is None else 2), output
    assert deploys.running() == dict.fromkeys(SERVICES, OLD), output
    if deploys.record()["outcome"] is not None:
        assert deploys.record()["outcome"] == "undone"
        assert deploys.lock()["state"] == "free"


def test_ctrl_c_while_planning_leaves_no_lock(deploys: Deploys) -> None:
    deploys.sandbox.control("faults", {"kind": "latency", "action": "DescribeServices", "seconds": 3})
    with deploys.started("deploy.yml") as process:
        wait_for("the lock is taken", (deploys.state / "local" / "lock.json").exists)
        wait_for("the plan is made", lambda: bool(deploys.sandbox.control("calls")["calls"]))
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=scaled(60))
    assert process.returncode != 0
    assert deploys.lock()["state"] == "free"
    assert deploys.mutations() == []


def test_a_second_ctrl_c_leaves_at_once(deploys: Deploys) -> None:
    deploys.sandbox.control("services/sdt-local-analytics-service", {"start": 60})
    with deploys.started("deploy.yml") as process:
        reach(deploys, process, "while the last wave is half done")
        children = workers(process)
        process.send_signal(signal.SIGINT)
        wait_for("the undo has begun", lambda: recorded(deploys, lambda record: record["phase"] == "undoing"))
        process.send_signal(signal.SIGINT)
        output, _none = process.communicate(timeout=scaled(60))
        wait_for("its workers are gone too", lambda: all(map(is_gone, children)))
    assert process.returncode != 0
    assert deploys.record()["outcome"] is None, output
    finish = deploys.run("deploy.yml", "-e", "resume=finish")
    assert finish.code != 0
    assert "was being undone" in finish.text
    undone = deploys.run("deploy.yml", "-e", "resume=undo")
    assert deploys.running() == dict.fromkeys(SERVICES, OLD), undone.text
