# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Documentation of the action plugin of the same name, which does the work on the control node."""

from __future__ import annotations

DOCUMENTATION = r"""
module: hosts_turn
short_description: Record what is done to the hosts of a deploy
version_added: "0.1.0"
author:
  - The Slipway authors (!UNKNOWN)
description:
  - Writes into the open record that the hosts of the play's batch are about to be changed, after the lock was asked,
    and afterwards what became of them, by what each host itself says. Whoever finds the record after a kill knows which
    hosts may be half-done.
  - A host that failed, or that is gone, turns the deploy back when more than C(backend_failure_threshold) did, or when
    no host is on the new release yet.
  - Changes no host. In check mode there is no record and nothing to do.
options:
  step:
    description:
      - V(stage) and V(switch) say which hosts have their turn; V(staged) and V(switched) take in how it went.
      - V(undo) says which hosts have to go back, V(undone) which did.
    type: str
    choices: [stage, staged, switch, switched, undo, undone]
    required: true

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
- name: Begin the turn of these hosts
  slipway.deploy.hosts_turn:
    step: switch
  run_once: true
  register: turn
"""

RETURN = r"""
hosts:
  description: The hosts of the batch that have their turn, or had it.
  returned: success
  type: list
  elements: str
  sample: [umigo-dev-backend-i-0a1b2c3d4e5f60718]
changing:
  description: All hosts that the deploy changes, in the plan's order.
  returned: success
  type: list
  elements: str
  sample: [umigo-dev-backend-i-0a1b2c3d4e5f60718]
release:
  description: The release that they should run, as the record holds it.
  returned: success
  type: dict
  sample: {release: backend-v0.2.0-0a1b2c3d4e5f, tag: backend-v0.2.0}
files:
  description: For each host the digests of the files that it ran with before; empty where they are not known.
  returned: success
  type: dict
links:
  description: For each host the links of what it ran before; empty where nothing did.
  returned: success
  type: dict
  sample:
    umigo-dev-backend-i-0a1b2c3d4e5f60718:
      - path: /app/app.jar
        target: /app/releases/backend-v0.1.0-9f8e7d6c5b4a/app.jar
before:
  description: For each host what it ran before, for C(service_release); empty where nothing did.
  returned: success
  type: dict
  sample:
    umigo-dev-backend-i-0a1b2c3d4e5f60718: {id: backend-v0.1.0-9f8e7d6c5b4a, tag: backend-v0.1.0}
schema:
  description: The version of the database's schema that the release runs with.
  returned: success
  type: str
  sample: "2"
direction:
  description: V(down) where the schema goes back to that version, else V(null).
  returned: success
  type: str
  sample: down
lost:
  description: Why nothing can be all as before any more, or V(null).
  returned: success
  type: str
  sample: migration 2 is not declared backward-compatible
cause:
  description: Why the deploy goes back, or V(null).
  returned: success
  type: str
  sample: the process ended 20 s after its start
"""
