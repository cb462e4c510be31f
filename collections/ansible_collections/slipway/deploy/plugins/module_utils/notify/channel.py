# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A notification channel. The channels are listed in :mod:`.channels`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal, Protocol

from ..render.facts import Record
from ..secret_values.source import Secrets

Stage = Literal["start", "progress", "end"]


@dataclass(frozen=True)
class Notification:
    """A deploy as it is now, for a channel to send.

    :ivar variables: the environment's variables: the channel's settings are among them.
    :ivar environ: the environment of the process.
    :ivar pause: waits that many seconds if a server asks for it.
    """

    stage: Stage
    record: Record
    variables: Mapping[str, Any]
    secrets: Secrets
    environ: Mapping[str, str]
    pause: Callable[[float], None]

    def previous(self, channel: str) -> Mapping[str, Any]:
        """The channel's document in the record; empty before the first notification."""
        return (self.record.get("notifications") or {}).get(channel) or {}


@dataclass(frozen=True)
class Delivery:
    """The result of a notification.

    :ivar warnings: shown to the operator: lines without secrets.
    :ivar document: the record's ``notifications.<name>``, which the next notification finds in ``previous``; ``None``:
        nothing is recorded.
    """

    warnings: tuple[str, ...] = ()
    document: Mapping[str, Any] | None = None


class Channel(Protocol):
    """A destination of notifications of a deploy."""

    #: Its name in the record, and the variable of the inventory that holds its settings.
    name: str
    setting: str
    #: The stages at which it is notified.
    stages: frozenset[Stage]

    def deliver(self, notification: Notification) -> Delivery:
        """Send it, if the settings ask for it. A channel that does not answer is a warning, never an error."""
