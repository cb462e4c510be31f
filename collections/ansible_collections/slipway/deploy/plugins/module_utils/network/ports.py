# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Finds who listens on a port of this host, from ``/proc``: proc_pid_net(5) and proc_pid_fd(5)."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

_LISTEN = "0A"
_PROC = Path("/proc")


@dataclass(frozen=True)
class Listener:
    """A listening process. ``unit`` is its systemd service, or ``""``."""

    pid: int
    command: str
    unit: str

    def __str__(self) -> str:
        return f"{self.command} (pid {self.pid}{', ' + self.unit if self.unit else ''})"


def listeners(port: int, proc: Path = _PROC) -> list[Listener]:
    """The processes that listen on a TCP port, as far as ``/proc`` shows them to this user."""
    inodes: set[str] = set()
    for table in ("tcp", "tcp6"):
        try:
            inodes.update(listening_inodes((proc / "net" / table).read_text().splitlines(), port))
        except OSError:
            continue
    return [_listener(proc, pid) for pid in _holders(proc, inodes)] if inodes else []


def listening_inodes(lines: Iterable[str], port: int) -> Iterator[str]:
    """The inodes of the sockets that listen on a port, from the lines of ``/proc/net/tcp``. Pure."""
    for line in lines:
        fields = line.split()
        if len(fields) > 9 and fields[3] == _LISTEN and fields[1].rpartition(":")[2] == f"{port:04X}":
            yield fields[9]


def _holders(proc: Path, inodes: set[str]) -> Iterator[int]:
    names = {f"socket:[{inode}]" for inode in inodes}
    for process in sorted(proc.iterdir()):
        if process.name.isdigit() and _holds(process, names):
            yield int(process.name)


def _holds(process: Path, names: set[str]) -> bool:
    try:
        for descriptor in (process / "fd").iterdir():
            try:
                if os.readlink(descriptor) in names:  # noqa: PTH115 - Path.readlink is Python 3.9's
                    return True
            except OSError:
                continue
    except OSError:
        pass
    return False


def _listener(proc: Path, pid: int) -> Listener:
    return Listener(pid, _first(proc / str(pid) / "comm") or "a process", unit_of(_first(proc / str(pid) / "cgroup")))


def _first(path: Path) -> str:
    try:
        return path.read_text().strip()
    except OSError:
        return ""


def unit_of(cgroups: str) -> str:
    """The service of a process, from its ``/proc/<pid>/cgroup``, or ``""``. Pure."""
    for line in cgroups.splitlines():
        for part in reversed(line.rpartition(":")[2].split("/")):
            if part.endswith(".service"):
                return part
    return ""
