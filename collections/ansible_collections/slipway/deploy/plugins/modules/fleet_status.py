# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Documentation of the action plugin of the same name, which does the work on the control node."""

DOCUMENTATION = r"""
module: fleet_status
short_description: Show the state of an environment on one screen
version_added: "0.1.0"
author: The Slipway authors (!UNKNOWN)
description:
  - Shows the lock, the newest release and how it ended, and what every selected service runs (revision, image, tasks,
    rollout state, target group health, drift).
  - Compares what each service and host runs with what the records released. A difference is shown as out of step, even
    if the service is healthy, with whoever registered the running revision if ECS knows. A service without a record is
    shown as not released by Slipway, which is not an error.
  - For a site, also checks nginx, the front end, the API and the socket, and runs the smoke checks of the hosts once.
  - Hosts that deploy themselves are shown from their records in the state store. They are not contacted.
  - For an unfinished deploy, a failing service, drift, and anything out of step, shows the command that fixes it.
  - In a large fleet, shows the services with problems and counts the others.
  - Changes nothing and takes no lock. After everything is shown, it fails if something fails, is out of step or
    unknown, if a deploy is unfinished, or if the newest release is held or needs a person.
notes:
  - The names in O(observations) are C(health), C(serving_result) and C(serving_questions).
extends_documentation_fragment:
  - slipway.deploy.attributes
  - slipway.deploy.attributes.no_diff
  - slipway.deploy.observations
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
  description: The id of the newest record. V(null) before the first one.
  returned: success
  type: str
  sample: 2026-11-20T21-04-11Z-3f9c2d1
outcome:
  description: How the newest release ended. V(null) while it is open.
  returned: success
  type: str
  sample: succeeded
hosts:
  description: What each selected host runs, by inventory name. Hosts that deploy themselves have the names in their
    records.
  returned: success
  type: dict
  sample: {umigo-dev-backend-i-0a1b2c3d4e5f60718: {verdict: pass, release: backend-v0.2.0}}
services:
  description: What each selected service runs, by inventory name. C(condition) is V(well), V(failing),
    V(out_of_step), V(moving), V(unknown), V(idle) or V(unreleased). C(step) is V(in_step), V(out_of_step),
    V(unsettled), V(unreleased) or V(unknown). C(stray) describes what is out of step. C(release) is the record that
    released what should run.
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
