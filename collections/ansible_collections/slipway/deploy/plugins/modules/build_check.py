#!/usr/bin/python
# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Reads a host's build tools; the action compares them with what the release requires."""

from __future__ import annotations

DOCUMENTATION = r"""
module: build_check
short_description: Check that a release can be built on a host
version_added: "0.1.0"
author: The Slipway authors (!UNKNOWN)
description:
  - Compares what the release's files require with what the host has, before anything is changed. It checks the Python
    version (C(requires-python)), uv if the release has a C(uv.lock), the Node.js version that C(package.json) and the
    build tools require under C(engines), the variables of C(.npmrc), and the credentials of package indexes.
  - Fails with a list of everything that is missing or wrong. What can only be known during the build is a warning.
options:
  needs:
    description: What the release requires, as M(slipway.deploy.hosts_release) returns it.
    type: dict
    required: true
  front_end:
    description: Where the front end is built. V(control) is the control node.
    type: str
    choices: [host, control, prebuilt, none]
    default: host
  tool:
    description: The tool that builds the backend's virtual environment.
    type: str
    choices: [auto, uv, pip]
    default: auto
  npmrc:
    description:
      - >-
        The sources of the variables in C(.npmrc). V({env: NAME}) and V({file: path}) must exist.
    type: dict
    default: {}
  indexes:
    description: The package indexes with credentials, as in O(slipway.deploy.python_environment#module:indexes).
    type: raw
    default: []
extends_documentation_fragment:
  - slipway.deploy.attributes
  - slipway.deploy.attributes.no_diff
  - slipway.deploy.build_tools
  - slipway.deploy.build_tools.node
"""

EXAMPLES = r"""
- name: Check that the release can be built on the host
  slipway.deploy.build_check:
    needs: "{{ __release.needs }}"
    packages: [nodejs, npm]
    npmrc: {NPM_TOKEN: {env: NPM_TOKEN}}
"""

RETURN = r"""
unknown:
  description: What can only be known during the build.
  returned: success
  type: list
  elements: str
"""

import shutil
from pathlib import Path

from ansible.module_utils.basic import AnsibleModule

from ..module_utils.build_requirements.arguments import BUILD_CHECK
from ..module_utils.build_requirements.host_tools import candidates, node_version
from ..module_utils.python.environment import find_python


def main() -> None:
    """Run the module."""
    module = AnsibleModule(argument_spec=BUILD_CHECK, supports_check_mode=True)
    given = module.params
    module.exit_json(
        changed=False,
        python_version=find_python(given["python"]).version,
        uv_path=shutil.which(given["uv"]) or "",
        node_version=node_version(given["path"]),
        candidates=candidates(given["packages"]),
        built=sorted(str(name) for name, path in given["built"].items() if Path(path).exists()),
    )


if __name__ == "__main__":
    main()
