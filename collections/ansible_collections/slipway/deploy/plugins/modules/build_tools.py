# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What a host has to build a release with."""

from __future__ import annotations

DOCUMENTATION = r"""
module: build_tools
short_description: What a host has to build a release with
version_added: "0.1.0"
author:
  - The Slipway authors (!UNKNOWN)
description:
  - The versions of Python, uv and Node.js, what apt would install where one is missing, and which parts of the release
    are built already.
options:
  python:
    description: The interpreter.
    type: str
    default: /usr/bin/python3
  uv:
    description: The program uv.
    type: str
    default: uv
  path:
    description: Directories where Node.js is looked for first.
    type: list
    elements: str
    default: []
  packages:
    description: The packages whose version in apt's lists is wanted.
    type: list
    elements: str
    default: []
  built:
    description: Paths that are there when a part of the release is built, by the part's name.
    type: dict
    default: {}
extends_documentation_fragment: [slipway.deploy.attributes]
attributes:
  check_mode:
    support: full
  diff_mode:
    support: none
  idempotent:
    support: full
"""

EXAMPLES = r"""
- name: Look what builds here
  slipway.deploy.build_tools:
    packages: [nodejs]
"""

RETURN = r"""
python_version:
  description: Python's version, or an empty string when there is none that works.
  returned: always
  type: str
  sample: 3.11.2
uv_path:
  description: Where uv is, or an empty string.
  returned: always
  type: str
node_version:
  description: What Node.js says, or an empty string.
  returned: always
  type: str
  sample: v18.20.4
candidates:
  description: The versions that apt would install, by package, where it knows one.
  returned: always
  type: dict
  sample: {nodejs: 18.20.4}
built:
  description: The parts whose path is there.
  returned: always
  type: list
  elements: str
"""

import shutil
from pathlib import Path

from ansible.module_utils.basic import AnsibleModule

from ..module_utils.build_requirements.host_tools import candidates, node_version
from ..module_utils.python.environment import find_python

ARGUMENTS = {
    "python": {"type": "str", "default": "/usr/bin/python3"},
    "uv": {"type": "str", "default": "uv"},
    "path": {"type": "list", "elements": "str", "default": []},
    "packages": {"type": "list", "elements": "str", "default": []},
    "built": {"type": "dict", "default": {}},
}


def main() -> None:
    """Run the module."""
    module = AnsibleModule(argument_spec=ARGUMENTS, supports_check_mode=True)
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
