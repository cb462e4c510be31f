# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Documentation of the action plugin of the same name, which does the work on the control node."""

from __future__ import annotations

DOCUMENTATION = r"""
module: codedeploy_event
short_description: Write down what becomes of a CodeDeploy deployment on a host
version_added: "0.1.0"
author:
  - The Slipway authors (!UNKNOWN)
description:
  - Every event of a deployment is a run of its own. What they know of each other is the record that the host keeps at
    C(<env>/hosts/<host>/releases/) in the state store, which this opens, continues and closes.
  - With O(database_schema) it refuses a release that cannot read the schema the database has; this is how a rollback
    by CodeDeploy, a redeploy of the previous revision, is found out.
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
      - What became of the event; V(succeeded) and V(failed) end the deployment on this host. V(shown) writes nothing.
      - V(back_up) returns the C(backend_backup_hook) that has to be run before the migration, if one is declared;
        V(backed_up) writes that it was.
    type: str
    choices: [shown, begun, back_up, backed_up, done, succeeded, failed]
    required: true
  release:
    description: What C(release.json) of the bundle says, with C(release), the release's id.
    type: dict
    default: {}
  configuration:
    description: The directory of the configuration that belongs to the release.
    type: str
    default: ""
  migrations:
    description: What was migrated, with C(state), C(from), C(to), C(applied) and C(restore_to).
    type: dict
    default: {}
  switch:
    description: What M(slipway.deploy.service_release) returned for the release.
    type: dict
    default: {}
  undo:
    description: With O(state=failed), what M(slipway.deploy.service_release) returned for the way back.
    type: dict
  backup:
    description: With O(state=backed_up), what the hook said of the backup.
    type: dict
    default: {}
  cause:
    description: With O(state=failed), why, in one line.
    type: str
    default: ""
  database_schema:
    description: The version of the schema that the database has now.
    type: str
  force_schema:
    description: Whether to go on with a release that does not fit O(database_schema).
    type: bool
    default: false
extends_documentation_fragment: [slipway.deploy.attributes]
attributes:
  check_mode:
    support: partial
    details: Nothing is written or looked up, so nothing can be said.
  diff_mode:
    support: none
  idempotent:
    support: none
    details: Each event is written down.
"""

EXAMPLES = r"""
- name: Begin the deployment on this host
  slipway.deploy.codedeploy_event:
    deployment: "{{ deployment_id }}"
    event: BeforeInstall
    state: begun
    release: {tag: backend-v0.2.0, schema: "2"}
"""

RETURN = r"""
due:
  description: Whether a backup has to be taken.
  returned: O(state=back_up) and O(state=backed_up)
  type: bool
hook:
  description: The file of tasks that takes it.
  returned: when RV(due)
  type: str
label:
  description: What the backup is to be called.
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
  description: How the deployment ended on this host; V(null) while it runs.
  returned: when there is a record
  type: str
  sample: succeeded
configuration:
  description: The directory of the configuration that an earlier event prepared.
  returned: when there is a record
  type: str
  sample: /etc/umigo-backend/generations/5f0c9e1a2b3c4d5e
target:
  description: The state of the host.
  returned: when there is a record
  type: str
  sample: stable
needs_person:
  description: Whether the old release must not be put back, because it could not read the schema.
  returned: outside check mode
  type: bool
line:
  description: What the end means, in one line; empty while the deployment runs.
  returned: outside check mode
  type: str
  sample: backend-v0.2.0 serves
"""
