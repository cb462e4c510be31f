# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What a backend host costs over SSH: the bare host, the run that changes nothing, a switch and its downtime."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

from tests.backend.place import Place, make_place
from tests.bench.runs import CommandFailed
from tests.bench.table import Row
from tests.support.deploys import wait_for
from tests.support.load import Answers
from tests.support.load import ask as request

BOOTSTRAP = "playbooks/bootstrap_host.yml"
SECOND = 1 / 3
POLL_SECONDS = 0.02
READY_SECONDS = 120.0
CALLBACKS = Path(__file__).parent / "callback"


@dataclass(frozen=True)
class Measured:
    """A run: seconds in all, and what each task took that was not skipped, on the host or for it."""

    seconds: float
    tasks: list[dict[str, Any]]

    @property
    def in_tasks(self) -> float:
        """Seconds of all tasks together."""
        return sum(float(item["seconds"]) for item in self.tasks)

    @property
    def changed(self) -> int:
        """How many tasks changed something."""
        return sum(bool(item["changed"]) for item in self.tasks)


def measure(quick: bool) -> Iterator[Row]:
    """One host; a switch is repeated, against as many restarts of the application by systemd itself."""
    with tempfile.TemporaryDirectory(prefix="bench-") as scratch:
        directory = Path(scratch)
        with make_place(directory, "0.1.0", "0.1.1") as place:
            first = run(place, BOOTSTRAP, "0.1.0")
            second = run(place, BOOTSTRAP, "0.1.0")
            yield from _runs(first, second)
            switches, restarts = [], []
            for version in ("0.1.1", "0.1.0", "0.1.1")[: 1 if quick else 3]:
                with answers(place) as polled:
                    deployed = run(place, "deploy.yml", version)
                switches.append((deployed, polled.longest_gap))
                with answers(place) as polled:
                    restart(place, version)
                restarts.append(polled.longest_gap)
    yield from _switches(switches, restarts)


def run(place: Place, playbook: str, version: str) -> Measured:
    """Run a playbook to its end.

    :raises CommandFailed: when it exits with another code than 0.
    """
    with tempfile.TemporaryDirectory(prefix="tasks-") as scratch:
        file = Path(scratch) / "tasks"
        place.environ.update(
            ANSIBLE_CALLBACK_PLUGINS=str(CALLBACKS),
            ANSIBLE_CALLBACKS_ENABLED="task_times",
            SLIPWAY_BENCH_TASKS=str(file),
        )
        began = time.perf_counter()
        ran = place.run(playbook, backend_release=f"backend-v{version}")
        seconds = time.perf_counter() - began
        if ran.code != 0:
            raise CommandFailed(f"{playbook}\nexit code {ran.code}\n{ran.text}")
        lines = [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]
    return Measured(seconds, [item for item in lines if item["what"] != "skipped"])


@contextmanager
def answers(place: Place) -> Iterator[Answers]:
    """Asks the application on the host without a pause, from another process, until the block ends."""
    with tempfile.TemporaryDirectory(prefix="load-") as scratch:
        file = Path(scratch) / "answers"
        url = f"http://{place.members[0].address}:8080/api/version"
        command = [sys.executable, "-m", "tests.support.load", url, str(file), str(POLL_SECONDS)]
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL)
        found = Answers()
        try:
            wait_for("the first answer", lambda: file.exists() and file.stat().st_size > 0)
            yield found
            time.sleep(2 * POLL_SECONDS)
        finally:
            process.terminate()
            process.wait(30)
            found.read(file)


def restart(place: Place, version: str) -> None:
    """Restart the application as systemd does it, and wait until it answers again."""
    (host,) = place.members
    host.run("systemctl restart umigo-backend")
    url = f"http://{host.address}:8080/api/version"
    wait_for("it answers again", lambda: request(url)["version"] == version, READY_SECONDS)


def _runs(first: Measured, second: Measured) -> Iterator[Row]:
    ratio = second.in_tasks / first.in_tasks
    figures = f"tasks {second.in_tasks:.1f} s of {first.in_tasks:.1f} s, command {second.seconds:.1f} s"
    yield Row("hosts: second run / first, tasks", f"{ratio:.2f}", f"≤ {SECOND:.2f}", ratio <= SECOND, figures)
    figures = f"{first.changed} in the first run"
    yield Row("hosts: tasks that change, second run", str(second.changed), "0", second.changed == 0, figures)
    for name, ran in (("first", first), ("second", second)):
        longest = max(ran.tasks, key=lambda item: float(item["seconds"]))
        each = median(float(item["seconds"]) for item in ran.tasks)
        figures = (
            f"{each * 1000:.0f} ms (median), {ran.in_tasks / len(ran.tasks) * 1000:.0f} ms (mean), "
            f"longest {longest['name']} {float(longest['seconds']):.1f} s, command {ran.seconds:.1f} s"
        )
        yield Row(f"hosts: tasks, {name} run", str(len(ran.tasks)), "", None, figures)


def _switches(switches: list[tuple[Measured, float]], restarts: list[float]) -> Iterator[Row]:
    def switch(ran: Measured) -> float:
        return sum(float(item["seconds"]) for item in ran.tasks if item["name"].endswith("Switch to the release"))

    commands = [ran.seconds for ran, _gap in switches]
    walls, gaps = [switch(ran) for ran, _gap in switches], [gap for _ran, gap in switches]
    count = f"median of {len(switches)}"
    figures = f"the whole deploy {median(commands):.1f} s ({count})"
    yield Row("hosts: a switch until it is stable", f"{median(walls):.1f} s", "", None, figures)
    ratio = median(gaps) / median(restarts)
    figures = f"{median(gaps):.2f} s without an answer, restart {median(restarts):.2f} s ({count})"
    yield Row("hosts: downtime of a switch / restart", f"{ratio:.2f}", "≤ 1", ratio <= 1, figures)
