# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Watches what a restart waits for: connections of the old process, from ``/proc``.

With a socket unit new requests wait as long, because the new process is started when the old one has ended.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Collection, Iterable
from contextlib import suppress
from pathlib import Path
from types import TracebackType

_PROC = Path("/proc")
_INTERVAL = 0.25
#: A shorter wait is not reported, in seconds.
_NOTABLE = 1.0
_ESTABLISHED = "01"
_ACCEPTS = 0x10000


def accepted_tcp(lines: Iterable[str], ports: Collection[int]) -> int:
    """How many connections to some ports a process has accepted, from ``/proc/net/tcp``. Pure.

    A connection that is not accepted yet has no inode.
    """
    count = 0
    for line in lines:
        fields = line.split()
        if len(fields) > 9 and fields[3] == _ESTABLISHED and fields[9] != "0":
            with suppress(ValueError):
                count += int(fields[1].rpartition(":")[2], 16) in ports
    return count


def accepted_unix(lines: Iterable[str], paths: Collection[str]) -> int:
    """How many connections to the paths of some sockets a process has accepted, from ``/proc/net/unix``. Pure."""
    count = 0
    for line in lines:
        fields = line.split(None, 7)
        if len(fields) > 7 and fields[7] in paths and fields[6] != "0":
            with suppress(ValueError):
                count += not int(fields[3], 16) & _ACCEPTS
    return count


class Draining:
    """Watches a process until it has ended; a context manager around its restart.

    :param pid: the process, 0 for none.
    :param listen: the addresses that the service listens on: ports, ``host:port``, and paths of sockets.
    :ivar seconds: how long it took to end, as observed.
    :ivar connections: how many connections it had when last observed with any.
    """

    def __init__(self, pid: int, listen: Collection[str], proc: Path = _PROC, interval: float = _INTERVAL) -> None:
        self.seconds = 0.0
        self.connections = 0
        self._held = 0.0
        ends = {address.rpartition(":")[2] for address in listen}
        self._ports = frozenset(int(end) for end in ends if end.isdigit())
        self._paths = frozenset(address for address in listen if address.startswith("/"))
        self._proc, self._pid, self._interval = proc, pid, interval
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._look, daemon=True)

    def __enter__(self) -> Draining:  # noqa: PYI034 - typing.Self is Python 3.11's
        """Start watching."""
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop watching."""
        self._over.set()
        self._thread.join()

    def _look(self) -> None:
        began, started = time.monotonic(), self._started()
        while started and self._started() == started:
            count, self.seconds = self._count(), time.monotonic() - began
            if count:
                self.connections, self._held = count, self.seconds
            if self._over.wait(self._interval):
                break

    def _started(self) -> str:
        """When the process was started; ``""`` when there is none. A zombie does not count."""
        with suppress(OSError, IndexError):
            fields = (self._proc / str(self._pid) / "stat").read_text(errors="replace").rpartition(")")[2].split()
            return "" if fields[0] == "Z" else fields[19]
        return ""

    def _count(self) -> int:
        count = 0
        for name in ("tcp", "tcp6"):
            with suppress(OSError):
                count += accepted_tcp((self._proc / "net" / name).read_text().splitlines(), self._ports)
        with suppress(OSError):
            text = (self._proc / "net/unix").read_text(errors="replace")
            count += accepted_unix(text.splitlines(), self._paths)
        return count

    def said(self, *, waits: bool) -> str:
        """A note for the user; ``""`` if it ended soon.

        :param waits: whether a socket unit queues new requests until the new process runs.
        """
        if self.seconds < _NOTABLE:
            return ""
        many = "1 connection" if self.connections == 1 else f"{self.connections} connections"
        # Connections whose requests ended long before did not cause the delay.
        kept = self.connections and self._held > self.seconds - _NOTABLE
        open_ = f", {many} stayed open until then" if kept else ""
        others = "waited" if waits else "were refused"
        return f"the old process took {self.seconds:.1f} s to end{open_}; new requests {others} meanwhile"
