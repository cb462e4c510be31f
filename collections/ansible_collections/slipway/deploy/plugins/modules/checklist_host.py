# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Documentation of the action plugin of the same name, which does the work on the control node."""

from __future__ import annotations

DOCUMENTATION = r"""
module: checklist_host
short_description: Ask a host what the checklist wants to know of it
version_added: "0.1.0"
author:
  - The Slipway authors (!UNKNOWN)
description:
  - Has P(slipway.deploy.host_probe#module) answer the rows of C(site_checklist) that are asked on hosts.
  - What cannot be asked is an answer too, which P(slipway.deploy.checklist#module) calls unknown. A secret goes to the
    host in an argument that is never shown.
options: {}
extends_documentation_fragment: [slipway.deploy.attributes]
attributes:
  check_mode:
    support: full
    details: Runs no program of the checklist.
  diff_mode:
    support: none
  idempotent:
    support: full
"""

EXAMPLES = r"""
- name: Ask the host
  slipway.deploy.checklist_host:
  register: __checklist_host
  failed_when: false
"""

RETURN = r"""
answers:
  description: The answers by the names of the rows, each with C(took) and with C(error) when there is none.
  returned: success
  type: dict
  sample: {service: {loaded: true, active: active, sub: running, restarts: 0, took: 0.01}}
"""
