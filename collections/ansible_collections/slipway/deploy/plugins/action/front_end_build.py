# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Reads the registries' tokens on the control node, then builds on the host. See modules/front_end_build.py."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

from ..module_utils.node.arguments import FRONT_END_BUILD
from ..module_utils.secret_values.source import Secrets
from ..plugin_utils.context import Context
from ..plugin_utils.on_host import HostAction, clients_later


class ActionModule(HostAction):
    """A token goes to the host in an argument that is never shown."""

    ARGUMENTS: Mapping[str, Mapping[str, Any]] = FRONT_END_BUILD

    def act(self, context: Context) -> dict[str, Any]:
        """Read the tokens, and hand the rest to the host."""
        secrets = Secrets(os.environ, clients_later(context))
        # Check mode builds nothing, so it needs no token.
        sources = {} if self._task.check_mode else self.arguments["npmrc"]
        npmrc = {str(name): secrets.read(source, f"npmrc.{name}") for name, source in sources.items()}
        return self.on_host(npmrc=npmrc)
