# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The variables of the environment in ``-e env=…``."""

from __future__ import annotations

DOCUMENTATION = r"""
name: environment
short_description: The group_vars and host_vars of the environment that -e env=… names
version_added: 0.1.0
author: The Slipway authors (!UNKNOWN)
description:
  - Ansible reads C(group_vars) and C(host_vars) next to the inventory source. The source of
    P(slipway.deploy.environment#inventory) is C(inventories/environment.yml), but the variables are one directory
    further down. This plugin reads them there, with the rules and the precedence of
    P(ansible.builtin.host_group_vars#vars), so that a variable has the same meaning with C(-e env=dev) and with
    C(-i inventories/dev).
extends_documentation_fragment: [vars_plugin_staging]
options:
  stage:
    ini:
      - key: stage
        section: vars_slipway_environment
    env:
      - name: SLIPWAY_ENVIRONMENT_VARS_STAGE
"""

from pathlib import Path
from typing import Any

from ansible.plugins.loader import vars_loader
from ansible.plugins.vars import BaseVarsPlugin

from ..module_utils.environment.directory import MARKER, is_environment
from ..plugin_utils.extra_vars import read_extra_vars


class VarsModule(BaseVarsPlugin):
    """Reads the variables by Ansible's own plugin, from another directory."""

    is_stateless = True

    def __init__(self) -> None:
        super().__init__()
        self._directories: dict[str, str | None] = {}

    def get_vars(self, loader: Any, path: str, entities: Any, cache: bool = True) -> dict[str, Any]:
        """The variables of hosts and groups for an inventory source in ``path``; none for any other directory."""
        super().get_vars(loader, path, entities)
        # Called for every task and host: the file system is read once.
        if path not in self._directories:
            self._directories[path] = _directory(Path(path), loader)
        directory = self._directories[path]
        if directory is None:
            return {}
        return dict(vars_loader.get("ansible.builtin.host_group_vars").get_vars(loader, directory, entities, cache))


def _directory(path: Path, loader: Any) -> str | None:
    environment = read_extra_vars(loader).get("env")
    if not isinstance(environment, str) or not (path / MARKER).is_file() or is_environment(path):
        return None
    return str(path / environment) if is_environment(path / environment) else None
