# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A service's configuration on its host."""

from __future__ import annotations


class ModuleDocFragment:
    """The options that runtime_parameters and runtime_parameters_apply share."""

    DOCUMENTATION = r"""
options:
  service:
    description: The service's systemd unit, without C(.service).
    type: str
    required: true
  owner:
    description: The owner of the environment file, which has mode 0600. If empty, root.
    type: str
    default: ""
  user:
    description: The service's user. It is only needed for systemd older than 247, which cannot pass credentials.
    type: str
  activate:
    description:
      - Whether to make the generation the live one while the service has no unit yet, by pointing the symbolic link
        C(/etc/<service>/current) at it. The first generation always becomes the live one.
    type: bool
    default: true
  state:
    description:
      - V(present) writes the wanted generation, and the generation for an undo.
      - V(renewed) writes only the generation for an undo, and removes nothing.
    type: str
    choices: [present, renewed]
    default: present
  before:
    description:
      - The generation of the release that an undo would return to. By default, the generation of the last good release
        in the ledger, or else the live one.
      - The generation for an undo has the settings of that release, with the current values from SSM, Secrets Manager
        and the control node. Variables from the inventory, and the set of names, stay as they were in that release.
    type: str
    default: ""
"""
