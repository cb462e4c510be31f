# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Commands that are timed, in projects of their own."""

from __future__ import annotations

import os
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sandbox.testing import Sandbox
from tests.support.deploys import BIN, Deploys, make_deploys

EMPTY_PLAY = "- hosts: localhost\n  gather_facts: false\n  tasks: []\n"


@dataclass(frozen=True)
class Timed:
    """A command that ended well: seconds, MiB of its largest process, and what it printed."""

    seconds: float
    peak_mib: float
    out: str


class CommandFailed(Exception):
    """A command of a benchmark ended badly: nothing was measured."""


def timed(command: Sequence[str], cwd: Path, environ: Mapping[str, str]) -> Timed:
    """Run a command to its end.

    :raises CommandFailed: with what it printed, when it exits with another code than 0.
    """
    with tempfile.TemporaryFile("w+", encoding="utf-8") as output:
        began = time.perf_counter()
        process = subprocess.Popen(
            command, cwd=cwd, env=environ, stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT
        )
        # wait4(2) gives the largest resident set among the process and the children that it waited for.
        _pid, status, usage = os.wait4(process.pid, 0)
        seconds = time.perf_counter() - began
        process.returncode = os.waitstatus_to_exitcode(status)
        output.seek(0)
        text = output.read()
    if process.returncode != 0:
        raise CommandFailed(f"{' '.join(command)}\nexit code {process.returncode}\n{text}")
    return Timed(seconds, usage.ru_maxrss / 1024, text)


@contextmanager
def project(sandbox: Sandbox, **variables: Any) -> Iterator[Deploys]:
    """A copy of the project that deploys to ``sandbox``; ``variables`` are given on each command line."""
    with tempfile.TemporaryDirectory(prefix="bench-") as directory:
        made = make_deploys(Path(directory), sandbox)
        made.variables.update(variables)
        yield made


def playbook(deploys: Deploys, *arguments: str) -> Timed:
    """A timed ``ansible-playbook deploy.yml`` in a project."""
    return timed(deploys.command("deploy.yml", *arguments), deploys.directory, deploys.environment())


def empty_run(deploys: Deploys) -> Timed:
    """A timed ``ansible-playbook`` without a project, an inventory file or a task."""
    nowhere = deploys.directory / "nowhere"
    nowhere.mkdir(exist_ok=True)
    (nowhere / "empty.yml").write_text(EMPTY_PLAY, encoding="utf-8")
    command = [str(BIN / "ansible-playbook"), "-i", "localhost,", "empty.yml"]
    return timed(command, nowhere, deploys.environment())


def numbered_inventory(deploys: Deploys, count: int, waves: int = 4) -> None:
    """Replace the inventory by that of ``Sandbox(fleet=count)``: service-0001 … in up to ``waves`` waves."""
    lines = ["fleet:", "  children:"]
    for wave in range(1, waves + 1):
        numbers = [wave] if wave < waves else list(range(waves, count + 1))
        lines += [f"    priority_{wave}:", "      hosts:"]
        for number in numbers:
            lines += [f"        service-{number:04d}:", f"          service_port: {10000 + number}"]
    path = deploys.directory / "inventories" / "local" / "fleet.yml"
    path.write_text("\n".join(["---", *lines, ""]), encoding="utf-8")
