# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The spare: a service's unit for another release."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.slipway.deploy.plugins.module_utils.common.errors import SlipwayError
from ansible_collections.slipway.deploy.plugins.module_utils.network.ports import Listener
from ansible_collections.slipway.deploy.plugins.module_utils.probes.readiness import Wanted
from ansible_collections.slipway.deploy.plugins.module_utils.switch import spare, spare_unit
from ansible_collections.slipway.deploy.plugins.module_utils.switch.apply import Proof
from ansible_collections.slipway.deploy.plugins.module_utils.switch.spare import Spare
from ansible_collections.slipway.deploy.plugins.module_utils.switch.spare_unit import Setting

UNIT = r"""
# a comment
[Unit]
Requires=svc.socket
[Service]
Type=exec
User=site
Sockets=svc.socket
ExecStart="/srv/current/.venv/bin/python" \
    "-m" "app"
WorkingDirectory=/srv/current/server
Restart=on-failure
RestartSec=5
MemoryMax=80%
StateDirectory=svc
RuntimeDirectory=svc other
ReadWritePaths="/srv/shared/a b" "/srv/current/uploads" "/srv/currently"
CapabilityBoundingSet=
SystemCallFilter=@system-service
SystemCallFilter=~@privileged
; another
[Install]
WantedBy=multi-user.target
"""
DROPIN = """
[Service]
EnvironmentFile=/etc/svc/generations/new/env
LoadCredential=jwt:/etc/svc/generations/new/credentials/jwt
Environment="JWT_PATH=%d/jwt" "UNIT=%n" "PART=100%%d %i"
"""
LINKS = {"/srv/current": "/srv/releases/two", "/etc/svc/current": "/etc/svc/generations/new"}


def settings(*texts):
    return spare_unit.read_settings(texts)


def test_what_is_taken_over_and_what_is_not():
    found = spare_unit.properties(settings(UNIT, DROPIN), "svc", "svc-spare", LINKS)
    assert found == [
        "--property=User=site",
        "--property=WorkingDirectory=/srv/releases/two/server",
        "--property=MemoryMax=80%",
        "--property=StateDirectory=svc-spare",
        "--property=RuntimeDirectory=svc-spare other",
        '--property=ReadWritePaths="/srv/shared/a b" "/srv/releases/two/uploads" "/srv/currently"',
        "--property=CapabilityBoundingSet=",
        "--property=SystemCallFilter=@system-service",
        "--property=SystemCallFilter=~@privileged",
        "--property=EnvironmentFile=/etc/svc/generations/new/env",
        "--property=LoadCredential=jwt:/etc/svc/generations/new/credentials/jwt",
        (
            '--property=Environment="JWT_PATH=/run/credentials/svc-spare.service/jwt" "UNIT=svc-spare.service" '
            '"PART=100%d %i"'
        ),
    ]


def test_a_later_empty_value_takes_back_what_was_said():
    assert settings("[Service]\nReadWritePaths=/a\nUser=x\n", "[Service]\nReadWritePaths=\nReadWritePaths=/b\n") == [
        Setting("User", "x"),
        Setting("ReadWritePaths", "/b"),
    ]


@pytest.mark.parametrize(
    ("value", "moved"),
    [
        ("/srv/current", "/srv/releases/two"),
        ("/srv/current/x", "/srv/releases/two/x"),
        ('"/srv/current/x" "/srv/current"', '"/srv/releases/two/x" "/srv/releases/two"'),
        ("--app=/srv/current/x", "--app=/srv/releases/two/x"),
        ("/srv/currently/x", "/srv/currently/x"),
        ("/old/srv/current/x", "/old/srv/current/x"),
        ("a:/etc/svc/current/b", "a:/etc/svc/generations/new/b"),
    ],
)
def test_links_that_are_not_switched_yet(value, moved):
    assert spare_unit.moved_to(value, LINKS) == moved


def test_what_it_runs():
    assert spare_unit.command(["/srv/current/bin/python", "$HOME", "a b"], LINKS) == [
        "/srv/releases/two/bin/python",
        "$$HOME",
        "a b",
    ]


@pytest.mark.parametrize(
    ("url", "asked"),
    [
        ("http://127.0.0.1:8000/health", "http://127.0.0.1:8001/health"),
        ("http://localhost/ready?a=b", "http://127.0.0.1:8001/ready?a=b"),
        ("http+unix://%2Frun%2Fx.sock/health", "http://127.0.0.1:8001/health"),
    ],
)
def test_where_it_is_asked(url, asked):
    assert spare_unit.spare_url(url, 8001) == asked


@given(st.text())
def test_any_text_is_read(text):
    found = settings("[Service]\n" + text)
    assert all("\n" not in item.value for item in found)


class World:
    """A host whose systemd only notes what it is told."""

    def __init__(self, monkeypatch, tmp_path, proof):
        self.calls = []
        self.proof = proof
        self.started = ""
        units = tmp_path / "units"
        (units / "svc.service.d").mkdir(parents=True)
        (units / "svc.service").write_text(UNIT)
        (units / "svc.service.d/10-configuration.conf").write_text("[Service]\nEnvironmentFile=/old\n")
        (units / "svc.service.d/20-more.conf").write_text("[Service]\nNice=5\n")
        (tmp_path / "new").mkdir()
        (tmp_path / "new/unit.conf").write_text(DROPIN)
        self.spare = Spare(
            "svc",
            ["/srv/current/.venv/bin/python", "--port", "8001"],
            {"/srv/current": "/srv/releases/two", "/etc/svc/current": str(tmp_path / "new")},
            "/etc/svc/current",
            8001,
            {"SCHEDULER_ENABLED": "false"},
            Wanted("http://127.0.0.1:8001/health", timeout=20, stable_for=2),
        )
        monkeypatch.setattr(spare, "_UNITS", units)
        monkeypatch.setattr(spare, "_RUN", tmp_path / "run")
        monkeypatch.setattr(spare.systemctl, "stop", lambda *units: self.note("stop", units))
        self.state = tmp_path / "lib/svc-spare"
        monkeypatch.setattr(spare, "_DIRECTORIES", (tmp_path / "lib", tmp_path / "log"))
        monkeypatch.setattr(spare.systemctl, "forget_failure", lambda unit: self.note("forget", unit))
        monkeypatch.setattr(spare.systemctl, "run_transient", self.start)
        monkeypatch.setattr(spare.Service, "prove", lambda service, settled: self.prove())
        monkeypatch.setattr(spare.ports, "listeners", lambda port: self.listeners)
        self.listeners = []

    def note(self, *call):
        self.calls.append(call)
        return ""

    def start(self, argv):
        self.argv = argv
        (self.state / "kept").mkdir(parents=True)
        self.environment = self.spare.environment_path.read_text()
        self.mode = self.spare.environment_path.stat().st_mode & 0o777
        return self.started

    def prove(self):
        if isinstance(self.proof, Exception):
            raise self.proof
        return self.proof


@pytest.fixture
def world(monkeypatch, tmp_path):
    return lambda proof: World(monkeypatch, tmp_path, proof)


GONE = [("stop", ("svc-spare.service",)), ("forget", "svc-spare.service")]


@pytest.mark.parametrize("ready", [True, False])
def test_it_is_put_away_however_it_went(world, ready):
    here = world(Proof(ready=ready, reason="" if ready else "HTTP 503"))
    assert spare.attempt(here.spare).ready is ready
    assert here.calls == GONE * 2
    assert not here.spare.environment_path.exists()
    assert not here.state.exists()
    assert (here.environment, here.mode) == ('SCHEDULER_ENABLED="false"\n', 0o600)


def test_what_systemd_is_told(world):
    here = world(Proof(ready=True))
    spare.attempt(here.spare)
    words = here.argv
    assert words[: words.index("--")][:3] == ["--quiet", "--unit=svc-spare", "--service-type=exec"]
    assert "--property=Nice=5" in words
    assert "--property=EnvironmentFile=/old" not in words
    files = [word for word in words if "EnvironmentFile=" in word]
    assert files[-1] == f"--property=EnvironmentFile={here.spare.environment_path}"
    assert "--property=RuntimeMaxSec=82" in words
    assert words[words.index("--") + 1 :] == ["/srv/releases/two/.venv/bin/python", "--port", "8001"]


def test_it_is_put_away_when_the_run_is_ended(world):
    here = world(SlipwayError("stopped by SIGTERM"))
    with pytest.raises(SlipwayError, match="SIGTERM"):
        spare.attempt(here.spare)
    assert here.calls == GONE * 2


def test_one_that_does_not_start(world):
    here = world(Proof(ready=True))
    here.started = "Unknown assignment: Nice=x"
    with pytest.raises(SlipwayError, match="systemd does not start the spare: Unknown assignment"):
        spare.attempt(here.spare)
    assert here.calls == GONE * 2
    assert not here.spare.environment_path.exists()


def test_a_port_of_somebody_else(world):
    here = world(Proof(ready=True))
    here.listeners = [Listener(7, "python3", "svc-spare.service")]
    spare.check(here.spare)
    here.listeners = [Listener(7, "nginx", "nginx.service")]
    with pytest.raises(SlipwayError, match="spare port 8001 is taken by nginx .pid 7, nginx.service."):
        spare.attempt(here.spare)
    assert here.calls == []


def test_a_variable_that_cannot_be_one(world):
    here = world(Proof(ready=True))
    with pytest.raises(SlipwayError, match="A B is not a valid name of an environment variable"):
        spare.check(here.spare._replace(environment={"A B": "x"}))


def test_what_is_said_of_a_release_that_is_not_well(world):
    here = world(Proof(ready=True))
    line = spare.refused(here.spare, Proof(ready=False, reason="not ready within 20 s:\nHTTP 503"))
    assert (
        "does not become ready on the spare port 8001: not ready within 20 s: HTTP 503. The old release keeps running"
        in line
    )
    assert Path(here.spare.configuration).name == "current"
