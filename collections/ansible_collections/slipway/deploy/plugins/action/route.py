# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Decides what a merged change starts. See modules/route.py."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ..module_utils.common.errors import SlipwayError
from ..module_utils.common.text import clean
from ..module_utils.dispatch.event import dispatched_change, parse_event
from ..module_utils.dispatch.routes import decide, parse_routes
from ..module_utils.environment.directory import list_environments, read_text
from ..plugin_utils.action import SlipwayAction, display
from ..plugin_utils.context import Context
from ..plugin_utils.workflow import read_event, write_outputs


class ActionModule(SlipwayAction):
    """Reads an event and the routes; asks nobody."""

    def act(self, _context: Context) -> dict[str, Any]:
        """Show the decision; it is the result."""
        # Ansible always has it; sanity tests import this file without.
        import yaml

        file = Path(self.arguments["routes"]).resolve()
        shown = "/".join(file.parts[-2:])
        try:
            document = yaml.safe_load(read_text(file, shown))
        except yaml.YAMLError as error:
            raise SlipwayError(f"it is not YAML: {' '.join(str(error).split())}", shown, "Correct it") from error
        routes = parse_routes(document, shown, list_environments(Path(self.arguments["inventories"]).resolve()))
        text, where = read_event()
        decision = decide(dispatched_change(parse_event(text, where), where), routes, shown)
        outputs = decision.outputs()
        build = "everything" if decision.force_full_build else "what changed"
        name = decision.ref.partition("/")[2].partition("/")[2]
        line = f"{decision.repository} · {name} · {decision.commit[:12]} → {decision.workflow}, {decision.environment}"
        display.display(clean(f"{line} ({build})"))
        write_outputs(outputs)
        return {"changed": False, **outputs}
