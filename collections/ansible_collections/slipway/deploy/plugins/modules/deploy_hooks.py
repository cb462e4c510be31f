# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Documentation of the action plugin of the same name, which does the work on the control node."""

DOCUMENTATION = r"""
module: deploy_hooks
short_description: Find the hooks that are due at a point of a deploy
version_added: "0.1.0"
author: The Slipway authors (!UNKNOWN)
description:
  - An inventory names task files that run before and after the phases of a deploy, in the variable C(deploy_hooks).
    This module says which of them are due at one point. The playbook includes them, once, on the control node.
  - Nothing is due in a deploy that changes nothing. After a failure only the hooks of the phases V(undo) and V(finish)
    are due; those of V(undo) are due then only. They surround the undo of hosts. Services go back within the rollout
    that fails, or when the deploy finishes.
  - A hook that fails turns the deploy back, as any other failure does. During the undo, and after the deploy has
    ended, it is a warning.
options:
  point:
    description: Where the deploy is.
    type: str
    required: true
    choices:
      - before_stage
      - after_stage
      - before_migrate
      - after_migrate
      - before_roll_out
      - after_roll_out
      - before_switch
      - after_switch
      - before_check
      - after_check
      - before_undo
      - after_undo
      - before_finish
      - after_finish
  failed:
    description: Why a hook of this point failed. Then the failure is recorded, and nothing is due.
    type: str
    default: ""
extends_documentation_fragment: [slipway.deploy.attributes, slipway.deploy.attributes.deploy_step]
"""

EXAMPLES = r"""
- name: Find the hooks that are due
  slipway.deploy.deploy_hooks:
    point: before_switch
  run_once: true
  register: hooks
"""

RETURN = r"""
files:
  description: The paths of the task files, in the order in which they run.
  returned: success
  type: list
  elements: str
  sample: [/srv/slipway/inventories/dev/hooks/drain.yml]
"""
