# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Documentation of the action plugin of the same name, which does the work on the control node."""

DOCUMENTATION = r"""
module: codedeploy_event
short_description: Record a lifecycle event of a CodeDeploy deployment on a host
version_added: "0.1.0"
author: The Slipway authors (!UNKNOWN)
description:
  - Each lifecycle event of a deployment is a separate run. The events share a record, which the host keeps in the state
    store below C(<env>/hosts/<host>/releases/). This module opens, continues and closes the record.
  - With O(database_schema), it refuses a release that cannot run with the database's current schema. This detects a
    rollback by CodeDeploy, which redeploys the previous revision.
options:
  deployment:
    description: The deployment's id.
    type: str
    required: true
  event:
    description: The lifecycle event. C(BeforeInstall) opens the record.
    type: str
    required: true
  state:
    description:
      - The state of the event. V(succeeded) and V(failed) end the deployment on this host. V(shown) writes nothing.
      - V(back_up) returns the C(<group>_backup_hook) that must run before the migration, if one is configured.
        V(backed_up) records that it ran.
    type: str
    choices: [shown, begun, back_up, backed_up, done, succeeded, failed]
    required: true
  release:
    description: The content of the bundle's C(release.json), and the release's id as C(release).
    type: dict
    default: {}
  configuration:
    description: The directory of the release's configuration.
    type: str
    default: ""
  migration:
    description: >-
      The result of the task that migrated the database, such as M(slipway.deploy.database_migration), or of the task
      that failed.
    type: dict
    default: {}
  switch:
    description: The result of M(slipway.deploy.service_release) for the release.
    type: dict
    default: {}
  undo:
    description: With O(state=failed), the result of M(slipway.deploy.service_release) for the undo.
    type: dict
  backup:
    description: With O(state=backed_up), what the hook reported about the backup.
    type: dict
    default: {}
  cause:
    description: With O(state=failed), the reason in one line.
    type: str
    default: ""
  database_schema:
    description: The current version of the database's schema.
    type: str
  force_schema:
    description: Whether to continue with a release that does not match O(database_schema).
    type: bool
    default: false
extends_documentation_fragment: [slipway.deploy.attributes, slipway.deploy.attributes.no_diff]
attributes:
  check_mode:
    support: partial
    details: Nothing is written or looked up, so most values are not returned.
  idempotent:
    support: none
    details: Each event is recorded.
"""

EXAMPLES = r"""
- name: Open the deployment's record
  slipway.deploy.codedeploy_event:
    deployment: "{{ deployment_id }}"
    event: BeforeInstall
    state: begun
    release: {group: backend, tag: backend-v0.2.0, schema: "2"}
"""

RETURN = r"""
due:
  description: Whether a backup must be taken.
  returned: O(state=back_up) and O(state=backed_up)
  type: bool
hook:
  description: The task file that takes the backup.
  returned: when RV(due)
  type: str
label:
  description: The name for the backup.
  returned: when RV(due)
  type: str
known:
  description: Whether the deployment has a record on this host.
  returned: outside check mode
  type: bool
record:
  description: The record's id.
  returned: when there is a record
  type: str
  sample: 2026-11-20T21-04-11Z-d-A1B2C3D4E
outcome:
  description: How the deployment ended on this host. V(null) while it is in progress.
  returned: when there is a record
  type: str
  sample: succeeded
target:
  description: The state of the host.
  returned: when there is a record
  type: str
  sample: stable
needs_person:
  description: Whether the old release must not be restored, because it cannot run with the database's schema.
  returned: outside check mode
  type: bool
line:
  description: The result of the deployment in one line. Empty while the deployment is in progress.
  returned: outside check mode
  type: str
  sample: backend-v0.2.0 serves
"""
