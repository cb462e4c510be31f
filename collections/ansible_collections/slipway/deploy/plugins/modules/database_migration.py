# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Documentation of the action plugin of the same name, which asks AWS on the control node."""

from __future__ import annotations

DOCUMENTATION = r"""
module: database_migration
short_description: Show, validate or migrate the database of an environment with Flyway
version_added: "0.1.0"
author:
  - The Slipway authors (!UNKNOWN)
description:
  - Runs Flyway's command line, or its Maven plugin through the project's C(mvnw), as an unprivileged user.
  - Flyway gets the credentials in an anonymous file in memory. They appear in no argument and no environment, and
    nothing of them is left on disk, even if the module is killed.
  - The first comments of a migration's file declare whether the previous release can run with it, C(-- slipway:)
    V(backward-compatible) or V(not-backward-compatible). A migration without a declaration is treated as not
    compatible.
  - A failed migration is reported with the next step to take. Nothing is repaired, and C(clean) is disabled.
  - The credentials are read on the control node. The part that runs on the host, M(slipway.deploy.flyway), needs no AWS
    permissions.
options:
  url:
    description:
      - The database's JDBC URL, or a source that it is read from.
      - >-
        A source is C({ssm: name}), C({secretsmanager: id}), or on the control node C({env: NAME}) or C({file: path}).
        With C(key), one key of a JSON object is taken.
    type: raw
    required: true
  username:
    description: The database user, or a source of its name.
    type: raw
    required: true
  password:
    description: A source of the user's password.
    type: raw
    required: true
extends_documentation_fragment:
  - slipway.deploy.attributes
  - slipway.deploy.attributes.full
  - slipway.deploy.flyway
attributes:
  check_mode:
    details: Only shows and validates.
"""

EXAMPLES = r"""
- name: Show the pending migrations
  slipway.deploy.database_migration:
    action: info
    directory: /opt/umigo/source/umigoCrmBackend
    user: slipway-build
    url: {ssm: /dev/backend/SPRING_DATASOURCE_URL}
    username: {secretsmanager: dev/umigo/database, key: username}
    password: {secretsmanager: dev/umigo/database, key: password}

- name: Migrate with the Flyway of a bundle
  slipway.deploy.database_migration:
    engine: flyway
    flyway: /opt/flyway/flyway-11.8.2/flyway
    locations: [/opt/umigo/bundle/migrations]
    user: slipway-build
    url: {ssm: /dev/backend/SPRING_DATASOURCE_URL}
    username: {secretsmanager: dev/umigo/database, key: username}
    password: {secretsmanager: dev/umigo/database, key: password}
"""

RETURN = r"""
schema_before:
  description: The database's highest version before the run, or V(null).
  returned: when Flyway reported it
  type: str
  sample: "1"
schema_after:
  description: The database's highest version after the run. In check mode, the expected one.
  returned: when Flyway reported it
  type: str
  sample: "2"
target:
  description: The highest version among the files.
  returned: when Flyway reported it
  type: str
  sample: "2"
pending:
  description: The migrations that were to be applied at the start, in order.
  returned: when Flyway reported it
  type: list
  elements: dict
  sample: [{version: "2", description: full name, file: /opt/m/V2__full_name.sql, compatible: false}]
applied:
  description: The migrations that this run applied.
  returned: when Flyway reported it
  type: list
  elements: dict
compatible:
  description: Whether all migrations in RV(pending) are declared backward-compatible.
  returned: when Flyway reported it
  type: bool
undeclared:
  description: Missing or contradictory declarations of RV(pending), one line each.
  returned: when Flyway reported it
  type: list
  elements: str
failed_migrations:
  description: The failed migrations that keep Flyway from continuing.
  returned: when Flyway reported it
  type: list
  elements: dict
out_of_order:
  description: Migrations that are older than the schema and were never applied.
  returned: when Flyway reported it
  type: list
  elements: dict
missing:
  description: Applied migrations whose file is missing.
  returned: when Flyway reported it
  type: list
  elements: dict
future:
  description: Applied migrations that are newer than all files.
  returned: when Flyway reported it
  type: list
  elements: dict
problems:
  description: The problems that C(flyway validate) reports, one line each.
  returned: when Flyway reported it
  type: list
  elements: str
callbacks:
  description:
    - The files that Flyway runs at each migration, such as C(afterMigrate.sql), even if no migration is pending.
    - If there are any, O(action=migrate) always runs Flyway. A failed callback fails the task.
  returned: when Flyway reported it
  type: list
  elements: str
started_at:
  description: The database's own time just before the first change. This is the moment to restore to.
  returned: when Flyway reported it
  type: str
  sample: "2026-11-21T05:29:33.321929Z"
begun:
  description:
    - Whether the database may have changed.
    - After a failure, V(false) means that the database is unchanged.
  returned: always
  type: bool
script:
  description: The file of the migration that failed.
  returned: when a migration failed
  type: str
  sample: V5__half.sql
line:
  description: The line in RV(script) of the statement that failed.
  returned: when a migration failed
  type: int
  sample: 3
"""
