# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Documentation of the action plugin of the same name, which asks AWS on the control node."""

from __future__ import annotations

DOCUMENTATION = r"""
module: database_migration
short_description: Show, validate or migrate the database of an environment by Flyway
version_added: "0.1.0"
author:
  - The Slipway authors (!UNKNOWN)
description:
  - Runs Flyway's command line, or its Maven plugin by the project's C(mvnw), as an unprivileged user.
  - The credentials reach Flyway in a configuration file that has no name in any directory. They are in no argument and
    no environment, and nothing of them is left, also when this is killed.
  - A migration says in its file's leading comments whether the release before it can live with it,
    C(-- slipway:) V(backward-compatible) or V(not-backward-compatible). What is not declared counts as not.
  - A failed state is reported with its next step. Nothing is repaired, and C(clean) is disabled.
  - The connection is read on the control node from where it is stored. M(slipway.deploy.flyway) is the part that runs
    on the host, which needs no rights in AWS for it.
options:
  action:
    description:
      - V(info) shows the state and what is pending.
      - V(validate) fails as well when Flyway objects to what is there.
      - V(migrate) does both, then applies what is pending.
    type: str
    choices: [info, validate, migrate]
    default: migrate
  engine:
    description: V(maven) runs C(./mvnw flyway:migrate) in O(directory), V(flyway) the command O(flyway).
    type: str
    choices: [maven, flyway]
    default: maven
  directory:
    description: The Maven project, and where relative O(locations) begin.
    type: path
  locations:
    description: The directories of the SQL files.
    type: list
    elements: str
    default: [src/main/resources/db/migration]
  flyway:
    description: Flyway's command, for O(engine=flyway).
    type: path
  java_home:
    description: Where Java is, when it is not in the path.
    type: path
  maven_arguments:
    description: More arguments for Maven, such as C(--offline).
    type: list
    elements: str
    default: []
  user:
    description: The user that Flyway runs as.
    type: str
    required: true
  settings:
    description: More settings of Flyway, such as C(defaultSchema), C(table) or C(placeholders.name).
    type: dict
    default: {}
  lock_timeout:
    description:
      - Seconds that a statement waits for a lock that another session holds. V(0) sets no limit. See
        M(slipway.deploy.flyway).
    type: int
    default: 3
  lock_tries:
    description: How often a migration that got no lock in time is tried.
    type: int
    default: 10
  timeout:
    description: Seconds that one run of Flyway may take. After it Flyway is stopped.
    type: int
    default: 1800
  url:
    description:
      - The database's JDBC URL, or where it is stored.
      - >-
        A place is C({ssm: name}), C({secretsmanager: id}), C({env: NAME}) or C({file: path}), the last two on the
        control node. With C(key) beside it, one key of a JSON object is taken.
    type: raw
    required: true
  username:
    description: The database's user, or where that is stored.
    type: raw
    required: true
  password:
    description: Where the user's password is stored, in the same words.
    type: raw
    required: true
extends_documentation_fragment: [slipway.deploy.attributes]
attributes:
  check_mode:
    support: full
    details: Shows and validates.
  diff_mode:
    support: full
  idempotent:
    support: full
"""

EXAMPLES = r"""
- name: Look at what would be migrated
  slipway.deploy.database_migration:
    action: info
    directory: /opt/umigo/source/umigoCrmBackend
    user: slipway-build
    url: {ssm: /dev/backend/SPRING_DATASOURCE_URL}
    username: {secretsmanager: dev/umigo/database, key: username}
    password: {secretsmanager: dev/umigo/database, key: password}

- name: Migrate with the command line that a bundle brought
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
  description: The highest version that the database had, or V(null).
  returned: when Flyway could tell
  type: str
  sample: "1"
schema_after:
  description: The highest version that the database has when this returns (in check mode, would have).
  returned: when Flyway could tell
  type: str
  sample: "2"
target:
  description: The highest version among the files.
  returned: when Flyway could tell
  type: str
  sample: "2"
pending:
  description: The migrations that were to be applied when this began, in their order.
  returned: when Flyway could tell
  type: list
  elements: dict
  sample: [{version: "2", description: full name, file: /opt/m/V2__full_name.sql, compatible: false}]
applied:
  description: Those that this applied.
  returned: when Flyway could tell
  type: list
  elements: dict
compatible:
  description: Whether all migrations in RV(pending) are declared backward-compatible.
  returned: when Flyway could tell
  type: bool
undeclared:
  description: What is odd about the declarations of RV(pending), a line for each.
  returned: when Flyway could tell
  type: list
  elements: str
failed_migrations:
  description: The migrations that failed and keep Flyway from going on.
  returned: when Flyway could tell
  type: list
  elements: dict
out_of_order:
  description: Migrations that are older than the schema and were never applied.
  returned: when Flyway could tell
  type: list
  elements: dict
missing:
  description: Applied migrations whose file is gone.
  returned: when Flyway could tell
  type: list
  elements: dict
future:
  description: Applied migrations of a newer release than the files are of.
  returned: when Flyway could tell
  type: list
  elements: dict
problems:
  description: What C(validate) objects to, a line for each.
  returned: when Flyway could tell
  type: list
  elements: str
callbacks:
  description:
    - The files that Flyway runs each time it migrates, also when nothing is pending, such as C(afterMigrate.sql).
    - Where there are some, O(action=migrate) runs Flyway whatever is pending; one that failed is not passed over.
  returned: when Flyway could tell
  type: list
  elements: str
started_at:
  description: The database's own time just before anything was applied, the moment to restore to.
  returned: when Flyway could tell
  type: str
  sample: "2026-11-21T05:29:33.321929Z"
begun:
  description:
    - Whether the database may be another than before.
    - After a failure, V(false) says that nothing of it is in the database.
  returned: always
  type: bool
script:
  description: The file of the migration that failed, and in RV(line) the line of the statement.
  returned: when one failed
  type: str
  sample: V5__half.sql
line:
  description: The line of the statement that failed.
  returned: when one failed
  type: int
  sample: 3
"""
