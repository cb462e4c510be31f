# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Documentation of the action plugin of the same name, which does the work on the control node."""

from __future__ import annotations

DOCUMENTATION = r"""
module: smoke
short_description: Run the declared smoke checks through the environment's endpoint
version_added: "0.1.0"
author:
  - The Slipway authors (!UNKNOWN)
description:
  - Runs the C(smoke_checks) of the selected services, and the C(<group>_smoke_checks) of the selected hosts, several at
    once, with retries. A host's checks are shown in a table.
  - A check is a mapping. C(path) is required. C(name), C(method), C(status), C(headers), C(auth) (a C(user) and a
    C(password), for basic authentication) and C(send) (one of C(json), C(form) and C(text)) make the request. Where a
    secret belongs in one of them stands its source, a mapping of C(env), C(file), C(ssm) or C(secretsmanager) to its
    name.
  - C(body) must occur in the answer. C(json) maps dotted paths to what must stand there, a value, or rules for it, as
    are C(type), C(exists), C(equals), C(one_of), C(min), C(max), C(length), C(length_min), C(length_max) and C(max_age)
    (seconds since the time that stands there). C(max_latency) is in seconds.
  - C(take) maps names to dotted paths, and so gives names to values of the answer. Another check of the same service or
    host that says C(${login.token}) is made once C(login) has passed; all others run side by side.
  - C(retries) (5 by default), C(interval) and C(timeout) are as many, and seconds. Every method is repeated while the
    answer is not right; where a request must not be, C(retries) is 0.
  - Each request carries a trace id (C(traceparent)), which the record keeps, unless C(trace) is V(false) for the check,
    or C(smoke_trace) (C(<group>_smoke_trace)) for all.
  - Neither a secret nor a value that was taken is shown or recorded.
  - Each passes, fails or is inconclusive. A failure of what the deploy changed is undone or held as C(on_failure) says;
    what is inconclusive is held. What did not pass before the deploy never undoes it, nor does what it did not change;
    of these it warns if it failed before, and holds the release if it did not.
  - A service that runs nothing (a desired count of 0) is not asked.
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
- name: Run the declared smoke checks through the environment's endpoint
  slipway.deploy.smoke:
  run_once: true

# In the inventory:
# site_smoke_checks:
#   - {name: health, path: /health, json: {status: ok}, max_latency: 1}
#   - name: login
#     path: /auth/login
#     send: {form: {username: smoke, password: {env: SMOKE_PASSWORD}}}
#     take: {token: access_token}
#   - name: members
#     path: /members?page=1
#     headers: {Authorization: "Bearer ${login.token}"}
#     json: {items: {length_min: 1}}
"""

RETURN = r"""
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
  description: The state of each service that the deploy changes, by its inventory name.
  returned: when there is a record
  type: dict
  sample: {user-service: stable}
"""
