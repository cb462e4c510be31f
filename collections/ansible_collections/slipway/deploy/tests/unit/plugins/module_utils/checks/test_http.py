# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Checks carried out against a server on this machine."""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from ansible_collections.slipway.deploy.plugins.module_utils.checks.http import MOST_BODY, Job, run_checks
from ansible_collections.slipway.deploy.plugins.module_utils.checks.smoke import Judged, Secret, SmokeCheck
from ansible_collections.slipway.deploy.plugins.module_utils.common.errors import SlipwayError

Answer = Callable[[BaseHTTPRequestHandler], None]


class Service:
    """A server whose answers a test decides on."""

    def __init__(self) -> None:
        self.answers: list[Answer] = []
        self.seen: list[tuple[str, str, dict[str, str]]] = []
        self.asked = threading.Event()
        self.released = threading.Event()
        service = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                service.seen.append((self.command, self.path, dict(self.headers)))
                answer = service.answers[min(len(service.seen), len(service.answers)) - 1]
                service.asked.set()
                answer(self)

            do_POST = do_HEAD = do_GET

            def log_message(self, *_words: Any) -> None:
                return

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self._server.block_on_close = False
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True)
        self._thread.start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_port}"

    def close(self) -> None:
        self.released.set()
        self._server.shutdown()
        self._server.server_close()


@pytest.fixture
def service() -> Iterator[Service]:
    running = Service()
    yield running
    running.close()


def says(status: int, body: bytes = b"{}", **headers: str) -> Answer:
    def answer(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(status)
        for name, value in headers.items():
            handler.send_header(name, value)
        handler.send_header("Content-Length", str(len(body)))
        handler.end_headers()
        handler.wfile.write(body)

    return answer


def check(**fields: Any) -> SmokeCheck:
    return SmokeCheck(**{"name": "c", "path": "/health", "interval": 0.001, "retries": 2, **fields})


def no_secrets(source: Secret, where: str) -> str:
    raise AssertionError(where)


def one(url: str, asked: SmokeCheck) -> Judged:
    return run_checks([Job("user-service", url, asked)], no_secrets)[0]


def test_a_right_answer(service: Service) -> None:
    service.answers = [says(200, b'{"status": "UP"}')]
    judged = one(f"{service.url}/user-service/", check(json=(("status", "UP"),), headers=(("X-A", "b"),)))
    assert (judged.verdict, judged.status, judged.attempts) == ("pass", 200, 1)
    assert judged.latency is not None
    method, path, headers = service.seen[0]
    assert (method, path, headers["X-A"]) == ("GET", "/user-service/health", "b")


def test_it_is_tried_again_until_it_is_right_twice(service: Service) -> None:
    service.answers = [says(500), says(200)]
    assert one(service.url, check()).verdict == "pass"
    assert len(service.seen) == 3


def test_a_wrong_answer_to_the_end_fails(service: Service) -> None:
    service.answers = [says(500)]
    judged = one(service.url, check())
    assert (judged.verdict, judged.detail, judged.attempts) == ("fail", "status 500 instead of 200", 3)


def test_a_redirect_is_an_answer(service: Service) -> None:
    service.answers = [says(302, Location="/elsewhere")]
    assert one(service.url, check(retries=0)).detail == "status 302 instead of 200"
    assert len(service.seen) == 1


def test_nobody_there_is_inconclusive() -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        port = unused.getsockname()[1]
    judged = one(f"http://127.0.0.1:{port}", check())
    assert (judged.verdict, judged.detail, judged.status) == ("inconclusive", "connection refused", None)


def test_no_answer_in_time_is_inconclusive(service: Service) -> None:
    service.answers = [lambda _handler: service.released.wait()]  # type: ignore[list-item]  # wait() gives a bool
    judged = one(service.url, check(timeout=0.05, retries=0))
    assert (judged.verdict, judged.detail) == ("inconclusive", "no answer within 0.05 s")


def test_an_answer_that_drips_does_not_outlast_the_timeout(service: Service) -> None:
    def drip(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(200)
        handler.end_headers()
        while not service.released.wait(0.01):
            try:
                handler.wfile.write(b".")
            except OSError:
                return

    service.answers = [drip]
    judged = one(service.url, check(timeout=0.1, retries=0, body="."))
    assert (judged.verdict, judged.detail) == ("inconclusive", "no answer within 0.1 s")


def test_only_so_much_of_an_answer_is_read(service: Service) -> None:
    service.answers = [says(200, b"x" * MOST_BODY + b"needle")]
    assert one(service.url, check(body="needle", retries=0)).verdict == "fail"


def test_half_an_answer_is_none(service: Service) -> None:
    def breaks_off(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(200)
        handler.send_header("Content-Length", "1000")
        handler.end_headers()
        handler.wfile.write(b'<div id="root">')

    service.answers = [breaks_off]
    judged = one(service.url, check(body='<div id="root">', retries=0))
    assert (judged.verdict, judged.detail) == ("inconclusive", "no valid HTTP answer (IncompleteRead)")


def test_a_value_is_taken_from_an_answer_that_is_not_all_utf_8(service: Service) -> None:
    service.answers = [says(200, b'{"token": "abc", "name": "\xff"}')]
    assert one(service.url, check(take=(("token", "token"),))).verdict == "pass"


def test_what_is_no_http_is_inconclusive() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def talk() -> None:
            connection, _address = listening.accept()
            with connection:
                connection.recv(4096)
                connection.sendall(b"SSH-2.0-secret\r\n")

        thread = threading.Thread(target=talk)
        thread.start()
        judged = one(f"http://127.0.0.1:{listening.getsockname()[1]}", check(retries=0))
        thread.join()
    assert (judged.verdict, judged.detail) == ("inconclusive", "no valid HTTP answer (BadStatusLine)")


def test_plain_http_behind_https_is_inconclusive(service: Service) -> None:
    service.answers = [says(200)]
    judged = one(service.url.replace("http://", "https://"), check(retries=0))
    assert judged.verdict == "inconclusive"
    assert judged.detail.startswith("TLS failed")


def test_checks_keep_their_order_and_run_side_by_side(service: Service) -> None:
    both = threading.Barrier(2)

    def together(handler: BaseHTTPRequestHandler) -> None:
        # Neither is answered before both have been asked.
        both.wait(5)
        says(200 if handler.path == "/b" else 404)(handler)

    service.answers = [together]
    jobs = [Job("x", service.url, check(path=path, retries=0)) for path in ("/a", "/b")]
    assert [judged.verdict for judged in run_checks(jobs, no_secrets)] == ["fail", "pass"]


def test_cancelling_cuts_off_what_is_under_way(service: Service) -> None:
    service.answers = [lambda _handler: service.released.wait()]  # type: ignore[list-item]  # wait() gives a bool
    jobs = [Job(str(number), service.url, check(timeout=60, retries=5)) for number in range(3)]
    judged = run_checks(jobs, no_secrets, service.asked.is_set, parallel=1)
    assert [(each.verdict, each.attempts) for each in judged] == [("inconclusive", 0)] * 3
    assert len(service.seen) == 1


def test_a_secret_header_is_sent_and_never_shown(service: Service) -> None:
    service.answers = [says(401)]
    asked = check(headers=(("Authorization", Secret((("env", "TOKEN"),))),), retries=0)
    judged = run_checks([Job("x", service.url, asked)], lambda source, where: "Bearer s3cret")
    assert service.seen[0][2]["Authorization"] == "Bearer s3cret"
    assert "s3cret" not in repr((asked, judged))


@pytest.mark.parametrize("value", ["a\nb", "ä", "a\x00"])
def test_a_secret_that_cannot_be_sent_is_said_without_it(service: Service, value: str) -> None:
    asked = check(headers=(("X-Key", Secret((("env", "KEY"),))),))
    with pytest.raises(SlipwayError, match="header X-Key of smoke check 'c' of x: the value cannot be sent") as caught:
        run_checks([Job("x", service.url, asked)], lambda source, where: value)
    assert value not in str(caught.value)
    assert service.seen == []


@pytest.mark.parametrize("url", ["", "ftp://x", "http://", "http://u:p@x", "http://x:port", "/x"])
def test_a_base_url_that_is_none_is_said_before_any_request(url: str) -> None:
    with pytest.raises(SlipwayError, match="the base URL of x"):
        run_checks([Job("x", url, check())], no_secrets)


def test_nothing_to_check_is_nothing_done() -> None:
    assert run_checks([], no_secrets, context=ssl.create_default_context()) == []
