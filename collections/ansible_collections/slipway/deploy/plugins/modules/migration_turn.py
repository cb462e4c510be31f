# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Documentation of the action plugin of the same name, which does the work on the control node."""

from __future__ import annotations

DOCUMENTATION = r"""
module: migration_turn
short_description: Record that the database is migrated
version_added: "0.1.0"
author:
  - The Slipway authors (!UNKNOWN)
description:
  - Writes into the open record that the migrations of the plan are about to be carried out, after the lock was asked,
    and afterwards how far they came. A failed migration turns the deploy back.
  - Changes no database. In check mode there is no record and nothing to do.
options:
  step:
    description: Whether the migration begins or has ended.
    type: str
    choices: [begin, end]
    required: true

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
- name: Record that the migration begins
  slipway.deploy.migration_turn:
    step: begin
  run_once: true
  register: migration
"""

RETURN = r"""
due:
  description: Whether there is something to migrate.
  returned: success
  type: bool
  sample: true
"""
