# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Migrating a database with Flyway."""

from __future__ import annotations


class ModuleDocFragment:
    """The options that database_migration and flyway share."""

    DOCUMENTATION = r"""
options:
  action:
    description:
      - V(info) returns the state of the database and the pending migrations.
      - V(validate) does the same and fails if C(flyway validate) reports problems.
      - V(migrate) does both and applies the pending migrations.
    type: str
    choices: [info, validate, migrate]
    default: migrate
  engine:
    description: V(maven) runs C(./mvnw flyway:migrate) in O(directory). V(flyway) runs the command O(flyway).
    type: str
    choices: [maven, flyway]
    default: maven
  directory:
    description: The Maven project. Relative O(locations) start here.
    type: path
  locations:
    description: The directories that contain the SQL files.
    type: list
    elements: str
    default: [src/main/resources/db/migration]
  flyway:
    description: The path of Flyway's command, for O(engine=flyway).
    type: path
  java_home:
    description: The Java installation to use. By default, the C(java) on the C(PATH).
    type: path
  maven_arguments:
    description: Additional arguments for Maven, such as C(--offline).
    type: list
    elements: str
    default: []
  user:
    description: The unprivileged user that runs Flyway.
    type: str
    required: true
  settings:
    description: Additional settings of Flyway, such as C(defaultSchema), C(table) or C(placeholders.name).
    type: dict
    default: {}
  lock_timeout:
    description:
      - How many seconds a statement of a migration waits for a lock that another session holds, for example an open
        transaction. While a statement waits, all other requests to that table queue behind it. V(0) sets no limit.
      - It is set in Flyway's C(initSql), before the C(initSql) of O(settings). A C(lock_timeout) that the project, the
        role or the database sets takes precedence. A migration that uses C(CONCURRENTLY) has no limit.
    type: int
    default: 3
  lock_tries:
    description:
      - How many times to try a migration that did not get a lock in time, with pauses of 1, 2, 4 and then 8 seconds.
        A migration that the database does not roll back as a whole is not tried again.
    type: int
    default: 10
  timeout:
    description: How many seconds a single run of Flyway may take before it is stopped.
    type: int
    default: 1800
"""
