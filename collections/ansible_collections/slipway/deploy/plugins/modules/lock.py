# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Documentation of the action plugin of the same name, which does the work on the control node."""

DOCUMENTATION = r"""
module: lock
short_description: Show, take, break or release the lock of an environment
version_added: "0.1.0"
author: The Slipway authors (!UNKNOWN)
description:
  - Every deploy holds the lock of its environment, with owner, reason and expiry, and renews it while it runs.
  - This module shows the lock, takes it for a person, breaks a lock whose owner is gone, or releases it.
  - All times are those of the state store's clock.
options:
  state:
    description:
      - V(shown) returns who holds the lock and changes nothing.
      - V(taken) takes the lock for the person who runs the playbook, until it is released or expires. A manual lock
        that the person already holds is extended.
      - V(broken) removes the lock of another owner. The run that held it stops making changes.
        So do hosts that deploy themselves. Whether these are alive is not known, so O(force) is required for them.
      - V(free) releases the person's own manual lock.
      - An option that the state does not use is refused.
    type: str
    choices: [shown, taken, broken, free]
    default: shown
  reason:
    description: The reason, shown to anyone who finds the lock taken or broken. Required for V(taken) and V(broken).
    type: str
    default: ""
  lock_for:
    description: How long O(state=taken) lasts, in seconds or as V(90m), V(4h), V(2d). At most 30 days.
    type: str
    default: 4h
  force:
    description: Breaks the lock even if its owner sent a heartbeat just now, or if the lock's document cannot be read.
    type: bool
    default: false
extends_documentation_fragment: [slipway.deploy.attributes, slipway.deploy.attributes.no_diff]
attributes:
  idempotent:
    support: partial
    details: Taking a lock again extends it.
"""

EXAMPLES = r"""
- name: Show who holds the lock
  slipway.deploy.lock:
  run_once: true

- name: Keep deploys out while the database moves
  slipway.deploy.lock:
    state: taken
    reason: move of the database
    lock_for: 2h
  run_once: true

- name: Break the lock of a run that no longer exists
  slipway.deploy.lock:
    state: broken
    reason: the CI machine died
  run_once: true
"""

RETURN = r"""
msg:
  description: The lock in one line.
  returned: always
  type: str
  sample: dev is locked by maria@ci-412 since 21:04 (deploy 3f9c2d1), expires 21:19, alive 4 s ago
lock:
  description: The lock. V(null) if there never was one. Times are epoch seconds of the state store's clock.
  returned: success
  type: dict
  sample:
    state: held
    owner: maria@ci-412
    reason: deploy
    deploy: 2026-11-20T21-04-11Z-3f9c2d1
    taken_at: 1795208651.0
    expires_at: 1795208771.0
    heartbeat_at: 1795208651.0
"""
