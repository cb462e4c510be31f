# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Reads what is stored on the control node, then runs a release's Alembic on the host. See modules/alembic.py."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

from ..module_utils.migration.alembic.run import check_url
from ..module_utils.migration.arguments import ALEMBIC
from ..module_utils.secret_values.source import Secrets
from ..plugin_utils.context import Context
from ..plugin_utils.on_host import HostAction, clients_later


class ActionModule(HostAction):
    """Stored secrets are read here for every state: Alembic also needs to log in to read the schema."""

    ARGUMENTS: Mapping[str, Mapping[str, Any]] = ALEMBIC

    def act(self, context: Context) -> dict[str, Any]:
        """Read what is stored, and hand it to the host."""
        url, given = self.arguments["url"], self.arguments["environment"]
        secrets = Secrets(os.environ, clients_later(context))
        if url:
            url = secrets.read_plain(url, "url")
            check_url(url, "url")
        stored = {
            name: secrets.read(value, f"environment, {name}")
            for name, value in given.items()
            if isinstance(value, Mapping)
        }
        plain = {name: value for name, value in given.items() if name not in stored}
        return self.on_host(stored or None, url=url, environment=plain)
