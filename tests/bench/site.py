# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What a host of the site costs: the bare host, a run that changes nothing, and how soon a rollback's page is there."""

from __future__ import annotations

import json
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from typing import Any

from tests.bench.hosts import BOOTSTRAP, CALLBACKS, Measured
from tests.bench.runs import CommandFailed
from tests.bench.table import Row
from tests.site.place import Place, make_place
from tests.support.site import FIRST, SECOND

SWITCH = "Switch to the release"
HEALTH, PAGE = "/api/health", "/"
SMOKE = [{"name": "health", "path": HEALTH}]
PAGE_SECONDS = 1.0
POLL_SECONDS = 0.005


def measure(quick: bool) -> Iterator[Row]:
    """One host; it goes back and forth between two releases that are there already."""
    with tempfile.TemporaryDirectory(prefix="bench-") as scratch, make_place(Path(scratch)) as place:
        place.set_variables(site_smoke_checks=SMOKE)
        first = run(place, BOOTSTRAP, site_release=FIRST)
        second = run(place, BOOTSTRAP, site_release=FIRST)
        yield from _runs(first, second)
        run(place, "deploy.yml", site_release=SECOND)
        rollbacks, lost, asked = [], 0, 0
        for tag in (FIRST, SECOND, FIRST)[: 1 if quick else 3]:
            with place.load(HEALTH, PAGE) as answers, pages(place) as seen:
                ran = run(place, "playbooks/rollback.yml", to=tag, force_schema=True)
            rollbacks.append((ran, shown_after(ran, seen)))
            lost += sum(len(answers[path].failed) for path in (HEALTH, PAGE))
            asked += sum(len(answers[path].lines) for path in (HEALTH, PAGE))
    yield from _rollbacks(rollbacks)
    yield Row("site: requests lost by switches", str(lost), "0", lost == 0, f"of {asked}")


def run(place: Place, playbook: str, **variables: Any) -> Measured:
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
        ran = place.run(playbook, **variables)
        seconds = time.perf_counter() - began
        if ran.code != 0:
            raise CommandFailed(f"{playbook}\nexit code {ran.code}\n{ran.text}")
        lines = [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]
    return Measured(seconds, [item for item in lines if item["what"] != "skipped"])


@contextmanager
def pages(place: Place) -> Iterator[list[tuple[float, str]]]:
    """When the page became another one, and what it is, until the block ends."""
    seen: list[tuple[float, str]] = []
    ended = threading.Event()

    def look() -> None:
        while not ended.wait(POLL_SECONDS):
            status, text = place.ask(PAGE)
            if status == 200 and (not seen or seen[-1][1] != text):
                seen.append((time.time(), text))

    thread = threading.Thread(target=look)
    thread.start()
    try:
        yield seen
    finally:
        ended.set()
        thread.join()


def shown_after(ran: Measured, seen: list[tuple[float, str]]) -> float:
    """Seconds from the beginning of the task that switches to the new page."""
    begun = next(float(item["at"]) for item in ran.tasks if item["name"].endswith(SWITCH))
    return next((at - begun for at, _text in seen[1:] if at >= begun), float("inf"))


def _runs(first: Measured, second: Measured) -> Iterator[Row]:
    figures = f"{len(first.tasks)} tasks, {first.changed} of them change something"
    yield Row("site: a bare host until it serves", f"{first.seconds:.0f} s", "", None, figures)
    figures = f"command {second.seconds:.1f} s, {len(second.tasks)} tasks"
    yield Row("site: tasks that change, second run", str(second.changed), "0", second.changed == 0, figures)


def _rollbacks(rollbacks: list[tuple[Measured, float]]) -> Iterator[Row]:
    shown = [seconds for _ran, seconds in rollbacks]
    commands = [ran.seconds for ran, _seconds in rollbacks]
    figures = f"{', '.join(f'{one:.2f}' for one in shown)} s; the whole rollback {median(commands):.1f} s"
    worst = max(shown)
    yield Row(
        "site: a rollback's page, from its task on", f"{worst:.2f} s", f"< {PAGE_SECONDS:g} s", worst < 1, figures
    )
