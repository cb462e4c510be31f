#!/usr/bin/python
# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Builds a front end with npm or pnpm into an archive."""

from __future__ import annotations

DOCUMENTATION = r"""
module: front_end_build
short_description: Build a front end with npm or pnpm, as an unprivileged user
version_added: "0.1.0"
author: The Slipway authors (!UNKNOWN)
description:
  - Copies O(source) to a temporary directory, installs exactly the packages of the lock file, runs the build script,
    and packs the result. Only O(dest) remains, and nothing if the build fails.
  - The build runs at low priority and is the first process that the kernel kills if memory runs out. Its environment
    contains only O(environment), the user's own variables and the host's proxy settings.
  - Runs on a host, or on the control node if it is delegated there.
options:
  source:
    description: The directory tree that contains the front end, such as a release. It is copied, without C(.venv), and
      not changed.
    type: path
    required: true
  directory:
    description: The directory of the front end in O(source), with its C(package.json). The lock file is there, or in
      the workspace's directory above.
    type: str
    default: ""
  name:
    description: The name of the copied directory, for builds that depend on it. By default, the name of O(source).
    type: str
  dest:
    description: The tar archive to write. Only its owner can read it.
    type: path
    required: true
  tool:
    description: The package manager. V(auto) chooses it by the lock file.
    type: str
    choices: [auto, npm, pnpm]
    default: auto
  script:
    description: The build script in C(package.json).
    type: str
    default: build
  output:
    description: The directory that the build creates, relative to O(directory).
    type: str
    default: dist
  environment:
    description: Variables for the build. Their names must start with C(VITE_). Anyone who visits the page can read
      them.
    type: dict
    default: {}
  user:
    description: The user that runs the build. By default the current user, or C(nobody) if that is root.
    type: str
  path:
    description: Directories that are searched for programs before the system's C(PATH).
    type: list
    elements: str
    default: []
  timeout:
    description: How many seconds the installation and the build may take together.
    type: int
    default: 900
  memory_mib:
    description: The maximum heap size of Node.js in MiB. V(0) is 70 % of the available memory, but at most 4096.
    type: int
    default: 0
  npmrc:
    description:
      - >-
        The sources of the variables in C(.npmrc), such as the token of a private registry, by name. A source is
        V({env: NAME}), V({file: path}), V({ssm: name}) or V({secretsmanager: id}).
      - The values are written to the copy of C(.npmrc) that the build uses, which is removed afterwards.
    type: dict
    default: {}
  work_directory:
    description: The directory in which the temporary directory is created.
    type: path
    default: /var/tmp
extends_documentation_fragment: [slipway.deploy.attributes, slipway.deploy.attributes.no_diff]
attributes:
  check_mode:
    details: Reports the package manager, if the source exists, and does not build.
  idempotent:
    support: none
    details: Builds each time. In check mode, M(slipway.deploy.front_end_publish) reports whether a build is needed.
"""

EXAMPLES = r"""
- name: Build the front end
  slipway.deploy.front_end_build:
    source: /srv/salitemihret/releases/staging-20261108-6f1c0b8f1d1a
    directory: frontend
    dest: /var/www/salitemihret/.build.tar
    user: slipway-build
    environment:
      VITE_API_BASE: /api
"""

RETURN = r"""
tool:
  description: The package manager that was used.
  returned: success
  type: str
  sample: pnpm
seconds:
  description: How long the build took.
  returned: when it was built
  type: float
log:
  description: The last lines of the output of the command that failed.
  returned: when a command failed
  type: list
  elements: str
"""

import os
import shutil
import time
from pathlib import Path
from typing import Any

from ansible.module_utils.basic import AnsibleModule

from ..module_utils.common.errors import SlipwayError
from ..module_utils.files.atomic import beside, ensure_directory, filing
from ..module_utils.files.unpack import read_plan
from ..module_utils.node.arguments import FRONT_END_BUILD
from ..module_utils.node.build import BuildFailed, Order, builder, built
from ..module_utils.node.commands import Build, check_package, check_variables, choose_tool, has_lock, is_workspace
from ..module_utils.programs.module import finish
from ..module_utils.releases.directory import check_path
from ..module_utils.releases.front_end import check_build


def main() -> None:
    """Run the module."""
    module = AnsibleModule(argument_spec=FRONT_END_BUILD, supports_check_mode=True)
    finish(
        module,
        lambda: run(module.params, check=module.check_mode),
        lambda error: {"log": error.log} if isinstance(error, BuildFailed) else {},
    )


def run(params: dict[str, Any], *, check: bool) -> dict[str, Any]:
    """Build; the module's result."""
    tree, dest = Path(params["source"]), Path(params["dest"])
    for option in ("directory", "name", "output"):
        if params[option]:
            check_path(params[option], option)
    source = tree / params["directory"]
    variables = {str(name): str(value) for name, value in params["environment"].items()}
    check_variables(variables, "environment")
    if check and not source.is_dir():
        return {"changed": True, "tool": params["tool"]}
    tool = tool_of(tree, params)
    if check:
        return {"changed": True, "tool": tool}
    order = Order(
        tree,
        params["name"] or tree.name,
        params["directory"],
        params["output"],
        Build(tool, params["script"]),
        variables,
        tuple(params["path"]),
        params["timeout"],
        params["memory_mib"],
        read_npmrc(params["npmrc"]),
    )
    begun = time.monotonic()
    with built(order, builder(params["user"]), Path(params["work_directory"])) as archive:
        check_build(read_plan(archive, f"{source}/{order.output}"), str(source))
        archive.seek(0)
        write(archive, dest)
    return {"changed": True, "tool": tool, "seconds": round(time.monotonic() - begun, 1)}


def read_npmrc(values: dict[str, Any]) -> dict[str, str]:
    """The values for ``.npmrc``.

    :raises SlipwayError: they are still sources.
    """
    wrong = sorted(str(name) for name, value in values.items() if not isinstance(value, str))
    if wrong:
        raise SlipwayError(f"on the host {wrong[0]} must be a string", "npmrc", "Call it through its action plugin")
    return {str(name): value for name, value in values.items()}


def tool_of(tree: Path, params: dict[str, Any]) -> str:
    """The build tool.

    :raises SlipwayError: there is none that fits.
    """
    source = tree / params["directory"]
    with filing("look at the front end", source):
        names = [path.name for path in source.iterdir()]
        if "package.json" not in names:
            raise SlipwayError("there is no package.json", str(source), "Set the directory of the front end")
        check_package((source / "package.json").read_bytes(), params["script"], str(source / "package.json"))
        if not has_lock(names):
            names = workspace_names(tree, source) or names
    return choose_tool(names, params["tool"], str(source))


def workspace_names(tree: Path, source: Path) -> list[str]:
    """The files of the front end's workspace, which has one lock file for all; empty without one."""
    for place in source.parents if source != tree else ():
        names = [path.name for path in place.iterdir()]
        manifest = place / "package.json"
        if is_workspace(names, manifest.read_bytes() if manifest.is_file() else b""):
            return names
        if place == tree:
            break
    return []


def write(archive: Any, dest: Path) -> None:
    """Copy an open file to a path atomically."""
    if not dest.parent.is_dir():
        ensure_directory(dest.parent)
    new = beside(dest)
    with filing("write the archive", dest):
        try:
            descriptor = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
            with os.fdopen(descriptor, "wb") as file:
                shutil.copyfileobj(archive, file)
            new.replace(dest)
        except BaseException:
            if new.exists():
                new.unlink()
            raise


if __name__ == "__main__":
    main()
