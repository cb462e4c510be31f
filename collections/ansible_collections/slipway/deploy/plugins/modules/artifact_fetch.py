#!/usr/bin/python
# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Downloads a release and verifies it. The host's part of ``artifact``."""

from __future__ import annotations

DOCUMENTATION = r"""
module: artifact_fetch
short_description: Download and verify a release on its host
version_added: "0.1.0"
author:
  - The Slipway authors (!UNKNOWN)
description:
  - The part of M(slipway.deploy.artifact) that runs on the host. Use that one.
options:
  url:
    description: The presigned URL of the artifact.
    type: str
    required: true
  source:
    description: The name of the artifact in error messages, in place of the URL.
    type: str
    required: true
  size:
    description: The artifact's size in bytes.
    type: int
    required: true
  digest:
    description: The artifact's digest, C(sha256:) and 64 hexadecimal digits.
    type: str
    required: true
  path:
    description: The path of the file, C(<directory>/<release>/<file name>).
    type: path
    required: true
  link:
    description: A symbolic link to point at the file.
    type: path
extends_documentation_fragment:
  - slipway.deploy.attributes
  - slipway.deploy.attributes.full
"""

EXAMPLES = r"""
- name: Download a release
  slipway.deploy.artifact_fetch:
    url: "{{ url }}"
    source: s3://umigo-artifacts/main/backend-v0.2.0/app.jar
    size: 51234567
    digest: "{{ digest }}"
    path: /app/releases/backend-v0.2.0-0a1b2c3d4e5f/app.jar
"""

RETURN = r"""
path:
  description: The file.
  returned: success
  type: str
  sample: /app/releases/backend-v0.2.0-0a1b2c3d4e5f/app.jar
fetched:
  description: Whether the file was downloaded.
  returned: success
  type: bool
"""

from pathlib import Path
from typing import Any

from ansible.module_utils.basic import AnsibleModule

from ..module_utils.common.errors import SlipwayError
from ..module_utils.files.atomic import link_atomic, read_link
from ..module_utils.files.download import Source
from ..module_utils.releases.jar import fetch, is_fetched

ARGUMENTS = {
    "url": {"type": "str", "required": True, "no_log": True},
    "source": {"type": "str", "required": True},
    "size": {"type": "int", "required": True},
    "digest": {"type": "str", "required": True},
    "path": {"type": "path", "required": True},
    "link": {"type": "path"},
}


def main() -> None:
    """Run the module."""
    module = AnsibleModule(argument_spec=ARGUMENTS, supports_check_mode=True)
    try:
        result = run(module.params, check=module.check_mode)
    except SlipwayError as error:
        module.fail_json(msg=str(error))
    module.exit_json(**result)


def run(params: dict[str, Any], *, check: bool) -> dict[str, Any]:
    """Have the release; the module's result."""
    path, link = Path(params["path"]), params["link"]
    source = Source(params["url"], params["source"], params["size"], params["digest"].rpartition(":")[2])
    before = {str(path): state(path, source.digest)}
    missing = before[str(path)] != "verified"
    if missing and not check:
        fetch(source, path)
    after = {str(path): "verified"}
    switched = False
    if link:
        before[link], after[link] = read_link(link) or "absent", str(path)
        switched = before[link] != after[link]
        if switched and not check:
            link_atomic(link, path)
    return {
        "changed": missing or switched,
        "path": str(path),
        "fetched": missing,
        "diff": {"before": written(before), "after": written(after)},
    }


def state(path: Path, digest: str) -> str:
    """How a release is found, in a word."""
    if is_fetched(path, digest):
        return "verified"
    return "damaged" if path.exists() else "absent"


def written(states: dict[str, str]) -> str:
    """A line for each path."""
    return "".join(f"{path}: {said}\n" for path, said in states.items())


if __name__ == "__main__":
    main()
