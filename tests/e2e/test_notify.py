# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Slack and the summary: made from the record, and a channel that does not answer never fails a deploy."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from tests.support.deploys import Deploys
from tests.support.images import build

SECRET = "xoxb-canary-4711"
LIMITED = ("deploy.yml", "--limit", "user-service,bff-service")


class Slack(ThreadingHTTPServer):
    """Slack's webhook and the two methods of its API that a bot needs."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.received: list[tuple[str, dict[str, Any]]] = []

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self.server_address[1]}"


class _Handler(BaseHTTPRequestHandler):
    server: Slack

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.server.received.append((self.path, body))
        answer = json.dumps({"ok": True, "ts": "1700000000.000100", "channel": "C0123"}).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, *_arguments: Any) -> None:
        """Nothing."""


@pytest.fixture
def slack() -> Iterator[Slack]:
    """A Slack on loopback."""
    server = Slack()
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield server
    server.shutdown()
    server.server_close()
    thread.join()


def test_a_webhook_is_told_the_start_and_the_end_and_the_summary_goes_where_the_step_reads_it(
    deploys: Deploys, slack: Slack
) -> None:
    step = deploys.directory / "step.md"
    step.write_text("before\n", encoding="utf-8")
    deploys.variables["slack"] = {"webhook": {"env": "SLACK_WEBHOOK_URL"}}
    deploys.environ |= {"SLACK_WEBHOOK_URL": f"{slack.url}/services/{SECRET}", "GITHUB_STEP_SUMMARY": str(step)}
    ran = deploys.run(*LIMITED)
    assert ran.code == 0, ran.text
    texts = [json.dumps(body) for _path, body in slack.received]
    assert len(texts) == 2
    assert "started" in texts[0]
    assert "succeeded" in texts[1]
    text = step.read_text(encoding="utf-8")
    assert SECRET not in ran.text + text + json.dumps(deploys.record())
    assert text.startswith("before\n")
    for word in ("user-service", "8082", "3f9c2d1", "bff-service", "8081", deploys.record()["id"]):
        assert word in text


@pytest.mark.parametrize("bad", [False, True], ids=["succeeds", "is undone"])
def test_a_bot_updates_its_one_message(deploys: Deploys, slack: Slack, bad: bool) -> None:
    if bad:
        build(deploys, "user-service", "bad0000", fail="crash")
    deploys.variables["slack"] = {"bot_token": {"env": "SLACK_TOKEN"}, "channel": "#deploys", "api": slack.url}
    deploys.environ["SLACK_TOKEN"] = SECRET
    ran = deploys.run(*LIMITED)
    assert ran.code == (2 if bad else 0), ran.text
    (first, _posted), (last, updated) = slack.received[0], slack.received[-1]
    assert (first, last) == ("/chat.postMessage", "/chat.update")
    assert (updated["ts"], updated["channel"]) == ("1700000000.000100", "C0123")
    assert ("undone" if bad else "succeeded") in json.dumps(updated)
    assert SECRET not in ran.text + json.dumps(deploys.record())


def test_a_channel_and_a_summary_that_cannot_be_written_to_are_said_and_fail_nothing(deploys: Deploys) -> None:
    deploys.variables |= {"slack": {"webhook": {"env": "SLACK_WEBHOOK_URL"}}, "summary_file": "/proc/no/such/place.md"}
    deploys.environ["SLACK_WEBHOOK_URL"] = f"http://127.0.0.1:9/services/{SECRET}"
    ran = deploys.run(*LIMITED)
    assert ran.code == 0, ran.text
    assert "the Slack notification failed" in ran.text
    assert "the summary was not written" in ran.text
    assert SECRET not in ran.text
    assert deploys.record()["notifications"]["slack"]["error"]
