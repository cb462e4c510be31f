# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Documentation of the action plugin of the same name, which does the work on the control node."""

DOCUMENTATION = r"""
module: target_group
short_description: Deregister a host from its load balancer, and register it again
version_added: "0.1.0"
author: The Slipway authors (!UNKNOWN)
description:
  - Deregisters the host's instance from a target group and waits until its connections are drained, or registers it and
    waits until the load balancer finds it healthy.
  - The only healthy target is not deregistered, because that would interrupt the service for longer than a restart.
  - Calls AWS from the control node. The host's variable C(ec2_instance_id) is the instance.
options:
  name:
    description: The target group's name or ARN. If empty, nothing is done.
    type: str
    default: ""
  state:
    description: Whether the host is to be deregistered and drained, or registered and healthy.
    type: str
    choices: [drained, returned]
    required: true
  timeout:
    description: How many seconds the host has to become healthy.
    type: float
    default: 300.0
  ports:
    description:
      - With O(state=returned), the ports that the host was registered with before it was drained.
      - By default, the ports of the other targets in the group, or else the group's own port.
    type: list
    elements: int
    default: []
extends_documentation_fragment: [slipway.deploy.attributes, slipway.deploy.attributes.no_diff]
"""

EXAMPLES = r"""
- name: Deregister the host from its load balancer
  slipway.deploy.target_group:
    name: umigo-dev-backend
    state: drained

- name: Register the host again
  slipway.deploy.target_group:
    name: umigo-dev-backend
    state: returned
"""

RETURN = r"""
place:
  description: The state of the host in the target group.
  returned: success
  type: str
  sample: drained
ports:
  description: The ports that the host was registered with.
  returned: O(state=drained)
  type: list
  elements: int
  sample: [8080]
"""
