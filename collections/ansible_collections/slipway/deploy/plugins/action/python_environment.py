# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Reads where packages come from on the control node, then builds on the host. See modules/python_environment.py."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

from ..module_utils.build_requirements.indexes import read_indexes
from ..module_utils.python.arguments import ENVIRONMENT
from ..module_utils.secret_values.source import Secrets
from ..plugin_utils.context import Context
from ..plugin_utils.on_host import HostAction, clients_later


class ActionModule(HostAction):
    """A URL may contain credentials; a stored one is read here."""

    ARGUMENTS: Mapping[str, Mapping[str, Any]] = ENVIRONMENT

    def act(self, context: Context) -> dict[str, Any]:
        """Read the URLs, and hand the rest to the host."""
        resolved: dict[str, Any] = {}
        secrets = Secrets(os.environ, clients_later(context))
        for name in ("index_url", "proxy"):
            if self.arguments[name]:
                resolved[name] = secrets.read_plain(self.arguments[name], name)
        return self.on_host(**resolved, indexes=read_indexes(secrets, self.arguments["indexes"]))
