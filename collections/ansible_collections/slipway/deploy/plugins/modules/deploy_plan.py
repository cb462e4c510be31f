# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Documentation of the action plugin of the same name, which does the work on the control node."""

DOCUMENTATION = r"""
module: deploy_plan
short_description: Plan and verify what a deploy or a rollback changes
version_added: "0.1.0"
author: The Slipway authors (!UNKNOWN)
description:
  - Compares what runs with what should run, and prints each change with its reason. Services are compared by image
    digest, hosts by the digest of their release and by their configuration.
  - Verifies everything that the changes need (images,
    secrets, parameters, log groups, roles, cluster, services,
    account) before the first change, and reports all problems at once.
  - Reports drift. This is a task definition revision that was registered outside of Slipway and that no deploy has
    released.
  - The plan of a build shows the build's reasons as well. The record names the build.
  - Outside check mode, writes the record that the following tasks work on.
options:
  kind:
    description: Whether to deploy what the inventory asks for, or to return to an earlier release.
    type: str
    choices: [deploy, rollback]
    default: deploy
  build:
    description: The build to deploy, RV(slipway.deploy.deploy_open#module:build). What it does not name stays as it is.
    type: str
    default: ""
  lock:
    description: The state of the lock, RV(slipway.deploy.deploy_open#module:lock), for the plan's headline.
    type: str
    default: ""
  kinds:
    description: The releases of the hosts, RV(slipway.deploy.hosts_release#module:kinds).
    type: dict
    default: {}
notes:
  - The names in O(observations) are C(shown), C(look_failed), C(configuration), C(compared), C(unit_changes),
    C(other_changes), C(migration) and, for a rollback without records, C(health).
extends_documentation_fragment:
  - slipway.deploy.attributes
  - slipway.deploy.attributes.full
  - slipway.deploy.observations
"""

EXAMPLES = r"""
- name: Plan and verify the fleet
  slipway.deploy.deploy_plan:
    lock: "{{ deploy.lock }}"
  run_once: true
  register: plan

- name: Plan the rollback
  slipway.deploy.deploy_plan:
    kind: rollback
  run_once: true
"""

RETURN = r"""
approval:
  description: Whether somebody has to approve the release (C(required)), its C(tag), who may (C(approvers)), and the
    tags of all releases by kind of host (C(releases)). For several kinds, C(tag) names each release that has to be
    approved, and C(approvers) who may approve all of them.
  returned: success
  type: dict
  sample: {required: true, tag: prod-20261120, approvers: [ops], releases: {site: prod-20261120}}
record:
  description: The id of the record. In check mode, no record is written.
  returned: success
  type: str
  sample: 2026-11-20T21-04-11Z-3f9c2d1
hosts:
  description: The hosts in RV(services).
  returned: success
  type: list
  elements: str
  sample: [umigo-dev-backend-i-0a1b2c3d4e5f60718]
services:
  description: The services and hosts that will change, each with the state V(planned).
  returned: success
  type: dict
  sample: {user-service: planned}
"""
