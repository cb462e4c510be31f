# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Documentation of the action plugin of the same name, which does the work on the control node."""

DOCUMENTATION = r"""
module: smoke_test
short_description: Run the smoke checks without a deploy
version_added: "0.1.0"
author: The Slipway authors (!UNKNOWN)
description:
  - Runs the smoke checks of the selected services and hosts in parallel and prints the results.
  - Changes nothing, takes no lock and writes no record. Fails if a check does not pass. A service that runs no tasks
    (desired count 0) is skipped.
extends_documentation_fragment: [slipway.deploy.attributes, slipway.deploy.attributes.no_diff, slipway.deploy.checks]
"""

EXAMPLES = r"""
- name: Run the smoke checks
  slipway.deploy.smoke_test:
  run_once: true
"""

RETURN = r"""
smoke:
  description: The result of each check.
  returned: success
  type: list
  elements: dict
  sample: [{name: user-service, check: health, verdict: pass, detail: "", attempts: 1}]
"""
