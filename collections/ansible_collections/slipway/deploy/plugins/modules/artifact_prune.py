#!/usr/bin/python
# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Removes releases that are no longer needed."""

from __future__ import annotations

DOCUMENTATION = r"""
module: artifact_prune
short_description: Remove old artifacts, but never the live one nor the one to go back to
version_added: "0.1.0"
author: The Slipway authors (!UNKNOWN)
description:
  - Keeps the newest releases in a directory, those that O(links) point at, and those that the service's ledger needs
    for an undo.
  - If the ledger is damaged, nothing is removed and a warning is issued.
options:
  directory:
    default: /app/releases
  links:
    default: [/app/app.jar]
  service:
    required: true
extends_documentation_fragment:
  - slipway.deploy.attributes
  - slipway.deploy.attributes.full
  - slipway.deploy.pruning
  - slipway.deploy.state_directory
"""

EXAMPLES = r"""
- name: Remove old releases
  slipway.deploy.artifact_prune:
    service: umigo-backend
    keep: 5
"""

RETURN = r"""
removed:
  description: The releases that were removed.
  returned: success
  type: list
  elements: str
"""

from pathlib import Path

from ansible.module_utils.basic import AnsibleModule

from ..module_utils.common.errors import SlipwayError
from ..module_utils.files.atomic import remove_tree
from ..module_utils.releases import ledger
from ..module_utils.releases.arguments import PRUNING
from ..module_utils.releases.jar import prunable

ARGUMENTS = {
    **PRUNING,
    "directory": {"type": "path", "default": "/app/releases"},
    "links": {"type": "list", "elements": "path", "default": ["/app/app.jar"]},
    "service": {"type": "str", "required": True},
}


def main() -> None:
    """Run the module."""
    module = AnsibleModule(argument_spec=ARGUMENTS, supports_check_mode=True)
    params = module.params
    directory = Path(params["directory"])
    try:
        known = ledger.load(Path(params["state_directory"]) / params["service"] / "ledger.json")
    except SlipwayError as error:
        module.warn(f"No release was removed: {error}")
        module.exit_json(changed=False, removed=[])
    try:
        names = prunable(directory, params["keep"], params["links"], known, params["failed"] or "")
        for name in names if not module.check_mode else ():
            remove_tree(directory / name)
    except SlipwayError as error:
        module.fail_json(msg=str(error))
    before = "".join(f"{directory / name}\n" for name in names)
    module.exit_json(changed=bool(names), removed=names, diff={"before": before, "after": ""})


if __name__ == "__main__":
    main()
