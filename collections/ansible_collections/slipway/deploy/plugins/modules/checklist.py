# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Documentation of the action plugin of the same name, which does the work on the control node."""

from __future__ import annotations

DOCUMENTATION = r"""
module: checklist
short_description: Go through the declared checklist after a deploy
version_added: "0.1.0"
author:
  - The Slipway authors (!UNKNOWN)
description:
  - Asks every row of C(site_checklist) at once, prints one table and writes the answers into the open deploy's record.
  - A row is green when the answer is right, red when it is wrong, and unknown when there is no answer that says either.
    Red and unknown alike hold the release, which stays as it is until a person has looked. Nothing is undone.
  - A row is a mapping with C(name), C(kind), and what the kind takes. Where a secret belongs stands its source, a
    mapping of C(env), C(file), C(ssm) or C(secretsmanager) to its name. C(timeout) is in seconds, 10 by default;
    C(wait) is how many seconds pass before it is asked.
  - V(http) and V(import_wizard) (one POST) take what a smoke check takes (see P(slipway.deploy.smoke#module)), and
    C(url) where it is not the site's own. Rows may take values from one another, as C(${login.token}). They have no
    C(wait), but C(retries) and C(interval).
  - V(scheduler) is either a request with C(path) and C(json), whose rule C(max_age) wants a time of the last so many
    seconds, or C(key), C(max_age) and a Redis. An older heartbeat is red, and one that is not there as well, because
    who beats sets it. One that is no time is unknown.
  - V(redis_queue) takes C(key), C(below) (10 by default), C(type) (V(list), V(stream), V(sorted_set) or V(set)) and a
    Redis. A key that is not there is an empty queue.
  - A Redis is C(url) (C(redis://), C(rediss://), C(unix://), the source of a secret, or a mapping of C(service) to the
    variable or credential that the service itself has), C(password) (a source), C(ca_file), and C(via), V(control) or
    V(host). It is asked from the control node, or by the host itself, where it listens to that only.
  - V(sentry) takes C(organization), C(token) (a source; scope C(event:read)), C(projects), C(environment), C(levels)
    (V(error) and V(fatal) by default) and C(url). It is red when there are unresolved issues that were first seen since
    the deploy began. Whatever is no plain answer is unknown.
  - V(systemd) takes C(unit), the group's service by default, and is asked of every host.
  - V(command) takes C(argv) and C(via), V(control) by default. Exit code 0 is green, 1 is red, all else is unknown. The
    first line that it prints is shown.
notes:
  - P(slipway.deploy.checklist_host#module) has to ask the hosts before, with C(register) V(__checklist_host).
options: {}
extends_documentation_fragment: [slipway.deploy.attributes]
attributes:
  check_mode:
    support: full
    details: Does nothing; the plan says what would change.
  diff_mode:
    support: none
  idempotent:
    support: full
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
  description: What became of each row. C(verdict) is V(green), V(red) or V(unknown); C(host) says whose row it is where
    several were asked; C(took) is in seconds.
  returned: success
  type: list
  elements: dict
  sample: [{name: queue, kind: redis_queue, host: null, verdict: green, detail: 0 waiting, took: 0.004,
    checked_at: "2026-11-20T21:05:02+00:00"}]
record:
  description: The id of the deploy's record.
  returned: when there is a record
  type: str
  sample: 2026-11-20T21-04-11Z-3f9c2d1
phase:
  description: How far the deploy is, V(planned), V(rolling_out), V(checking), V(undoing) or V(closed).
  returned: when there is a record
  type: str
  sample: checking
outcome:
  description: How the deploy ended; V(null) while it is open.
  returned: when there is a record
  type: str
  sample: succeeded
cause:
  description: Why the deploy turned back, in one line; V(null) when it did not.
  returned: when there is a record
  type: str
  sample: Essential container in task exited
services:
  description: The state of each service and host that the deploy changes, by its inventory name.
  returned: when there is a record
  type: dict
  sample: {site-1: stable}
"""
