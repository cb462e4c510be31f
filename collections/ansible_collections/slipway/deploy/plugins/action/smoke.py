# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Runs the declared HTTP checks through the environment's endpoint. See modules/smoke.py."""

from __future__ import annotations

from typing import Any

from ..module_utils.hosts.progress import hosts_of
from ..module_utils.notify.markdown import is_linkable
from ..module_utils.record.model import Record
from ..module_utils.render.checks import smoke_table
from ..plugin_utils.action import display
from ..plugin_utils.checking import CheckingAction
from ..plugin_utils.context import Context
from ..plugin_utils.smoke import declared_jobs, run_jobs
from ..plugin_utils.verdict import apply_finding, finding_of_smoke, weighed_smoke
from ..plugin_utils.work import Work


class ActionModule(CheckingAction):
    """The checks of the selected services; without an endpoint there are none."""

    def check(self, context: Context, work: Work) -> dict[str, Any]:
        """Run the checks, write the results into the record and act on them."""
        record = work.journal.record
        # A host whose switch failed is already in the record, which decides about the undo.
        failed = {item["name"] for item in hosts_of(record) if item.get("failure")}
        jobs = [job for job in declared_jobs(context, record.get("endpoint")) if job.name not in failed]
        asked = run_jobs(context, jobs, _idle(record), lambda: work.cancel.why() is not None)
        targets, before = {item["name"] for item in record["targets"]}, _before(record, asked)
        documents = weighed_smoke(asked, targets, before)
        work.write(smoke=documents, **_links(context))
        # A fleet has many similar checks: the recap counts them. A host has a few different ones.
        work.console.lines(
            smoke_table([item for item in documents if item["name"] not in context.services], work.console.width)
        )
        apply_finding(work, finding_of_smoke(documents, targets, before))
        return {}


def _links(context: Context) -> dict[str, str]:
    """Links for the notifications: ``-e coverage_url=…`` of the pipeline that built the release."""
    url = str(context.variables.get("coverage_url") or "").strip()
    if url and not is_linkable(url):
        display.warning("coverage_url is not a URL that can be linked, so it is left out")
    return {"coverage_url": url} if is_linkable(url) else {}


def _idle(record: Record) -> dict[str, str]:
    """Why each idle service runs no tasks, from the health check before."""
    return {
        item["name"]: str(item.get("detail"))
        for item in record.get("health") or ()
        if item.get("desired") == 0 and item.get("running") == 0
    }


def _before(record: Record, documents: list[dict[str, Any]]) -> set[tuple[str, str]]:
    """Name and check of those that did not pass before the deploy, including all checks of unhealthy services."""
    sick = set(record.get("unhealthy") or ())
    failed = (*(record.get("smoke_before") or ()), *(item for item in documents if item["name"] in sick))
    return {(item["name"], item["check"]) for item in failed}
