# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Documentation of the action plugin of the same name, which asks AWS on the control node."""

from __future__ import annotations

DOCUMENTATION = r"""
module: source_checkout
short_description: Check a repository out on a host with a token from the Parameter Store
version_added: "0.1.0"
author:
  - The Slipway authors (!UNKNOWN)
description:
  - Makes O(dest) a link to a checkout of the wanted commit, which is made beside it first. When that fails, the old
    checkout is left as it was.
  - git asks for the token by C(GIT_ASKPASS) and reads it from memory. It is in no argument, environment, file,
    C(.git/config) or reflog. Only the host in O(repository) gets it.
  - git reads no configuration of the machine or of a user, runs no hooks and asks no credential helper.
  - The token is read on the control node, from the first of O(token_parameters) that exists; the host has it in memory
    only, while git runs.
  - M(slipway.deploy.git_checkout) is the part that runs on the host.
options:
  repository:
    description: The repository's HTTPS URL, without credentials.
    type: str
    required: true
  version:
    description: A branch, a tag, or a commit with all its digits.
    type: str
    required: true
  dest:
    description: The path of the link. The checkouts are kept in the directory of this name with C(.checkouts) added.
    type: path
    required: true
  directory:
    description: A directory that must be in the checkout, relative to its root.
    type: str
    default: ""
  user:
    description: The user that git runs as and that owns the checkout.
    type: str
    required: true
  depth:
    description: How many commits of history to fetch; V(0) is all.
    type: int
    default: 1
  ca_file:
    description: A file on the host with the certificates of the authorities to trust, instead of the system's.
    type: path
  timeout:
    description: Seconds that one command of git may take.
    type: int
    default: 600
  keep:
    description: How many checkouts are kept; the live one and the one before it always are.
    type: int
    default: 2
  token_parameters:
    description:
      - Names of parameters in the Parameter Store; the first that exists has the token.
      - >-
        One may be kept on the control node instead, V({env: NAME}) or V({file: path}), which nobody else may read.
      - By default V(/<env>/github/pat), then V(/shared/github/pat-readonly). When none exists, or the list is empty,
        the repository is asked without a token.
    type: list
    elements: raw
extends_documentation_fragment: [slipway.deploy.attributes]
attributes:
  check_mode:
    support: full
    details: Asks the server which commit the version is.
  diff_mode:
    support: full
  idempotent:
    support: full
    details: As long as a branch does not move.
"""

EXAMPLES = r"""
- name: Check the backend's source out
  slipway.deploy.source_checkout:
    repository: https://github.com/starxtechnologysolutions/Umigo
    version: backend-v0.2.0
    dest: /opt/umigo/source
    directory: umigoCrmBackend
    user: slipway-build
"""

RETURN = r"""
commit:
  description: The commit that is checked out (in check mode, would be); after a failure, the one that still is.
  returned: when it is known
  type: str
  sample: 6f1c0b8f1d1a4e0c8a4e4d8d7c0e5b9f3a2d1c0b
previous:
  description: The commit that was checked out before, or V(null).
  returned: success
  type: str
  sample: 0a1b2c3d4e5f60718293a4b5c6d7e8f901234567
path:
  description: Where the checkout is, with O(directory).
  returned: success
  type: str
  sample: /opt/umigo/source/umigoCrmBackend
token_parameter:
  description: The parameter that the token was read from, or V(null).
  returned: always
  type: str
  sample: /shared/github/pat-readonly
"""
