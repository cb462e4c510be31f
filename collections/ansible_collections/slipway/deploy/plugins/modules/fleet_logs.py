# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Documentation of the action plugin of the same name, which does the work on the control node."""

from __future__ import annotations

DOCUMENTATION = r"""
module: fleet_logs
short_description: Show the tasks, events and last log lines of services
version_added: "0.1.0"
author:
  - The Slipway authors (!UNKNOWN)
description:
  - For each selected service, shows the newest tasks (those that failed first, with stop reason and exit code, then
    those that run), the last events, and the last lines that they wrote by the C(awslogs) driver.
  - The logs of the newest failed task that wrote something and of the newest running task are shown. What looks
    like a secret is left out.
  - ECS forgets stopped tasks after about an hour; then the failure that the newest release recorded is shown.
  - Of many services, the first dozen is shown, those in trouble before the others. Nothing is changed and no lock
    is taken.
options:
  lines:
    description: How many lines of each log are shown, 1 to 1000. By default 50 when one service is selected, else 10.
    type: raw
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
- name: Show tasks, events and log lines
  slipway.deploy.fleet_logs:
    lines: 100
  run_once: true
"""

RETURN = r"""
services:
  description: How much was found of each service that is shown, by its inventory name.
  returned: success
  type: dict
  sample: {user-service: {running: 1, desired: 2, failed: 3, lines: 50}}
"""
