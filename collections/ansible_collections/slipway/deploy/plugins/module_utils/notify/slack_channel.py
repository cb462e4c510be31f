# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Sends a message to Slack. An unreachable channel never fails a deploy, but is reported: nothing here raises.

A webhook cannot edit its message, so it posts at the start and at the end. A bot posts once and updates that
message (``ts`` in the channel with the id that Slack answered).
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from ..common.documents import loads_or_none
from ..common.errors import SlipwayError
from ..common.text import clean
from ..http_client.client import Answer, Unreachable
from ..http_client.json_client import post_json
from ..secret_values.source import Secrets
from . import slack
from .channel import Delivery, Notification, Stage
from .slack import Message

API = "https://slack.com/api"
_TIMEOUT = 10.0
_ATTEMPTS = 3
# How long a deploy waits for Slack's rate limit at most (seconds).
_LONGEST_WAIT = 30.0
_KEYS = frozenset({"webhook", "bot_token", "channel", "api"})


@dataclass(frozen=True)
class Outcome:
    """The result of a message. ``error`` is one line without secrets, ``None`` without an error."""

    error: str | None = None
    ts: str | None = None
    channel: str | None = None

    def to_record(self) -> dict[str, Any]:
        """A record's ``notifications.slack``; pass it as ``previous`` next time."""
        return dict(vars(self))

    def said(self) -> str:
        """A warning for the operator, or the empty string."""
        return f"the Slack notification failed: {self.error}" if self.error else ""


class SlackChannel:
    """Slack: a message at the start and at the end, or one that is updated."""

    name = "slack"
    setting = "slack"
    stages: frozenset[Stage] = frozenset({"start", "end"})

    def deliver(self, notification: Notification) -> Delivery:
        """Send a message. The end of a deploy without changes is not sent."""
        record, settings = notification.record, notification.variables.get(self.setting)
        if not settings or (notification.stage == "end" and not record["targets"] and record["outcome"] == "unchanged"):
            return Delivery()
        message = slack.end(record) if notification.stage == "end" else slack.start(record)
        previous = notification.previous(self.name)
        outcome = send(
            settings,
            message,
            notification.secrets,
            stage=notification.stage,
            previous=previous,
            pause=notification.pause,
        )
        return Delivery((outcome.said(),) if outcome.error else (), outcome.to_record())


def send(
    settings: Mapping[str, Any] | None,
    message: Message,
    secrets: Secrets,
    *,
    stage: Stage,
    previous: Mapping[str, Any] | None = None,
    pause: Callable[[float], None] = time.sleep,
) -> Outcome:
    """Send a message according to the settings.

    :param settings: ``{webhook: source}`` or ``{bot_token: source, channel: …}``; nothing is sent without.
    :param previous: the record's ``notifications.slack``.
    :param pause: waits that many seconds.
    """
    before = Outcome(None, (previous or {}).get("ts"), (previous or {}).get("channel"))
    if not settings:
        return before
    error = _misconfigured(settings)
    if error:
        return Outcome(error, before.ts, before.channel)
    try:
        if "webhook" in settings:
            if stage == "progress":
                return before
            return _by_webhook(secrets.read(settings["webhook"], "slack.webhook"), message, pause)
        token = secrets.read(settings["bot_token"], "slack.bot_token")
        return _by_bot(settings, token, message, before, pause)
    except (SlipwayError, Unreachable) as failure:
        return Outcome(str(failure), before.ts, before.channel)


def _misconfigured(settings: Mapping[str, Any]) -> str | None:
    unknown = sorted(str(key) for key in settings if key not in _KEYS)
    if unknown:
        return f"slack has no setting {', '.join(unknown)}; there are {', '.join(sorted(_KEYS))}"
    if ("webhook" in settings) == ("bot_token" in settings):
        return "slack needs either webhook, or bot_token and channel"
    if "bot_token" in settings and not settings.get("channel"):
        return "slack.channel is missing: name the channel that the bot posts to"
    return None


def _by_webhook(url: str, message: Message, pause: Callable[[float], None]) -> Outcome:
    answer = _patiently(url, message.payload(), {}, pause)
    if answer.status == 200:
        return Outcome()
    return Outcome(f"the webhook answered {answer.status}{_detail(answer, url)}")


def _by_bot(
    settings: Mapping[str, Any], token: str, message: Message, before: Outcome, pause: Callable[[float], None]
) -> Outcome:
    api = str(settings.get("api") or API).rstrip("/")
    headers = {"Authorization": f"Bearer {token}"}
    payload = message.payload()
    if before.ts and before.channel:
        update = {**payload, "channel": before.channel, "ts": before.ts}
        result = _call(f"{api}/chat.update", update, headers, pause)
        if result.error != "message_not_found":
            return Outcome(result.error, before.ts, before.channel)
    return _call(f"{api}/chat.postMessage", {**payload, "channel": str(settings["channel"])}, headers, pause)


def _call(url: str, payload: Mapping[str, Any], headers: Mapping[str, str], pause: Callable[[float], None]) -> Outcome:
    answer = _patiently(url, payload, headers, pause)
    if answer.status != 200:
        return Outcome(f"Slack answered {answer.status}")
    document = loads_or_none(answer.body)
    if not isinstance(document, dict):
        return Outcome("Slack's answer is not valid JSON")
    if not document.get("ok"):
        return Outcome(clean(document.get("error") or "no reason given")[:80])
    return Outcome(None, document.get("ts"), document.get("channel"))


def _patiently(url: str, payload: Any, headers: Mapping[str, str], pause: Callable[[float], None]) -> Answer:
    """Post, waiting for Slack's rate limit (429): a few times and not for long."""
    waited = 0.0
    answer = post_json(url, payload, headers, _TIMEOUT)
    for _again in range(_ATTEMPTS - 1):
        wait = answer.retry_after or 1.0
        if answer.status != 429 or waited + wait > _LONGEST_WAIT:
            break
        pause(wait)
        waited += wait
        answer = post_json(url, payload, headers, _TIMEOUT)
    return answer


def _detail(answer: Answer, secret: str) -> str:
    text = clean(answer.body.decode("utf-8", "replace"))
    # A proxy's error page may show the address. Slack's own words are short: invalid_blocks, no_service.
    return f" ({text})" if text and len(text) <= 40 and "/" not in text and text not in secret else ""
