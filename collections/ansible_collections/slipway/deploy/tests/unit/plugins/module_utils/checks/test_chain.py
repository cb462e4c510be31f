# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Checks that take values from one another's answers, carried out against a server on this machine."""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ansible_collections.slipway.deploy.plugins.module_utils.checks.declared import parse_checks
from ansible_collections.slipway.deploy.plugins.module_utils.checks.http import Job, run_checks
from ansible_collections.slipway.deploy.plugins.module_utils.checks.order import Order
from ansible_collections.slipway.deploy.plugins.module_utils.checks.smoke import Judged, Secret, SmokeCheck

Doc = dict[str, Any]
TOKEN = "t0k3n-of-mina"


class Api(ThreadingHTTPServer):
    """A login that gives a token, and members that want it."""

    daemon_threads = True
    block_on_close = False

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.seen: list[tuple[str, str, bytes, dict[str, str]]] = []
        self.login_status = 200
        self.login: Doc = {"access_token": TOKEN, "user": {"id": 7}}
        self.meeting: threading.Barrier | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"


class Handler(BaseHTTPRequestHandler):
    server: Api

    def do_GET(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        self.server.seen.append((self.command, self.path, body, dict(self.headers)))
        if self.server.meeting is not None:
            self.server.meeting.wait(5)
        if self.path == "/auth/login":
            return self.say(self.server.login_status, self.server.login)
        if self.headers.get("Authorization") != f"Bearer {TOKEN}":
            return self.say(401, {"detail": "not logged in"})
        return self.say(200, {"items": [{"id": 7}], "total": 1})

    do_POST = do_PUT = do_DELETE = do_GET

    def say(self, status: int, document: Doc) -> None:
        body = json.dumps(document).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_words: Any) -> None:
        return


@pytest.fixture(name="api")
def api_fixture() -> Iterator[Api]:
    api = Api()
    thread = threading.Thread(target=api.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    yield api
    api.shutdown()
    api.server_close()


LOGIN: Doc = {
    "name": "login",
    "path": "/auth/login",
    "send": {"form": {"username": "mina", "password": {"env": "SMOKE_PASSWORD"}}},
    "take": {"token": "access_token", "id": "user.id"},
    "retries": 0,
}
MEMBERS: Doc = {
    "name": "members",
    "path": "/members?page=1",
    "headers": {"Authorization": "Bearer ${login.token}"},
    "json": {"items": {"length_min": 1}},
    "take": {"total": "total"},
    "retries": 0,
}


def run(api: Api, *declared: Doc, **options: Any) -> list[Judged]:
    jobs = [Job("site-1", api.url, check) for check in parse_checks(list(declared), "w")]
    return run_checks(jobs, lambda _secret, _where: "s3cret", **options)


@pytest.mark.parametrize("order", [(MEMBERS, LOGIN), (LOGIN, MEMBERS)])
def test_login_then_members(api: Api, order: tuple[Doc, ...]) -> None:
    judged = run(api, *order, parallel=1)
    assert [item.verdict for item in judged] == ["pass", "pass"]
    assert [(method, path) for method, path, _body, _headers in api.seen] == [
        ("POST", "/auth/login"),
        ("GET", "/members?page=1"),
    ]
    assert api.seen[0][2] == b"username=mina&password=s3cret"


def test_neither_a_secret_nor_what_was_taken_is_shown(api: Api) -> None:
    api.login = {"access_token": "another"}
    judged = run(api, {**LOGIN, "take": {"token": "access_token"}}, MEMBERS)
    shown = repr(judged) + json.dumps([item.to_record("site-1", "x") for item in judged])
    assert [item.verdict for item in judged] == ["pass", "fail"]
    assert "another" not in shown
    assert "s3cret" not in shown


@pytest.mark.parametrize(
    ("status", "login", "details"),
    [
        (401, {}, ("status 401 instead of 200", "not asked: login, which it needs, failed")),
        (
            502,
            {},
            ("the load balancer answered 502 instead of 200", "not asked: login, which it needs, is inconclusive"),
        ),
        (
            200,
            {"user": {"id": 7}},
            ("access_token is missing in the answer", "not asked: login, which it needs, failed"),
        ),
        (
            200,
            {"access_token": None, "user": {"id": 7}},
            ("access_token is neither text nor a number, so nothing can be taken from it", None),
        ),
    ],
)
def test_what_needs_a_check_that_does_not_pass_is_not_asked(
    api: Api, status: int, login: Doc, details: tuple[str, str | None]
) -> None:
    api.login_status, api.login = status, login
    judged = run(api, LOGIN, MEMBERS, {**MEMBERS, "name": "more", "path": "/${members.total}", "headers": {}})
    if details[1] is not None:
        assert judged[1].detail == details[1]
    assert judged[0].detail == details[0]
    assert [(item.verdict, item.attempts, item.trace_id) for item in judged[1:]] == [("inconclusive", 0, None)] * 2
    assert len(api.seen) == 1


def test_a_token_that_no_header_can_carry(api: Api) -> None:
    api.login = {"access_token": "a\nb", "user": {"id": 7}}
    judged = run(api, LOGIN, MEMBERS)
    assert judged[1].verdict == "inconclusive"
    assert judged[1].detail.startswith("not asked: header Authorization: the value cannot be sent")


def test_what_needs_nothing_does_not_wait(api: Api) -> None:
    # Neither of the two is answered before both have been asked.
    api.meeting = threading.Barrier(2)
    other = {"name": "other", "path": "/auth/login"}
    assert [item.verdict for item in run(api, LOGIN, other)] == ["pass", "pass"]


def test_each_check_is_a_trace_and_each_attempt_a_span(api: Api) -> None:
    judged = run(api, {"path": "/a", "interval": 0.001, "retries": 1}, {"path": "/b", "retries": 0})
    sent = [headers["traceparent"] for _method, path, _body, headers in api.seen if path == "/a"]
    parts = [re.fullmatch(r"00-([0-9a-f]{32})-([0-9a-f]{16})-01", value) for value in sent]
    assert len(parts) == 2
    assert {part[1] for part in parts if part} == {judged[0].trace_id}
    assert len({part[2] for part in parts if part}) == 2
    assert judged[0].trace_id != judged[1].trace_id
    assert judged[0].to_record("s", "c")["trace_id"] == judged[0].trace_id


@pytest.mark.parametrize(
    ("declared", "sent"), [({"trace": False}, None), ({"headers": {"Traceparent": "mine"}}, "mine")]
)
def test_no_trace_where_none_is_wanted(api: Api, declared: Doc, sent: str | None) -> None:
    judged = run(api, {"path": "/a", "retries": 0, **declared})
    headers = {name.lower(): value for name, value in api.seen[0][3].items()}
    assert (headers.get("traceparent"), judged[0].trace_id) == (sent, None)
    assert "trace_id" not in judged[0].to_record("s", "c")


def test_checks_of_others_with_the_same_name_are_others(api: Api) -> None:
    checks = parse_checks([LOGIN, MEMBERS], "w")
    jobs = [Job(host, api.url, check) for host in ("site-1", "site-2") for check in checks]
    assert [item.verdict for item in run_checks(jobs, lambda _s, _w: "x")] == ["pass"] * 4
    assert len(api.seen) == 4


def test_cancelled_before_what_waits_was_begun(api: Api) -> None:
    judged = run(api, LOGIN, MEMBERS, cancelled=lambda: True)
    assert (judged[1].verdict, judged[1].attempts) == ("inconclusive", 0)


EDGES = st.lists(st.tuples(st.integers(0, 7), st.integers(0, 7)), max_size=14)
VERDICTS = st.lists(st.sampled_from(["pass", "fail", "inconclusive"]), min_size=8, max_size=8)


@settings(max_examples=200)
@given(EDGES, VERDICTS)
def test_every_check_gets_a_verdict_and_none_before_what_it_needs(edges: Any, verdicts: Any) -> None:
    needs: list[list[int]] = [sorted({low for low, high in edges if high == mine and low < high}) for mine in range(8)]
    checks = [
        SmokeCheck(f"c{mine}", "/" + "".join(f"${{c{need}.v}}" for need in needs[mine]), take=(("v", "v"),))
        for mine in range(8)
    ]
    order = Order([("s", check) for check in checks])
    made: list[int] = []
    while not order.over:
        ready = order.ready()
        for index in ready:
            assert all(need in made and verdicts[need] == "pass" for need in needs[index])
            assert len(order.values(index)) == len(needs[index])
            made.append(index)
            order.finish(index, Judged(verdicts[index], 1), {(f"c{index}", "v"): index})
    results = order.results()
    for index in range(8):
        lost = any(results[need].verdict != "pass" for need in needs[index])
        assert (index in made) is not lost
        assert results[index].verdict == ("inconclusive" if lost else verdicts[index])
    assert len(made) == len(set(made))


def test_a_secret_is_resolved_before_anything_is_asked(api: Api) -> None:
    def unreadable(_secret: Secret, where: str) -> str:
        raise KeyError(where)

    jobs = [Job("site-1", api.url, check) for check in parse_checks([LOGIN], "w")]
    with pytest.raises(KeyError, match=r"send.form.password of smoke check 'login' of site-1"):
        run_checks(jobs, unreadable)
    assert api.seen == []
