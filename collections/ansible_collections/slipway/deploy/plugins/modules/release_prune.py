#!/usr/bin/python
# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Removes release directories that are no longer needed."""

from __future__ import annotations

DOCUMENTATION = r"""
module: release_prune
short_description: Remove old release directories, but never the live one nor the one to go back to
version_added: "0.1.0"
author: The Slipway authors (!UNKNOWN)
description:
  - Keeps the newest releases in a directory, those that O(links) point at, the one that runs or is being switched to
    according to the service's ledger, and the last two good releases.
  - Also removes what killed runs left unfinished.
  - If the ledger is damaged, nothing is removed and a warning is issued.
options:
  directory:
    required: true
  keep:
    description: How many releases to keep, including those that are in use or needed for an undo. The minimum is 2.
  links:
    required: true
  service:
    description: The service whose ledger says which releases an undo needs. By default, no ledger is read.
  assets:
    description:
      - The directory with the assets of all releases, as M(slipway.deploy.front_end_publish) creates it. Files that no
        release contains any more are removed from it.
    type: path
extends_documentation_fragment:
  - slipway.deploy.attributes
  - slipway.deploy.attributes.full
  - slipway.deploy.pruning
  - slipway.deploy.state_directory
attributes:
  check_mode:
    details: Does not count the assets that would be removed.
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
  description: The releases that were removed (in check mode, would be).
  returned: success
  type: list
  elements: str
kept:
  description: The releases that were kept, newest first.
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
from ..module_utils.files.atomic_directory import locked, remove, remove_leftovers
from ..module_utils.programs.run import ending
from ..module_utils.releases import ledger
from ..module_utils.releases.arguments import PRUNING
from ..module_utils.releases.assets import prune_assets
from ..module_utils.releases.pruning import look, needed, release_in, removable

ARGUMENTS = {
    **PRUNING,
    "directory": {"type": "path", "required": True},
    "links": {"type": "list", "elements": "path", "required": True},
    "assets": {"type": "path"},
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
    """Remove them; return the module's result."""
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
