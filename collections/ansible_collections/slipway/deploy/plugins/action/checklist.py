# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Goes through the declared checklist after a deploy. See modules/checklist.py."""

from __future__ import annotations

from typing import Any

from ..module_utils.render.checklist import checklist_table
from ..plugin_utils.checking import CheckingAction
from ..plugin_utils.checklist import run_checklist, verdict_of
from ..plugin_utils.context import Context
from ..plugin_utils.verdict import Finding, apply_finding
from ..plugin_utils.work import Work


class ActionModule(CheckingAction):
    """Any row that is not green, red or unknown, holds the release: a checklist never causes an undo."""

    def check(self, context: Context, work: Work) -> dict[str, Any]:
        """Run every row, write the results into the record and act on them."""
        since = work.journal.record.get("started_at")
        rows = run_checklist(context, since, lambda: work.cancel.why() is not None)
        if not rows:
            return {"checklist": []}
        documents = [row.to_record(work.time_of_day()) for row in rows]
        work.write(checklist=documents)
        work.console.lines(checklist_table(documents, work.console.width))
        found = verdict_of(rows)
        apply_finding(work, Finding("unknown", *found) if found else Finding("pass", "", None))
        return {"checklist": documents}
