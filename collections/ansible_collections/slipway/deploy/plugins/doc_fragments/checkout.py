# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Checking out a repository on a host."""

from __future__ import annotations


class ModuleDocFragment:
    """The options that source_checkout and git_checkout share."""

    DOCUMENTATION = r"""
options:
  repository:
    description: The HTTPS URL of the repository, without credentials.
    type: str
    required: true
  version:
    description: A branch, a tag, or a full commit hash.
    type: str
    required: true
  dest:
    description: The path of the symbolic link to the checkout. The checkouts themselves are in C(<dest>.checkouts).
    type: path
    required: true
  directory:
    description: A directory, relative to the root of the repository, that the checkout must contain.
    type: str
    default: ""
  user:
    description: The user that runs git and owns the checkout.
    type: str
    required: true
  depth:
    description: How many commits of history to fetch. V(0) fetches all.
    type: int
    default: 1
  ca_file:
    description: A file on the host with the CA certificates to trust instead of the system's.
    type: path
  timeout:
    description: How many seconds a single git command may take.
    type: int
    default: 600
  keep:
    description: How many checkouts to keep. The live one and its predecessor are always kept.
    type: int
    default: 2
"""
