# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Documentation of the action plugin of the same name, which does the work on the control node."""

from __future__ import annotations

DOCUMENTATION = r"""
module: bundle
short_description: Build what a host needs to deploy by itself
version_added: "0.1.0"
author:
  - The Slipway authors (!UNKNOWN)
description:
  - Builds one archive for CodeDeploy and for a host's first boot, with the project and one environment's inventory, the
    Python packages of the host's own virtual environment, Flyway's command line, a release's migrations, and what the
    release is (C(release.json)).
  - Uploads it to C(s3://<bucket>/slipway/<env>/) and writes the SSM parameter C(/<env>/slipway/bundle), by which a
    booting host finds it.
  - The same inputs make the same bytes. No secret comes along; only files that git knows do.
options:
  release:
    description: The tag of the release. Without it, the version that is promoted in the environment.
    type: str
    default: ""
  branch:
    description: The branch whose artifact it is.
    type: str
    default: ""
  bucket:
    description: The bucket of the artifacts, for bundles as well.
    type: str
    required: true
  checkout:
    description:
      - The directory of the application's Maven module, whose migrations come along. Without it, those of the jar.
    type: str
    default: ""
  pythons:
    description: The Python versions of the hosts.
    type: list
    elements: str
    default: ["3.11", "3.13"]
  machines:
    description: The kinds of machines of the hosts, as C(uname -m) says.
    type: list
    elements: str
    default: [x86_64]
  project:
    description: The project's directory.
    type: str
    required: true
  directory:
    description: Where bundles, and what was downloaded for them, are kept on the control node.
    type: str
    required: true
  migrates:
    description: Whether a host migrates the database. Otherwise the bundle has neither migrations nor Flyway.
    type: bool
    default: true
  locations:
    description:
      - The directories of the migrations among the application's resources. All of their files come along, callbacks
        and C(.conf) files too.
    type: list
    elements: str
    default: [src/main/resources/db/migration]
  upload:
    description: Whether to upload the bundle and to write the parameter.
    type: bool
    default: true
extends_documentation_fragment: [slipway.deploy.attributes]
attributes:
  check_mode:
    support: full
    details: Builds the bundle on the control node and uploads nothing.
  diff_mode:
    support: none
  idempotent:
    support: full
"""

EXAMPLES = r"""
- name: Build and upload the bundle of a release
  slipway.deploy.bundle:
    release: backend-v0.2.0
    branch: main
    bucket: umigo-artifacts
    project: "{{ playbook_dir | dirname }}"
    directory: /var/tmp/bundles
"""

RETURN = r"""
bundle:
  description: The bundle's name, the tag and the beginning of a digest of its content.
  returned: success
  type: str
  sample: backend-v0.2.0-0a1b2c3d4e5f
path:
  description: Where it is on the control node.
  returned: success
  type: str
  sample: /var/tmp/bundles/backend-v0.2.0-0a1b2c3d4e5f.tar.gz
sha256:
  description: The archive's digest in hexadecimal digits.
  returned: success
  type: str
  sample: 9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08
url:
  description: Where it is in S3, or would be.
  returned: success
  type: str
  sample: s3://umigo-artifacts/slipway/dev/backend-v0.2.0-0a1b2c3d4e5f.tar.gz
release:
  description: What C(release.json) says.
  returned: success
  type: dict
  sample: {tag: backend-v0.2.0, schema: "2"}
"""
