# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Documentation of the action plugin of the same name, which does the work on the control node."""

from __future__ import annotations

DOCUMENTATION = r"""
module: lock
short_description: Show, take, break or free the lock of an environment
version_added: "0.1.0"
author:
  - The Slipway authors (!UNKNOWN)
description:
  - Every deploy holds its environment's lock, with owner, reason and expiry, and renews it while it runs.
  - This shows the lock, holds it for a person, takes it out of the hands of an owner that is gone, or gives it back.
  - All times are the state store's.
options:
  state:
    description:
      - V(shown) says who holds the lock and changes nothing.
      - V(taken) holds it for whoever runs this, until it is freed or expires. One's own manual lock is prolonged.
      - V(broken) frees the lock of somebody else. The run that held it changes nothing any more.
        So do hosts that deploy themselves; whether these are alive is not known here, so that needs O(force).
      - V(free) gives one's own manual lock back.
      - An option that the state does not use is refused.
    type: str
    choices: [shown, taken, broken, free]
    default: shown
  reason:
    description: Why, for whoever finds it locked or broken. Required for V(taken) and V(broken).
    type: str
    default: ""
  lock_for:
    description: How long O(state=taken) lasts, in seconds or as V(90m), V(4h), V(2d); at most 30 days.
    type: str
    default: 4h
  force:
    description: Break it also when its owner gave a sign of life just now, or when its document cannot be read.
    type: bool
    default: false
extends_documentation_fragment: [slipway.deploy.attributes]
attributes:
  check_mode:
    support: full
  diff_mode:
    support: none
  idempotent:
    support: partial
    details: Taking a lock again prolongs it.
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

- name: Break the lock of a run that is gone
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
  description: The lock as it is; V(null) where there never was one. Times are epoch seconds of the store's clock.
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
