#!/usr/bin/python
# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Migrates a database by Flyway, from a host."""

from __future__ import annotations

DOCUMENTATION = r"""
module: flyway
short_description: Show, validate or migrate the database of an environment with Flyway
version_added: "0.1.0"
author: The Slipway authors (!UNKNOWN)
description:
  - Runs Flyway's command line, or its Maven plugin through the project's C(mvnw), as an unprivileged user.
  - Flyway gets the credentials in an anonymous file in memory. They appear in no argument and no environment, and
    nothing of them is left on disk, even if the module is killed.
  - The first comments of a migration's file declare whether the previous release can run with it, C(-- slipway:)
    V(backward-compatible) or V(not-backward-compatible). A migration without a declaration is treated as not
    compatible.
  - A failed migration is reported with the next step to take. Nothing is repaired, and C(clean) is disabled.
  - The credentials are read on the control node. The host needs no AWS permissions.
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
extends_documentation_fragment: [slipway.deploy.attributes, slipway.deploy.attributes.full]
attributes:
  check_mode:
    details: Only shows and validates.
"""

EXAMPLES = r"""
- name: Show the pending migrations
  slipway.deploy.flyway:
    action: info
    directory: /opt/umigo/source/umigoCrmBackend
    user: slipway-build
    url: {ssm: /dev/backend/SPRING_DATASOURCE_URL}
    username: {secretsmanager: dev/umigo/database, key: username}
    password: {secretsmanager: dev/umigo/database, key: password}

- name: Migrate with the Flyway of a bundle
  slipway.deploy.flyway:
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

from typing import Any

from ansible.module_utils.basic import AnsibleModule

from ..module_utils.common.errors import SlipwayError
from ..module_utils.migration.arguments import FLYWAY
from ..module_utils.migration.flyway.config import (
    Connection,
    check_credentials,
    check_settings,
    check_url,
    hidden_words,
)
from ..module_utils.migration.flyway.locks import Patience
from ..module_utils.migration.flyway.result import diff, expected, looked, migrated, refuse_invalid
from ..module_utils.migration.flyway.run import Flyway, Job
from ..module_utils.migration.model import check_patience, known_of
from ..module_utils.programs.module import finish
from ..module_utils.programs.run import NOBODY, account, exists


def job_from(params: dict[str, Any]) -> Job:
    """Read the job from the arguments.

    :raises SlipwayError: an argument is invalid.
    """
    check_url(params["url"], "url")
    check_credentials(params["username"], params["password"])
    check_settings(params["settings"], "settings")
    if params["engine"] == "maven" and not params["directory"]:
        raise SlipwayError("directory is not set", None, "Write where the Maven project is")
    if params["engine"] == "flyway" and not params["flyway"]:
        raise SlipwayError("flyway is not set", None, "Write where Flyway's command is")
    check_patience(params["lock_timeout"], params["lock_tries"])
    if not params["directory"] and any(not path.startswith("/") for path in params["locations"]):
        raise SlipwayError("a location is relative, and directory is not set", "locations", "Write absolute paths")
    return Job(
        engine=params["engine"],
        directory=params["directory"] or "",
        locations=tuple(params["locations"]),
        flyway=params["flyway"] or "",
        java_home=params["java_home"] or "",
        maven_arguments=tuple(params["maven_arguments"]),
        connection=Connection(params["url"], params["username"], params["password"]),
        settings=params["settings"],
        timeout=params["timeout"],
        patience=Patience(params["lock_timeout"], params["lock_tries"]),
    )


def carry_out(params: dict[str, Any], check_mode: bool) -> dict[str, Any]:
    """The module's result.

    :raises Refused: it fails and the database's state is known.
    :raises SlipwayError: it fails before.
    """
    job = job_from(params)
    user = params["user"]
    flyway = Flyway(job, account(NOBODY if check_mode and not exists(user) else user, "user"))
    missing = flyway.missing()
    if missing is not None and check_mode:
        # Earlier tasks have not installed it, as in check mode: the result only says that.
        return {"changed": True, "begun": False, "warnings": [f"the migrations cannot be checked yet: {missing}"]}
    wrong = missing or flyway.unfit()
    if wrong is not None:
        raise wrong
    look = flyway.look()
    result = looked(look)
    if params["action"] != "info":
        refuse_invalid(look, result)
    if params["action"] != "migrate" or not (look.plan.pending or look.callbacks):
        return result
    if not look.plan.pending:
        # Flyway runs them each time; one that failed must run again, not be skipped.
        return result if check_mode else migrated(look, flyway.migrate(look), result)
    result.update(changed=True, schema_after=expected(look), diff=diff(look))
    return result if check_mode else migrated(look, flyway.migrate(look), result)


def main() -> None:
    """The module."""
    module = AnsibleModule(argument_spec=FLYWAY, supports_check_mode=True)
    connection = Connection(module.params["url"], module.params["username"], module.params["password"])
    module.no_log_values.update(hidden_words(connection))  # The URL may contain a password.
    finish(module, lambda: carry_out(module.params, module.check_mode), known_of)


if __name__ == "__main__":
    main()
