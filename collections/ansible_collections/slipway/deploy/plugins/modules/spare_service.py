#!/usr/bin/python
# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Tries a release of a service on a spare port."""

from __future__ import annotations

DOCUMENTATION = r"""
module: spare_service
short_description: Try a release of a service on a spare port of its host
version_added: "0.1.0"
author: The Slipway authors (!UNKNOWN)
description:
  - Runs the release that O(links) will point at next to the live service, as a transient systemd unit C(<name>-spare).
    The unit has the user, the limits and the hardening of the service's unit, the credentials and the environment of
    the configuration that O(links) will point at, and O(environment). Waits until it is ready and stays so, as
    M(slipway.deploy.service_release) does, and stops it.
  - The unit and its directories are always removed. If the module is killed, systemd stops the spare unit.
  - Nothing is switched, and the live service is not touched.
options:
  name:
    description: The service's systemd unit, without C(.service). Its unit file is read.
    type: str
    required: true
  command:
    description: The command to run, with O(port). The O(links) in the command and in the unit are replaced by their
      targets.
    type: list
    elements: str
    required: true
  port:
    description: The port on the loopback interface that the command listens on. It must be free.
    type: int
    required: true
  links:
    description: The symbolic links that will be switched.
  configuration:
    description: The symbolic link to the live generation of the configuration. By default C(/etc/<name>/current).
    type: path
  environment:
    description:
      - Variables for the spare unit only, such as one that turns off a scheduler. They take precedence over all others.
        They are passed in a file that only root can read.
    type: dict
    default: {}
  readiness:
    description: When the service counts as ready. The port of the URL is replaced by O(port).
    required: true
extends_documentation_fragment:
  - slipway.deploy.attributes
  - slipway.deploy.attributes.no_diff
  - slipway.deploy.release_links
  - slipway.deploy.readiness
attributes:
  check_mode:
    details: Only checks that the port is free.
"""

EXAMPLES = r"""
- name: Try the release on the spare port
  slipway.deploy.spare_service:
    name: salitemihret-dev-backend
    command:
      - /srv/salitemihret/current/.venv/bin/python
      - -m
      - uvicorn
      - app.main:app
      - --host
      - 127.0.0.1
      - --port
      - "8001"
    port: 8001
    links:
      - path: /srv/salitemihret/current
        target: /srv/salitemihret/releases/staging-20261121-0a1b2c3d4e5f
    environment: {SCHEDULER_ENABLED: "false"}
    readiness:
      url: http://127.0.0.1:8000/health
"""

RETURN = r"""
ready:
  description: Whether it became ready. V(null) in check mode.
  returned: success
  type: bool
seconds:
  description: How long it took to become ready.
  returned: when it was ready
  type: float
reason:
  description: Why it did not become ready, in one line.
  returned: when it was not ready
  type: str
log:
  description: The last lines of its journal, without secrets.
  returned: when it was not ready
  type: list
  elements: str
"""

from pathlib import Path
from typing import Any

from ansible.module_utils.basic import AnsibleModule

from ..module_utils.common.errors import SlipwayError
from ..module_utils.probes.readiness import Wanted
from ..module_utils.programs.run import ending
from ..module_utils.switch.arguments import LINKS, WAITING
from ..module_utils.switch.spare import Spare, attempt, check, refused
from ..module_utils.switch.spare_unit import spare_url

ARGUMENTS = {
    "name": {"type": "str", "required": True},
    "command": {"type": "list", "elements": "str", "required": True},
    "port": {"type": "int", "required": True},
    "links": LINKS,
    "configuration": {"type": "path"},
    "environment": {"type": "dict", "default": {}},
    "readiness": {
        "type": "dict",
        "required": True,
        "options": {**WAITING, "url": {"type": "str", "required": True}},
    },
}


def spare_from(params: dict[str, Any]) -> Spare:
    """Read the spare from the arguments.

    :raises SlipwayError: an argument is invalid.
    """
    name = params["name"]
    readiness = {**params["readiness"], "url": spare_url(params["readiness"]["url"], params["port"])}
    readiness["headers"] = {str(key): str(value) for key, value in (readiness.get("headers") or {}).items()}
    return Spare(
        name=name,
        command=params["command"],
        links={item["path"]: item["target"] for item in params["links"]},
        configuration=params["configuration"] or f"/etc/{name}/current",
        port=params["port"],
        environment={str(key): _text(key, value) for key, value in params["environment"].items()},
        wanted=Wanted(**readiness),
    )


def _text(name: str, value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (str, int)):
        return str(value)
    raise SlipwayError(f"{name} is not a string", "environment", "Write it in quotes")


def main() -> None:
    """The module."""
    module = AnsibleModule(argument_spec=ARGUMENTS, supports_check_mode=True)
    try:
        spare = spare_from(module.params)
        if module.check_mode:
            # Files of earlier tasks do not exist in check mode.
            check(spare)
            module.exit_json(changed=False, ready=None)
        for link, target in spare.links.items():
            if not Path(target).exists():
                raise SlipwayError(f"{target} does not exist", link, "Fetch or build it first")
        with ending():
            proof = attempt(spare)
    except SlipwayError as error:
        module.fail_json(msg=str(error))
    if not proof.ready:
        module.fail_json(msg=refused(spare, proof), ready=False, reason=proof.reason, log=list(proof.log))
    module.exit_json(changed=False, ready=True, seconds=proof.seconds)


if __name__ == "__main__":
    main()
