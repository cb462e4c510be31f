# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Removing old releases."""

from __future__ import annotations


class ModuleDocFragment:
    """The options that artifact_prune and release_prune share."""

    DOCUMENTATION = r"""
options:
  directory:
    description: The directory that contains the releases.
    type: path
  keep:
    description: How many releases to keep, including those that are in use or needed for an undo.
    type: int
    default: 5
  failed:
    description: The id of a release that was undone. It is removed too, unless the ledger or a link needs it.
    type: str
  links:
    description: Symbolic links that may point at a release or into one. A release that a link points at is kept.
    type: list
    elements: path
  service:
    description: The service whose ledger says which releases an undo needs.
    type: str
"""
