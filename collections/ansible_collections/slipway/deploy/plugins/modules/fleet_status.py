# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Documentation of the action plugin of the same name, which does the work on the control node."""

from __future__ import annotations

DOCUMENTATION = r"""
module: fleet_status
short_description: Show the state of an environment on one screen
version_added: "0.1.0"
author:
  - The Slipway authors (!UNKNOWN)
description:
  - Shows the lock, the newest release and how it ended, and what every selected service runs (revision, image,
    tasks, rollout state, target group health, drift).
  - Compares what each service and host runs with what the records released. What does not run it is out of step,
    however healthy it is; who registered the revision that runs is said where ECS says it. What no record tells of is
    said to be not released by Slipway, which is no fault.
  - Of a site it looks at nginx, the front end, the API and the socket as well, and runs the smoke checks of hosts once.
  - Hosts that deploy themselves are shown by the records that they keep in the state store. They are not asked.
  - Says what an unfinished deploy, a failing service, what is out of step and drift need, each with its command.
  - Of a large fleet, the services in trouble are shown and the others are counted.
  - Nothing is changed and no lock is taken. It fails, after it has shown all, when something fails, is out of step or
    unknown, when a deploy is unfinished, or when the newest release is held or needs a person.
options: {}
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
- name: Show lock, last release and services
  slipway.deploy.fleet_status:
  run_once: true
"""

RETURN = r"""
lock:
  description: The lock in one line.
  returned: always, unless the settings are wrong or AWS cannot be read
  type: str
  sample: dev is not locked
record:
  description: The id of the newest record; V(null) before the first one.
  returned: success
  type: str
  sample: 2026-11-20T21-04-11Z-3f9c2d1
outcome:
  description: How the newest release ended; V(null) while it is open.
  returned: success
  type: str
  sample: succeeded
hosts:
  description: What each selected host runs, by its inventory name; hosts that deploy themselves by their own.
  returned: success
  type: dict
  sample: {umigo-dev-backend-i-0a1b2c3d4e5f60718: {verdict: pass, release: backend-v0.2.0}}
services:
  description: What each selected service runs, by its inventory name. C(condition) is V(well), V(failing),
    V(out_of_step), V(moving), V(unknown), V(idle) or V(unreleased). C(step) is V(in_step), V(out_of_step),
    V(unsettled), V(unreleased) or V(unknown); C(stray) says what is out of step, and C(release) which record released
    what should run.
  returned: success
  type: dict
  sample:
    user-service:
      condition: well
      detail: ""
      task_definition: arn:aws:ecs:eu-west-1:123456789012:task-definition/sdt-dev-user-service:18
      tag: 3f9c2d1
      digest: sha256:9f01
      running: 2
      desired: 2
      drift: ""
      step: in_step
      stray: ""
      release: 2026-11-20T21-04-11Z-3f9c2d1
"""
