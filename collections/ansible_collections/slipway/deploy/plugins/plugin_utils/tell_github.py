# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Telling GitHub of a deploy, from the record: the release of its tag, a pull request or an issue."""

from __future__ import annotations

import time

from ..module_utils.notify.github_channel import post
from .action import display
from .context import Context
from .smoke import secrets_of_run
from .work import Work

#: The settings, and the variable of the command line that names an issue or a pull request.
SETTINGS, ISSUE = "github", "github_issue"


def tell_github(context: Context, work: Work) -> None:
    """Post the open deploy's record as it is now; what cannot be told is a warning."""
    settings = context.variables.get(SETTINGS)
    if not settings:
        return
    told = work.journal.record.get("notifications") or {}
    outcome = post(
        settings,
        work.journal.record,
        secrets_of_run(context),
        issue=context.variables.get(ISSUE),
        previous=told.get("github"),
        pause=time.sleep,
    )
    for line in outcome.said():
        display.warning(line)
    work.write(notifications={**told, "github": outcome.to_record()})
