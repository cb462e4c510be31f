# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Documentation of the action plugin of the same name, which does the work on the control node."""

from __future__ import annotations

DOCUMENTATION = r"""
module: deploy_open
short_description: "Begin a deploy: check the settings, take the lock, find what is unfinished"
version_added: "0.1.0"
author:
  - The Slipway authors (!UNKNOWN)
description:
  - Checks every setting of the environment, that C(local) cannot reach a real account, and this machine's clock.
  - Takes the environment's lock. A lock that somebody else holds ends the play with one line that says who, why
    and until when.
  - When an earlier run was killed, shows what it left and ends the play, unless the extra variable C(resume)
    says V(finish) or V(undo).
  - Starts the sandbox for the environment C(local) when nothing answers at its endpoint.
options:
  reason:
    description: Why, for whoever finds the environment locked. The extra variable C(reason) goes before it.
    type: str
    default: ""
extends_documentation_fragment: [slipway.deploy.attributes]
attributes:
  check_mode:
    support: full
    details: Looks at the lock and takes none.
  diff_mode:
    support: none
  idempotent:
    support: full
"""

EXAMPLES = r"""
- name: Begin the deploy
  slipway.deploy.deploy_open:
  run_once: true
  register: deploy
"""

RETURN = r"""
lock:
  description: The lock's state, in the words of the plan.
  returned: success
  type: str
  sample: lock free
resumed:
  description: How an unfinished deploy is gone on with, V(finish) or V(undo); empty for a new one.
  returned: success
  type: str
  sample: ""
hooks:
  description: The paths of the task files that C(deploy_hooks) names, by the point of the deploy at which they run.
  returned: success
  type: dict
  sample: {before_switch: [/srv/slipway/inventories/dev/hooks/drain.yml]}
record:
  description: The id of the record that is gone on with.
  returned: when resumed
  type: str
  sample: 2026-11-20T21-04-11Z-3f9c2d1
"""
