# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Documentation of the action plugin of the same name, which runs a linter on the control node."""

DOCUMENTATION = r"""
module: sql_lint
short_description: Lint the SQL of migrations with squawk
version_added: "0.1.0"
author: The Slipway authors (!UNKNOWN)
description:
  - Runs L(squawk,https://squawkhq.com/docs/), a linter for PostgreSQL migrations, on the control node, on the SQL that
    M(slipway.deploy.alembic) returns.
  - Uses the C(squawk) in Ansible's own environment or on the C(PATH). If there is none, the verdict is V(unverified),
    with a warning, and never V(passed).
  - Findings about Alembic's own table are ignored.
options:
  sql:
    description: The SQL.
    type: str
    default: ""
  unwritten:
    description: Why there is no SQL, RV(slipway.deploy.alembic#module:sql_unwritten). The verdict is then
      V(unverified).
    type: str
    default: ""
  exclude:
    description: Rules to ignore, such as V(prefer-bigint-over-int).
    type: list
    elements: str
    default: []
  fail_on:
    description: Levels (V(error), V(warning)) and rules that fail the task. If empty, findings are only reported.
    type: list
    elements: str
    default: [error]
  compatible:
    description: The Alembic revisions that are declared backward-compatible.
    type: list
    elements: str
    default: []
  breaking:
    description: Rules that always fail the task in revisions in O(compatible), because the previous release may still
      use what they change. If empty, declarations are not verified.
    type: list
    elements: str
    default: [renaming-column, renaming-table, ban-drop-column, ban-drop-table, adding-required-field]
  postgresql:
    description: The PostgreSQL version, such as V(15), for rules that depend on it.
    type: str
    default: ""
extends_documentation_fragment: [slipway.deploy.attributes, slipway.deploy.attributes.no_diff]
"""

EXAMPLES = r"""
- name: Show the pending revisions
  slipway.deploy.alembic:
    action: validate
    directory: /srv/salitemihret/current/server
    python: /srv/salitemihret/current/.venv/bin/python
    user: slipway-build
    environment_file: /etc/salitemihret-backend/current/env
  register: pending

- name: Lint their SQL
  slipway.deploy.sql_lint:
    sql: "{{ pending.sql | default('', true) }}"
    unwritten: "{{ pending.sql_unwritten }}"
    exclude: [prefer-bigint-over-int]
    fail_on: [error, ban-drop-table, require-concurrent-index-creation]
    compatible: "{{ pending.pending | selectattr('compatible') | map(attribute='version') }}"
"""

RETURN = r"""
verdict:
  description: V(passed), V(failed), or V(unverified) if the linter is missing or cannot run.
  returned: always
  type: str
  sample: failed
findings:
  description: All findings, each with its C(line) in the SQL and its Alembic C(revision).
  returned: always
  type: list
  elements: dict
  sample:
    - rule: ban-drop-column
      level: warning
      line: 12
      message: Dropping a column may break existing clients.
      revision: 3f9c2b7d1e54
failing:
  description: The findings that fail the task.
  returned: always
  type: list
  elements: dict
reason:
  description: Why nothing was verified, or V(null).
  returned: always
  type: str
"""
