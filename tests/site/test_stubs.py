# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The stubs of Sentry's and GitHub's APIs refuse what the real ones refuse; Redis is the real one."""

from __future__ import annotations

import http.client
import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote, urlsplit

import pytest

from tests.support.github import GitHub
from tests.support.pace import scaled
from tests.support.redis import Redis, RedisError
from tests.support.sentry import Sentry
from tests.support.stub import Stub

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
BEFORE = NOW - timedelta(hours=1)


class Client:
    """Asks a stub."""

    def __init__(self, stub: Stub, root: str) -> None:
        self.stub = stub
        self.root = root
        self.headers: dict[str, str] = {}

    def ask(
        self, method: str, path: str, body: Any = None, *, token: str | None = "", agent: str = "slipway"
    ) -> tuple[int, Any]:
        """The status and the body; with the stub's own token unless told."""
        sent = {"User-Agent": agent} if agent else {}
        if token is not None:
            sent["Authorization"] = f"Bearer {token or self.stub.token}"
        content = body if isinstance(body, str) or body is None else json.dumps(body)
        place = urlsplit(self.stub.url)
        connection = http.client.HTTPConnection(place.hostname or "", place.port, timeout=scaled(10))
        connection.request(method, path if path.startswith("/") else f"{self.root}{path}", content, sent)
        answer = connection.getresponse()
        self.headers = {name.lower(): value for name, value in answer.getheaders()}
        text = answer.read()
        connection.close()
        return answer.status, json.loads(text) if text else None


@pytest.fixture
def sentry() -> Iterator[Client]:
    with Sentry("salitemihret", "register") as made:
        yield Client(made, "/api/0/projects/salitemihret/register/issues/")


@pytest.fixture
def github() -> Iterator[Client]:
    with GitHub("salitemihret/register") as made:
        yield Client(made, "/repos/salitemihret/register/")


def stub(client: Client) -> Any:
    return client.stub


@pytest.mark.parametrize(
    ("query", "titles"),
    [
        (None, ["new", "old"]),
        ("", ["new", "old", "done"]),
        ("is:unresolved level:fatal", ["new"]),
        ("level:[error, fatal]", ["new", "old", "done"]),
        ("!level:fatal is:unresolved", ["old"]),
        (f"firstSeen:>={NOW.isoformat()}", ["new"]),
        ("firstSeen:<2026-11-21T12:00:00", ["old", "done"]),
        ("firstSeen:<2026-11-21T12:00:00Z lastSeen:>=2026-11-21T12:00:00", ["old"]),
        ("age:+50d", []),
        ("environment:production release:prod-20261109", ["new"]),
        ("new", ["new"]),
    ],
)
def test_sentry_finds_issues(sentry: Client, query: str | None, titles: list[str]) -> None:
    tags = {"environment": "production", "release": "prod-20261109"}
    stub(sentry).add_issue("new", level="fatal", first_seen=NOW, **tags)
    stub(sentry).add_issue("old", first_seen=BEFORE, last_seen=NOW)
    stub(sentry).add_issue("done", first_seen=BEFORE, status="resolved")
    status, found = sentry.ask("GET", "" if query is None else f"?query={quote(query)}")
    assert (status, [issue["title"] for issue in found]) == (200, titles)


def test_sentry_finds_an_organizations_issues(sentry: Client) -> None:
    stub(sentry).add_issue("old", first_seen=BEFORE)
    stub(sentry).add_issue("new", first_seen=NOW)
    place = "/api/0/organizations/salitemihret/issues/?project=4501&start=2026-11-21T11:30:00"
    assert [issue["title"] for issue in sentry.ask("GET", place)[1]] == ["new"]
    assert sentry.ask("GET", place.replace("4501", "1"))[0] == 403


def test_sentry_gives_pages(sentry: Client) -> None:
    for number in range(5):
        stub(sentry).add_issue(str(number))
    assert len(sentry.ask("GET", "?limit=2")[1]) == 2
    cursor = re.findall(r'rel="next"; results="(\w+)"; cursor="([^"]+)"', sentry.headers["link"])
    assert cursor == [("true", "0:2:0")]
    assert len(sentry.ask("GET", "?limit=2&cursor=0:4:0")[1]) == 1
    assert 'rel="next"; results="false"' in sentry.headers["link"]


@pytest.mark.parametrize(
    ("path", "token", "status", "detail"),
    [
        ("", None, 401, "Authentication credentials were not provided."),
        ("", "another", 401, "Invalid token"),
        ("/api/0/projects/salitemihret/other/issues/", "", 404, "The requested resource does not exist"),
        ("/api/0/projects/salitemihret/register/issues", "", 404, "The requested resource does not exist"),
        ("?query=firstSeen:yesterday", "", 400, "Error parsing search query"),
        ("?query=level:critical", "", 400, "Invalid format for level"),
        ("?statsPeriod=2h", "", 400, "Invalid stats_period"),
    ],
)
def test_sentry_refuses(sentry: Client, path: str, token: str | None, status: int, detail: str) -> None:
    stub(sentry).add_issue("one")
    given, body = sentry.ask("GET", path, token=token)
    assert given == status
    assert detail in body["detail"]


def test_sentry_refuses_a_token_without_the_scope_and_has_bad_days(sentry: Client) -> None:
    stub(sentry).fail(503, times=2)
    assert [sentry.ask("GET", "")[0] for _ in range(3)] == [503, 503, 200]
    stub(sentry).scopes = ("project:read",)
    assert sentry.ask("GET", "")[0] == 403


def test_github_keeps_one_comment(github: Client) -> None:
    stub(github).add_issue(7, commit="8851ec0")
    stub(github).add_comment(7, "Looks good")
    assert github.ask("GET", "commits/8851ec0/pulls")[1][0]["number"] == 7
    status, made = github.ask("POST", "issues/7/comments", {"body": "deploying"})
    assert (status, made["user"]["login"]) == (201, "slipway-bot")
    assert github.ask("PATCH", f"issues/comments/{made['id']}", {"body": "deployed"})[1]["body"] == "deployed"
    assert [one["body"] for one in stub(github).comments_of(7)] == ["Looks good", "deployed"]
    assert [call.method for call in stub(github).writes()] == ["POST", "PATCH"]


def test_github_gives_pages(github: Client) -> None:
    stub(github).add_issue(7)
    for number in range(70):
        stub(github).add_comment(7, str(number))
    assert len(github.ask("GET", "issues/7/comments")[1]) == 30
    links = dict(re.findall(r'<([^>]+)>; rel="(\w+)"', github.headers["link"]))
    assert set(links.values()) == {"next", "last"}
    following = urlsplit(next(url for url, name in links.items() if name == "next"))
    assert github.ask("GET", f"{following.path}?{following.query}")[1][0]["body"] == "30"
    assert len(github.ask("GET", "issues/7/comments?per_page=500")[1]) == 70
    assert "link" not in github.headers


def test_github_edits_a_release(github: Client) -> None:
    release = stub(github).add_release("prod-20261109", "Notes")
    stub(github).add_release("prod-20261116", draft=True)
    assert github.ask("GET", "releases/tags/prod-20261109")[1]["body"] == "Notes"
    assert github.ask("GET", "releases/tags/prod-20261116")[0] == 404
    assert github.ask("PATCH", f"releases/{release['id']}", {"body": "Notes, deployed"})[0] == 200
    assert release["body"] == "Notes, deployed"
    assert github.ask("POST", "releases", {"tag_name": "prod-20261123"})[0] == 201
    assert github.ask("POST", "releases", {"tag_name": "prod-20261123"})[1]["errors"][0]["code"] == "already_exists"


@pytest.mark.parametrize(
    ("method", "path", "body", "options", "status", "message"),
    [
        ("GET", "issues/7/comments", None, {"token": None}, 404, "Not Found"),
        ("POST", "issues/7/comments", {"body": "a"}, {"token": None}, 401, "Requires authentication"),
        ("GET", "issues/7/comments", None, {"token": "another"}, 401, "Bad credentials"),
        ("GET", "issues/7/comments", None, {"agent": ""}, 403, "User-Agent"),
        ("GET", "/repos/salitemihret/other/issues/7/comments", None, {}, 404, "Not Found"),
        ("GET", "issues/8/comments", None, {}, 404, "Not Found"),
        ("POST", "issues/7/comments", "{", {}, 400, "Problems parsing JSON"),
        ("POST", "issues/7/comments", {"text": "a"}, {}, 422, "wasn't supplied"),
        ("POST", "issues/7/comments", {"body": " "}, {}, 422, "Validation Failed"),
        ("POST", "issues/7/comments", {"body": "a" * 65537}, {}, 422, "Validation Failed"),
        ("POST", "issues/9/comments", {"body": "a"}, {}, 403, "locked"),
        ("PATCH", "issues/comments/1", {"body": "a"}, {}, 404, "Not Found"),
        ("GET", "commits/8851ec0/pulls", None, {}, 422, "No commit found"),
        ("DELETE", "issues/comments/1001", None, {}, 404, "Not Found"),
    ],
)
def test_github_refuses(
    github: Client, method: str, path: str, body: Any, options: dict[str, Any], status: int, message: str
) -> None:
    stub(github).add_issue(7)
    stub(github).add_issue(9, locked=True)
    stub(github).add_comment(7, "Looks good")
    given, answer = github.ask(method, path, body, **options)
    assert given == status
    assert message in answer["message"]
    assert stub(github).writes() == []


def test_github_lets_only_who_moderates_edit_anothers_comment(github: Client) -> None:
    stub(github).add_issue(7)
    stub(github).add_comment(7, "Looks good")
    assert github.ask("PATCH", "issues/comments/1001", {"body": "a"})[0] == 200
    stub(github).moderates = False
    given, answer = github.ask("PATCH", "issues/comments/1001", {"body": "b"})
    assert (given, answer["message"]) == (403, "Must have admin rights to Repository.")
    assert [comment["body"] for comment in stub(github).comments_of(7)] == ["a"]


def test_github_refuses_a_token_that_may_only_read(github: Client) -> None:
    stub(github).add_issue(7)
    stub(github).read_only = True
    assert github.ask("GET", "issues/7/comments")[0] == 200
    assert github.ask("POST", "issues/7/comments", {"body": "a"})[0] == 403


def test_redis_asks_for_the_password_and_survives_nothing() -> None:
    with Redis() as store:
        assert store.command("RPUSH", "imports", "a", "ü") == 2
        assert store.command("LRANGE", "imports", "0", "-1") == ["a", "ü"]
        assert store.command("GET", "none") is None
        with pytest.raises(RedisError, match="unknown command"):
            store.command("NOTHING")
        store.stop()
        with pytest.raises(ConnectionRefusedError):
            store.command("PING")
        store.start()
        assert store.command("LLEN", "imports") == 0
        store.password = "another"
        with pytest.raises(RedisError, match="WRONGPASS"):
            store.command("PING")


def test_githubs_pull_request_has_a_description(github: Client) -> None:
    stub(github).add_issue(7, body="Why\r\n")
    stub(github).add_issue(8, pull=False)
    assert github.ask("GET", "pulls/7")[1]["body"] == "Why\r\n"
    assert github.ask("PATCH", "pulls/7", {"body": "x" * 65536})[0] == 200
    status, said = github.ask("PATCH", "pulls/7", {"body": "x" * 65537})
    assert (status, said["errors"][0]["message"]) == (422, "body is too long (maximum is 65536 characters)")
    assert github.ask("PATCH", "pulls/7", {"body": ""})[1]["body"] is None
    assert github.ask("PATCH", "pulls/8", {"body": ""})[0] == 404


def test_github_limits_the_rate_of_requests(github: Client) -> None:
    stub(github).add_issue(7)
    stub(github).remaining = 1
    assert github.ask("GET", "pulls/7")[0] == 200
    assert (github.headers["x-ratelimit-limit"], github.headers["x-ratelimit-remaining"]) == ("5000", "0")
    status, said = github.ask("GET", "pulls/7")
    assert (status, said["message"][:19]) == (403, "API rate limit exce")
    assert int(github.headers["x-ratelimit-reset"]) == stub(github).reset


@pytest.mark.parametrize(
    ("body", "status", "said"),
    [
        ({"event_type": "merged", "client_payload": {"change": {"commit": "8851ec0"}}}, 204, ""),
        ({"event_type": "merged"}, 204, ""),
        ({"event_type": "m" * 100, "client_payload": {str(number): number for number in range(10)}}, 204, ""),
        ({"event_type": "merged", "client_payload": {"text": "x" * (65535 - len('{"text":""}'))}}, 204, ""),
        ({"event_type": "m" * 101}, 422, "event_type is too long (maximum is 100 characters)"),
        ({"client_payload": {}}, 422, '"event_type" wasn\'t supplied'),
        ({"event_type": "merged", "client_payload": []}, 422, "is not an object"),
        (
            {"event_type": "merged", "client_payload": {str(number): number for number in range(11)}},
            422,
            "No more than 10 properties are allowed; 11 were supplied.",
        ),
        ({"event_type": "merged", "client_payload": {"text": "x" * 65535}}, 422, "client_payload is too large."),
        ({"event_type": "merged", "client_payload": {"text": "é" * 33000}}, 422, "client_payload is too large."),
        ("{", 400, "Problems parsing JSON"),
    ],
)
def test_github_dispatches_an_event(github: Client, body: Any, status: int, said: str) -> None:
    answered, document = github.ask("POST", "dispatches", body)
    assert answered == status
    assert said in (document["message"] if document else "")
    payloads = [event["client_payload"] for event in stub(github).events]
    assert payloads == ([body.get("client_payload", {})] if status == 204 else [])
