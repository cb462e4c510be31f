# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Documentation of the action plugin of the same name, which does the work on the control node."""

from __future__ import annotations

DOCUMENTATION = r"""
module: host_claim
short_description: Claim an environment for a host that deploys itself
version_added: "0.1.0"
author:
  - The Slipway authors (!UNKNOWN)
description:
  - The lock of an environment, as hosts hold it that run their own bundle. A host writes only below its own prefix of
    the state store, C(<env>/hosts/<host>/).
  - A claim excludes the lock of a deploy from elsewhere and the claims of other deployments; hosts and events of one
    deployment share it. It ends when it is given back, or by itself.
options:
  state:
    description:
      - V(taken) claims the environment, or finds the claim of an earlier event again.
      - V(held) fails unless the claim is held.
      - V(given_back) gives it back, if there is one.
    type: str
    choices: [taken, held, given_back]
    default: taken
  what:
    description:
      - V(environment) keeps other deployments out.
      - V(migration) is the turn of one host among those of its own deployment to back up and to migrate.
    type: str
    choices: [environment, migration]
    default: environment
  owner:
    description: The deployment's id.
    type: str
    required: true
  limit:
    description: Seconds after which the claim ends by itself. The deployment must be over by then.
    type: int
    default: 7200
  wait:
    description:
      - Seconds to wait for another that holds it. Every half minute a line says so.
      - Of a deployment that was stopped the other hosts are waited for a minute in any case.
    type: int
    default: 0
extends_documentation_fragment: [slipway.deploy.attributes]
attributes:
  check_mode:
    support: partial
    details: Nothing is claimed, so nothing can be said of it.
  diff_mode:
    support: none
  idempotent:
    support: full
"""

EXAMPLES = r"""
- name: Claim the environment
  slipway.deploy.host_claim:
    owner: "{{ deployment_id }}"
    wait: 60

- name: Wait for the turn to migrate
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
  description: Since when, in epoch seconds of the store's clock.
  returned: O(state=taken) and O(state=held), outside check mode
  type: float
  sample: 1795208651.0
waited:
  description: Whether another host had it first.
  returned: O(state=taken), outside check mode
  type: bool
expires_at:
  description: Until when, alike.
  returned: O(state=taken) and O(state=held), outside check mode
  type: float
  sample: 1795215851.0
"""
