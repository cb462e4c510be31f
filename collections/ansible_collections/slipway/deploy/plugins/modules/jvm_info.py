#!/usr/bin/python
# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Reads a host's Java and memory, for a service on the Java virtual machine."""

from __future__ import annotations

DOCUMENTATION = r"""
module: jvm_info
short_description: Gather facts about a host for a JVM service
version_added: "0.1.0"
author: The Slipway authors (!UNKNOWN)
description:
  - Returns the Java version, the memory, and the processes that listen on the service's port.
options:
  java:
    description: The program C(java), by name or path.
    type: str
    default: java
  port:
    description: The port.
    type: int
extends_documentation_fragment: [slipway.deploy.attributes, slipway.deploy.attributes.no_diff]
"""

EXAMPLES = r"""
- name: Gather facts about the host
  slipway.deploy.jvm_info:
    port: 8080
"""

RETURN = r"""
java_version:
  description: The feature release of Java (17 for C(17.0.9), 8 for C(1.8.0_402)). V(0) if there is no Java.
  returned: always
  type: int
java_path:
  description: The path of C(java), or an empty string.
  returned: always
  type: str
memory_mib:
  description: The host's memory in MiB.
  returned: always
  type: int
listeners:
  description: The processes that listen on O(port).
  returned: always
  type: list
  elements: dict
  sample: [{pid: 412, command: nginx, unit: nginx.service, said: "nginx (pid 412, nginx.service)"}]
"""

from dataclasses import asdict

from ansible.module_utils.basic import AnsibleModule

from ..module_utils.jvm.java import find_java, memory_mib
from ..module_utils.network.ports import listeners

ARGUMENTS = {"java": {"type": "str", "default": "java"}, "port": {"type": "int"}}


def main() -> None:
    """Run the module."""
    module = AnsibleModule(argument_spec=ARGUMENTS, supports_check_mode=True)
    path, version = find_java(module.params["java"])
    found = listeners(module.params["port"]) if module.params["port"] else []
    module.exit_json(
        changed=False,
        java_version=version,
        java_path=path,
        memory_mib=memory_mib(),
        listeners=[{**asdict(item), "said": str(item)} for item in found],
    )


if __name__ == "__main__":
    main()
