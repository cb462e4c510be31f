# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The clone of a source, and how its repository is worked in."""

from __future__ import annotations


class ModuleDocFragment:
    """The options path, repository and rules."""

    DOCUMENTATION = r"""
options:
  path:
    description: A clone of the repository with its whole history. Also by E(SLIPWAY_SOURCE).
    type: raw
    default: ""
  repository:
    description: The name of the repository in O(rules). By default the only one. Also by E(SLIPWAY_REPOSITORY).
    type: raw
    default: ""
  rules:
    description:
      - The rules of each repository by its name. C(strategy) is V(services), V(infrastructure) or V(library).
      - Others are C(main), C(develop), C(version_file), C(component) (its release tags are C(<component>-vX.Y.Z)),
        C(task_id) (a regular expression), C(commit_types) and C(other_branches) (patterns of names that are allowed).
    type: raw
    required: true
"""
