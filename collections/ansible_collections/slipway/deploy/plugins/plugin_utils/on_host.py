# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""An action that reads AWS on the control node, and then runs a module on the host."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from typing import Any

from ..module_utils.aws.client import Clients
from .action import SlipwayAction
from .context import Context


def clients_later(context: Context) -> Clients:
    """The account's clients, created on demand: without secrets in AWS there may be no settings for one."""

    def client(service: str) -> Any:
        return context.clients(service)

    return client


class HostAction(SlipwayAction):
    """An action that runs the module of the same name on the task's host.

    The module gets the task's arguments, with sources replaced by their values, and as ``payload`` what else was
    found here: through its standard input, in no log or result.
    """

    _requires_connection = True
    #: The module on the host, if it has another name.
    HOST_HALF = ""
    #: Arguments that are only used here. The module gets their defaults.
    KEPT_HERE: Collection[str] = ()
    #: The variables of the task's host: :meth:`run` sets them.
    variables: Mapping[str, Any] = {}

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        """Ansible's entry."""
        self.variables = task_vars or {}
        return super().run(tmp, task_vars)

    def on_host(self, payload: Any = None, **resolved: Any) -> dict[str, Any]:
        """Run the module on the host; return its result without its arguments.

        :param payload: further data for the module, JSON-serialisable.
        :param resolved: arguments in place of the task's own.
        """
        arguments = {name: value for name, value in self.arguments.items() if name not in self.KEPT_HERE}
        if payload is not None:
            arguments["payload"] = json.dumps(payload)
        result: dict[str, Any] = self._execute_module(
            module_name=f"slipway.deploy.{self.HOST_HALF or type(self).__module__.rpartition('.')[2]}",
            module_args={**arguments, **resolved},
            task_vars=self.variables,
        )
        result.pop("invocation", None)
        return result
