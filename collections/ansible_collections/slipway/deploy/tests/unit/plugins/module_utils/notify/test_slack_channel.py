# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Messages sent to a Slack that runs on this machine."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from ansible_collections.slipway.deploy.plugins.module_utils.notify.channel import Stage
from ansible_collections.slipway.deploy.plugins.module_utils.notify.slack import Message, end, start
from ansible_collections.slipway.deploy.plugins.module_utils.notify.slack_channel import Outcome, send
from ansible_collections.slipway.deploy.plugins.module_utils.secret_values.source import Secrets

from ..render import samples

TOKEN = "xoxb-s3cret"
HOOK = "/services/T000/B000/s3cret"


class Slack:
    """What Slack does with chat.postMessage, chat.update and an incoming webhook."""

    def __init__(self) -> None:
        self.messages: dict[str, dict[str, Any]] = {}
        self.hooked: list[dict[str, Any]] = []
        self.calls: list[str] = []
        self.busy: list[str | None] = []
        self.error: str | None = None
        slack = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                slack.calls.append(self.path)
                if slack.busy:
                    self._answer(429, b"ratelimited", slack.busy.pop(0))
                elif self.path == HOOK:
                    slack.hooked.append(body)
                    self._answer(200, b"ok")
                elif self.path.startswith("/api/"):
                    known = self.headers["Authorization"] == f"Bearer {TOKEN}"
                    answer = slack.call(self.path, body) if known else {"ok": False, "error": "invalid_auth"}
                    self._answer(200, json.dumps(answer).encode())
                elif self.path == "/moved":
                    self.send_response(302)
                    self.send_header("Location", HOOK)
                    self.end_headers()
                else:
                    self._answer(404, b"no_service")

            def _answer(self, status: int, body: bytes, retry_after: str | None = None) -> None:
                self.send_response(status)
                if retry_after is not None:
                    self.send_header("Retry-After", retry_after)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_words: Any) -> None:
                return

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True)
        self._thread.start()

    def call(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        if self.error:
            return {"ok": False, "error": self.error}
        if path == "/api/chat.update":
            if body["ts"] not in self.messages or body["channel"] != "C123":
                return {"ok": False, "error": "message_not_found"}
            self.messages[body["ts"]] = body
            return {"ok": True, "ts": body["ts"], "channel": "C123"}
        ts = f"1503435956.{len(self.messages):06}"
        self.messages[ts] = body
        return {"ok": True, "ts": ts, "channel": "C123"}

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_port}"

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


@pytest.fixture
def slack(monkeypatch: pytest.MonkeyPatch) -> Iterator[Slack]:
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    running = Slack()
    yield running
    running.close()


@pytest.fixture
def waits() -> list[float]:
    return []


class Sender:
    """Sends with the settings of a test and remembers what the record would."""

    def __init__(self, settings: dict[str, Any], environ: dict[str, str], waits: list[float]) -> None:
        self._settings = settings
        self._secrets = Secrets(environ)
        self._waits = waits
        self.known: dict[str, Any] | None = None

    def __call__(self, message: Message, stage: Stage) -> Outcome:
        outcome = send(
            self._settings, message, self._secrets, stage=stage, previous=self.known, pause=self._waits.append
        )
        self.known = outcome.to_record()
        return outcome


def hook(slack: Slack, waits: list[float], path: str = HOOK) -> Sender:
    return Sender({"webhook": {"env": "HOOK"}}, {"HOOK": slack.url + path}, waits)


def bot(slack: Slack, waits: list[float], token: str = TOKEN) -> Sender:
    settings = {"bot_token": {"env": "TOKEN"}, "channel": "#deploys", "api": f"{slack.url}/api"}
    return Sender(settings, {"TOKEN": token}, waits)


STARTED, ENDED = start(samples.planned()), end(samples.succeeded())


def test_a_webhook_posts_at_the_start_and_at_the_end(slack: Slack, waits: list[float]) -> None:
    sender = hook(slack, waits)
    outcomes = [sender(STARTED, "start"), sender(STARTED, "progress"), sender(ENDED, "end")]
    assert outcomes == [Outcome()] * 3
    assert [body["text"] for body in slack.hooked] == [STARTED.text, ENDED.text]
    assert slack.hooked[1]["attachments"][0]["color"] == ENDED.colour


def test_a_bot_posts_once_and_updates(slack: Slack, waits: list[float]) -> None:
    sender = bot(slack, waits)
    for message, stage in ((STARTED, "start"), (STARTED, "progress"), (ENDED, "end")):
        assert sender(message, stage).error is None
    assert slack.calls == ["/api/chat.postMessage", "/api/chat.update", "/api/chat.update"]
    assert [body["text"] for body in slack.messages.values()] == [ENDED.text]


def test_a_message_that_was_deleted_is_posted_again(slack: Slack, waits: list[float]) -> None:
    sender = bot(slack, waits)
    sender(STARTED, "start")
    slack.messages.clear()
    assert sender(ENDED, "end").error is None
    assert len(slack.messages) == 1


def test_a_busy_slack_is_waited_for(slack: Slack, waits: list[float]) -> None:
    slack.busy = ["3", None]
    assert hook(slack, waits)(STARTED, "start") == Outcome()
    assert waits == [3.0, 1.0]


@pytest.mark.parametrize(("busy", "waited"), [(["2"] * 9, [2.0, 2.0]), (["3600"], []), (["20", "20"], [20.0])])
def test_it_is_not_waited_for_long(
    slack: Slack, waits: list[float], busy: list[str | None], waited: list[float]
) -> None:
    slack.busy = busy
    outcome = hook(slack, waits)(STARTED, "start")
    assert outcome.error == "the webhook answered 429 (ratelimited)"
    assert waits == waited


@pytest.mark.parametrize("error", ["channel_not_found", "not_in_channel", "msg_blocks_too_long"])
def test_slacks_own_word_is_repeated(slack: Slack, waits: list[float], error: str) -> None:
    slack.error = error
    outcome = bot(slack, waits)(STARTED, "start")
    assert outcome.said() == f"the Slack notification failed: {error}"


def test_a_failed_update_keeps_the_message(slack: Slack, waits: list[float]) -> None:
    sender = bot(slack, waits)
    first = sender(STARTED, "start")
    slack.error = "internal_error"
    assert sender(STARTED, "progress") == Outcome("internal_error", first.ts, first.channel)
    slack.error = None
    assert sender(ENDED, "end") == first


@pytest.mark.parametrize(
    ("settings", "environ", "error"),
    [
        ({"webhook": {"env": "HOOK"}}, {}, "slack.webhook: the environment variable HOOK is not set. Set HOOK"),
        ({"webhook": {"env": "HOOK"}}, {"HOOK": "http://127.0.0.1:1/s3cret"}, "connection refused"),
        ({"webhook": {"env": "HOOK"}}, {"HOOK": "http://example.org/s3cret"}, "the address is not https"),
        ({"webhook": {"env": "HOOK"}}, {"HOOK": "s3cret"}, "the address is not https"),
        ({"webhook": {"env": "HOOK"}}, {"HOOK": "http://127.0.0.1:1/s3 cret"}, "the request failed (InvalidURL)"),
        ({"webhook": {"env": "HOOK"}}, {"HOOK": "http://[s3cret"}, "the address is not https"),
        ({"webhook": "https://hooks/s3cret"}, {}, "slack.webhook: this is not a source of a secret"),
        ({"webhook": {"env": "A"}, "bot_token": {"env": "B"}}, {}, "slack needs either webhook, or bot_token"),
        ({"bot_token": {"env": "B"}}, {}, "slack.channel is missing"),
        ({"webhok": {"env": "A"}}, {}, "slack has no setting webhok; there are api, bot_token, channel, webhook"),
        (
            {"bot_token": {"env": "B"}, "channel": "#x", "api": "http://127.0.0.1:1"},
            {"B": "s3\ncret"},
            "the request failed (ValueError)",
        ),
    ],
)
def test_an_unreachable_channel_is_said_and_nothing_secret_with_it(
    settings: dict[str, Any], environ: dict[str, str], error: str, waits: list[float], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    outcome = Sender(settings, environ, waits)(STARTED, "start")
    assert (outcome.error or "").startswith(error)
    assert "cret" not in outcome.said().replace("secret", "")


def test_a_webhook_that_is_gone(slack: Slack, waits: list[float]) -> None:
    outcome = hook(slack, waits, "/services/gone/s3cret")(STARTED, "start")
    assert outcome.error == "the webhook answered 404 (no_service)"


def test_a_redirect_is_not_followed(slack: Slack, waits: list[float]) -> None:
    assert hook(slack, waits, "/moved")(STARTED, "start").error == "the webhook answered 302"
    assert slack.hooked == []


def test_a_wrong_token(slack: Slack, waits: list[float]) -> None:
    assert bot(slack, waits, "xoxb-wrong")(STARTED, "start").error == "invalid_auth"


def test_nothing_is_sent_without_settings() -> None:
    assert send(None, STARTED, Secrets({}), stage="start") == Outcome()
    assert Outcome().said() == ""
