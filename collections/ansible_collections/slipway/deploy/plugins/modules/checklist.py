# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Documentation of the action plugin of the same name, which does the work on the control node."""

DOCUMENTATION = r"""
module: checklist
short_description: Go through the checklist after a deploy
version_added: "0.1.0"
author: The Slipway authors (!UNKNOWN)
description:
  - Checks every row of the group's checklist (C(<group>_checklist)) in parallel, prints one table and writes the result
    to the record of the open deploy. For the format of a row, see O(slipway.deploy.checklist_test#module:checklist).
  - A row is green if the answer is right, red if it is wrong, and unknown if there is no answer that says either. Red
    and unknown both hold the release, which stays in place until a person has looked at it. Nothing is undone.
notes:
  - The names in O(observations) are C(checklist), the result of M(slipway.deploy.checklist_host).
extends_documentation_fragment:
  - slipway.deploy.attributes
  - slipway.deploy.attributes.deploy_step
  - slipway.deploy.record
  - slipway.deploy.observations
"""

EXAMPLES = r"""
- name: Go through the checklist
  slipway.deploy.checklist:
  run_once: true

# In the inventory:
# site_checklist:
#   - {name: health, kind: http, path: /api/health, json: {status: ok}}
#   - {name: sentry, kind: sentry, organization: stmary, projects: [salitemihret], token: {env: SENTRY_TOKEN}, wait: 30}
#   - {name: scheduler, kind: scheduler, path: /api/health, json: {scheduler.last_run: {max_age: 120}}}
#   - {name: queue, kind: redis_queue, key: "rq:queue:default", below: 10, url: {service: REDIS_URL}}
#   - {name: service, kind: systemd}
"""

RETURN = r"""
checklist:
  description: The result of each row. C(verdict) is V(green), V(red) or V(unknown). C(host) is the host that was asked,
    if several were. C(took) is in seconds.
  returned: success
  type: list
  elements: dict
  sample: [{name: queue, kind: redis_queue, host: null, verdict: green, detail: 0 waiting, took: 0.004,
    checked_at: "2026-11-20T21:05:02+00:00"}]
"""
