# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Documentation of the action plugin of the same name, which does the work on the control node."""

from __future__ import annotations

DOCUMENTATION = r"""
module: service_result
short_description: Give each service its own result after a deploy
version_added: "0.1.0"
author:
  - The Slipway authors (!UNKNOWN)
description:
  - The actions of a deploy run once for the whole fleet, so Ansible shows their result on one host only. This
    one runs for every service and says what the deploy's end means for it.
  - Fails for each service that a deploy meant to change when the deploy did not end well.
options:
  deploy:
    description: What M(slipway.deploy.deploy_close) returned.
    type: dict
    required: true
extends_documentation_fragment: [slipway.deploy.attributes]
attributes:
  check_mode:
    support: full
    details: Does nothing.
  diff_mode:
    support: none
  idempotent:
    support: full
"""

EXAMPLES = r"""
- name: Say the result of each service
  slipway.deploy.service_result:
    deploy: "{{ closed }}"
"""

RETURN = r"""
state:
  description: The service's state in the record; V(unchanged) when the deploy did not mean to change it.
  returned: always
  type: str
  sample: stable
"""
