# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Documentation of the action plugin of the same name, which does the work on the control node."""

from __future__ import annotations

DOCUMENTATION = r"""
module: deploy_plan
short_description: Plan and verify what a deploy or a rollback changes
version_added: "0.1.0"
author:
  - The Slipway authors (!UNKNOWN)
description:
  - Compares what every service should run, by image digest, and every backend host, by the digest of its artifact and
    by its configuration, with what it runs, and prints each change with its reason.
  - Verifies everything that the changes need (images, secrets, parameters, log groups, roles, cluster,
    services, account) before the first one, and reports all that is wrong at once.
  - Reports drift, which is a revision that others registered and no deploy has shipped.
  - Outside check mode it writes the record that the following tasks work from.
options:
  kind:
    description: Whether to go to what the inventory asks for, or back to an earlier release.
    type: str
    choices: [deploy, rollback]
    default: deploy
  lock:
    description: The lock's state as M(slipway.deploy.deploy_open) returned it, for the plan's headline.
    type: str
    default: ""
  release:
    description: The release of the hosts as M(slipway.deploy.hosts_release) found it.
    type: dict
    default: {}
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
- name: Plan and verify the fleet
  slipway.deploy.deploy_plan:
    lock: "{{ deploy.lock }}"
  run_once: true
  register: plan

- name: Plan the way back
  slipway.deploy.deploy_plan:
    kind: rollback
  run_once: true
"""

RETURN = r"""
record:
  description: The id of the record. In check mode none is written.
  returned: success
  type: str
  sample: 2026-11-20T21-04-11Z-3f9c2d1
hosts:
  description: The hosts among them.
  returned: success
  type: list
  elements: str
  sample: [umigo-dev-backend-i-0a1b2c3d4e5f60718]
services:
  description: The services and hosts that will change, each V(planned).
  returned: success
  type: dict
  sample: {user-service: planned}
"""
