# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Documentation of the action plugin of the same name, which does the work on the control node."""

DOCUMENTATION = r"""
module: migration_turn
short_description: Record the backup and the migration of the database
version_added: "0.1.0"
author: The Slipway authors (!UNKNOWN)
description:
  - Before the planned migrations are applied, checks that the lock is still held and records that they are about to
    start. Afterwards, records the result. A failed migration makes the deploy fail and undo.
  - Before that, returns whether the backup hook of the inventory (C(<group>_backup_hook)) has to take a backup, and
    records the backup. A failed hook makes the deploy fail before anything is migrated.
  - Each kind of host has a database of its own. Which one is meant is the kind of the host that the task runs for.
  - Changes no database. In check mode, there is no record and nothing to do.
options:
  step:
    description:
      - V(begin) records the start of the migration, V(end) its result.
      - Before that, V(back_up) returns what the hook has to do, and V(backed_up) records its result.
    type: str
    choices: [back_up, backed_up, begin, end]
    required: true
  succeeded:
    description: With V(backed_up), whether all tasks of the hook succeeded.
    type: bool
    default: false
  result:
    description:
      - With V(backed_up), what the hook set as C(slipway_backup). With V(end), the result of the task that migrates.
      - A value that is not a dictionary counts as empty.
    type: raw
    default: {}
  failure:
    description: With V(backed_up) and V(end), the result of the task that failed.
    type: dict
    default: {}
extends_documentation_fragment: [slipway.deploy.attributes, slipway.deploy.attributes.no_diff]
"""

EXAMPLES = r"""
- name: Record that the migration is about to start
  slipway.deploy.migration_turn:
    step: begin
  run_once: true
  register: migration
"""

RETURN = r"""
due:
  description: Whether there is something to migrate or, with V(back_up), a backup to take.
  returned: success
  type: bool
  sample: true
hook:
  description: The task file that takes the backup.
  returned: with V(back_up), when a backup is to be taken
  type: str
  sample: /srv/slipway/inventories/production/backup.yml
label:
  description: The name for the backup, in lower-case letters, digits and hyphens. It is never used twice.
  returned: with V(back_up), when a backup is to be taken
  type: str
  sample: production-2026-11-21t09-10-11z-prod-20261121
release:
  description: The tag that is deployed.
  returned: with V(back_up), when a backup is to be taken
  type: str
  sample: prod-20261121
"""
