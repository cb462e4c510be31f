# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Shows, takes, breaks or frees the lock of an environment. See modules/lock.py."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ansible_collections.slipway.deploy.plugins.module_utils.lock.manual import (
    Outcome,
    Person,
    break_lock,
    free,
    hold,
    parse_duration,
    show,
)
from ansible_collections.slipway.deploy.plugins.plugin_utils.action import SlipwayAction, display
from ansible_collections.slipway.deploy.plugins.plugin_utils.context import Context


class ActionModule(SlipwayAction):
    """Says in one line what the lock is; in check mode it writes nothing."""

    ARGUMENTS: Mapping[str, Mapping[str, Any]] = {
        "state": {"type": "str", "default": "shown", "choices": ["shown", "taken", "broken", "free"]},
        "reason": {"type": "str", "default": ""},
        "lock_for": {"type": "str", "default": "4h"},
        "force": {"type": "bool", "default": False},
    }

    def act(self, context: Context) -> dict[str, Any]:
        """Do the work; the line is shown, and is the result's ``msg``."""
        outcome = self._outcome(context)
        display.display(outcome.line)
        lock = outcome.lock
        result: dict[str, Any] = {"changed": outcome.changed, "msg": outcome.line, "lock": None}
        if lock is not None:
            result["lock"] = {
                name: getattr(lock, name)
                for name in ("state", "owner", "reason", "deploy", "taken_at", "expires_at", "heartbeat_at")
            }
        return result

    def _outcome(self, context: Context) -> Outcome:
        store, env = context.store, context.environment
        person = Person(context.owner, dry=bool(self._task.check_mode))
        match self.arguments["state"]:
            case "taken":
                seconds = parse_duration(self.arguments["lock_for"])
                return hold(store, env, person, reason=self.arguments["reason"], seconds=seconds)
            case "broken":
                return break_lock(store, env, person, reason=self.arguments["reason"], force=self.arguments["force"])
            case "free":
                return free(store, env, person)
            case _:
                return show(store, env)
