# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Documentation of the action plugin of the same name, which does the work on the control node."""

DOCUMENTATION = r"""
module: host_claim
short_description: Lock an environment for a host that deploys itself
version_added: "0.1.0"
author: The Slipway authors (!UNKNOWN)
description:
  - Takes and releases the lock of an environment for hosts that run their own bundle. A host writes only below its own
    prefix of the state store, C(<env>/hosts/<host>/).
  - A claim excludes the lock of a deploy from elsewhere, and the claims of other deployments. The hosts and events of
    one deployment share a claim. It ends when it is released, or when it expires.
options:
  state:
    description:
      - V(taken) claims the environment, or finds the claim of an earlier event of the deployment.
      - V(held) fails if the claim is not held.
      - V(given_back) releases the claim, if there is one.
    type: str
    choices: [taken, held, given_back]
    default: taken
  what:
    description:
      - V(environment) excludes other deployments.
      - V(migration) lets only one host of the deployment at a time take the backup and migrate.
    type: str
    choices: [environment, migration]
    default: environment
  owner:
    description: The deployment's id.
    type: str
    required: true
  limit:
    description: How many seconds until the claim expires. The deployment must be finished by then.
    type: int
    default: 7200
  wait:
    description:
      - How many seconds to wait for another owner. Every 30 seconds, a line says so.
      - The other hosts of a deployment that was stopped are always waited for, for at least one minute.
    type: int
    default: 0
extends_documentation_fragment: [slipway.deploy.attributes, slipway.deploy.attributes.no_diff]
attributes:
  check_mode:
    support: partial
    details: Claims nothing, so no values are returned.
"""

EXAMPLES = r"""
- name: Claim the environment
  slipway.deploy.host_claim:
    owner: "{{ deployment_id }}"
    wait: 60

- name: Wait until this host may migrate
  slipway.deploy.host_claim:
    what: migration
    owner: "{{ deployment_id }}"
    limit: 1500
    wait: 1200
"""

RETURN = r"""
owner:
  description: The deployment's id.
  returned: O(state=taken) and O(state=held), outside check mode
  type: str
  sample: d-A1B2C3D4E
taken_at:
  description: When the claim was taken, in epoch seconds of the state store's clock.
  returned: O(state=taken) and O(state=held), outside check mode
  type: float
  sample: 1795208651.0
waited:
  description: Whether another host held the claim first.
  returned: O(state=taken), outside check mode
  type: bool
expires_at:
  description: When the claim expires, in epoch seconds of the state store's clock.
  returned: O(state=taken) and O(state=held), outside check mode
  type: float
  sample: 1795215851.0
"""
