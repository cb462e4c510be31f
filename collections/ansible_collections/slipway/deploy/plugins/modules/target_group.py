# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Documentation of the action plugin of the same name, which does the work on the control node."""

from __future__ import annotations

DOCUMENTATION = r"""
module: target_group
short_description: Take a host out of its load balancer, and put it back
version_added: "0.1.0"
author:
  - The Slipway authors (!UNKNOWN)
description:
  - Deregisters the host's instance from a target group and waits until its connections are drained, or registers it
    and waits until the load balancer finds it healthy.
  - The only healthy target stays in its place. Draining it would leave nobody to answer for longer than a restart does.
  - Asks AWS from the control node. The instance is C(ec2_instance_id) of the host.
options:
  name:
    description: The target group's name or ARN. Without it nothing is done.
    type: str
    default: ""
  state:
    description: Whether the host is to be out of the group, or in it and healthy.
    type: str
    choices: [drained, returned]
    required: true
  timeout:
    description: Seconds within which the host has to become healthy.
    type: float
    default: 300.0
  ports:
    description:
      - With O(state=returned), the ports that the host was registered with before it was drained.
      - Without any, those of its neighbours in the group, else the group's own.
    type: list
    elements: int
    default: []
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
- name: Take the host out of its load balancer
  slipway.deploy.target_group:
    name: umigo-dev-backend
    state: drained

- name: Put the host back
  slipway.deploy.target_group:
    name: umigo-dev-backend
    state: returned
"""

RETURN = r"""
place:
  description: Where the host stands.
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
