# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Documentation of the action plugin of the same name, which does the work on the control node."""

DOCUMENTATION = r"""
module: smoke
short_description: Run the smoke checks during a deploy
version_added: "0.1.0"
author: The Slipway authors (!UNKNOWN)
description:
  - Runs the C(smoke_checks) of the selected services through the environment's endpoint, and the
    C(<group>_smoke_checks) of the selected hosts. Checks run in parallel, with retries. The checks of hosts are shown
    in a table. For the format of a check, see O(slipway.deploy.smoke_test#module:smoke_checks).
  - Each check passes, fails or is inconclusive. If a service or host that the deploy changed fails its checks, it is
    undone or held, depending on C(on_failure). An inconclusive check holds the release.
  - A check that did not pass before the deploy never causes an undo. Neither does a check of what the deploy did not
    change. If such a check failed before as well, a warning is issued. If it did not, the release is held.
  - A service that runs no tasks (desired count 0) is skipped.
extends_documentation_fragment:
  - slipway.deploy.attributes
  - slipway.deploy.attributes.deploy_step
  - slipway.deploy.record
"""

EXAMPLES = r"""
- name: Run the smoke checks
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
#
"""
