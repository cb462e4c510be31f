#!/usr/bin/python
# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Writes a generation of a service's configuration. The host's half of runtime_parameters."""

from __future__ import annotations

DOCUMENTATION = r"""
module: runtime_parameters_apply
short_description: Write a service's environment file and credentials on its host
version_added: "0.1.0"
author:
  - The Slipway authors (!UNKNOWN)
description:
  - The part of M(slipway.deploy.runtime_parameters) that runs on the host. Use that one. Its return values apply.
  - Writes C(/etc/<service>/generations/<digest>/) with C(env), C(credentials/), C(files/) and the unit's drop-in
    C(unit.conf), the symbolic link to the drop-in below C(/etc/systemd/system), and the links at the paths of files. By
    default, only root has access. An existing generation is never changed. Its name is a keyed digest (HMAC) of its
    content. The key never leaves the host.
  - Generations that are neither wanted, nor live, nor the previous one, nor needed for an undo according to the ledger,
    are removed.
options:
  payload:
    description: The configuration, as M(slipway.deploy.runtime_parameters) passes it.
    type: str
    required: true
  user:
    required: true
  renewable:
    description: The names that have values from outside the inventory, as C(environment NAME), C(credential NAME) and
      C(file PATH).
    type: list
    elements: str
    default: []
extends_documentation_fragment:
  - slipway.deploy.attributes
  - slipway.deploy.attributes.full
  - slipway.deploy.configuration
  - slipway.deploy.state_directory
attributes:
  diff_mode:
    details: Shows names and the sources of their values, never a value.
"""

EXAMPLES = r"""
- name: Write a service's configuration
  slipway.deploy.runtime_parameters:
    service: umigo-backend
    path: /dev/backend/
"""

RETURN = r"""
#
"""

import re
from pathlib import Path
from typing import Any

from ansible.module_utils.basic import AnsibleModule

from ..module_utils.common.errors import SlipwayError
from ..module_utils.configuration.arguments import CONFIGURATION
from ..module_utils.configuration.generations import needed, owners, switch, systemd_version, unit_exists, write
from ..module_utils.configuration.model import Configuration, Place, read_payload
from ..module_utils.configuration.write_renewal import generation_of, renew, write_renewed
from ..module_utils.files.atomic import read_link
from ..module_utils.releases.ledger import load

_SERVICE = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]*")


def apply(arguments: dict[str, Any], check: bool) -> dict[str, Any]:
    """Do the work; the module's result.

    :raises SlipwayError: for a failure that a person reads.
    """
    service = arguments["service"]
    if not _SERVICE.fullmatch(service):
        raise SlipwayError(f"{service!r} is not a valid name of a service", "service", "Letters, digits, . _ -")
    configuration, sources = read_payload(arguments["payload"])
    place = Place(service, f"/etc/{service}", systemd_version())
    protected, before = _of_ledger(place, arguments["state_directory"])
    before = arguments["before"] or before or read_link(f"{place.directory}/current") or ""
    back = renew(configuration, arguments["renewable"], place, before) if before else None
    # Also the one of the way back outlives what is removed as old: who stages twice writes it once.
    protected = protected | {back.digest} if back and protected is not None else protected
    result = {"changed": False}
    if arguments["state"] == "present":
        result = _write(arguments, (configuration, sources), place, protected, check)
    if back and not check:
        made = owners(place, arguments["user"], back.configuration, arguments["owner"], check)
        result["changed"] = write_renewed(back, made) or result["changed"]
    links = [{"path": f"{place.directory}/current", "target": back.generation}] if back else []
    return {**result, "returning": links}


def _write(
    arguments: dict[str, Any],
    wanted: tuple[Configuration, dict[str, str]],
    place: Place,
    protected: frozenset[str] | None,
    check: bool,
) -> dict[str, Any]:
    """Make the wanted generation be there; the result but for the way back.

    :param wanted: the configuration, and where its names come from.
    """
    configuration, sources = wanted
    dropin = Path(f"/etc/systemd/system/{place.service}.service.d/10-configuration.conf")
    owner = owners(place, arguments["user"], configuration, arguments["owner"], check)
    written = write(configuration, place, owner, dropin, protected, check, arguments["before"])
    exists = unit_exists(place.service)
    pending, changed = written.pending, written.changed
    # Without a live generation systemd takes the drop-in, which points to it, for a unit that does not exist.
    if pending and (written.current is None or (arguments["activate"] and not exists)):
        changed, pending = True, check
        if not check:
            switch(place, written.generation)
    return {
        "changed": changed,
        "generation": written.generation,
        "digest": written.generation.rpartition("/")[2],
        "current": written.current,
        "pending": pending,
        "links": [{"path": f"{place.directory}/current", "target": written.generation}],
        "unit_exists": exists,
        "names": written.difference.as_dict(),
        "pruned": list(written.pruned),
        "diff": {"prepared": written.difference.lines(sources)},
    }


def _of_ledger(place: Place, state_directory: str) -> tuple[frozenset[str] | None, str]:
    """The generations to keep, and the one that a way back would take.

    Where the ledger is damaged, which service_release says: ``None``, for all, and none.
    """
    try:
        ledger = load(Path(state_directory) / place.service / "ledger.json")
    except SlipwayError:
        return None, ""
    return needed(ledger, place), generation_of(ledger, place)


def main() -> None:
    """Ansible's entry."""
    module = AnsibleModule(
        argument_spec={
            **CONFIGURATION,
            "payload": {"type": "str", "required": True, "no_log": True},
            "user": {"type": "str", "required": True},
            "renewable": {"type": "list", "elements": "str", "default": []},
        },
        supports_check_mode=True,
    )
    try:
        result = apply(module.params, module.check_mode)
    except SlipwayError as error:
        module.fail_json(msg=str(error))
    module.exit_json(**result)


if __name__ == "__main__":
    main()
