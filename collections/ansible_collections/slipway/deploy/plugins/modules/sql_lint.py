# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Documentation of the action plugin of the same name, which runs a linter on the control node."""

from __future__ import annotations

DOCUMENTATION = r"""
module: sql_lint
short_description: Have squawk read the SQL of migrations
version_added: "0.1.0"
author:
  - The Slipway authors (!UNKNOWN)
description:
  - Runs L(squawk,https://squawkhq.com/docs/), a linter of PostgreSQL migrations, on the control node, over the SQL that
    M(slipway.deploy.alembic) returns.
  - The linter is the C(squawk) of the environment that Ansible runs in, or of the path. Where there is none the verdict
    is V(unverified), with a warning. It is never a pass.
  - What is about Alembic's own table is left out.
options:
  sql:
    description: The SQL.
    type: str
    default: ""
  unwritten:
    description: Why there is no SQL, RV(slipway.deploy.alembic#module:sql_unwritten). Then the verdict is
      V(unverified).
    type: str
    default: ""
  exclude:
    description: Rules that are left out, such as V(prefer-bigint-over-int).
    type: list
    elements: str
    default: []
  fail_on:
    description: Levels (V(error), V(warning)) and rules that fail the task. With none it only reports.
    type: list
    elements: str
    default: [error]
  compatible:
    description: Alembic's revisions that are declared backward-compatible.
    type: list
    elements: str
    default: []
  breaking:
    description: Rules that fail the task in those revisions, whatever O(fail_on) says, because the release before may
      still use what they are about. With none what is declared is not compared.
    type: list
    elements: str
    default: [renaming-column, renaming-table, ban-drop-column, ban-drop-table, adding-required-field]
  postgresql:
    description: PostgreSQL's version, such as V(15), for rules that depend on it.
    type: str
    default: ""
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
- name: Look at what is pending
  slipway.deploy.alembic:
    action: validate
    directory: /srv/salitemihret/current/server
    python: /srv/salitemihret/current/.venv/bin/python
    user: slipway-build
    environment_file: /etc/salitemihret-backend/current/env
  register: pending

- name: Lint its SQL
  slipway.deploy.sql_lint:
    sql: "{{ pending.sql | default('', true) }}"
    unwritten: "{{ pending.sql_unwritten }}"
    exclude: [prefer-bigint-over-int]
    fail_on: [error, ban-drop-table, require-concurrent-index-creation]
    compatible: "{{ pending.pending | selectattr('compatible') | map(attribute='version') }}"
"""

RETURN = r"""
verdict:
  description: V(passed), V(failed), or V(unverified) when the linter is missing or could not be run.
  returned: always
  type: str
  sample: failed
findings:
  description: All findings. A C(line) is the SQL's, a C(revision) Alembic's.
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
  description: Those that fail the task.
  returned: always
  type: list
  elements: dict
reason:
  description: Why nothing is verified, or V(null).
  returned: always
  type: str
"""
