# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Looks for canaries on the machine that it runs on, and prints the places as JSON. Standard library, Python 3.8 on.

It is passed to ``python3 -c``, on this machine or on a host, and reads what to look for from its standard input, so
that looking leaks nothing. The first line is a document; with ``follow``, processes are looked at until the input ends.
"""

from __future__ import annotations

import fnmatch
import json
import os
import select
import subprocess
import sys
from collections.abc import Iterator

_PAUSE_SECONDS = 0.01
_LONGEST = 64 * 1024 * 1024


def found_in(content: bytes, forms: dict) -> list:
    """The labels of the canaries that a content holds."""
    return sorted(label for label, values in forms.items() if any(value in content for value in values))


def read(path: str) -> bytes:
    """A file's first 64 MiB; nothing when it cannot be read."""
    try:
        with open(path, "rb") as file:  # noqa: PTH123 - it is called for every process, often
            return file.read(_LONGEST)
    except OSError:
        return b""


def in_files(roots: list, allowed: list, forms: dict) -> Iterator[str]:
    """Files below the roots, their names and the targets of links."""
    for root in roots:
        paths = [root] if os.path.isfile(root) else _walk(root)  # noqa: PTH113
        for path in paths:
            if any(fnmatch.fnmatch(path, pattern) for pattern in allowed):
                continue
            link = os.path.islink(path)  # noqa: PTH114
            content = os.readlink(path).encode() if link else read(path)  # noqa: PTH115
            for label in found_in(path.encode(errors="surrogateescape") + b"\0" + content, forms):
                yield f"{label}: {path}"


def _walk(root: str) -> Iterator[str]:
    for directory, names, files in os.walk(root):
        links = [name for name in names if os.path.islink(os.path.join(directory, name))]  # noqa: PTH114, PTH118
        for name in [*files, *links]:
            path = os.path.join(directory, name)  # noqa: PTH118
            if os.path.islink(path) or os.path.isfile(path):  # noqa: PTH113, PTH114
                yield path


def in_processes(units: list, forms: dict) -> Iterator[str]:
    """Arguments of all processes, and environments of those that do not belong to one of the units."""
    for name in os.listdir("/proc"):  # noqa: PTH208
        if not name.isdigit() or int(name) == os.getpid():
            continue
        # Asked before and after: a process that begins or ends meanwhile belongs nowhere for a moment.
        excused = _belongs(name, units)
        arguments, environment = read(f"/proc/{name}/cmdline"), read(f"/proc/{name}/environ")
        for kind, content in (("arguments", arguments), ("environment", environment)):
            labels = found_in(content, forms)
            if not labels or (kind == "environment" and (excused or _belongs(name, units))):
                continue
            program = arguments.split(b"\0")[0].decode(errors="replace")
            for label in labels:
                # The program's arguments may be what leaked.
                shown = program if not found_in(program.encode(), forms) else "?"
                yield f"{label}: {kind} of a process ({shown})"


def _belongs(pid: str, units: list) -> bool:
    lines = read(f"/proc/{pid}/cgroup").decode(errors="replace").splitlines()
    return any(f"/{unit}.service" in line for line in lines for unit in units)


def in_journal(forms: dict) -> Iterator[str]:
    """Everything that the journal holds, with all fields."""
    try:
        answer = subprocess.run(["journalctl", "--output=export", "--no-pager"], check=False, capture_output=True)
    except OSError:
        return
    for label in found_in(answer.stdout, forms):
        yield f"{label}: the journal"


def main() -> None:
    """Read what to look for, look, print."""
    wanted = json.loads(sys.stdin.readline())
    forms = {label: [bytes.fromhex(value) for value in values] for label, values in wanted["forms"].items()}
    places = set(in_processes(wanted["units"], forms) if wanted["processes"] else ())
    while wanted["follow"] and not select.select([sys.stdin], [], [], _PAUSE_SECONDS)[0]:
        places.update(in_processes(wanted["units"], forms))
    places.update(in_files(wanted["roots"], wanted["allowed"], forms))
    if wanted["journal"]:
        places.update(in_journal(forms))
    print(json.dumps(sorted(places)))


if __name__ == "__main__":
    main()
