# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Documentation of the action plugin of the same name, which does the work on the control node."""

from __future__ import annotations

DOCUMENTATION = r"""
module: health
short_description: Check the health of all services and hosts after a rollout
version_added: "0.1.0"
author:
  - The Slipway authors (!UNKNOWN)
description:
  - Compares running with desired tasks and reads the health of target groups, for all services of the fleet.
    Services outside C(--limit) only warn.
  - Compares the revision that each service runs with the record's. What somebody else changed during the deploy is held
    where the deploy had changed it, and a warning where not.
  - Compares what every backend host runs with what the record says, and reads its place in the target group. What the
    hosts run has to be registered as C(__health) before, by M(slipway.deploy.service_release).
    Where the deploy changes no host, what they serve is looked at as well.
  - Finds the endpoint that C(smoke_base_url) or C(alb_name) names.
  - What it finds stands in the record. A failure of what the deploy changed is undone or held as C(on_failure) says;
    what is unknown is held. What was not healthy before the deploy never undoes it, nor does what it did not change.
options: {}
extends_documentation_fragment: [slipway.deploy.attributes]
attributes:
  check_mode:
    support: full
    details: Does nothing; the plan says what would change.
  diff_mode:
    support: none
  idempotent:
    support: full
"""

EXAMPLES = r"""
- name: Check the health of all services and hosts after a rollout
  slipway.deploy.health:
  run_once: true
"""

RETURN = r"""
endpoint:
  description: Where the fleet is reached from outside.
  returned: when the environment has one
  type: str
  sample: https://sdt-dev-alb-1.eu-west-1.elb.amazonaws.com
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
