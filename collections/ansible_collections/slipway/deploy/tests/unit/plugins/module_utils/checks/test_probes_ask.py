# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A checklist asked of a site, a Sentry, a Redis and programs on this machine, all at once."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from ansible_collections.slipway.deploy.plugins.module_utils.checks.probes import Group, Row, questions
from ansible_collections.slipway.deploy.plugins.module_utils.checks.probes_ask import World, ask
from ansible_collections.slipway.deploy.plugins.module_utils.checks.probes_declared import parse_checklist
from ansible_collections.slipway.deploy.plugins.module_utils.common.errors import SlipwayError

from ..probes.redis_double import redis_double

Doc = dict[str, Any]
SINCE = 1795208651.0
UP = {"loaded": True, "active": "active", "sub": "running", "restarts": 0, "took": 0.01}
#: As in the seed: five things that have to be so after a deploy.
ROWS: list[Doc] = [
    {"name": "health", "kind": "http", "path": "/health", "json": {"status": "ok"}, "retries": 0},
    {"name": "alerts", "kind": "sentry", "organization": "stmary", "token": {"env": "TOKEN"}, "url": "…"},
    {"name": "scheduler", "kind": "scheduler", "path": "/health", "json": {"scheduler": True}, "retries": 0},
    {"name": "import", "kind": "import_wizard", "path": "/import", "send": {"text": "name\nMina"}},
    {"name": "queue", "kind": "redis_queue", "key": "jobs", "url": "…"},
    {"name": "beat", "kind": "scheduler", "key": "beat", "max_age": 60, "url": "…"},
    {"name": "service", "kind": "systemd"},
    {"name": "disk", "kind": "command", "argv": ["sh", "-c", "echo 81 % full"]},
]


class Web(ThreadingHTTPServer):
    """A site and a Sentry behind one port."""

    daemon_threads = True
    block_on_close = False

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.issues: tuple[int, Any] = (200, [])
        self.health: tuple[int, Any] = (200, {"status": "ok", "scheduler": True})
        self.seen: list[tuple[str, str, str]] = []
        self.meeting: threading.Barrier | None = None
        self.link = ""

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"


class Handler(BaseHTTPRequestHandler):
    server: Web

    def do_GET(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length") or 0))
        self.server.seen.append((self.command, self.path, self.headers.get("Authorization") or ""))
        status, document = self.server.issues if self.path.startswith("/api/0/") else self.server.health
        if self.server.meeting is not None:
            try:
                self.server.meeting.wait(20)
            except threading.BrokenBarrierError:
                status = 500
        body = json.dumps(document).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        if self.server.link:
            self.send_header("Link", self.server.link)
        self.end_headers()
        self.wfile.write(body)

    do_POST = do_GET

    def log_message(self, *_words: Any) -> None:
        return


@pytest.fixture(name="web")
def web_fixture() -> Iterator[Web]:
    web = Web()
    thread = threading.Thread(target=web.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    yield web
    web.shutdown()
    web.server_close()


def reveal(secret: Any, where: str) -> str:
    if secret.source[0][1] == "MISSING":
        raise SlipwayError("the environment variable MISSING is not set", where, "Set MISSING")
    return "s3cret"


def run(declared: list[Doc], web: Web, **world: Any) -> dict[str, Row]:
    probes = parse_checklist(declared, "w")
    group = Group({"site-1": web.url})
    cancelled = world.pop("cancelled", lambda: False)
    asked = World(reveal, **{"since": SINCE, "group": group, "said": {"site-1": {"service": UP}}, **world})
    return {row.question.probe.name: row for row in ask(questions(probes, asked.group), asked, cancelled)}


def placed(web: Web, redis_port: int = 1) -> list[Doc]:
    rows = [dict(row) for row in ROWS]
    rows[1]["url"] = web.url
    rows[4]["url"] = rows[5]["url"] = f"redis://127.0.0.1:{redis_port}/0"
    return rows


def test_all_green(web: Web) -> None:
    with redis_double() as redis:
        redis.texts["beat"] = str(time.time() - 5)
        found = run(placed(web, redis.port), web)
    assert {name: row.found.verdict for name, row in found.items()} == dict.fromkeys(
        [row["name"] for row in ROWS], "green"
    )
    assert found["disk"].found.detail == "81 % full"
    assert found["service"].took == 0.01
    asked = [path for _method, path, authorization in web.seen if authorization == "Bearer s3cret"]
    assert len(asked) == 1
    assert parse_qs(urlsplit(asked[0]).query)["query"] == [
        "is:unresolved level:[error, fatal] firstSeen:>=2026-11-20T21:04:11Z"
    ]
    assert ("POST", "/import", "") in web.seen


def test_nothing_answers(web: Web) -> None:
    rows = placed(web)
    web.shutdown()
    web.server_close()
    found = run(rows, web, said={})
    verdicts = {name: row.found.verdict for name, row in found.items()}
    assert verdicts == {**dict.fromkeys(verdicts, "unknown"), "disk": "green"}
    assert found["alerts"].found.detail == "Sentry cannot be asked: connection refused"
    assert found["queue"].found.detail == "Redis cannot be reached: connection refused"
    assert found["service"].found.detail == "the host gave no answer"


def test_wrong_answers(web: Web) -> None:
    web.health = (200, {"status": "ok", "scheduler": False})
    web.issues = (200, [{"id": "1", "shortId": "S-1", "level": "fatal", "firstSeen": "2026-11-20T21:05:00Z"}])
    with redis_double() as redis:
        redis.lengths["jobs"] = 12
        found = run(placed(web, redis.port), web)
    reds = [name for name, row in found.items() if row.found.verdict == "red"]
    assert reds == ["alerts", "scheduler", "queue", "beat"]


@pytest.mark.parametrize(
    ("row", "world", "detail"),
    [
        ({"token": {"env": "MISSING"}}, {}, "token of alerts: the environment variable MISSING is not set"),
        ({}, {"since": None}, "no deploy is on record, so nothing says since when an issue is new"),
        ({"url": "http://sentry.example.org"}, {}, "Sentry cannot be asked: the address is not https"),
    ],
)
def test_a_sentry_that_cannot_be_asked(web: Web, row: Doc, world: Doc, detail: str) -> None:
    found = run([{**placed(web)[1], **row}], web, **world)["alerts"].found
    assert (found.verdict, web.seen) == ("unknown", [])
    assert found.detail.startswith(detail)


@pytest.mark.parametrize(("more", "verdict"), [("false", "green"), ("true", "unknown")])
def test_an_empty_page_of_several_is_not_green(web: Web, more: str, verdict: str) -> None:
    pages = (("previous", "false", "0:0:1"), ("next", more, "0:100:0"))
    web.link = ", ".join(f'<{web.url}>; rel="{rel}"; results="{has}"; cursor="{at}"' for rel, has, at in pages)
    assert run([placed(web)[1]], web)["alerts"].found.verdict == verdict


def test_a_secret_that_cannot_be_read_leaves_the_other_rows(web: Web) -> None:
    rows = [{**ROWS[0], "headers": {"X": {"env": "MISSING"}}}, ROWS[7]]
    found = run(rows, web)
    assert found["health"].found.verdict == "unknown"
    assert "header X of smoke check 'health'" in found["health"].found.detail
    assert found["disk"].found.verdict == "green"


def test_without_a_host(web: Web) -> None:
    found = run([ROWS[0], ROWS[6]], web, group=Group({}), said={})
    assert [row.found.detail for row in found.values()] == ["there is no host to ask"] * 2


def test_the_first_host_that_answers_speaks_for_a_shared_redis(web: Web) -> None:
    row = {"name": "queue", "kind": "redis_queue", "key": "jobs", "url": {"service": "REDIS_URL"}}
    group = Group({"site-1": web.url, "site-2": web.url})
    found = run([row], web, group=group, said={"site-2": {"queue": {"value": 4, "took": 0.1}}})["queue"]
    assert (found.found.verdict, found.found.detail, found.question.host) == ("green", "4 waiting", None)


def test_rows_are_asked_side_by_side(web: Web, tmp_path: Path) -> None:
    # No request is answered before all have come, and no program ends before all have begun.
    web.meeting = threading.Barrier(3)
    meet = f"touch {tmp_path}/$1; until [ $(ls {tmp_path} | wc -l) = 4 ]; do sleep 0.02; done"
    programs = [{"name": f"s{n}", "kind": "command", "argv": ["sh", "-c", meet, "-", str(n)]} for n in range(4)]
    rows = [ROWS[0], ROWS[2], *programs, {**placed(web)[1], "wait": 0.1}]
    found = run([{**row, "timeout": 30} for row in rows], web)
    assert {name: row.found.verdict for name, row in found.items()} == dict.fromkeys(found, "green")
    assert len(found) == 7


def test_cancelled_while_it_waits(web: Web) -> None:
    # Who waits all the same goes on asking, until there are no more answers.
    answers = iter([False] * 3 + [True] * 1000)
    found = run([{**placed(web)[1], "wait": 300}], web, cancelled=lambda: next(answers))["alerts"]
    assert (found.found.verdict, found.found.detail) == ("unknown", "stopped before it was asked")
    assert web.seen == []


def test_neither_token_nor_password_is_in_a_row(web: Web) -> None:
    with redis_double() as redis:
        redis.raw = b"-ERR s3cret\r\n"
        rows = placed(web, redis.port)
        rows[4]["password"] = {"env": "P"}
        web.issues = (403, {"detail": "s3cret"})
        found = run(rows, web)
    assert "s3cret" not in json.dumps([row.to_record("now") for row in found.values()])


def test_a_row_as_the_record_holds_it(web: Web) -> None:
    row = run([ROWS[6]], web)["service"]
    assert row.to_record("2026-11-20T21:05:02+00:00") == {
        "name": "service",
        "kind": "systemd",
        "host": "site-1",
        "verdict": "green",
        "detail": "active (running)",
        "took": 0.01,
        "checked_at": "2026-11-20T21:05:02+00:00",
    }
