# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Reads the token on the control node, then checks the repository out on the host. See modules/source_checkout.py."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..module_utils.git.arguments import CHECKOUT
from ..module_utils.git.token import Token, find_token
from ..module_utils.git.version import check_repository, check_version
from ..plugin_utils.context import Context
from ..plugin_utils.on_host import HostAction


class ActionModule(HostAction):
    """Tries the parameters of the Parameter Store in order, each once, until one exists."""

    ARGUMENTS: Mapping[str, Mapping[str, Any]] = CHECKOUT
    KEPT_HERE = ("token_parameters",)

    def act(self, context: Context) -> dict[str, Any]:
        """Find the token and hand the rest to the host."""
        parameters = self.arguments["token_parameters"]
        # First of all: a URL with a password in it must not be sent anywhere.
        check_repository(self.arguments["repository"], "repository")
        check_version(self.arguments["version"], "version")
        if parameters is None:
            parameters = [f"/{context.environment}/github/pat", "/shared/github/pat-readonly"]
        token = find_token(context.clients, parameters) if parameters else Token()
        found = {"token": token.value, "token_from": token.place} if token.value else None
        return {**self.on_host(found), "token_parameter": token.parameter or None}
