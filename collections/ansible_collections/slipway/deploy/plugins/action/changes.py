# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Finds the services that a commit changes. See modules/changes.py."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from ..module_utils.changes.detect import Detection
from ..module_utils.changes.document import document, outputs
from ..module_utils.files.atomic import write_atomic
from ..module_utils.render.changes import changes
from ..plugin_utils.action import SlipwayAction
from ..plugin_utils.changed_services import changed_services
from ..plugin_utils.console import Console
from ..plugin_utils.context import Context
from ..plugin_utils.workflow import write_outputs

_READABLE = 0o644


class ActionModule(SlipwayAction):
    """Reads a clone, and what runs."""

    def act(self, context: Context) -> dict[str, Any]:
        """Show the services; they are the result."""
        found, choices = changed_services(context, self.arguments)
        console = Console(lambda: 0.0)
        console.lines(changes(found, context.environment, choices.unclaimed, console.width))
        write_outputs(outputs(found))
        _write_document(found, str(self.arguments["file"]))
        return {"changed": False, **document(found)}


def _write_document(found: Detection, path: str) -> None:
    if path:
        write_atomic(Path(path).expanduser(), json.dumps(document(found), indent=1).encode() + b"\n", _READABLE)
