# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Sends a merged change to the repository that deploys it. See modules/dispatch.py."""

from __future__ import annotations

import os
import re
from typing import Any

from ..module_utils.common.errors import SlipwayError
from ..module_utils.common.text import clean
from ..module_utils.dispatch.event import check_size, merged_change, parse_event
from ..module_utils.dispatch.model import EVENT_TYPE
from ..module_utils.notify.github_api import API, GitHub, GitHubError
from ..module_utils.secret_values.source import Secrets
from ..plugin_utils.action import SlipwayAction, display
from ..plugin_utils.context import Context
from ..plugin_utils.workflow import read_event, write_outputs

_REPOSITORY = re.compile(r"[A-Za-z0-9-]{1,39}/[A-Za-z0-9._-]{1,100}")


class ActionModule(SlipwayAction):
    """Sends one event; in check mode it only shows it."""

    def act(self, _context: Context) -> dict[str, Any]:
        """Send it; the payload is the result."""
        target = str(self.arguments["repository"])
        if not _REPOSITORY.fullmatch(target):
            raise SlipwayError(f"{target[:60]!r} is not a repository", "dispatch_to", "Write -e dispatch_to=owner/name")
        text, where = read_event()
        event = parse_event(text, where)
        commit = os.environ.get("GITHUB_SHA", "")
        change = merged_change(event, where, commit=commit, force=bool(self.arguments["force"]))
        if change is None:
            display.display("nothing was merged: nothing is sent")
            write_outputs({"sent": "false"})
            return {"changed": False, "payload": None}
        payload = change.payload()
        check_size(payload, where)
        sent = f"{change.repository} · {change.ref} · {change.commit[:12]} → {target}"
        if self._task.check_mode:
            display.display(clean(f"{sent}: would be sent"))
            return {"changed": True, "payload": payload}
        token = Secrets(os.environ).read(self.arguments["token"], "dispatch_token")
        try:
            GitHub(os.environ.get("GITHUB_API_URL") or API, target, token).dispatch(EVENT_TYPE, payload)
        except GitHubError as error:
            raise SlipwayError(str(error), f"dispatch_to {target}", "Nothing was sent: run it again") from error
        display.display(clean(f"{sent}: sent"))
        write_outputs({"sent": "true"})
        return {"changed": True, "payload": payload}
