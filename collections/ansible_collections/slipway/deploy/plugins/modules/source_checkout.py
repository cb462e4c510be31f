# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Documentation of the action plugin of the same name, which asks AWS on the control node."""

from __future__ import annotations

DOCUMENTATION = r"""
module: source_checkout
short_description: Check out a repository on a host with a token from the Parameter Store
version_added: "0.1.0"
author:
  - The Slipway authors (!UNKNOWN)
description:
  - Reads the token on the control node, from the first of O(token_parameters) that exists, and checks out the
    repository with M(slipway.deploy.git_checkout) on the host. The token is on the host only while git runs, and only
    in memory.
  - If the checkout fails, the current one stays in place.
options:
  token_parameters:
    description:
      - Names of parameters in the SSM Parameter Store. The first one that exists contains the token.
      - >-
        A token can be on the control node instead, V({env: NAME}) or V({file: path}). Only the owner of the file may
        have access to it.
      - By default, V(/<env>/github/pat) and V(/shared/github/pat-readonly). If none exists, or the list is empty, no
        token is used.
    type: list
    elements: raw
extends_documentation_fragment:
  - slipway.deploy.attributes
  - slipway.deploy.attributes.full
  - slipway.deploy.checkout
attributes:
  check_mode:
    details: Asks the server for the commit of the version.
  idempotent:
    details: As long as a branch does not move.
"""

EXAMPLES = r"""
- name: Check out the backend's source
  slipway.deploy.source_checkout:
    repository: https://github.com/starxtechnologysolutions/Umigo
    version: backend-v0.2.0
    dest: /opt/umigo/source
    directory: umigoCrmBackend
    user: slipway-build
"""

RETURN = r"""
commit:
  description: As RV(slipway.deploy.git_checkout#module:commit).
  returned: when it is known
  type: str
previous:
  description: As RV(slipway.deploy.git_checkout#module:previous).
  returned: success
  type: str
path:
  description: As RV(slipway.deploy.git_checkout#module:path).
  returned: success
  type: str
token_parameter:
  description: The parameter that the token was read from, or V(null).
  returned: always
  type: str
  sample: /shared/github/pat-readonly
"""
