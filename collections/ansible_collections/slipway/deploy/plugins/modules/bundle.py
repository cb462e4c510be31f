# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Documentation of the action plugin of the same name, which does the work on the control node."""

DOCUMENTATION = r"""
module: bundle
short_description: Build the bundle that a host deploys by itself
version_added: "0.1.0"
author: The Slipway authors (!UNKNOWN)
description:
  - Builds one archive for CodeDeploy and for a host's first boot. It contains the project with the inventory of one
    environment, the Python packages for the host's own virtual environment, Flyway's command line, the migrations of a
    release, and the description of the release (C(release.json)).
  - Uploads it to C(s3://<bucket>/slipway/<env>/) and sets the SSM parameter C(/<env>/slipway/bundle), where a booting
    host finds it.
  - The same inputs produce the same bytes. Only files that git tracks are included, and no secrets.
options:
  group:
    description: The group of the hosts that run the bundle.
    type: str
    required: true
  release:
    description: The release's tag. By default, the version that is promoted in the environment.
    type: str
    default: ""
  branch:
    description: The branch of the artifact.
    type: str
    default: ""
  bucket:
    description: The bucket of the artifacts and bundles.
    type: str
    required: true
  checkout:
    description:
      - The directory of the application's Maven module, whose migrations are included. By default, the migrations in
        the jar.
    type: str
    default: ""
  pythons:
    description: The Python versions of the hosts.
    type: list
    elements: str
    default: ["3.11", "3.13"]
  machines:
    description: The architectures of the hosts, as C(uname -m) prints them.
    type: list
    elements: str
    default: [x86_64]
  project:
    description: The project's directory.
    type: str
    required: true
  directory:
    description: The directory on the control node for bundles and downloads.
    type: str
    required: true
  migrates:
    description: Whether a host migrates the database. If not, the bundle contains neither migrations nor Flyway.
    type: bool
    default: true
  locations:
    description:
      - The directories of the migrations in the application's resources. All files in them are included, also callbacks
        and C(.conf) files.
    type: list
    elements: str
    default: [src/main/resources/db/migration]
  upload:
    description: Whether to upload the bundle and set the parameter.
    type: bool
    default: true
extends_documentation_fragment: [slipway.deploy.attributes, slipway.deploy.attributes.no_diff]
attributes:
  check_mode:
    details: Builds the bundle on the control node and uploads nothing.
"""

EXAMPLES = r"""
- name: Build and upload the bundle of a release
  slipway.deploy.bundle:
    group: backend
    release: backend-v0.2.0
    branch: main
    bucket: umigo-artifacts
    project: "{{ playbook_dir | dirname }}"
    directory: /var/tmp/bundles
"""

RETURN = r"""
bundle:
  description: The bundle's name, which is the tag and the first digits of a digest of its content.
  returned: success
  type: str
  sample: backend-v0.2.0-0a1b2c3d4e5f
path:
  description: The path of the bundle on the control node.
  returned: success
  type: str
  sample: /var/tmp/bundles/backend-v0.2.0-0a1b2c3d4e5f.tar.gz
sha256:
  description: The archive's SHA-256 digest in hexadecimal digits.
  returned: success
  type: str
  sample: 9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08
url:
  description: The URL of the bundle in S3. In check mode, the expected one.
  returned: success
  type: str
  sample: s3://umigo-artifacts/slipway/dev/backend-v0.2.0-0a1b2c3d4e5f.tar.gz
release:
  description: The content of C(release.json).
  returned: success
  type: dict
  sample: {group: backend, tag: backend-v0.2.0, schema: "2"}
"""
