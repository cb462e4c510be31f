# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The attributes of modules: what each means, and the support that most modules have."""

from __future__ import annotations


class ModuleDocFragment:
    """A module extends DOCUMENTATION and one of the others, and adds the details that it has."""

    DOCUMENTATION = r"""
options: {}
attributes:
  check_mode:
    description: Can run in C(check_mode) and return changed status prediction without modifying target.
  diff_mode:
    description: Will return details on what has changed (or possibly needs changing in C(check_mode)), when in
      diff mode.
  idempotent:
    description: When run twice in a row outside check mode, with the same arguments, the second invocation
      indicates no change.
"""

    # A module that supports all of them.
    FULL = r"""
attributes:
  check_mode: {support: full}
  diff_mode: {support: full}
  idempotent: {support: full}
"""

    # A module that only reads, or whose changes have no text to compare.
    NO_DIFF = r"""
attributes:
  check_mode: {support: full}
  diff_mode: {support: none}
  idempotent: {support: full}
"""

    # A step of a deploy, which works on the deploy's open record.
    DEPLOY_STEP = r"""
attributes:
  check_mode:
    support: full
    details: Does nothing in check mode, which opens no record. The plan shows what would change.
  diff_mode: {support: none}
  idempotent: {support: full}
"""
