# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The base of the actions that check a release after its rollout."""

from __future__ import annotations

import traceback
from typing import Any

from ..module_utils.common.failure import Cause
from ..module_utils.lock.model import LockLost
from ..module_utils.state.model import Conflict, StoreUnreachable
from .action import SlipwayAction, display
from .context import Context
from .process import Orphaned
from .work import Work, leaves_open, summary_of, work_on


class CheckingAction(SlipwayAction):
    """Never fails for a finding or an error of a check: a failed task would end the playbook.

    Both are in the record; the last play undoes or holds the release and reports it.
    """

    ON_RECORD = True

    def check(self, context: Context, work: Work) -> dict[str, Any]:
        """Check, and write the findings into the record; return further results."""
        raise NotImplementedError

    def act(self, context: Context) -> dict[str, Any]:
        """Check, unless the release is being undone or held already; the result is a summary of the record."""
        found: dict[str, Any] = {}
        with work_on(context) as work:
            record = work.journal.record
            if not record.get("cause") and not record.get("hold"):
                try:
                    found = self.check(context, work)
                except (LockLost, Orphaned, StoreUnreachable, Conflict):
                    raise
                except Exception as error:
                    if leaves_open(error):
                        raise
                    display.vvv(traceback.format_exc())
                    what = " ".join(f"cannot be checked: {error}".split())
                    work.write(hold=Cause(what, phase="checking").to_record())
            work.apply_cancel()
            return {"changed": False, **found, **summary_of(work.journal.record)}
