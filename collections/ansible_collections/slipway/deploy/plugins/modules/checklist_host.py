# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Documentation of the action plugin of the same name, which does the work on the control node."""

DOCUMENTATION = r"""
module: checklist_host
short_description: Check the checklist rows that a host answers
version_added: "0.1.0"
author: The Slipway authors (!UNKNOWN)
description:
  - Runs P(slipway.deploy.host_probe#module) on the host for the rows of the checklist that hosts answer. What the
    answers mean is decided by P(slipway.deploy.checklist#module).
  - A row that cannot be asked gets an error as its answer, which counts as unknown. A secret is passed to the host in
    an argument that is never shown.
extends_documentation_fragment:
  - slipway.deploy.attributes
  - slipway.deploy.attributes.no_diff
  - slipway.deploy.checks.checklist
attributes:
  check_mode:
    details: Does not run the programs of the checklist.
"""

EXAMPLES = r"""
- name: Check the rows that the host answers
  slipway.deploy.checklist_host:
  register: __checklist_host
  failed_when: false
"""

RETURN = r"""
answers:
  description: The answers by row name, each with C(took) in seconds, and with C(error) if there is no answer.
  returned: success
  type: dict
  sample: {service: {loaded: true, active: active, sub: running, restarts: 0, took: 0.01}}
"""
