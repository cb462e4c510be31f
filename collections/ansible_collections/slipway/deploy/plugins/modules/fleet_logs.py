# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Documentation of the action plugin of the same name, which does the work on the control node."""

DOCUMENTATION = r"""
module: fleet_logs
short_description: Show the tasks, events and last log lines of services
version_added: "0.1.0"
author: The Slipway authors (!UNKNOWN)
description:
  - For each selected service, shows the newest tasks, the last events, and the last lines that the tasks logged through
    the C(awslogs) driver. Failed tasks come first, with stop reason and exit code, followed by running ones.
  - Shows the logs of the newest failed task that logged something and of the newest running task. Anything that looks
    like a secret is removed.
  - ECS forgets stopped tasks after about an hour. From then on, the failure that the newest release recorded is shown.
  - If many services are selected, the first dozen are shown, those with problems first. Nothing is changed and no lock
    is taken.
options:
  lines:
    description: How many lines of each log to show, 1 to 1000. By default 50 if one service is selected, and 10
      otherwise.
    type: raw
extends_documentation_fragment: [slipway.deploy.attributes, slipway.deploy.attributes.no_diff]
"""

EXAMPLES = r"""
- name: Show tasks, events and log lines
  slipway.deploy.fleet_logs:
    lines: 100
  run_once: true
"""

RETURN = r"""
services:
  description: The number of tasks and log lines found for each service that is shown, by inventory name.
  returned: success
  type: dict
  sample: {user-service: {running: 1, desired: 2, failed: 3, lines: 50}}
"""
