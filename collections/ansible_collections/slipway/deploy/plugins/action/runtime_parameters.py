# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Reads a service's configuration and has it written on the host. See modules/runtime_parameters.py."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from typing import Any

from ..module_utils.configuration.arguments import CONFIGURATION
from ..module_utils.configuration.model import write_configuration
from ..module_utils.parameters.collect import collect
from ..module_utils.parameters.gather import renewable
from ..module_utils.parameters.model import read_wanted
from ..module_utils.secret_values.source import Secrets
from ..plugin_utils.context import Context
from ..plugin_utils.on_host import HostAction, clients_later


def _without_absent(environment: Mapping[str, Any], optional: Sequence[str]) -> dict[str, Any]:
    """The variables without the optional ones that are unset on this machine."""
    secrets = Secrets(os.environ)
    return {name: value for name, value in environment.items() if name not in optional or not secrets.absent(value)}


class ActionModule(HostAction):
    """Values go to the host in one argument that is never shown."""

    ARGUMENTS: Mapping[str, Mapping[str, Any]] = CONFIGURATION
    # Values may be secret, and a host logs a module's arguments.
    KEPT_HERE = ("environment", "secrets", "required", "optional", "files")

    def act(self, context: Context) -> dict[str, Any]:
        """Do the work; the host's result."""
        given = self.arguments
        where = f"inventories/{context.environment}"
        wanted = read_wanted(
            path=given["path"],
            environment=_without_absent(given["environment"], given["optional"]),
            secrets=given["secrets"],
            required=given["required"],
            files=given["files"],
            where=where,
        )
        configuration, sources = collect(clients_later(context), wanted, os.environ, where)
        found = {
            "configuration": write_configuration(configuration, sources),
            "renewable": renewable(wanted, configuration),
        }
        return self.on_host(found, user=given["user"] or given["service"])
