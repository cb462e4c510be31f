# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Shows, takes, breaks or releases the lock of an environment. See modules/lock.py."""

from __future__ import annotations

from typing import Any

from ..module_utils.common.errors import SlipwayError
from ..module_utils.lock.manual import Outcome, Person, break_lock, free, hold, parse_duration, show
from ..plugin_utils.action import SlipwayAction, display
from ..plugin_utils.context import Context


class ActionModule(SlipwayAction):
    """Shows the lock in one line; in check mode it writes nothing."""

    def act(self, context: Context) -> dict[str, Any]:
        """Do the work; the line is shown and returned as ``msg``."""
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

    def _check_used(self) -> None:
        """Refuse variables that the state does not use: ``-e reason=…`` alone would show the lock and take none."""
        given, state = self.arguments, self.arguments["state"]
        unused = {
            "reason": state == "shown" and bool(given["reason"]),
            "lock_for": state != "taken" and given["lock_for"] != self.spec()["lock_for"]["default"],
            "force": state != "broken" and given["force"],
        }
        for name, is_unused in unused.items():
            if is_unused:
                wanted = {"reason": "taken or broken", "lock_for": "taken", "force": "broken"}[name]
                raise SlipwayError(f"{name} is not used with state={state}", f"-e {name}", f"Add -e state={wanted}")

    def _outcome(self, context: Context) -> Outcome:
        self._check_used()
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
