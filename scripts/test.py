#!/usr/bin/env python3
# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Run the tests, all of them or the parts that are named, several at a time; print a table of their seconds.

    scripts/test.py [PART…]     a part, or the beginning of several parts' names: lint, e2e, e2e/deploy, molecule

A part that fails does not keep the others from running. Its output is printed when it ends, and kept in .run/test-logs.
The longest parts begin first. Parts on systemd hosts wait much of their time: two of them run beside two others, and
three when no others are left.
"""

from __future__ import annotations

import difflib
import os
import shlex
import subprocess
import sys
import threading
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
LOGS = ROOT / ".run" / "test-logs"
PYTEST = ("python", "-m", "pytest", "-q", "--durations=10", "--durations-min=30")
#: Directories below tests/ whose tests start systemd hosts; each of their files is a part.
ON_HOSTS = ("backend", "site", "codedeploy", "hosts", "logs", "developer", "newest")
#: Directories whose files are parts of their own because together they take long.
BY_FILE = ("e2e", "fault")
#: Parts that need neither the test hosts nor their prerequisites.
ALONE = ("lint", "changelog", "units", "ansible-lint", "ansible-test")
#: Parts of more than a minute, the longest first.
LONGEST = (
    *("backend/killed", "backend/bad_input", "backend/two_hosts", "site/bad_input", "site/life_cycle"),
    *("backend/life_cycle", "backend/own_bundle", "codedeploy/deployments", "newest/control_node"),
    *("pipelines", "e2e/deploy", "e2e/checks", "e2e/text_is_data", "ansible-test", "units", "ansible-lint", "lint"),
)
HOSTS_AT_ONCE, OTHERS_AT_ONCE, HOSTS_ALONE = 2, 2, 3


@dataclass
class Part:
    """A part that can run on its own, and its result: its exit code, seconds and the processors' seconds."""

    name: str
    command: tuple[str, ...]
    on_hosts: bool = False
    code: int | None = None
    took: float = 0.0
    busy: float = 0.0

    @property
    def log(self) -> Path:
        """Where its output goes."""
        return LOGS / f"{self.name.replace('/', '-')}.log"


def known_parts() -> list[Part]:
    """Every part, the longest first."""
    parts = [
        Part("lint", ("scripts/lint.sh",)),
        Part("changelog", ("scripts/changelog.sh",)),
        Part("units", ("make", "--no-print-directory", "unit")),
        Part("ansible-lint", ("ansible-lint",)),
        Part("ansible-test", ("scripts/ansible-test.sh",)),
        *_tests(),
    ]
    for path in sorted(ROOT.glob("molecule/*/molecule.yml")):
        scenario = path.parent.name
        parts.append(Part(f"molecule/{scenario}", ("scripts/molecule.sh", scenario), on_hosts=True))
    places = {name: place for place, name in enumerate(LONGEST)}
    return sorted(parts, key=lambda part: places.get(part.name, len(places)))


def _tests() -> Iterator[Part]:
    """A part for each directory of tests/, or for each file of it."""
    for directory in sorted({path.parent for path in ROOT.glob("tests/*/test_*.py")}):
        name, on_hosts = directory.name, directory.name in ON_HOSTS
        if not on_hosts and name not in BY_FILE:
            yield Part(name, (*PYTEST, f"tests/{name}"))
            continue
        for path in sorted(directory.glob("test_*.py")):
            title = path.stem.removeprefix("test_")
            yield Part(f"{name}/{title}", (*PYTEST, f"tests/{name}/{path.name}"), on_hosts)


def chosen(parts: list[Part], names: list[str]) -> list[Part]:
    """The parts that are named; all of them without a name. Exits with 2 for an unknown name."""
    found = [part for part in parts if not names or any(f"{part.name}/".startswith(f"{name}/") for name in names)]
    for name in names:
        if any(f"{part.name}/".startswith(f"{name}/") for part in found):
            continue
        every = sorted({part.name for part in parts} | {part.name.partition("/")[0] for part in parts})
        near = difflib.get_close_matches(name, every, 1)
        print(f"test: there is no part {name}." + (f" Did you mean {near[0]}?" if near else ""), file=sys.stderr)
        print("\n".join(f"  {known}" for known in every), file=sys.stderr)
        sys.exit(2)
    return found


def needs_hosts(parts: Iterable[Part]) -> bool:
    """Whether one of the parts may start systemd hosts, or needs something that is installed with them."""
    return any(part.name not in ALONE for part in parts)


def prepare_hosts() -> dict[str, str]:
    """Prepare this machine for systemd hosts; the variables that say how. Exits with 1 if that is not possible."""
    done = subprocess.run(["scripts/hosts.sh"], cwd=ROOT, stdout=subprocess.PIPE, text=True, check=False)
    if done.returncode:
        sys.exit("test: this machine cannot run the systemd test hosts")
    return dict(word.split("=", 1) for word in shlex.split(done.stdout) if "=" in word)


@dataclass
class Run:
    """The parts that wait, those that run, and when it all began."""

    waiting: list[Part]
    environment: dict[str, str]
    running: list[Part] = field(default_factory=list)
    ended: list[Part] = field(default_factory=list)
    began: float = field(default_factory=time.monotonic)
    changed: threading.Condition = field(default_factory=threading.Condition)

    def all(self) -> list[Part]:
        """Run everything; the parts in the order in which they ended."""
        with self.changed:
            while self.waiting or self.running:
                part = self._next()
                if part is None:
                    self.changed.wait()
                    continue
                self.waiting.remove(part)
                self.running.append(part)
                self.say(part.name)
                threading.Thread(target=self._carry_out, args=(part,), daemon=True).start()
        return self.ended

    def say(self, text: str) -> None:
        """Print a line, prefixed with the seconds since the start."""
        print(f"== {time.monotonic() - self.began:4.0f}s {text}", flush=True)

    def _next(self) -> Part | None:
        """The next part for which there is a place."""
        others_left = any(not part.on_hosts for part in (*self.waiting, *self.running))
        places = {True: HOSTS_AT_ONCE if others_left else HOSTS_ALONE, False: OTHERS_AT_ONCE}
        for part in self.running:
            places[part.on_hosts] -= 1
        return next((part for part in self.waiting if places[part.on_hosts] > 0), None)

    def _carry_out(self, part: Part) -> None:
        began = time.monotonic()
        with part.log.open("wb") as log:
            process = subprocess.Popen(
                part.command, cwd=ROOT, env=self.environment, stdin=subprocess.DEVNULL, stdout=log, stderr=log
            )
            # subprocess.Popen.wait() does not tell what the process and its descendants used.
            _pid, status, used = os.wait4(process.pid, 0)
        part.code = process.returncode = os.waitstatus_to_exitcode(status)
        part.took, part.busy = time.monotonic() - began, used.ru_utime + used.ru_stime
        with self.changed:
            self.say(f"{part.name}: {'passed' if part.code == 0 else 'FAILED'} after {part.took:.0f} s")
            print(part.log.read_text(encoding="utf-8", errors="replace"), end="", flush=True)
            self.running.remove(part)
            self.ended.append(part)
            self.changed.notify_all()


def table(parts: Iterable[Part]) -> str:
    """The parts with their seconds, and those of the processors where the part's own processes used them."""

    def row(part: Part) -> str:
        return f"{part.name:<32} {part.took:8.0f} {part.busy:8.0f}" + ("  failed" if part.code else "")

    return "\n".join(
        [f"{'part':<32} {'seconds':>8} {'of CPU':>8}", *map(row, sorted(parts, key=lambda one: -one.took))]
    )


def environment() -> dict[str, str]:
    """The variables of all parts. Compiled Python is kept for this run and the next one, apart from the sources."""
    kept = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    return {**kept, "PYTHONPYCACHEPREFIX": str(ROOT / ".run" / "pycache")}


def run_parts(parts: list[Part]) -> int:
    """Run the parts and print their results; return 1 if one failed."""
    LOGS.mkdir(parents=True, exist_ok=True)
    variables = environment()
    if needs_hosts(parts):
        variables |= prepare_hosts()
    run = Run(list(parts), variables)
    ended = run.all()
    print(table(ended))
    failed = [part.name for part in ended if part.code]
    run.say(f"failed: {', '.join(failed)}" if failed else "all passed")
    return 1 if failed else 0


def main(arguments: list[str]) -> int:
    """Run the parts that are named, under a supervisor, which starts this program a second time."""
    supervised = arguments[:1] == ["supervised"]
    names = arguments[supervised:]
    parts = chosen(known_parts(), names)
    if not supervised:
        # What this clone leaves running goes with the tests, however these end; so do the containers that they start.
        clean_up = "scripts/hosts.sh remove" if needs_hosts(parts) else "true"
        command = [str(ROOT / "scripts" / "supervise.py"), clean_up, sys.executable, __file__, "supervised", *names]
        os.chdir(ROOT)
        # It takes this process's place, so that signals reach it.
        os.execv(command[0], command)  # noqa: S606 - a program of this project
    return run_parts(parts)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
