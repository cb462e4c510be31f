# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Ends a playbook of Slipway that was started without its settings. Found beside the playbooks, wherever that was."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ansible.plugins.callback import CallbackBase

from ansible_collections.slipway.deploy.plugins.plugin_utils.command_line import check_start

DOCUMENTATION = """
name: slipway_start
type: aggregate
short_description: Ends a playbook that was started without Slipway's settings
description:
  - Started in another directory, or with one file of an environment, a playbook has no environment and no hosts, and
    would end as a success that did nothing. It ends with one line instead.
"""


class CallbackModule(CallbackBase):
    """Looks once, before the first play."""

    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "aggregate"
    CALLBACK_NAME = "slipway_start"

    def v2_playbook_on_start(self, playbook: Any) -> None:  # noqa: ARG002 - Ansible hands it over
        """End the program where the run has no environment, or Ansible lacks settings of the project."""
        check_start(Path(__file__).absolute().parents[2])
