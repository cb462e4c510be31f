# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Notifies every channel of a deploy, from its record. A failed notification is only a warning."""

from __future__ import annotations

import os
import time
import traceback

from ..module_utils.notify.channel import Channel, Notification, Stage
from ..module_utils.notify.channels import CHANNELS
from .action import display
from .context import Context
from .smoke import secrets_of_run
from .work import Work


def notify(context: Context, work: Work, stage: Stage) -> None:
    """Send each channel the open deploy's current record."""
    for channel in CHANNELS:
        if stage not in channel.stages:
            continue
        try:
            _deliver(channel, context, work, stage)
        except Exception as error:  # noqa: BLE001 - no channel is worth failing a deploy for
            display.vvv(traceback.format_exc())
            display.warning(" ".join(f"{channel.name}: the notification failed: {error}".split()))


def _deliver(channel: Channel, context: Context, work: Work, stage: Stage) -> None:
    record = work.journal.record
    notification = Notification(stage, record, context.variables, secrets_of_run(context), os.environ, time.sleep)
    delivery = channel.deliver(notification)
    for line in delivery.warnings:
        display.warning(line)
    if delivery.document is not None:
        sent = record.get("notifications") or {}
        work.write(notifications={**sent, channel.name: dict(delivery.document)})
