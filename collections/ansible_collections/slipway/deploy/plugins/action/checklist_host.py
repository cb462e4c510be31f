# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Asks a host what the checklist wants to know of it. See modules/checklist_host.py."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..module_utils.checks.probes import Command, Probe, host_question
from ..module_utils.checks.probes_ask import revealed
from ..module_utils.common.errors import SlipwayError
from ..plugin_utils.checklist import declared
from ..plugin_utils.context import Context
from ..plugin_utils.on_host import HostAction
from ..plugin_utils.smoke import secret_reader

Answer = dict[str, Any]


class ActionModule(HostAction):
    """Runs all rows of a host at once; a row that cannot be run is reported as a result and does not fail the task."""

    # Tasks run this module as well, so it has its own name.
    HOST_HALF = "host_probe"
    KEPT_HERE = ("checklist",)
    ARGUMENTS: Mapping[str, Mapping[str, Any]] = {"checklist": {"type": "list", "elements": "dict"}}

    def act(self, context: Context) -> dict[str, Any]:
        """Run the rows; the result has the answers by row name."""
        if context.here not in context.hosts:
            return {"changed": False, "answers": {}}
        service = str(context.of_group(context.here, "service") or "") or None
        answers: dict[str, Answer] = {}
        asked: dict[str, dict[str, Any]] = {}
        for probe in declared(context, context.here, self.arguments.get("checklist")):
            if probe.via == "host":
                try:
                    asked[probe.name] = self._question(context, probe, service)
                except SlipwayError as error:
                    answers[probe.name] = {"error": str(error)}
        if asked:
            found = self.on_host(list(asked.values()))
            if found.get("failed"):
                return found
            answers.update(zip(asked, found["answers"], strict=True))
        return {"changed": False, "answers": answers}

    def _question(self, context: Context, probe: Probe, service: str | None) -> dict[str, Any]:
        if isinstance(probe.spec, Command) and self._task.check_mode:
            raise SlipwayError("no program is run in check mode")
        question = host_question(probe, revealed(probe, secret_reader(context)), service)
        if "unit" in question and not question["unit"] and (question["kind"] == "systemd" or not question["url"]):
            raise SlipwayError("the name of the service is not known", f"{probe.name}", "Set <group>_service")
        return question
