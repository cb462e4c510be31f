#!/usr/bin/python
# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Removes release directories that nothing needs any more."""

from __future__ import annotations

DOCUMENTATION = r"""
module: release_prune
short_description: Remove old release directories, never the live one nor the one to go back to
version_added: "0.1.0"
author:
  - The Slipway authors (!UNKNOWN)
description:
  - Keeps the newest releases of a directory, what O(links) point at, what runs or is being switched to as the service's
    ledger says, and the two good releases that became current last.
  - Removes what was left unfinished by a run that was killed.
  - When the ledger is damaged nothing is removed, with a warning.
options:
  directory:
    description: Where the releases are.
    type: path
    required: true
  keep:
    description: How many stay, those that are needed included. Less than 2 is taken as 2.
    type: int
    default: 5
  failed:
    description: A release that was undone. It is removed as well, unless the ledger or a link needs it.
    type: str
  links:
    description: Links that may point at a release, or into one.
    type: list
    elements: path
    required: true
  service:
    description: The service whose ledger says what an undo needs. Without it there is none.
    type: str
  assets:
    description:
      - A directory with the union of the releases' directories of its name, as M(slipway.deploy.front_end_publish)
        makes it. What no release has any more is removed from it.
    type: path
  state_directory:
    description: Where the ledgers are.
    type: path
    default: /var/lib/slipway
extends_documentation_fragment: [slipway.deploy.attributes]
attributes:
  check_mode:
    support: full
    details: Does not say how many assets would be removed.
  diff_mode:
    support: full
  idempotent:
    support: full
"""

EXAMPLES = r"""
- name: Remove old releases
  slipway.deploy.release_prune:
    directory: /srv/salitemihret/releases
    links: [/srv/salitemihret/current]
    service: salitemihret-backend
    keep: 5
"""

RETURN = r"""
removed:
  description: The releases that were removed, or in check mode would be.
  returned: success
  type: list
  elements: str
kept:
  description: The releases that stay, the newest first.
  returned: success
  type: list
  elements: str
assets_removed:
  description: How many files were removed from O(assets).
  returned: success
  type: int
"""

from pathlib import Path
from typing import Any

from ansible.module_utils.basic import AnsibleModule

from ..module_utils.common.errors import SlipwayError
from ..module_utils.files.atomic import read_link
from ..module_utils.files.atomic_directory import locked, remove
from ..module_utils.programs.run import ending
from ..module_utils.releases import ledger
from ..module_utils.releases.assets import prune_assets
from ..module_utils.releases.pruning import (
    look,
    needed,
    release_in,
    removable,
    remove_leftovers,
)

ARGUMENTS = {
    "directory": {"type": "path", "required": True},
    "keep": {"type": "int", "default": 5},
    "failed": {"type": "str"},
    "links": {"type": "list", "elements": "path", "required": True},
    "service": {"type": "str"},
    "assets": {"type": "path"},
    "state_directory": {"type": "path", "default": "/var/lib/slipway"},
}


def main() -> None:
    """Run the module."""
    module = AnsibleModule(argument_spec=ARGUMENTS, supports_check_mode=True)
    params = module.params
    known = ledger.Ledger()
    try:
        if params["service"]:
            known = ledger.load(Path(params["state_directory"]) / params["service"] / "ledger.json")
    except SlipwayError as error:
        module.warn(f"No release was removed: {error}")
        module.exit_json(changed=False, removed=[], kept=[], assets_removed=0)
    try:
        with ending():
            result = run(params, known, check=module.check_mode)
    except SlipwayError as error:
        module.fail_json(msg=str(error))
    module.exit_json(**result)


def run(params: dict[str, Any], known: ledger.Ledger, *, check: bool) -> dict[str, Any]:
    """Remove what may go; the module's result."""
    directory = Path(params["directory"])
    if not directory.is_dir():
        return {"changed": False, "removed": [], "kept": [], "assets_removed": 0}
    with locked(directory):
        found = look(directory)
        live = [release_in(directory, link, read_link(link)) for link in params["links"]]
        needs = {*needed(known, directory), *live}
        names = removable(found, params["keep"], needs, params["failed"] or "")
        for name in names if not check else ():
            remove(directory / name)
        assets = 0
        if not check:
            remove_leftovers(directory)
            assets = prune_assets(directory, Path(params["assets"])) if params["assets"] else 0
    before = "".join(f"{directory / name}\n" for name in names)
    return {
        "changed": bool(names or assets),
        "removed": names,
        "kept": [item.name for item in found if item.name not in names],
        "assets_removed": assets,
        "diff": {"before": before, "after": ""},
    }


if __name__ == "__main__":
    main()
