# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""An action that asks AWS on the control node, then has a module do the work on the host."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..module_utils.aws.client import Clients
from .action import SlipwayAction
from .context import Context


def clients_later(context: Context) -> Clients:
    """The account's clients. Where nothing is kept in AWS, none is asked for, and there are no settings for one."""

    def client(service: str) -> Any:
        return context.clients(service)

    return client


class HostAction(SlipwayAction):
    """What was found out here goes to the host as a module's arguments, by its standard input."""

    _requires_connection = True
    #: The variables of the task's host: :meth:`run` sets them.
    variables: Mapping[str, Any] = {}

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        """Ansible's entry."""
        self.variables = task_vars or {}
        return super().run(tmp, task_vars)

    def on_host(self, module: str, **arguments: Any) -> dict[str, Any]:
        """Run a module of this collection on the task's host; its result, without what it was told.

        :param module: its name in the collection.
        """
        result: dict[str, Any] = self._execute_module(
            module_name=f"slipway.deploy.{module}", module_args=arguments, task_vars=self.variables
        )
        result.pop("invocation", None)
        return result
