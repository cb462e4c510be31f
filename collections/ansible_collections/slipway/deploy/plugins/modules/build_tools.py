# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What a host has to build a release with."""

from __future__ import annotations

DOCUMENTATION = r"""
module: build_tools
short_description: Gather facts about the build tools of a host
version_added: "0.1.0"
author:
  - The Slipway authors (!UNKNOWN)
description:
  - Returns the versions of Python, uv and Node.js, the package versions that apt would install, and the parts of the
    release that are already built.
extends_documentation_fragment:
  - slipway.deploy.attributes
  - slipway.deploy.attributes.no_diff
  - slipway.deploy.build_tools
  - slipway.deploy.build_tools.node
"""

EXAMPLES = r"""
- name: Gather facts about the build tools
  slipway.deploy.build_tools:
    packages: [nodejs]
"""

RETURN = r"""
python_version:
  description: The Python version, or an empty string if there is no working interpreter.
  returned: always
  type: str
  sample: 3.11.2
uv_path:
  description: The path of uv, or an empty string.
  returned: always
  type: str
node_version:
  description: The version that Node.js reports, or an empty string.
  returned: always
  type: str
  sample: v18.20.4
candidates:
  description: The version of each package in O(packages) that apt would install, if apt knows the package.
  returned: always
  type: dict
  sample: {nodejs: 18.20.4}
built:
  description: The parts in O(built) whose path exists.
  returned: always
  type: list
  elements: str
"""

import shutil
from pathlib import Path

from ansible.module_utils.basic import AnsibleModule

from ..module_utils.build_requirements.host_tools import candidates, node_version
from ..module_utils.node.arguments import NODE
from ..module_utils.python.arguments import PYTHON
from ..module_utils.python.environment import find_python

ARGUMENTS = {**PYTHON, **NODE}


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
