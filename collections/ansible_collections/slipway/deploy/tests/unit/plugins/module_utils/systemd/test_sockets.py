# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A service's socket unit: whose the port is, and when the socket has to be made anew."""

from __future__ import annotations

import socket
from types import SimpleNamespace

import pytest

from ansible_collections.slipway.deploy.plugins.module_utils.network.ports import Listener
from ansible_collections.slipway.deploy.plugins.module_utils.systemd import sockets
from ansible_collections.slipway.deploy.plugins.module_utils.systemd.sockets import Socket

ON = Socket(wanted=True, active=True, listen=("127.0.0.1:8000",))


@pytest.mark.parametrize(
    ("requires", "active", "listen", "found"),
    [
        ([], [], [], Socket()),
        (["system.slice svc.socket -.mount"], ["active"], ["127.0.0.1:8000 (Stream)"], ON),
        (["svc.socketry"], ["inactive"], ["[::]:80 (Stream)", "/run/x (Stream)"], Socket(listen=("/run/x", "[::]:80"))),
        ([], ["active"], ["8000 (Stream)", "9 (Datagram)"], Socket(active=True, listen=("8000",))),
    ],
)
def test_what_systemd_says(requires, active, listen, found):
    assert sockets.read("svc", requires, active, listen) == found


def test_its_ports():
    assert Socket(listen=("127.0.0.1:80", "[::1]:81", "82", "/run/83")).ports == {80, 81, 82}


@pytest.fixture
def world(monkeypatch):
    """A host: what the socket unit is, who listens, and what systemctl was told."""

    world = SimpleNamespace(calls=[], now=ON, listeners=[Listener(1, "systemd", "")])
    monkeypatch.setattr(sockets, "show", lambda name: world.now)
    monkeypatch.setattr(sockets.ports, "listeners", lambda port: world.listeners)
    for verb in ("stop", "start"):
        monkeypatch.setattr(sockets.systemctl, verb, lambda *units, verb=verb: world.calls.append((verb, *units)) or "")
    return world


@pytest.mark.parametrize(
    ("listener", "own"),
    [
        (Listener(7, "python", "svc.service"), True),
        (Listener(1, "systemd", ""), True),
        (Listener(7, "nginx", "nginx.service"), False),
        (Listener(7, "python", ""), False),
    ],
)
def test_whose_a_port_is(world, listener, own):
    assert sockets.is_own("svc", listener, 8000) is own


def test_systemd_may_hold_it_for_another(world):
    assert not sockets.is_own("svc", Listener(1, "systemd", ""), 9000)
    world.now = Socket()
    assert not sockets.is_own("svc", Listener(1, "systemd", ""), 8000)


ANEW = [("stop", "svc.socket", "svc.service"), ("start", "svc.socket")]


@pytest.mark.parametrize(
    ("before", "now", "held", "calls"),
    [
        (ON, ON, True, []),
        (Socket(), Socket(), True, []),
        # It listens elsewhere than its unit says.
        (Socket(True, True, ("127.0.0.1:9000",)), ON, True, ANEW),
        (ON, ON, False, ANEW),
        # It does not listen yet.
        (Socket(), Socket(True, False, ("127.0.0.1:8000",)), True, ANEW),
        # The release does without it.
        (ON, Socket(False, True, ("127.0.0.1:8000",)), True, [("stop", "svc.socket")]),
        (ON, Socket(False, False), True, []),
    ],
)
def test_when_it_is_made_anew(world, before, now, held, calls):
    world.now = now
    world.listeners = [Listener(1, "systemd", "")] if held else []
    assert sockets.settle("svc", before) == ""
    assert world.calls == calls


def test_a_real_path(tmp_path, world):
    path = str(tmp_path / "x.sock")
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(path)
        unix = Socket(True, True, (path,))
        world.now = unix
        sockets.settle("svc", unix)
        assert world.calls == [("stop", "svc.socket", "svc.service"), ("start", "svc.socket")]
        server.listen()
        world.calls.clear()
        sockets.settle("svc", unix)
        assert world.calls == []


def test_what_cannot_be_looked_for_is_believed(world):
    world.now = Socket(True, True, ("@abstract",))
    sockets.settle("svc", world.now)
    assert world.calls == []
