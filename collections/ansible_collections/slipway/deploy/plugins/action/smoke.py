# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Runs the declared HTTP checks through the environment's endpoint. See modules/smoke.py."""

from __future__ import annotations

import os
from typing import Any

from ansible_collections.slipway.deploy.plugins.module_utils.checks.http import Job, run_checks
from ansible_collections.slipway.deploy.plugins.module_utils.checks.smoke import Judged, Secret
from ansible_collections.slipway.deploy.plugins.module_utils.notify.secret import Secrets
from ansible_collections.slipway.deploy.plugins.plugin_utils.action import SlipwayAction
from ansible_collections.slipway.deploy.plugins.plugin_utils.context import Context
from ansible_collections.slipway.deploy.plugins.plugin_utils.smoke import declared_jobs
from ansible_collections.slipway.deploy.plugins.plugin_utils.verdict import Finding, heed
from ansible_collections.slipway.deploy.plugins.plugin_utils.work import summary_of, work_on


class ActionModule(SlipwayAction):
    """Never fails for what it finds: that stands in the record, and deploy_close says it."""

    ON_RECORD = True

    def act(self, context: Context) -> dict[str, Any]:
        """Run the checks, write them into the record and do what follows; the record in short is the result."""
        with work_on(context) as work:
            record = work.journal.record
            if record.get("cause") or record.get("hold"):
                return {"changed": False, **summary_of(record)}
            jobs = declared_jobs(context, record.get("endpoint"))
            secrets = Secrets(os.environ, context.clients)

            def resolve(secret: Secret, where: str) -> str:
                return secrets.read(dict(secret.source), where)

            results = run_checks(jobs, resolve, lambda: work.cancel.why() is not None)
            work.write(
                smoke=[judged.to_record(job.name, job.check.name) for job, judged in zip(jobs, results, strict=True)]
            )
            heed(work, _finding(jobs, results))
            return {"changed": False, **summary_of(work.journal.record)}


def _finding(jobs: list[Job], results: list[Judged]) -> Finding:
    for verdict in ("fail", "inconclusive"):
        for job, judged in zip(jobs, results, strict=True):
            if judged.verdict == verdict:
                failed = "failed" if verdict == "fail" else "is inconclusive"
                return Finding(judged.verdict, f"smoke check {job.check.name} {failed}: {judged.detail}", job.name)
    return Finding("pass", "", None)
