# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The registry of notification channels.

To add one, write a class like those below in a file of its own, add it here, and name its setting among the known
variables of ``environment/known.py``.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .channel import Channel, Stage
from .github_channel import GitHubChannel
from .slack_channel import SlackChannel
from .summary_file import SummaryChannel

#: In the order in which they are sent a notification: the summary is written last.
CHANNELS: tuple[Channel, ...] = (SlackChannel(), GitHubChannel(), SummaryChannel())


def has_channel(variables: Mapping[str, Any], stage: Stage) -> bool:
    """Whether the settings name a channel that is sent something at this stage."""
    return any(stage in channel.stages and variables.get(channel.setting) for channel in CHANNELS)
