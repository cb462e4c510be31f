#!/usr/bin/python
# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Downloads and verifies a release on its host."""

from __future__ import annotations

DOCUMENTATION = r"""
module: artifact
short_description: Download and verify the artifact of a tag on a host, next to the running release
version_added: "0.1.0"
author: The Slipway authors (!UNKNOWN)
description:
  - Finds C(s3://<bucket>/<branch>/<tag>/app.jar) and its SHA-256 digest on the control node. The digest is taken from
    O(digest), from C(app.jar.sha256) next to the object, and from the checksum that S3 keeps of the whole object. All
    of these that exist must agree. If none exists, the object is read once, with a warning.
  - The host needs no AWS credentials. It gets a presigned URL of this object and downloads it to
    C(<directory>/<tag>-<12 digits of the digest>/app.jar), which is never changed afterwards. An existing file is
    verified, and downloaded again if its digest is wrong.
  - The running release is not touched, except with O(activate).
options:
  bucket:
    description: The bucket of the artifacts.
    type: str
    required: true
  tag:
    description: The release's tag.
    type: str
    required: true
  branch:
    description: The branch that the artifact was built from. By default, all branches are searched. Identical artifacts
      count as one.
    type: str
  digest:
    description: The digest that the artifact must have, with or without C(sha256:).
    type: str
  filename:
    description: The file's name, in S3 and on the host.
    type: str
    default: app.jar
  directory:
    description: The directory on the host that contains the releases.
    type: path
    default: /app/releases
  link:
    description: The symbolic link that says which release runs.
    type: path
    default: /app/app.jar
  activate:
    description: Whether to switch O(link) at once. In a deploy, M(slipway.deploy.service_release) does that.
    type: bool
    default: false
  state:
    description: With V(resolved), the artifact is only looked up, and no host is contacted.
    type: str
    choices: [present, resolved]
    default: present
  url_expires:
    description: How many seconds the presigned URL is valid.
    type: int
    default: 900
extends_documentation_fragment: [slipway.deploy.payload, slipway.deploy.attributes, slipway.deploy.attributes.full]
"""

EXAMPLES = r"""
- name: Download a release
  slipway.deploy.artifact:
    bucket: umigo-artifacts
    branch: backend/loginCRM
    tag: backend-v0.2.0
  register: fetched

- name: Switch to the release
  slipway.deploy.service_release:
    name: umigo-backend
    links: "{{ fetched.links }}"
    release: "{{ fetched.release }}"
"""

RETURN = r"""
path:
  description: The file on the host.
  returned: success
  type: str
  sample: /app/releases/backend-v0.2.0-0a1b2c3d4e5f/app.jar
release:
  description: The release, for O(slipway.deploy.service_release#module:release).
  returned: success
  type: dict
  sample: {id: backend-v0.2.0-0a1b2c3d4e5f, tag: backend-v0.2.0, digest: "sha256:0a1b2c3d4e5f"}
links:
  description: The links to switch, for O(slipway.deploy.service_release#module:links).
  returned: success
  type: list
  elements: dict
  sample: [{path: /app/app.jar, target: /app/releases/backend-v0.2.0-0a1b2c3d4e5f/app.jar}]
artifact:
  description: The object in S3.
  returned: success
  type: dict
  sample:
    bucket: umigo-artifacts
    key: main/backend-v0.2.0/app.jar
    branch: main
    size: 51234567
    version_id: null
    known_from: [S3]
"""

from pathlib import Path
from typing import Any

from ansible.module_utils.basic import AnsibleModule

from ..module_utils.artifact.arguments import ARTIFACT
from ..module_utils.common.errors import SlipwayError
from ..module_utils.common.payload import PAYLOAD, read_payload
from ..module_utils.files.atomic import link_atomic, read_link
from ..module_utils.files.download import Source
from ..module_utils.releases.jar import fetch, is_fetched


def main() -> None:
    """Run the module."""
    module = AnsibleModule(argument_spec={**ARTIFACT, **PAYLOAD}, supports_check_mode=True)
    found = read_payload(module.params)
    source = Source(**found["source"])
    module.no_log_values.add(source.url)
    link = module.params["link"] if module.params["activate"] else None
    try:
        result = run(source, Path(found["path"]), link, check=module.check_mode)
    except SlipwayError as error:
        module.fail_json(msg=str(error))
    module.exit_json(**result)


def run(source: Source, path: Path, link: str | None, *, check: bool) -> dict[str, Any]:
    """Download the release; return the module's result."""
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
    """The state of a release, in a word."""
    if is_fetched(path, digest):
        return "verified"
    return "damaged" if path.exists() else "absent"


def written(states: dict[str, str]) -> str:
    """One line for each path."""
    return "".join(f"{path}: {said}\n" for path, said in states.items())


if __name__ == "__main__":
    main()
