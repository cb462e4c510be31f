# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Documentation of the action plugin of the same name, which does the work on the control node."""

DOCUMENTATION = r"""
module: fleet_rollout
short_description: Roll out the services of the open record, or undo the rollout
version_added: "0.1.0"
author: The Slipway authors (!UNKNOWN)
description:
  - Registers a task definition for each planned service and updates the service, wave by wave, with at most
    C(max_parallel) deployments in progress.
  - A service is stable when its own deployment is COMPLETED. On a failure, a timeout, SIGINT or SIGTERM, no further
    deployment is started, deployments in progress are stopped, and all changes are undone in reverse wave order.
  - Does not fail if a service fails. M(slipway.deploy.service_result) does, from the record.
extends_documentation_fragment:
  - slipway.deploy.attributes
  - slipway.deploy.attributes.deploy_step
  - slipway.deploy.record
attributes:
  idempotent:
    support: none
    details: Does nothing for a record whose rollout is finished.
"""

EXAMPLES = r"""
- name: Roll out the services of the open record
  slipway.deploy.fleet_rollout:
  run_once: true
"""

RETURN = r"""
#
"""
