# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Documentation of the action plugin of the same name, which does the work on the control node."""

from __future__ import annotations

DOCUMENTATION = r"""
module: hosts_release
short_description: Find the release that the environment's hosts should run
version_added: "0.1.0"
author:
  - The Slipway authors (!UNKNOWN)
description:
  - For a rollback, it is the one that the record of the earlier release names.
  - Of the backend it is the one that C(-e backend_release=…) names, or the one that was promoted to the environment
    (its C(versions.json)). Finds its artifact, C(<branch>/<tag>/app.jar), and pins it by its digest.
  - Of the site it is the tag that C(-e site_release=…) names, pinned by its commit.
  - Changes nothing.
options:
  kind:
    description:
      - Whether to go to what is asked for, or back to an earlier release.
      - V(boot) finds the newest release that succeeded, for a host that boots while others may be deploying.
    type: str
    choices: [deploy, rollback, boot]
    default: deploy

extends_documentation_fragment: [slipway.deploy.attributes]
attributes:
  check_mode:
    support: full
  diff_mode:
    support: none
  idempotent:
    support: full
"""

EXAMPLES = r"""
- name: Find the release
  slipway.deploy.hosts_release:
  run_once: true
  register: release
"""

RETURN = r"""
release:
  description: The release; empty when no host is selected.
  returned: success
  type: dict
  sample: {release: backend-v0.2.0-0a1b2c3d4e5f, tag: backend-v0.2.0, bucket: umigo-artifacts}
schema:
  description: The version of the database's schema as the records know it, or V(null).
  returned: O(kind=boot)
  type: str
  sample: "2"
hosts:
  description: The selected hosts that are deployed to from here. With O(kind=boot), the host itself.
  returned: success
  type: list
  elements: str
  sample: [umigo-dev-backend-i-0a1b2c3d4e5f60718]
needs:
  description: What building the release needs, for M(slipway.deploy.build_check); empty where nothing is known of it.
  returned: success
  type: dict
  sample: {python: {where: server/requirements.lock, requires: [], uv: false, indexes: []}}
"""
