# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Documentation of the action plugin of the same name, which asks S3 on the control node."""

from __future__ import annotations

DOCUMENTATION = r"""
module: artifact
short_description: Have the artifact of a tag on a host, verified, beside the release that runs
version_added: "0.1.0"
author:
  - The Slipway authors (!UNKNOWN)
description:
  - Finds C(s3://<bucket>/<branch>/<tag>/app.jar) and its SHA-256 on the control node. The digest comes from
    O(digest), C(app.jar.sha256) beside it, and the checksum that S3 keeps of the whole object; those that exist have
    to agree. Without any, the object is read once, with a warning.
  - The host needs no credentials. It gets a URL of this one object that expires, and downloads to
    C(<directory>/<tag>-<12 digits of the digest>/app.jar), which is never changed afterwards. A file that is there is
    verified, and fetched again when it is not what it must be.
  - Nothing that runs is touched, except with O(activate).
options:
  bucket:
    description: The bucket.
    type: str
    required: true
  tag:
    description: The tag.
    type: str
    required: true
  branch:
    description: The branch that built it. Without it all branches are looked at; several equal artifacts are one.
    type: str
  digest:
    description: What it has to be, with or without C(sha256:).
    type: str
  filename:
    description: The last part of its key, and its name on the host.
    type: str
    default: app.jar
  directory:
    description: Where the host keeps its releases.
    type: path
    default: /app/releases
  link:
    description: The link that says which release runs.
    type: path
    default: /app/app.jar
  activate:
    description: Whether the link is switched at once. In a deploy M(slipway.deploy.service_release) does that.
    type: bool
    default: false
  state:
    description: With V(resolved) it is only found, and no host is asked.
    type: str
    choices: [present, resolved]
    default: present
  url_expires:
    description: Seconds for which the URL is valid.
    type: int
    default: 900
extends_documentation_fragment: [slipway.deploy.attributes]
attributes:
  check_mode:
    support: full
  diff_mode:
    support: full
  idempotent:
    support: full
"""

EXAMPLES = r"""
- name: Fetch a release
  slipway.deploy.artifact:
    bucket: umigo-artifacts
    branch: backend/loginCRM
    tag: backend-v0.2.0
  register: fetched

- name: Run it
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
  description: What M(slipway.deploy.service_release) takes as O(slipway.deploy.service_release#module:release).
  returned: success
  type: dict
  sample: {id: backend-v0.2.0-0a1b2c3d4e5f, tag: backend-v0.2.0, digest: "sha256:0a1b2c3d4e5f"}
links:
  description: What M(slipway.deploy.service_release) takes as O(slipway.deploy.service_release#module:links).
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
