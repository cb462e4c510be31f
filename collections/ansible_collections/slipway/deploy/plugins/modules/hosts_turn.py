# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Documentation of the action plugin of the same name, which does the work on the control node."""

DOCUMENTATION = r"""
module: hosts_turn
short_description: Record the progress of a deploy on its hosts
version_added: "0.1.0"
author: The Slipway authors (!UNKNOWN)
description:
  - Before a batch of hosts is changed, checks that the lock is still held and records which hosts are about to be
    changed. Afterwards, records each host's result. If the run is killed, the record shows which hosts may be partly
    changed.
  - A host that failed or cannot be reached makes the deploy fail and undo, if more than C(<group>_failure_threshold)
    hosts of its group failed, or if none of them runs the new release yet.
  - Changes no host. In check mode, there is no record and nothing to do.
options:
  step:
    description:
      - V(stage) and V(switch) return the hosts of the batch that are to be changed. V(staged) and V(switched) record
        the results.
      - V(undo) returns the hosts that are to be undone. V(undone) records the results.
    type: str
    choices: [stage, staged, switch, switched, undo, undone]
    required: true
notes:
  - The names in O(observations) are C(staged) and C(stage_failed) (V(staged)), or C(after)
    and C(turn_failed) (V(switched), V(undone)).
extends_documentation_fragment:
  - slipway.deploy.attributes
  - slipway.deploy.attributes.no_diff
  - slipway.deploy.observations
"""

EXAMPLES = r"""
- name: Record that these hosts are about to be switched
  slipway.deploy.hosts_turn:
    step: switch
  run_once: true
  register: turn
"""

RETURN = r"""
hosts:
  description: The hosts of the batch that are to be changed, or were changed.
  returned: success
  type: list
  elements: str
  sample: [umigo-dev-backend-i-0a1b2c3d4e5f60718]
changing:
  description: All hosts that the deploy changes, in the order of the plan.
  returned: success
  type: list
  elements: str
  sample: [umigo-dev-backend-i-0a1b2c3d4e5f60718]
kinds:
  description: For each kind of host that has a release in the record, what its tasks have to know.
  returned: success
  type: dict
  sample:
    backend:
      release: {release: backend-v0.2.0-0a1b2c3d4e5f, tag: backend-v0.2.0}
      hosts: [umigo-dev-backend-i-0a1b2c3d4e5f60718]
      schema: "2"
      direction: null
      lost: null
  contains:
    release:
      description: The release that the hosts should run.
      type: dict
    hosts:
      description: Those of RV(hosts) that are of this kind.
      type: list
      elements: str
    schema:
      description: The version of the database's schema that the release runs with.
      type: str
    direction:
      description: V(down) if the schema is downgraded to that version. Otherwise V(null).
      type: str
    lost:
      description: Why the previous state cannot be restored completely, or V(null).
      type: str
files:
  description: For each host, the digests of the files that it ran with before. Empty if they are not known.
  returned: success
  type: dict
links:
  description: For each host, the links of what it ran before. Empty if it ran nothing.
  returned: success
  type: dict
  sample:
    umigo-dev-backend-i-0a1b2c3d4e5f60718:
      - path: /app/app.jar
        target: /app/releases/backend-v0.1.0-9f8e7d6c5b4a/app.jar
before:
  description: For each host, the release that it ran before, for M(slipway.deploy.service_release). Empty if it ran
    none.
  returned: success
  type: dict
  sample:
    umigo-dev-backend-i-0a1b2c3d4e5f60718: {id: backend-v0.1.0-9f8e7d6c5b4a, tag: backend-v0.1.0}
cause:
  description: Why the deploy is undone, or V(null).
  returned: success
  type: str
  sample: the process ended 20 s after its start
"""
