# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Slack messages built from records."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ansible_collections.slipway.deploy.plugins.module_utils.notify.slack import (
    BLUE,
    GREEN,
    MOST_BLOCKS,
    MOST_IN_ALL,
    MOST_TEXT,
    RED,
    YELLOW,
    Message,
    end,
    progress,
    start,
)

from ..render import samples


def texts(message: Message) -> list[str]:
    """Every text of a message's blocks."""
    return [part["text"] for block in message.blocks for part in (block.get("elements") or [block["text"]])]


@pytest.mark.parametrize(
    ("record", "colour", "text"),
    [
        (samples.succeeded(), GREEN, "dev · 3f9c2d1 succeeded after 2 min 2 s"),
        (samples.unchanged(), GREEN, "dev · 3f9c2d1: nothing to deploy: 12 services already run the requested release"),
        (samples.undone(), YELLOW, "dev · 3f9c2d1 FAILED and was undone after 2 min 20 s"),
        (samples.held(), YELLOW, "dev · 3f9c2d1 FAILED and is held after 2 min 2 s"),
        (samples.needs_person(), RED, "dev · 3f9c2d1 FAILED, needs a person after 2 min 20 s"),
        ({**samples.needs_person(), "outcome": "undone"}, RED, "dev · 3f9c2d1 FAILED and was undone after 2 min 20 s"),
        ({**samples.undone(), "outcome": "abandoned"}, RED, "dev · 3f9c2d1 ended and what runs is not known"),
        (samples.failing(), RED, "dev · 3f9c2d1 ended and what runs is not known"),
    ],
)
def test_the_end(record: dict[str, Any], colour: str, text: str) -> None:
    message = end(record)
    assert message.colour == colour
    assert message.text.startswith(text)


def test_the_start_says_who_and_why() -> None:
    message = start({**samples.planned(), "reason": "payments fail"})
    assert (message.text, message.colour) == ("dev · 3f9c2d1 started: 3 of 12 services", BLUE)
    assert texts(message)[0] == "*dev · 3f9c2d1 started: 3 of 12 services*\nRetry payments on 502"
    assert "· api-gateway 8d20c11 → 3f9c2d1" in texts(message)[1]
    assert texts(message)[-1] == (
        "by <https://ci.example.org/runs/412|maria@ci-412> · payments fail · "
        "record dev/releases/2026-11-20T21-04-11Z-3f9c2d1.json"
    )


def test_the_failure_names_culprit_reason_and_next_step() -> None:
    said = "\n".join(texts(end(samples.undone())))
    assert "FAILED user-service (priority 4) after 38 s: 3 of its tasks stopped, exit code 1" in said
    assert "dev is as it was before this deploy." in said
    assert "ansible-playbook playbooks/logs.yml -e env=dev --limit user-service" in said
    # A service's log stays where those are who may read it.
    assert "UnknownHostException" not in said


@pytest.mark.parametrize(
    ("record", "colour", "text"),
    [
        (samples.rolling(), BLUE, "dev · 3f9c2d1: 1 of 3 stable, 1 min 12 s"),
        (samples.failing(), YELLOW, "dev · 3f9c2d1 is being undone: 0 of 3 as before, 1 min 12 s"),
    ],
)
def test_progress(record: dict[str, Any], colour: str, text: str) -> None:
    message = progress(record, samples.STARTED + 72)
    assert (message.colour, message.text) == (colour, text)


def test_text_from_outside_cannot_call_a_channel_or_forge_a_link() -> None:
    record = samples.planned()
    record |= {"title": "<!channel> & <https://evil.example.org|click>", "reason": "<@U123>"}
    record["actor"] = {"user": "<!here>", "host": "ci", "url": "https://x|y>z"}
    said = "\n".join(texts(start(record)))
    assert "&lt;!channel&gt; &amp; &lt;https://evil.example.org|click&gt;" in said
    assert "<" not in said


@pytest.mark.parametrize("text", ["<!channel>", "<@U123>", "<#C123>", "<!subteam^S123>", "<https://x|y>", "a & b > c"])
@pytest.mark.parametrize("field", ["environment", "label", "title", "reason", "actor", "release", "outcome"])
def test_no_field_of_a_payload_is_markup(text: str, field: str) -> None:
    record = samples.undone()
    values = {"actor": {"user": text, "host": text}, "release": samples.undone().get("releases")}
    record[field] = values.get(field, text)
    if field == "release":
        record["releases"] = {"site": {"tag": text, "commit": text}}
        record["label"] = text
    for message in (start(record), progress(record, samples.STARTED), end(record)):
        payload = message.payload()
        attachment = payload["attachments"][0]
        for said in (payload["text"], attachment["fallback"], *texts(message)):
            assert text not in said
            assert "<" not in said.replace("<https://ci.example.org/runs/412|", "")


def test_a_text_is_not_cut_within_an_escaped_character() -> None:
    for length in range(MOST_TEXT - 8, MOST_TEXT + 2):
        message = start({**samples.planned(), "title": "a" * (length - 60) + "<" * 40})
        assert not any(part.endswith(("&…", "&l…", "&lt…")) for part in texts(message))


@pytest.mark.parametrize("url", ["javascript:alert(1)", "", "https://a b", "file:///etc/passwd"])
def test_only_web_addresses_are_linked(url: str) -> None:
    record = {**samples.planned(), "actor": {"user": "maria", "host": "", "url": url}}
    assert texts(start(record))[-1].startswith("by maria ·")


BUILDERS: list[Callable[[dict[str, Any]], Message]] = [start, end, lambda record: progress(record, samples.STARTED)]


@settings(max_examples=30)
@given(st.integers(0, 400), st.text(max_size=20), st.integers(1, 300), st.sampled_from(BUILDERS))
def test_slacks_limits_hold(count: int, title: str, repeat: int, build: Callable[[dict[str, Any]], Message]) -> None:
    record = {**samples.fleet(count), "title": title * repeat, "reason": title * repeat}
    record["cause"] = {"what": title * repeat, "target": None, "phase": "rolling_out", "wave": None}
    message = build(record)
    assert len(message.blocks) <= MOST_BLOCKS
    assert all(0 < len(text) <= MOST_TEXT for text in texts(message))
    assert sum(map(len, texts(message))) <= MOST_IN_ALL + MOST_TEXT
    assert json.loads(json.dumps(message.payload()))["text"]
