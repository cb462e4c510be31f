# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Documentation of the action plugin of the same name, which does the work on the control node."""

DOCUMENTATION = r"""
module: promote_from
short_description: Promote what runs in another environment
version_added: "0.1.0"
author: The Slipway authors (!UNKNOWN)
description:
  - Takes the digests that run in another environment, copies them to where this environment expects them, and writes
    the manifest of a build. C(deploy.yml -e build=<id>) deploys it like any other build.
  - A service is promoted if it runs what the newest records of its environment released, and is healthy. The release of
    a kind of host is that of the newest successful record. Its hosts are not contacted.
  - Images keep their digest. They are copied between repositories of ECR, also of different accounts and regions, with
    all platforms, their lasting tags (commits and versions) and the bill of materials that their build names. Where
    both environments use the same repository, nothing is copied. A tag that names another image here stays what it is.
  - The backend's jar is copied to C(<branch>/<tag>/app.jar) of C(artifact_bucket), a site's archive to C(site_bucket).
    A site that hosts check out needs a tag of this environment at the commit that runs.
  - Fails before the first copy, with one line for each reason, if a service runs something else than was released, if a
    repository does not exist, or if another file is at the place of a file.
  - Of the other environment's inventory, only the account, the state store, the names of its services and the places of
    its images and files are read. Extra variables hold for both environments.
options:
  from:
    description: The other environment.
    type: str
    required: true
  tags:
    description: The tag of a kind's release in this environment, by kind. Without one, a site gets the newest tag of
      this environment's prefix at the commit that runs.
    type: dict
    default: {}
extends_documentation_fragment:
  - slipway.deploy.attributes
  - slipway.deploy.attributes.full
"""

EXAMPLES = r"""
- name: Promote what runs in dev
  slipway.deploy.promote_from:
    from: dev
  run_once: true
"""

RETURN = r"""
build:
  description: The id of the build. Empty in check mode, and if this environment runs the same digests already.
  returned: success
  type: str
  sample: 20261130T191500Z-abcdef0
parts:
  description: The promoted digests by service and kind of host.
  returned: success
  type: dict
  sample: {api-gateway: "sha256:77be...", site: "commit:3f9c2d1..."}
"""
