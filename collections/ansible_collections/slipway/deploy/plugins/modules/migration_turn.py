# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Documentation of the action plugin of the same name, which does the work on the control node."""

from __future__ import annotations

DOCUMENTATION = r"""
module: migration_turn
short_description: Record that the database is backed up and migrated
version_added: "0.1.0"
author:
  - The Slipway authors (!UNKNOWN)
description:
  - Writes into the open record that the migrations of the plan are about to be carried out, after the lock was asked,
    and afterwards how far they came. A failed migration turns the deploy back.
  - Before that it says whether the tasks of the hook that the inventory declares (C(<group>_backup_hook)) have to take
    a backup, and records the backup. A hook that fails turns the deploy back before anything is migrated.
  - Changes no database. In check mode there is no record and nothing to do.
options:
  step:
    description:
      - Whether the migration begins or has ended, V(begin) and V(end).
      - Before it V(back_up) says what the hook has to do, and V(backed_up) reads what became of it from the facts
        C(__backed_up), C(__backup_failed) and C(slipway_backup) of the host.
    type: str
    choices: [back_up, backed_up, begin, end]
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
  description: Whether there is something to migrate or, with V(back_up), a backup to be taken.
  returned: success
  type: bool
  sample: true
hook:
  description: The file of the tasks that take the backup.
  returned: with V(back_up), when a backup is to be taken
  type: str
  sample: /srv/slipway/inventories/production/backup.yml
label:
  description: The backup's name, of lower-case letters, digits and hyphens. It is never used twice.
  returned: with V(back_up), when a backup is to be taken
  type: str
  sample: production-2026-11-21t09-10-11z-prod-20261121
release:
  description: The tag that is deployed.
  returned: with V(back_up), when a backup is to be taken
  type: str
  sample: prod-20261121
"""
