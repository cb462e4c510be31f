#!/usr/bin/python
# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Tries a release of a service on a spare port."""

from __future__ import annotations

DOCUMENTATION = r"""
module: spare_service
short_description: Try a release of a service on a spare port of its host
version_added: "0.1.0"
author:
  - The Slipway authors (!UNKNOWN)
description:
  - Runs what O(links) will point at beside the live service, as a transient unit C(<name>-spare) of systemd with the
    user, the limits and the hardening of the service's unit, the credentials and the environment of the configuration
    that O(links) will point at, and O(environment). Waits until it is ready and stays so, as
    M(slipway.deploy.service_release) does, and stops it.
  - The unit and its directories are removed, however it went. When this is killed systemd stops the spare by itself.
  - Nothing is switched, and the live service is not touched.
options:
  name:
    description: The service's unit, without C(.service). Its unit file is read.
    type: str
    required: true
  command:
    description: What is run, with O(port). Links of O(links) in it, and in the unit, are written as their targets.
    type: list
    elements: str
    required: true
  port:
    description: The port of the loopback interface that it listens on. Nobody else may have it.
    type: int
    required: true
  links:
    description: Links that will be switched, each O(links[].path) and O(links[].target).
    type: list
    elements: dict
    default: []
    suboptions:
      path:
        description: The link.
        type: path
        required: true
      target:
        description: Where it will point. It has to exist.
        type: path
        required: true
  configuration:
    description: The link to the live generation of the configuration, by default C(/etc/<name>/current).
    type: path
  environment:
    description:
      - Variables of the spare alone, such as one that keeps its scheduler off. They go before all others. They reach it
        in a file that only root reads.
    type: dict
    default: {}
  readiness:
    description: When it counts as ready, as M(slipway.deploy.service_release) takes it. The URL is asked of O(port).
    type: dict
    required: true
    suboptions:
      url:
        description: The service's URL.
        type: str
        required: true
      status:
        description: The HTTP statuses that mean ready.
        type: list
        elements: int
        default: [200]
      headers:
        description:
          - Headers of the question, such as C(Host) with the site's name and C(X-Forwarded-Proto) for a service that
            answers to its own names, or by HTTPS, alone.
        type: dict
        default: {}
      timeout:
        description: Seconds from the start to the first ready answer.
        type: int
        default: 120
      stable_for:
        description: Seconds that the same process has to stay up and ready after that.
        type: int
        default: 5
      interval:
        description: Seconds between two questions.
        type: float
        default: 0.5
extends_documentation_fragment: [slipway.deploy.attributes]
attributes:
  check_mode:
    support: full
    details: Looks only who has the port.
  diff_mode:
    support: none
  idempotent:
    support: full
    details: Nothing is changed.
"""

EXAMPLES = r"""
- name: Try the release before it is switched to
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
  description: Whether it was ready; in check mode V(null).
  returned: success
  type: bool
seconds:
  description: How long it took to be ready.
  returned: when it was ready
  type: float
reason:
  description: Why it was not ready, in one line.
  returned: when it was not
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
from ..module_utils.switch.spare import (
    Spare,
    attempt,
    check,
    refused,
)
from ..module_utils.switch.spare_unit import spare_url

ARGUMENTS = {
    "name": {"type": "str", "required": True},
    "command": {"type": "list", "elements": "str", "required": True},
    "port": {"type": "int", "required": True},
    "links": {
        "type": "list",
        "elements": "dict",
        "default": [],
        "options": {"path": {"type": "path", "required": True}, "target": {"type": "path", "required": True}},
    },
    "configuration": {"type": "path"},
    "environment": {"type": "dict", "default": {}},
    "readiness": {
        "type": "dict",
        "required": True,
        "options": {
            "url": {"type": "str", "required": True},
            "status": {"type": "list", "elements": "int", "default": [200]},
            "headers": {"type": "dict", "default": {}},
            "timeout": {"type": "int", "default": 120},
            "stable_for": {"type": "int", "default": 5},
            "interval": {"type": "float", "default": 0.5},
        },
    },
}


def spare_from(params: dict[str, Any]) -> Spare:
    """What the arguments want tried.

    :raises SlipwayError: when they are wrong.
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
    raise SlipwayError(f"{name} is no text", "environment", "Write it in quotes")


def main() -> None:
    """The module."""
    module = AnsibleModule(argument_spec=ARGUMENTS, supports_check_mode=True)
    try:
        spare = spare_from(module.params)
        if module.check_mode:
            # What the tasks before this one would have fetched and written is not there.
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
