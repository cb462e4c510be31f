# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The HTTP client: every answer is returned, a redirect carries nothing elsewhere, and no error repeats a secret."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from ansible_collections.slipway.deploy.plugins.module_utils.http_client.client import Answer, Unreachable, ask, opener


class Server(BaseHTTPRequestHandler):
    """Redirects ``/away`` to ``/there`` and notes what arrives."""

    seen: list[tuple[str, str, str | None]]

    def do_GET(self) -> None:
        self.seen.append((self.command, self.path, self.headers.get("Authorization")))
        self.send_response({"/away": 302, "/none": 404, "/busy": 429}.get(self.path, 200))
        if self.path == "/away":
            self.send_header("Location", "/there")
        if self.path == "/busy":
            self.send_header("Retry-After", "7")
        self.end_headers()
        self.wfile.write(b"0123456789")

    def log_message(self, *_said: Any) -> None:
        """Nothing is printed."""


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    Server.seen = []
    with ThreadingHTTPServer(("127.0.0.1", 0), Server) as running:
        threading.Thread(target=running.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{running.server_port}"
        running.shutdown()


def test_a_redirect_is_an_answer_and_carries_no_token(server: str) -> None:
    answer = ask("GET", f"{server}/away", {"Authorization": "Bearer canary"}, 60)
    assert (answer.status, answer.headers["location"]) == (302, "/there")
    assert Server.seen == [("GET", "/away", "Bearer canary")]


def test_a_redirect_is_followed_where_that_is_asked_for(server: str) -> None:
    assert ask("GET", f"{server}/away", {}, 60, via=opener(follow=True)).status == 200
    assert [path for _method, path, _token in Server.seen] == ["/away", "/there"]


def test_a_refusal_is_an_answer_with_its_body(server: str) -> None:
    answer = ask("GET", f"{server}/none", {}, 60, most=4)
    assert (answer.status, answer.body, answer.retry_after) == (404, b"0123", None)


def test_what_the_server_asks_to_wait(server: str) -> None:
    assert ask("GET", f"{server}/busy", {}, 60).retry_after == 7
    assert Answer(429, headers={"retry-after": "Mon, 30 Nov 2026 11:00:00 GMT"}).retry_after is None


def test_a_proxy_is_not_used_for_this_machine(server: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:1")
    monkeypatch.setenv("no_proxy", "")
    assert ask("GET", f"{server}/", {}, 60, via=opener(proxies=False)).status == 200
    with pytest.raises(Unreachable, match="Connection refused"):
        ask("GET", f"{server}/", {}, 60)


@pytest.mark.parametrize(
    ("url", "headers"),
    [
        ("http://127.0.0.1:1/canary", {}),
        ("http://127.0.0.1:1/", {"Authorization": "canary\nX: y"}),
        ("http://canary host/", {}),
    ],
)
def test_an_error_repeats_neither_address_nor_header(url: str, headers: dict[str, str]) -> None:
    with pytest.raises(Unreachable) as raised:
        ask("GET", url, headers, 60, via=opener(proxies=False))
    assert "canary" not in str(raised.value)
    assert raised.value.__suppress_context__
