#!/usr/bin/python
# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Publishes a built front end next to the live one."""

from __future__ import annotations

DOCUMENTATION = r"""
module: front_end_publish
short_description: Publish a built front end next to the live one
version_added: "0.1.0"
author: The Slipway authors (!UNKNOWN)
description:
  - Creates C(<root>/releases/<id>) atomically and never changes it afterwards. Adds its hashed assets to a directory
    with the assets of all releases, so that pages that are already open find their files before and after a switch.
  - Switches nothing, except with O(activate). In a deploy, M(slipway.deploy.service_release) switches.
options:
  root:
    description: The directory that contains C(releases), the assets of all releases and the symbolic link C(current).
    type: path
    required: true
  release:
    description: The id of the release that the front end belongs to.
    type: str
    required: true
  archive:
    description: A tar archive of the front end on the host, such as M(slipway.deploy.front_end_build) writes.
    type: path
  directory:
    description: A directory with the front end on the host, such as C(frontend/dist) of a release.
    type: path
  inputs:
    description:
      - What distinguishes builds of the same release, such as the build's variables. A build with different inputs is
        published as C(<id>.<8 digits>), because an existing one is never changed.
    type: dict
    default: {}
  source:
    description: The name of the archive or directory in the completion mark and in error messages.
    type: str
  assets:
    description: The directory of hashed assets, in the build and in O(root).
    type: str
    default: assets
  activate:
    description: Whether to point the symbolic link C(current) at it.
    type: bool
    default: false
extends_documentation_fragment: [slipway.deploy.attributes, slipway.deploy.attributes.full]
attributes:
  check_mode:
    details: Does not read the archive or the directory.
"""

EXAMPLES = r"""
- name: Check whether a build is needed
  slipway.deploy.front_end_publish:
    root: /var/www/salitemihret
    release: staging-20261108-6f1c0b8f1d1a
    inputs: {VITE_API_BASE: /api}
  check_mode: true
  register: look

- name: Publish the build
  slipway.deploy.front_end_publish:
    root: /var/www/salitemihret
    release: staging-20261108-6f1c0b8f1d1a
    inputs: {VITE_API_BASE: /api}
    archive: /var/www/salitemihret/.build.tar

- name: Switch back to an existing release
  slipway.deploy.front_end_publish:
    root: /var/www/salitemihret
    release: staging-20261101-0a1b2c3d4e5f
    inputs: {VITE_API_BASE: /api}
    activate: true
"""

RETURN = r"""
path:
  description: The directory of the published front end.
  returned: success
  type: str
  sample: /var/www/salitemihret/releases/staging-20261108-6f1c0b8f1d1a
links:
  description: The links to switch, for O(slipway.deploy.service_release#module:links).
  returned: success
  type: list
  elements: dict
  sample:
    - path: /var/www/salitemihret/current
      target: /var/www/salitemihret/releases/staging-20261108-6f1c0b8f1d1a
made:
  description: Whether the directory was created (in check mode, would be). V(false) if it already existed.
  returned: success
  type: bool
assets_added:
  description: How many files were added to the assets of all releases.
  returned: success
  type: int
"""

from contextlib import ExitStack
from pathlib import Path
from typing import Any

from ansible.module_utils.basic import AnsibleModule

from ..module_utils.common.errors import SlipwayError
from ..module_utils.files.atomic import ensure_directory, link_atomic, read_link
from ..module_utils.files.atomic_directory import check_not_live, links_of, locked
from ..module_utils.programs.module import finish
from ..module_utils.releases.archive_source import unverified
from ..module_utils.releases.assets import Joined, join
from ..module_utils.releases.directory import check_path
from ..module_utils.releases.front_end import Place, digest_of, packed, placed, publish

ARGUMENTS = {
    "root": {"type": "path", "required": True},
    "release": {"type": "str", "required": True},
    "archive": {"type": "path"},
    "directory": {"type": "path"},
    "inputs": {"type": "dict", "default": {}},
    "source": {"type": "str"},
    "assets": {"type": "str", "default": "assets"},
    "activate": {"type": "bool", "default": False},
}
NAMED = 3


def main() -> None:
    """Run the module."""
    module = AnsibleModule(
        argument_spec=ARGUMENTS, supports_check_mode=True, mutually_exclusive=[("archive", "directory")]
    )
    finish(module, lambda: run(module.params, check=module.check_mode))


def run(params: dict[str, Any], *, check: bool) -> dict[str, Any]:
    """Publish it; return the module's result."""
    place = Place(Path(params["root"]))
    release = check_release(params["release"])
    check_path(params["assets"], "assets")
    inputs = digest_of(params["inputs"])
    path, mark = placed(place, release, inputs)
    if not check:
        with locked(place.releases):
            path, mark = placed(place, release, inputs)
            if mark is None:
                check_not_live(path, links_of([str(place.link)]))
                make(params, path, {"id": release, "inputs": inputs})
            joined = join(path, place.root / params["assets"])
    else:
        joined = join(path, place.root / params["assets"], check=True) if mark else Joined(0)
    before = read_link(place.link)
    switched = params["activate"] and before != str(path)
    if switched and not check:
        ensure_directory(place.root)
        link_atomic(place.link, path)
    states = {str(path): ("absent", "published")} if mark is None else {}
    if joined.added:
        states[str(place.root / params["assets"])] = ("", f"{joined.added} more")
    if switched:
        states[str(place.link)] = (before or "absent", str(path))
    return {
        "changed": mark is None or bool(joined.added) or switched,
        "path": str(path),
        "links": [{"path": str(place.link), "target": str(path)}],
        "made": mark is None,
        "assets_added": joined.added,
        "diff": {
            side: "".join(f"{name}: {state[index]}\n" for name, state in states.items())
            for index, side in enumerate(("before", "after"))
        },
        "warnings": warnings(joined, path, params["assets"], made=mark is None and not check),
    }


def check_release(release: str) -> str:
    """The id of a release.

    :raises SlipwayError: it cannot be the name of a directory.
    """
    check_path(release, "release")
    if "/" in release or release.startswith("."):
        raise SlipwayError(f"{release!r} cannot be the name of a release", "release", "Give the release's id")
    return release


def make(params: dict[str, Any], path: Path, mark: dict[str, Any]) -> None:
    """Create the release from the given source.

    :raises SlipwayError: no source is given, or it is not a front end.
    """
    archive, directory = params["archive"], params["directory"]
    if not archive and not directory:
        raise SlipwayError(
            "this front end is not published here", str(path), "Build it again, or switch to one that is"
        )
    where = params["source"] or archive or directory
    with ExitStack() as stack:
        file = stack.enter_context(unverified(Path(archive)) if archive else packed(Path(directory)))
        publish(path, file, where, {**mark, "source": where})


def warnings(joined: Joined, path: Path, assets: str, *, made: bool) -> list[str]:
    """Warnings about the assets."""
    lines = []
    if joined.differing:
        names = ", ".join(joined.differing[:NAMED])
        lines.append(f"{len(joined.differing)} assets have the same names as older ones but different content: {names}")
    if joined.unhashed and made:
        names = ", ".join(joined.unhashed[:NAMED])
        lines.append(
            f"{len(joined.unhashed)} assets have no hash in their names, so browsers request them each time: {names}"
        )
    if made and not (path / assets).is_dir():
        lines.append(f"{path} has no directory {assets}: open pages may not find their files after a switch")
    return lines


if __name__ == "__main__":
    main()
