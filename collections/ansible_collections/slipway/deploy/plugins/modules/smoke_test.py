# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Documentation of the action plugin of the same name, which does the work on the control node."""

from __future__ import annotations

DOCUMENTATION = r"""
module: smoke_test
short_description: Run the declared smoke checks by themselves
version_added: "0.1.0"
author:
  - The Slipway authors (!UNKNOWN)
description:
  - Runs the HTTP checks that the inventory declares for services and backend hosts, several at once, and prints them.
  - Changes nothing, takes no lock and writes no record. Fails when a check does not pass. A service that runs
    nothing (a desired count of 0) is not asked.
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
- name: Run the smoke checks
  slipway.deploy.smoke_test:
  run_once: true
"""

RETURN = r"""
smoke:
  description: What each check found.
  returned: success
  type: list
  elements: dict
  sample: [{name: user-service, check: health, verdict: pass, detail: "", attempts: 1}]
"""
