# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Reads the connection on the control node, then runs Flyway on the host. See modules/flyway.py."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

from ..module_utils.migration.arguments import FLYWAY
from ..module_utils.migration.flyway.config import check_settings, check_url
from ..module_utils.secret_values.source import Secrets
from ..plugin_utils.context import Context
from ..plugin_utils.on_host import HostAction


class ActionModule(HostAction):
    """Secrets in AWS are read here for every state: Flyway also needs to log in to read the schema."""

    ARGUMENTS: Mapping[str, Mapping[str, Any]] = FLYWAY

    def act(self, context: Context) -> dict[str, Any]:
        """Read the connection and hand the rest to the host."""
        given = self.arguments
        check_settings(given["settings"], "settings")
        secrets = Secrets(os.environ, context.clients)
        url = secrets.read_plain(given["url"], "url")
        check_url(url, "url")
        username = secrets.read_plain(given["username"], "username")
        password = secrets.read(given["password"], "password")
        return self.on_host(url=url, username=username, password=password)
