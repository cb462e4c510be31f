#!/usr/bin/python
# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Reads a host's Python, for a service in Python."""

from __future__ import annotations

DOCUMENTATION = r"""
module: python_info
short_description: Gather facts about a host for a Python service
version_added: "0.1.0"
author: The Slipway authors (!UNKNOWN)
description:
  - Returns the Python version, whether virtual environments can be created, the memory, and the other processes that
    listen on the service's ports.
options:
  service:
    description: The service's systemd unit, without C(.service). Ports of this unit, its socket unit and its spare unit
      do not count as taken.
    type: str
    required: true
  ports:
    description: The ports.
    type: list
    elements: int
    default: []
extends_documentation_fragment:
  - slipway.deploy.attributes
  - slipway.deploy.attributes.no_diff
  - slipway.deploy.build_tools
"""

EXAMPLES = r"""
- name: Gather facts about the host
  slipway.deploy.python_info:
    service: salitemihret-dev-backend
    ports: [8000, 8001]
"""

RETURN = r"""
python_version:
  description: The Python version, or an empty string if there is no working interpreter.
  returned: always
  type: str
  sample: 3.11.2
python_path:
  description: The path of the interpreter, or an empty string.
  returned: always
  type: str
venv:
  description: Whether it can create virtual environments with pip.
  returned: always
  type: bool
uv_path:
  description: The path of uv, or an empty string.
  returned: always
  type: str
memory_mib:
  description: The host's memory in MiB.
  returned: always
  type: int
taken:
  description: The processes of other services that listen on one of O(ports).
  returned: always
  type: list
  elements: dict
  sample: [{port: 8000, pid: 412, command: nginx, unit: nginx.service, said: "nginx (pid 412, nginx.service)"}]
"""

import shutil
from dataclasses import asdict

from ansible.module_utils.basic import AnsibleModule

from ..module_utils.common.errors import SlipwayError
from ..module_utils.jvm.java import memory_mib
from ..module_utils.network.ports import listeners
from ..module_utils.python.arguments import PYTHON
from ..module_utils.python.environment import find_python, makes_environments
from ..module_utils.systemd.sockets import is_own

ARGUMENTS = {
    **PYTHON,
    "service": {"type": "str", "required": True},
    "ports": {"type": "list", "elements": "int", "default": []},
}


def main() -> None:
    """Run the module."""
    module = AnsibleModule(argument_spec=ARGUMENTS, supports_check_mode=True)
    python = find_python(module.params["python"])
    service = module.params["service"]
    try:
        taken = [
            {"port": port, **asdict(item), "said": str(item)}
            for port in module.params["ports"]
            for item in listeners(port)
            if item.unit != f"{service}-spare.service" and not is_own(service, item, port)
        ]
    except SlipwayError as error:
        module.fail_json(msg=str(error))
    module.exit_json(
        changed=False,
        python_version=python.version,
        python_path=python.path,
        venv=makes_environments(python),
        uv_path=shutil.which(module.params["uv"]) or "",
        memory_mib=memory_mib(),
        taken=taken,
    )


if __name__ == "__main__":
    main()
