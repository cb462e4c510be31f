# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Documentation of the action plugin of the same name, which does the work on the control node."""

DOCUMENTATION = r"""
module: deploy_close
short_description: "Finish a deploy: undo what failed, close the record, release the lock"
version_added: "0.1.0"
author: The Slipway authors (!UNKNOWN)
description:
  - If a check failed, undoes what the deploy changed. Then closes the record with its outcome, releases the lock, sends
    the notifications and prints the recap.
  - Does not fail if the deploy failed. M(slipway.deploy.service_result) does, for each service. A deploy that was
    undone is a failed deploy.
extends_documentation_fragment: [slipway.deploy.attributes, slipway.deploy.attributes.no_diff]
attributes:
  check_mode:
    details: Does nothing in check mode, which opens no record.
"""

EXAMPLES = r"""
- name: Finish the deploy
  slipway.deploy.deploy_close:
  run_once: true
"""

RETURN = r"""
hosts:
  description: The hosts that the deploy was to change.
  returned: when there is a record
  type: list
  elements: str
  sample: [umigo-dev-backend-i-0a1b2c3d4e5f60718]
record:
  description: The id of the deploy's record.
  returned: when there is a record
  type: str
  sample: 2026-11-20T21-04-11Z-3f9c2d1
phase:
  description: The phase of the deploy, V(planned), V(rolling_out), V(checking), V(undoing) or V(closed).
  returned: when there is a record
  type: str
  sample: checking
outcome:
  description: How the deploy ended. V(null) while it is open.
  returned: when there is a record
  type: str
  sample: succeeded
cause:
  description: Why the deploy failed, in one line. V(null) if it did not.
  returned: when there is a record
  type: str
  sample: Essential container in task exited
undo_asked:
  description: Whether the operator asked for the undo (C(-e resume=undo)). Such an undo is not a failure.
  returned: when there is a record
  type: bool
  sample: false
services:
  description: The state of each service and host that the deploy changes, by inventory name.
  returned: when there is a record
  type: dict
  sample: {user-service: stable}
"""
