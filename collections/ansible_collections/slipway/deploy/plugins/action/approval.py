# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Asks for a release's approval. See modules/approval.py."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import Any

from ansible.errors import AnsiblePromptInterrupt, AnsiblePromptNoninteractive

from ..module_utils.common.text import clean, duration
from ..module_utils.gates.approval import BY, REFERENCE, Approval, Prompt, answered, refused
from ..module_utils.record.model import closed
from ..plugin_utils.action import SlipwayAction, display
from ..plugin_utils.context import Context
from ..plugin_utils.gates import ask_gates
from ..plugin_utils.work import release_lock, work_on


class ActionModule(SlipwayAction):
    """Fails unless the release is approved. Check mode does not prompt."""

    ASKS = True

    def act(self, context: Context) -> dict[str, Any]:
        """Ask, unless the command line says it; the approval is the result."""
        tag = clean(self.arguments["tag"])
        (result,) = ask_gates(
            context,
            "approval",
            tag,
            where=f"inventories/{context.environment} (approvers)",
            approvers=self.arguments["approvers"],
            given={name: context.variables.get(name) for name in (BY, REFERENCE)},
            extra=context.extra,
            user=str(context.actor["user"]),
            releases={f"{kind}_release": clean(tag) for kind, tag in self.arguments["releases"].items()},
        )
        found: Approval | Prompt = result.found
        if isinstance(found, Prompt):
            if self._task.check_mode:
                return {"changed": False}
            found = self._ask(found)
        document = found.to_record()
        if _has_record(context):
            with work_on(context) as work:
                work.write(approval=document)
        return {"changed": False, "approval": document}

    def fail_safe(self, context: Context) -> None:
        """Close the deploy, which has not changed anything, and release the lock."""
        try:
            if _has_record(context):
                with work_on(context) as work:
                    work.journal.write(closed(work.journal.record, "abandoned", work.clock()))
        finally:
            release_lock(context)

    def _ask(self, prompt: Prompt) -> Approval:
        limit = self.arguments["timeout"]
        begun = time.monotonic()
        try:
            # A worker has no terminal: ansible-core asks in its main process and hands the answer back.
            typed = display.prompt_until(f"{prompt.text}: ", seconds=limit)
        except AnsiblePromptNoninteractive:
            raise refused(prompt, "there is no terminal to ask at") from None
        except AnsiblePromptInterrupt:
            raise refused(prompt, "stopped by Ctrl-C") from None
        if time.monotonic() - begun >= limit:
            # What was typed until then was not submitted.
            raise refused(prompt, f"no answer within {duration(limit)}")
        return answered(prompt, typed.decode(errors="replace"), _now())


def _has_record(context: Context) -> bool:
    held = context.files.load()
    return held is not None and held.record is not None


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
