# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Documentation of the action plugin of the same name, which does the work on the control node."""

DOCUMENTATION = r"""
module: checklist_test
short_description: Go through the checklist without a deploy
version_added: "0.1.0"
author: The Slipway authors (!UNKNOWN)
description:
  - Checks every row in parallel, as P(slipway.deploy.checklist#module) does, and prints one table.
  - Takes no lock and writes no record. Fails if a row is red or unknown.
  - V(sentry) rows count the issues since the newest deploy that changed something, or since C(-e checklist_since=…).
notes:
  - The names in O(observations) are C(checklist), the result of M(slipway.deploy.checklist_host).
extends_documentation_fragment:
  - slipway.deploy.attributes
  - slipway.deploy.attributes.no_diff
  - slipway.deploy.checks.checklist
  - slipway.deploy.observations
attributes:
  check_mode:
    details: Only prints what it would check. A request or a program of the checklist may change something.
"""

EXAMPLES = r"""
- name: Go through the checklist
  slipway.deploy.checklist_test:
  run_once: true
"""

RETURN = r"""
checklist:
  description: The result of each row, as RV(slipway.deploy.checklist#module:checklist).
  returned: success
  type: list
  elements: dict
"""
