# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Documentation of the action plugin of the same name, which does the work on the control node."""

DOCUMENTATION = r"""
module: service_result
short_description: Report the result of a deploy for each service
version_added: "0.1.0"
author: The Slipway authors (!UNKNOWN)
description:
  - The actions of a deploy run once for the whole fleet, so Ansible shows their result on one host only. This module
    runs for every service and reports the deploy's result for it.
  - Fails for each service that the deploy was to change, if the deploy did not succeed.
options:
  deploy:
    description: The result of M(slipway.deploy.deploy_close).
    type: dict
    required: true
extends_documentation_fragment: [slipway.deploy.attributes, slipway.deploy.attributes.no_diff]
attributes:
  check_mode:
    details: Does nothing.
"""

EXAMPLES = r"""
- name: Report the result for each service
  slipway.deploy.service_result:
    deploy: "{{ closed }}"
"""

RETURN = r"""
state:
  description: The service's state in the record. V(unchanged) if the deploy was not to change it.
  returned: always
  type: str
  sample: stable
"""
