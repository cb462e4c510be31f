# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Telling others, from the record: Slack, GitHub, the summary. What cannot be told is said and fails no deploy."""

from __future__ import annotations

import os
import time
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from ..module_utils.notify import slack
from ..module_utils.notify.channel import Stage, send
from ..module_utils.notify.summary import summary
from ..module_utils.notify.summary_file import write_summary
from ..module_utils.secrets.source import Secrets
from .action import display
from .context import Context
from .tell_github import tell_github
from .work import Work


def tell_start(context: Context, work: Work) -> None:
    """Say that a deploy starts."""
    with _harmless():
        _slack(context, work, "start", slack.start(work.journal.record))
    with _harmless():
        tell_github(context, work)


def tell_end(context: Context, work: Work) -> None:
    """Say how a deploy ended, and write its summary."""
    record = work.journal.record
    with _harmless():
        if record["targets"] or record["outcome"] != "unchanged":
            _slack(context, work, "end", slack.end(record))
    with _harmless():
        if record["targets"]:
            tell_github(context, work)
    with _harmless():
        _summarise(context, work)


@contextmanager
def _harmless() -> Iterator[None]:
    """Say what goes wrong in telling others, and go on."""
    try:
        yield
    except Exception as error:  # noqa: BLE001 - no way of telling is worth failing a deploy for
        display.vvv(traceback.format_exc())
        display.warning(" ".join(f"others could not be told: {error}".split()))


def _summarise(context: Context, work: Work) -> None:
    written = write_summary(summary(work.journal.record), _summary_file(context), os.environ)
    if written.error:
        display.warning(written.error)


def _slack(context: Context, work: Work, stage: Stage, message: slack.Message) -> None:
    settings: Any = context.variables.get("slack")
    if not settings:
        return
    told = work.journal.record.get("notifications") or {}
    secrets = Secrets(os.environ, context.clients)
    outcome = send(settings, message, secrets, stage=stage, previous=told.get("slack"), pause=time.sleep)
    if outcome.error:
        display.warning(outcome.said())
    work.write(notifications={**told, "slack": outcome.to_record()})


def _summary_file(context: Context) -> str | None:
    return str(context.variables.get("summary_file") or "") or None
