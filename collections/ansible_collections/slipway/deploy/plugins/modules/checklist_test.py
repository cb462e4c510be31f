# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Documentation of the action plugin of the same name, which does the work on the control node."""

from __future__ import annotations

DOCUMENTATION = r"""
module: checklist_test
short_description: Go through the declared checklist by itself
version_added: "0.1.0"
author:
  - The Slipway authors (!UNKNOWN)
description:
  - Asks every row of C(site_checklist) at once, as P(slipway.deploy.checklist#module) does, and prints one table.
  - Takes no lock and writes no record. Fails when a row is red or unknown.
  - Rows about what is new since a deploy mean the newest deploy that changed something, or C(-e checklist_since=…).
notes:
  - P(slipway.deploy.checklist_host#module) has to ask the hosts before, with C(register) V(__checklist_host).
options: {}
extends_documentation_fragment: [slipway.deploy.attributes]
attributes:
  check_mode:
    support: full
    details: Says what would be asked. A request or a program of the checklist may change something.
  diff_mode:
    support: none
  idempotent:
    support: full
"""

EXAMPLES = r"""
- name: Go through the checklist
  slipway.deploy.checklist_test:
  run_once: true
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
"""
