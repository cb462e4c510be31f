# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Documentation of the action plugin of the same name, which does the work on the control node."""

DOCUMENTATION = r"""
module: deploy_open
short_description: "Start a deploy: check the settings, take the lock, look for unfinished deploys"
version_added: "0.1.0"
author: The Slipway authors (!UNKNOWN)
description:
  - Checks all settings of the environment, that the environment C(local) cannot reach a real AWS account, and this
    machine's clock.
  - Takes the environment's lock. If someone else holds it, fails with one line that says who, why and until when.
  - If an earlier run was killed, shows what it left unfinished and fails, unless the extra variable C(resume) is
    V(finish) or V(undo).
  - If the extra variable C(build) names a build (its id, or V(latest) for the environment's newest), reads its manifest
    from the state store. Fails before the lock is taken if there is no such build, if it belongs to another
    environment, if it failed or has not ended, if it has a service that the inventory does not have, or if another
    variable chooses what is deployed as well.
  - Starts the sandbox for the environment C(local) if nothing answers at its endpoint.
options:
  kind:
    description: What begins. It is the reason for the lock, unless the extra variable C(reason) gives another.
    type: str
    choices: [deploy, rollback]
    default: deploy
extends_documentation_fragment: [slipway.deploy.attributes, slipway.deploy.attributes.no_diff]
attributes:
  check_mode:
    details: Checks the lock but does not take it.
"""

EXAMPLES = r"""
- name: Start the deploy
  slipway.deploy.deploy_open:
  run_once: true
  register: deploy
"""

RETURN = r"""
kind:
  description: What was begun, V(deploy) or V(rollback).
  returned: success
  type: str
  sample: deploy
lock:
  description: The state of the lock, as the plan shows it.
  returned: success
  type: str
  sample: lock free
build:
  description: The id of the build that is deployed; empty without one.
  returned: success
  type: str
  sample: 20261130T191500Z-abcdef0
resumed:
  description: How an unfinished deploy is resumed, V(finish) or V(undo). Empty for a new deploy.
  returned: success
  type: str
  sample: ""
hooks:
  description: The paths of the task files that C(deploy_hooks) names, by the point of the deploy at which they run.
  returned: success
  type: dict
  sample: {before_switch: [/srv/slipway/inventories/dev/hooks/drain.yml]}
record:
  description: The id of the resumed record.
  returned: when resumed
  type: str
  sample: 2026-11-20T21-04-11Z-3f9c2d1
"""
