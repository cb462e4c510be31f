# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Documentation of the action plugin of the same name, which does the work on the control node."""

from __future__ import annotations

DOCUMENTATION = r"""
module: fleet_rollout
short_description: Roll out the services of the open record, or put them back
version_added: "0.1.0"
author:
  - The Slipway authors (!UNKNOWN)
description:
  - Registers a task definition for each planned service and points the service at it, wave by wave, with at
    most C(max_parallel) in flight.
  - A service is stable when its own deployment is COMPLETED. On any failure, a timeout, SIGINT or SIGTERM
    nothing new is started, deployments in flight are stopped, and what was changed goes back in reverse wave
    order.
  - Does not fail for what happens to a service. M(slipway.deploy.service_result) does, from the record.
options: {}
extends_documentation_fragment: [slipway.deploy.attributes]
attributes:
  check_mode:
    support: full
    details: Does nothing; the plan says what would change.
  diff_mode:
    support: none
  idempotent:
    support: none
    details: A finished record is rolled out by doing nothing.
"""

EXAMPLES = r"""
- name: Roll out the services of the open record
  slipway.deploy.fleet_rollout:
  run_once: true
"""

RETURN = r"""
record:
  description: The id of the deploy's record.
  returned: when there is a record
  type: str
  sample: 2026-11-20T21-04-11Z-3f9c2d1
phase:
  description: How far the deploy is, V(planned), V(rolling_out), V(checking), V(undoing) or V(closed).
  returned: when there is a record
  type: str
  sample: checking
outcome:
  description: How the deploy ended; V(null) while it is open.
  returned: when there is a record
  type: str
  sample: succeeded
cause:
  description: Why the deploy turned back, in one line; V(null) when it did not.
  returned: when there is a record
  type: str
  sample: Essential container in task exited
services:
  description: The state of each service that the deploy changes, by its inventory name.
  returned: when there is a record
  type: dict
  sample: {user-service: stable}
"""
