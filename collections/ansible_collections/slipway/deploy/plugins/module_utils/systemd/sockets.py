# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The socket unit of a service, which listens for it: connections during a restart are queued there."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from ..network import ports
from . import systemctl

_INIT = 1
_LISTEN = re.compile(r"(.+) \((?:Stream|SequentialPacket)\)")
_PORT = re.compile(r"(?:.*:)?([0-9]+)")
# __SO_ACCEPTCON of Linux: a listening socket.
_ACCEPTS = 0x10000
_PROC = Path("/proc")


@dataclass(frozen=True)
class Socket:
    """A socket unit, as loaded by systemd.

    :ivar wanted: whether the service's unit requires it.
    :ivar listen: the addresses and paths that its unit names, sorted.
    """

    wanted: bool = False
    active: bool = False
    listen: tuple[str, ...] = ()

    @property
    def ports(self) -> frozenset[int]:
        """The TCP ports among them."""
        found = (_PORT.fullmatch(address) for address in self.listen)
        return frozenset(int(match[1]) for match in found if match)


def show(name: str) -> Socket:
    """The socket unit of a service."""
    unit = systemctl.properties(f"{name}.service", ("Requires",))
    socket = systemctl.properties(f"{name}.socket", ("ActiveState", "Listen"))
    return read(name, unit.get("Requires", []), socket.get("ActiveState", []), socket.get("Listen", []))


def read(name: str, requires: Iterable[str], active: Iterable[str], listen: Iterable[str]) -> Socket:
    """Parse systemd's properties of it. Pure."""
    found = (_LISTEN.fullmatch(line) for line in listen)
    return Socket(
        wanted=any(f"{name}.socket" in line.split() for line in requires),
        active="active" in active,
        listen=tuple(sorted(match[1] for match in found if match)),
    )


def is_own(name: str, listener: ports.Listener, port: int) -> bool:
    """Whether the listener on a port is the service, or systemd for it."""
    if listener.unit == f"{name}.service":
        return True
    if listener.pid != _INIT:
        return False
    socket = show(name)
    return socket.active and port in socket.ports


def settle(name: str, before: Socket) -> str:
    """Make systemd listen according to the loaded socket unit. Return systemctl's error, or ``""``.

    A socket that already does is not changed. To change one, its service must be stopped: systemd refuses it
    otherwise, and a connection meanwhile would start the service again.

    :param before: the socket unit before systemd reloaded its files.
    """
    now = show(name)
    if not now.wanted:
        return systemctl.stop(f"{name}.socket") if now.active else ""
    if now.active and now.listen == before.listen and all(_listens(address) for address in now.listen):
        return ""
    return systemctl.stop(f"{name}.socket", f"{name}.service") or systemctl.start(f"{name}.socket")


def _listens(address: str) -> bool:
    """Whether systemd listens on an address. One that cannot be checked counts as yes."""
    match = _PORT.fullmatch(address)
    if match:
        return any(listener.pid == _INIT for listener in ports.listeners(int(match[1])))
    if not address.startswith("/"):
        return True
    try:
        return address in listening_paths((_PROC / "net/unix").read_text(errors="replace").splitlines())
    except OSError:
        return True


def listening_paths(lines: Iterable[str]) -> frozenset[str]:
    """The paths of listening sockets, from the lines of ``/proc/net/unix``: proc_net_unix(5). Pure."""
    fields = (line.split(None, 7) for line in lines)
    return frozenset(
        item[7] for item in fields if len(item) == 8 and item[7].startswith("/") and _flags(item[3]) & _ACCEPTS
    )


def _flags(text: str) -> int:
    try:
        return int(text, 16)
    except ValueError:
        return 0  # The header line.
