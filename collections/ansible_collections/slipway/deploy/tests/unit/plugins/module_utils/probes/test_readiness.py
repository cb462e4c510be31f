# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""When a service counts as ready, and what systemd says of it."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.slipway.deploy.plugins.module_utils.jvm.java import parse_version
from ansible_collections.slipway.deploy.plugins.module_utils.network.ports import listening_inodes, unit_of
from ansible_collections.slipway.deploy.plugins.module_utils.probes.readiness import (
    Answer,
    Wanted,
    Watch,
    ask,
    judge,
    read_answer,
)
from ansible_collections.slipway.deploy.plugins.module_utils.secret_values.redaction import (
    credential_values,
    environment_values,
    without_secrets,
)
from ansible_collections.slipway.deploy.plugins.module_utils.systemd.systemctl import (
    Unit,
    parse_credentials,
    parse_show,
)

UNIT = Unit(loaded=True, active="active", sub="running", pid=7, invocation="i1", restarts=0, ended="")
WANTED = Wanted(url="http://x", timeout=10, stable_for=3)
UP, DOWN = Answer(True, "HTTP 200, status UP"), Answer(False, "HTTP 503")


def watched(*looks: tuple[float, Answer | None], unit: Unit = UNIT, wanted: Wanted = WANTED) -> Watch:
    watch = Watch(0.0, UNIT)
    for now, answer in looks:
        assert not watch.over
        watch = judge(watch, unit, answer, now, wanted)
    return watch


def test_ready_and_stays_so() -> None:
    watch = watched((0, DOWN), (2, UP), (4, UP), (5, UP))
    assert watch.verdict is True
    assert watch.first_ready == 2


def test_ready_for_too_short() -> None:
    assert watched((0, UP), (2.9, UP)).verdict is None


def test_ready_again_begins_anew() -> None:
    assert watched((0, UP), (2, DOWN), (4, UP), (6, UP)).verdict is None
    assert watched((0, UP), (2, DOWN), (4, UP), (7, UP)).verdict is True


def test_never_ready() -> None:
    watch = watched((0, DOWN), (9.9, DOWN), (10, DOWN))
    assert (watch.verdict, watch.reason) == (False, "not ready within 10 s: HTTP 503")


def test_ready_and_then_no_more() -> None:
    watch = watched((0, UP), (1, DOWN), (12.9, DOWN), (13, DOWN))
    assert (watch.verdict, watch.reason) == (False, "did not stay ready within 13 s: HTTP 503")


@pytest.mark.parametrize(
    ("unit", "said"),
    [
        (replace(UNIT, active="failed", ended="exit code 3"), "the process ended 4 s after its start (exit code 3)"),
        (replace(UNIT, active="inactive"), "the process ended 4 s after its start"),
        (replace(UNIT, active="activating", sub="auto-restart"), "the process ended 4 s after its start"),
        (replace(UNIT, restarts=1), "the process ended 4 s after its start and systemd started it again"),
        (replace(UNIT, invocation="i2"), "the process ended 4 s after its start and systemd started it again"),
        (replace(UNIT, pid=8), "the process 7 was replaced by 8 4 s after its start"),
        (replace(UNIT, loaded=False), "systemd knows no such service"),
    ],
)
def test_waiting_on_makes_no_sense(unit: Unit, said: str) -> None:
    watch = watched((4, UP), unit=unit)
    assert (watch.verdict, watch.reason) == (False, said)


@given(st.lists(st.tuples(st.floats(0.1, 3), st.booleans()), min_size=60, max_size=80))
def test_a_wait_ends(looks: list[tuple[float, bool]]) -> None:
    watch, now = Watch(0.0, UNIT), 0.0
    for seconds, up in looks:
        now += seconds
        watch = judge(watch, UNIT, UP if up else DOWN, now, WANTED)
        if watch.over:
            break
    assert watch.over or now < WANTED.timeout + WANTED.stable_for or watch.ready_since is not None


@pytest.mark.parametrize(
    ("code", "body", "ready", "said"),
    [
        (200, b'{"status":"UP"}', True, "HTTP 200, status UP"),
        (200, b'{"status":"running"}', True, "HTTP 200, status running"),
        (200, b'{"status":"Alive"}', True, "HTTP 200, status Alive"),
        (200, b'{"status":"degraded"}', False, "HTTP 200, status degraded"),
        (200, b'{"status":"DOWN"}', False, "HTTP 200, status DOWN"),
        (200, b"ok", True, "HTTP 200"),
        (200, b'{"version":1}', True, "HTTP 200"),
        (200, b"[]", True, "HTTP 200"),
        (200, b"\xff", True, "HTTP 200"),
        (503, b'{"status":"UP"}', False, "HTTP 503, status UP"),
        (302, b"", False, "HTTP 302"),
    ],
)
def test_answers(code: int, body: bytes, ready: bool, said: str) -> None:
    assert read_answer(code, body, [200]) == Answer(ready, said)


@pytest.mark.parametrize(
    ("code", "body", "location", "said"),
    [
        (307, b"", "https://127.0.0.1/health?token=x", "HTTP 307, a redirect to https://127.0.0.1/health"),
        (400, b"Invalid host header", "", "HTTP 400, it does not accept the Host header"),
        (400, b"<h1>DisallowedHost at /</h1>", "", "HTTP 400, it does not accept the Host header"),
    ],
)
def test_why_a_service_does_not_want_to_be_asked(code: int, body: bytes, location: str, said: str) -> None:
    assert read_answer(code, body, [200], location) == Answer(False, said)
    assert read_answer(code, body, [200, code], location).ready


class Choosy(BaseHTTPRequestHandler):
    """What TrustedHostMiddleware and HTTPSRedirectMiddleware do."""

    def do_GET(self) -> None:
        if self.headers["Host"] != "site.example.org":
            self.send_response(400)
            body = b"Invalid host header"
        elif self.headers["X-Forwarded-Proto"] != "https":
            self.send_response(307)
            self.send_header("Location", "https://site.example.org/health")
            body = b""
        else:
            self.send_response(204)
            body = b""
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_arguments: object) -> None:
        pass


@pytest.mark.parametrize("by_path", [False, True])
def test_a_service_is_asked_by_its_name_and_as_by_https(tmp_path: Path, by_path: bool) -> None:
    with _serving(Choosy, tmp_path / "x.sock" if by_path else None) as url:
        named = {"Host": "site.example.org"}
        asked = f" from {url}/health"
        assert ask(f"{url}/health", Wanted()).said == f"HTTP 400, it does not accept the Host header{asked}"
        told = ask(f"{url}/health", Wanted(headers=named)).said
        assert told == f"HTTP 307, a redirect to https://site.example.org/health{asked}"
        whole = {**named, "X-Forwarded-Proto": "https"}
        assert ask(f"{url}/health", Wanted(headers=whole)).said == f"HTTP 204{asked}"
        assert ask(f"{url}/health", Wanted(status=[200, 204], headers=whole)).ready


@contextmanager
def _serving(handler: type[BaseHTTPRequestHandler], path: Path | None) -> Iterator[str]:
    class Server(HTTPServer):
        address_family = socket.AF_UNIX if path else socket.AF_INET

        def server_bind(self) -> None:
            self.socket.bind(str(path) if path else ("127.0.0.1", 0))

        def get_request(self) -> Any:
            return self.socket.accept()[0], ("127.0.0.1", 0)

    with Server(("", 0), handler) as server:
        port = None if path else server.socket.getsockname()[1]
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        try:
            yield f"http+unix://{quote(str(path), safe='')}" if path else f"http://127.0.0.1:{port}"
        finally:
            server.shutdown()
            thread.join()


def test_no_answer_is_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    assert ask("http://127.0.0.1:1/", Wanted()).said == "http://127.0.0.1:1/ gave no answer (Connection refused)"
    assert not ask("no url", Wanted()).ready


def test_what_systemd_shows() -> None:
    unit = parse_show(
        [
            "LoadState=loaded",
            "ActiveState=failed",
            "SubState=failed",
            "MainPID=0",
            "InvocationID=abc",
            "NRestarts=4",
            "Result=oom-kill",
            "ExecMainCode=2",
            "ExecMainStatus=9",
            "ExecMainStartTimestampMonotonic=1500000",
            "EnvironmentFiles=/etc/x/env (ignore_errors=no)",
            "EnvironmentFiles=/etc/y (ignore_errors=yes)",
            "FragmentPath=/etc/systemd/system/x.service",
            "DropInPaths=/a.conf /b.conf",
        ]
    )
    assert (unit.loaded, unit.up, unit.restarts, unit.ended) == (True, False, 4, "signal 9, oom-kill")
    assert unit.started == 1.5
    assert unit.environment_files == ("/etc/x/env", "/etc/y")
    assert unit.files == ("/etc/systemd/system/x.service", "/a.conf", "/b.conf")


def test_nothing_shown() -> None:
    assert not parse_show([]).loaded
    assert not parse_show(["MainPID=[not set]"]).up


def test_credentials_of_a_unit_file() -> None:
    lines = [
        "[Service]",
        "LoadCredential=a:/etc/x/a",
        " LoadCredential = b:/etc/x/b c",
        "LoadCredential=c",
        "#LoadCredential=d:/d",
    ]
    assert parse_credentials(lines) == ["/etc/x/a", "/etc/x/b c"]


def test_values_of_an_environment_file_are_taken_out() -> None:
    text = (
        '# comment=1\nPASSWORD=\'pa ss\\wd\'\nOTHER="a\\"b\\$cdef"\nSHORT=abc\nSPRING_PROFILES_ACTIVE=production\nX\n'
    )
    values = sorted(environment_values(text), key=len, reverse=True)
    assert "production" not in values
    assert without_secrets(['got pa ss\\wd and a"b$cdef', "abc in production"], values) == [
        "got [redacted] and [redacted]",
        "abc in production",
    ]


def test_values_of_a_credential_are_taken_out() -> None:
    document = (
        '{"type": "service_account", "private_key": "-----BEGIN\\nline-two-x\\n", "nested": [{"id": "identity"}]}'
    )
    values = list(credential_values(document))
    assert "line-two-x" in values
    assert "identity" in values
    assert set(credential_values(" hunter2!\n")) == {"hunter2!"}


TCP = """  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 0100007F:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 4711 1 0 100 0 0 10 0
   1: 0100007F:1F90 0100007F:C000 01 00000000:00000000 00:00000000 00000000     0        0 4712 1 0 100 0 0 10 0
   2: 0100007F:1F91 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 4713 1 0 100 0 0 10 0
"""


def test_who_listens() -> None:
    assert list(listening_inodes(TCP.splitlines(), 8080)) == ["4711"]
    assert list(listening_inodes([], 8080)) == []


@pytest.mark.parametrize(
    ("cgroups", "unit"),
    [
        ("0::/system.slice/nginx.service", "nginx.service"),
        ("12:pids:/system.slice/x.service/payload\n0::/", "x.service"),
        ("0::/user.slice/user-0.slice/session-1.scope", ""),
        ("", ""),
    ],
)
def test_the_unit_of_a_process(cgroups: str, unit: str) -> None:
    assert unit_of(cgroups) == unit


@pytest.mark.parametrize(
    ("text", "version"),
    [
        ('openjdk version "17.0.15" 2025-04-15', 17),
        ('java version "1.8.0_402"', 8),
        ('openjdk version "21-ea" 2023', 21),
        ('Picked up JAVA_TOOL_OPTIONS: -Xmx1g\nopenjdk version "25" 2025', 25),
        ("command not found", 0),
    ],
)
def test_the_version_of_java(text: str, version: int) -> None:
    assert parse_version(text) == version


def test_control_characters_of_a_log_go() -> None:
    (line,) = without_secrets(["\x1b[31mred\x1b[0m\x07 alert"], [])
    assert line.split() == ["red", "alert"]


@pytest.mark.parametrize(
    ("body", "ready"),
    [(b'{"status": "ok"}', True), (b'{"status": "Healthy"}', True), (b'{"status": "DOWN"}', False), (b"[]", True)],
)
def test_words_that_mean_well(body, ready):
    assert read_answer(200, body, [200]).ready is ready


def test_a_socket_that_has_a_path(tmp_path):
    path = tmp_path / "x.sock"

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(200 if self.path in ("/health", "/ready?deep=1") else 404)
            self.end_headers()
            self.wfile.write(b'{"status": "ok"}')

        def log_message(self, *arguments):
            pass

        def address_string(self):
            return "local"

    class Server(HTTPServer):
        address_family = socket.AF_UNIX

        def server_bind(self):
            self.socket.bind(str(path))

    url = f"http+unix://{quote(str(path), safe='')}"
    assert "gave no answer" in ask(f"{url}/health", Wanted()).said
    with Server(("", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        try:
            assert ask(f"{url}/health", Wanted()).ready
            assert ask(f"{url}/ready?deep=1", Wanted()).ready
            assert ask(f"{url}/x", Wanted()).said == f"HTTP 404, status ok from {url}/x"
        finally:
            server.shutdown()
            thread.join()


def test_words_that_are_no_secret_stay_and_a_short_secret_goes_only_where_it_stands_alone() -> None:
    text = "ENVIRONMENT=staging\nAPP_NAME=salite-register\nDB_PASSWORD=staging\nAPI_TOKEN=umigo1\nDB_URL=postgres://u:pw1@h/d\n"
    lines = [
        "staging in /srv/staging/releases/umigo1-backend.log",
        "with umigo1 at postgres://u:pw1@h/d",
        "salite-register",
    ]
    assert without_secrets(lines, environment_values(text.replace("DB_PASSWORD=staging\n", ""))) == [
        "staging in /srv/staging/releases/umigo1-backend.log",
        "with [redacted] at [redacted]",
        "salite-register",
    ]
    assert (
        without_secrets(lines, environment_values(text))[0] == "[redacted] in /srv/staging/releases/umigo1-backend.log"
    )
    assert without_secrets(["x0123456789abcdefx"], ["0123456789abcdef"]) == ["x[redacted]x"]
