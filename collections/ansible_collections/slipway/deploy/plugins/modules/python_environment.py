#!/usr/bin/python
# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Builds the virtual environment of a release."""

from __future__ import annotations

DOCUMENTATION = r"""
module: python_environment
short_description: Build the virtual environment of a release from its lock file
version_added: "0.1.0"
author: The Slipway authors (!UNKNOWN)
description:
  - Builds a virtual environment in a release with uv, if the host has it, or with pip. It installs exactly the packages
    of the lock file, and checks that their dependencies are satisfied.
  - A marker, written last, contains the lock file's digest and the interpreter's version. An environment without the
    marker, or with another one, is built again.
  - The build runs as an unprivileged user. The result belongs to root, and no one else can change it.
  - uv or pip gets the credentials of a package index in an anonymous file in memory. They appear in no output.
options:
  release:
    description: The directory of the release. O(user) must be able to read it.
    type: path
    required: true
  directory:
    description: The name of the virtual environment's directory in the release.
    type: str
    default: .venv
  lock:
    description:
      - The path of the lock file in the release, in the format of pip's requirements. Each package must have an exact
        version. If any package has hashes, all must have them. The options C(-r), C(-c) and C(-e) are not allowed.
      - Or a C(uv.lock) next to its C(pyproject.toml), which only uv reads. It installs the packages that the members of
        the workspace require, but not the members themselves nor dependency groups such as C(dev).
    type: str
    default: server/requirements.txt
  tool:
    description: The tool that builds the environment. V(auto) is uv, if the host has it.
    type: str
    choices: [auto, uv, pip]
    default: auto
  user:
    description: The unprivileged user that runs the build.
    type: str
    required: true
  index_url:
    description:
      - >-
        The URL of the package index, or a source that the control node reads it from, V({env: NAME}), V({file: path}),
        V({ssm: name}) or V({secretsmanager: id}). With V(key), one key of a JSON object is taken. By default, the
        tool's own index.
    type: raw
  indexes:
    description:
      - >-
        Additional package indexes. Each has a C(url) and, if it needs credentials, a C(username) and C(password), or a
        C(token). C(password) and C(token) are sources, V({env: NAME}), V({file: path}), V({ssm: name}) or
        V({secretsmanager: id}). Indexes that a C(uv.lock) names are always used. List them here for their credentials.
    type: raw
    default: []
  extras:
    description: Optional dependencies of the project to install as well. Only for a C(uv.lock).
    type: list
    elements: str
    default: []
  groups:
    description: Dependency groups of the project to install as well. Only for a C(uv.lock).
    type: list
    elements: str
    default: []
  find_links:
    description: Directories of the host, or web pages, that contain wheels.
    type: list
    elements: str
    default: []
  no_index:
    description: Whether to use only O(find_links) and no package index.
    type: bool
    default: false
  proxy:
    description: The URL of the proxy for the package index, or a source of it. uv needs version 0.9.13 or newer for
      this.
    type: raw
  ca_file:
    description: A file with the CA certificates to trust instead of the tool's own.
    type: path
  allow_source:
    description: Whether a package without a wheel may be built from source, which runs its code.
    type: bool
    default: false
  timeout:
    description: How many seconds a single step of the build may take.
    type: int
    default: 900
extends_documentation_fragment:
  - slipway.deploy.attributes
  - slipway.deploy.attributes.no_diff
  - slipway.deploy.build_tools
"""

EXAMPLES = r"""
- name: Build the environment of a release
  slipway.deploy.python_environment:
    release: /srv/salitemihret/releases/staging-20261121-0a1b2c3d4e5f
    user: slipway-build

- name: Build it without network access
  slipway.deploy.python_environment:
    release: /srv/salitemihret/releases/staging-20261121-0a1b2c3d4e5f
    user: slipway-build
    find_links: [/srv/wheels]
    no_index: true

- name: Build it from a package index of your own
  slipway.deploy.python_environment:
    release: /srv/salitemihret/releases/staging-20261121-0a1b2c3d4e5f
    user: slipway-build
    index_url: {ssm: /staging/site/INDEX_URL}

- name: Build it with packages of a private index
  slipway.deploy.python_environment:
    release: /srv/salitemihret/releases/staging-20261121-0a1b2c3d4e5f
    user: slipway-build
    lock: server/uv.lock
    extras: [postgres]
    indexes:
      - {url: "https://packages.example.org/simple/", username: deploy, password: {ssm: /staging/site/PACKAGES}}
"""

RETURN = r"""
path:
  description: The directory of the virtual environment.
  returned: success
  type: str
  sample: /srv/salitemihret/releases/staging-20261121-0a1b2c3d4e5f/.venv
python:
  description: The Python interpreter in it.
  returned: success
  type: str
  sample: /srv/salitemihret/releases/staging-20261121-0a1b2c3d4e5f/.venv/bin/python
python_version:
  description: The interpreter's version.
  returned: success
  type: str
  sample: 3.11.2
tool:
  description: The tool that builds the environment.
  returned: success
  type: str
  sample: uv
digest:
  description: The lock file's digest. Empty in check mode if the release does not exist.
  returned: success
  type: str
  sample: sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08
packages:
  description: The number of packages in the lock file.
  returned: success
  type: int
  sample: 42
seconds:
  description: How long the build took.
  returned: when it was built
  type: float
log:
  description: The last lines of the build's output, without secrets.
  returned: when it failed
  type: list
  elements: str
"""

import shutil
import time
from pathlib import Path
from typing import Any

from ansible.module_utils.basic import AnsibleModule

from ..module_utils.common.errors import SlipwayError
from ..module_utils.files.atomic import filing
from ..module_utils.programs.module import finish
from ..module_utils.programs.run import NOBODY, account, exists
from ..module_utils.python.arguments import ENVIRONMENT
from ..module_utils.python.environment import BuildError, Job, Python, build_environment, find_python, is_built
from ..module_utils.python.export import asked, is_project_lock, read_project_lock
from ..module_utils.python.installers import PIP, UV, Index, hidden_words
from ..module_utils.python.lock import Lock, read_lock

_NO_HASHES = "the lock file has no hashes, so the downloaded packages cannot be verified"


def index_of(params: dict[str, Any]) -> Index:
    """The source of packages.

    :raises SlipwayError: it is invalid.
    """
    for name in ("index_url", "proxy"):
        if not isinstance(params[name], (str, type(None))):
            raise SlipwayError("on the host it must be a string", name, "Call it through its action plugin")
    if not all(isinstance(url, str) for url in params["indexes"] or ()):
        raise SlipwayError("on the host these must be strings", "indexes", "Call it through its action plugin")
    index = Index(
        params["index_url"] or "",
        tuple(params["find_links"]),
        params["no_index"],
        params["proxy"] or "",
        params["ca_file"] or "",
        tuple(params["indexes"] or ()),
    )
    index.check()
    return index


def find_uv(params: dict[str, Any]) -> str:
    """The path of uv, if it is the tool; otherwise an empty text.

    :raises SlipwayError: it is missing.
    """
    found = shutil.which(params["uv"]) or ""
    if params["tool"] == UV and not found:
        raise SlipwayError("there is no such program", params["uv"], "Install uv, or set tool: pip")
    return "" if params["tool"] == PIP else found


def job_from(params: dict[str, Any]) -> Job | None:
    """What to build; ``None`` if the release or its interpreter does not exist.

    :raises SlipwayError: it cannot be built.
    """
    index, uv = index_of(params), find_uv(params)
    lock_path = Path(params["release"], params["lock"])
    python = find_python(params["python"])
    if not Path(params["release"]).is_dir() or not python.version:
        return None
    lock = lock_from(lock_path, uv, python, params)
    index = asked(index, lock.indexes)
    path = Path(params["release"], params["directory"])
    return Job(path, lock, python, uv, index, params["allow_source"], params["timeout"])


def lock_from(path: Path, uv: str, python: Python, params: dict[str, Any]) -> Lock:
    """The lock file.

    :raises SlipwayError: there is none, or it does not determine exactly what to install.
    """
    with filing("read the lock file", path):
        content = path.read_bytes()
    if not is_project_lock(path):
        if params["extras"] or params["groups"]:
            what = "extras and groups apply only to a uv.lock; this lock file contains what it was compiled with"
            raise SlipwayError(what, str(path), "Compile it with them, or leave them out")
        return read_lock(content, str(path))
    if not uv:
        raise SlipwayError("only uv reads it", str(path), "Install uv, or commit what uv export writes")
    # In check mode an earlier task has not created the user.
    builder = account(params["user"] if exists(params["user"]) else NOBODY, "user")
    return read_project_lock(path, uv, python.path, builder, params["extras"], params["groups"])


def carry_out(params: dict[str, Any], check_mode: bool) -> dict[str, Any]:
    """The module's result.

    :raises SlipwayError: it fails.
    """
    job = job_from(params)
    path = Path(params["release"], params["directory"])
    result: dict[str, Any] = {"changed": True, "path": str(path), "python": f"{path}/bin/python"}
    if job is None:
        if not check_mode:
            raise _absent(params)
        return {**result, "python_version": "", "tool": "", "digest": "", "packages": 0}
    result.update(
        changed=not is_built(job),
        python_version=job.python.version,
        tool=job.tool,
        digest=f"sha256:{job.lock.digest}",
        packages=job.lock.packages,
    )
    if result["changed"] and not job.lock.hashed and job.lock.packages:
        result["warnings"] = [_NO_HASHES]
    if result["changed"] and not check_mode:
        began = time.monotonic()
        build_environment(job, account(params["user"], "user"))
        result["seconds"] = round(time.monotonic() - began, 1)
    return result


def _absent(params: dict[str, Any]) -> SlipwayError:
    if not Path(params["release"]).is_dir():
        return SlipwayError("there is no such release", params["release"], "Fetch it first")
    return SlipwayError("there is no working Python", params["python"], "Install it, or correct python")


def main() -> None:
    """The module."""
    module = AnsibleModule(argument_spec=ENVIRONMENT, supports_check_mode=True)

    def work() -> dict[str, Any]:
        module.no_log_values.update(hidden_words(index_of(module.params)))
        return carry_out(module.params, module.check_mode)

    finish(module, work, lambda error: {"log": error.log} if isinstance(error, BuildError) else {})


if __name__ == "__main__":
    main()
