#!/usr/bin/python
# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Migrates a database by a release's own Alembic, from a host."""

from __future__ import annotations

DOCUMENTATION = r"""
module: alembic
short_description: Validate, migrate or downgrade a PostgreSQL database with a release's Alembic
version_added: "0.1.0"
author: The Slipway authors (!UNKNOWN)
description:
  - Runs Alembic from the release's own virtual environment, as an unprivileged user, with the release's C(env.py).
  - Alembic gets the URL and the variables in an anonymous file in memory. They appear in no argument and no
    environment, and nothing of them is left on disk, even if the module is killed.
  - Migrations run under a PostgreSQL advisory lock, which a separate connection holds. A URL that leads to a connection
    pooler in transaction or statement mode is refused, because such a pooler does not keep the lock.
  - The comments of a revision's file declare whether the previous release can run with it, C(# slipway:)
    V(backward-compatible) or V(not-backward-compatible), and whether its C(downgrade) loses no data, V(downgrade-safe).
    A revision without a declaration is treated as not compatible and not safe.
options:
  action:
    description:
      - V(validate) returns the database's revision and the pending revisions. It fails if the release has more than one
        head, or if the database has a revision that the release does not have.
      - V(migrate) validates and applies the pending revisions.
      - V(downgrade) returns to O(revision). All revisions in between must be declared V(downgrade-safe), and
        O(confirmed) must be true.
    type: str
    choices: [validate, migrate, downgrade]
    default: migrate
  directory:
    description: The directory of Alembic's configuration. The release's Python modules are imported from there too.
    type: path
    required: true
  configuration:
    description: The name of Alembic's configuration file in O(directory).
    type: str
    default: alembic.ini
  python:
    description: The Python interpreter of the release's virtual environment.
    type: path
    required: true
  image_file:
    description:
      - A file of the release that names its container image, C(SLIPWAY_IMAGE=<image>). If the file exists, podman runs
        Alembic from that image as O(user), with the host's network.
      - O(image_directory) and O(image_python) then replace O(directory) and O(python).
    type: path
  image_directory:
    description: The directory of Alembic's configuration in the image.
    type: path
    default: /app/server
  image_python:
    description: The Python interpreter in the image, by path or name.
    type: str
    default: python
  user:
    description: The unprivileged user that runs Alembic. It must be able to read the release.
    type: str
    required: true
  url:
    description:
      - >-
        The database's URL in SQLAlchemy's format, or a source that the control node reads it from, V({env: NAME}),
        V({file: path}), V({ssm: name}) or V({secretsmanager: id}). With V(key), one key of a JSON object is taken.
      - C(env.py) gets it as C(sqlalchemy.url) and in the variable O(url_variable).
      - By default, the variable O(url_variable) of O(environment_file).
    type: raw
  environment_file:
    description: The service's environment file on the host. Only its owner may have access. C(env.py) gets all of its
      variables.
    type: path
  environment:
    description:
      - Additional variables for C(env.py). They take precedence over those of O(environment_file). A value can be a
        source, as in O(url).
    type: dict
    default: {}
  url_variable:
    description: The name of the variable that contains the URL.
    type: str
    default: DATABASE_URL
  revision:
    description: With O(action=downgrade), the revision to return to, or V(base).
    type: str
  confirmed:
    description: With O(action=downgrade), confirms that the operator wants the downgrade.
    type: bool
    default: false
  sql:
    description: With O(action=validate), whether to return the SQL of the pending revisions.
    type: bool
    default: true
  lock_wait:
    description: How many seconds to wait for another migration to finish.
    type: int
    default: 60
  lock_timeout:
    description:
      - How many seconds a statement of a migration waits for a lock that another session holds, for example an open
        transaction. While a statement waits, all other requests to that table queue behind it. V(0) sets no limit.
      - A C(lock_timeout) that the release, the role or the database sets takes precedence. A statement with
        C(CONCURRENTLY) has no limit, because no other request queues behind it.
    type: int
    default: 3
  lock_tries:
    description:
      - How many times to try a migration that did not get a lock in time, with pauses of 1, 2, 4 and then 8 seconds.
        A migration that the database does not roll back as a whole is not tried again.
    type: int
    default: 10
  timeout:
    description: How many seconds a single run of Alembic may take before it is stopped.
    type: int
    default: 1800
extends_documentation_fragment: [slipway.deploy.payload, slipway.deploy.attributes, slipway.deploy.attributes.full]
attributes:
  check_mode:
    details: Only validates.
"""

EXAMPLES = r"""
- name: Show the pending revisions
  slipway.deploy.alembic:
    action: validate
    directory: /srv/salitemihret/releases/staging-20261121-0a1b2c3d4e5f/server
    python: /srv/salitemihret/releases/staging-20261121-0a1b2c3d4e5f/.venv/bin/python
    user: slipway-build
    environment_file: /etc/salitemihret-dev-backend/current/env
  register: pending

- name: Downgrade by one revision
  slipway.deploy.alembic:
    action: downgrade
    directory: /srv/salitemihret/current/server
    python: /srv/salitemihret/current/.venv/bin/python
    user: slipway-build
    url: {ssm: /staging/site/MIGRATION_URL}
    revision: 3f9c2b7d1e54
    confirmed: true
"""

RETURN = r"""
schema_before:
  description: The database's revision before the run, or V(null).
  returned: when Alembic reported it
  type: str
  sample: 1f0e9d8c7b6a
schema_after:
  description: The database's revision after the run. In check mode, the expected one.
  returned: when Alembic reported it
  type: str
  sample: 3f9c2b7d1e54
target:
  description: The release's head. With O(action=downgrade), O(revision).
  returned: when Alembic reported it
  type: str
  sample: 3f9c2b7d1e54
pending:
  description: The revisions that were to be applied (with O(action=downgrade), reverted) at the start.
  returned: when Alembic reported it
  type: list
  elements: dict
  sample:
    - version: 3f9c2b7d1e54
      description: add phone
      file: /srv/salitemihret/releases/staging-20261121-0a1b2c3d4e5f/server/alembic/versions/3f9c_phone.py
      before: 1f0e9d8c7b6a
      compatible: true
      downgrade_safe: true
applied:
  description: The revisions that this run applied (or reverted), each with its duration in C(seconds).
  returned: when Alembic reported it
  type: list
  elements: dict
rolled_back:
  description: The revisions that were started and that the database rolled back because one of them failed.
  returned: when a revision failed
  type: list
  elements: dict
compatible:
  description: Whether all revisions in RV(pending) are declared backward-compatible.
  returned: when Alembic reported it
  type: bool
downgrade_safe:
  description: Whether all revisions in RV(pending) are declared downgrade-safe.
  returned: when Alembic reported it
  type: bool
undeclared:
  description: Missing or contradictory declarations of RV(pending), one line each.
  returned: when Alembic reported it
  type: list
  elements: str
failed_migrations:
  description: The revisions that failed and may have left changes that the database does not roll back.
  returned: when Alembic reported it
  type: list
  elements: dict
sql:
  description: The SQL of the pending revisions, without secrets. V(null) if there is none or it cannot be generated.
  returned: O(action=validate)
  type: str
sql_unwritten:
  description: Why the SQL could not be generated, for example because a revision queries the database.
  returned: O(action=validate)
  type: str
started_at:
  description: The database's own time just before the first change. This is the moment to restore to.
  returned: when something was to be applied
  type: str
  sample: "2026-11-21T05:29:33.321929Z"
waited:
  description: The C(seconds) spent waiting for another migration, and its C(holder). V(null) if there was no wait.
  returned: when something was to be applied
  type: dict
  sample: {seconds: 3.2, holder: "slipway migration on web1 (pid 412, 10.0.0.4, since 2026-11-21T05:29:00Z)"}
blocked:
  description: The C(seconds) spent waiting for locks, the number of C(tries), and the sessions that held the locks
    (C(by)). V(null) if there was no wait.
  returned: when something was to be applied
  type: dict
  sample:
    seconds: 7.1
    tries: 2
    by: [{pid: 412, application: psql, user: report, state: idle in transaction, seconds: 130}]
begun:
  description:
    - Whether the database may have changed.
    - After a failure, V(false) means that the database is unchanged.
  returned: always
  type: bool
failed_revision:
  description: The revision that failed.
  returned: when a revision failed
  type: str
  sample: 3f9c2b7d1e54
"""

import re
from typing import Any

from ansible.module_utils.basic import AnsibleModule

from ..module_utils.common.database_url import secrets_of
from ..module_utils.common.errors import SlipwayError
from ..module_utils.common.payload import PAYLOAD, read_payload
from ..module_utils.migration.alembic.messages import diff, looked, refuse_unsafe, went
from ..module_utils.migration.alembic.run import Alembic, Job, Patience, check_url, read_environment
from ..module_utils.migration.arguments import ALEMBIC
from ..module_utils.migration.model import check_patience, known_of
from ..module_utils.programs.container import read_image_file
from ..module_utils.programs.module import finish
from ..module_utils.programs.run import NOBODY, account, exists

_REVISION = re.compile(r"[A-Za-z0-9_]+")


class Unready(SlipwayError):
    """A result of earlier tasks is missing, as in check mode."""


def job_from(params: dict[str, Any]) -> Job:
    """Read the job from the arguments.

    :raises Unready: the environment file does not exist.
    :raises SlipwayError: an argument is invalid.
    """
    if params["action"] == "downgrade" and not _REVISION.fullmatch(params["revision"] or ""):
        raise SlipwayError(
            "revision is not a valid revision", "revision", "Write the id of the one to go back to, or base"
        )
    environment = {}
    if params["environment_file"]:
        try:
            environment = read_environment(params["environment_file"])
        except SlipwayError as error:
            if isinstance(error.__cause__, FileNotFoundError):
                raise Unready(error.what, error.where, "Write the configuration first") from None
            raise
    environment.update((name, text_of(name, value)) for name, value in params["environment"].items())
    environment.update(read_payload(params))
    variable = params["url_variable"]
    url = params["url"] or environment.get(variable)
    if not url:
        place = params["environment_file"] or "url"
        raise SlipwayError(f"there is no {variable}", place, f"Give url, or a file that has {variable}")
    check_url(str(url), "url" if params["url"] else f"{params['environment_file']}, {variable}")
    image = read_image_file(params["image_file"]) if params["image_file"] else ""
    return Job(
        directory=params["image_directory"] if image else params["directory"],
        configuration=params["configuration"],
        python=params["image_python"] if image else params["python"],
        url=str(url),
        environment={**environment, variable: str(url)},
        timeout=params["timeout"],
        image=image,
    )


def patience_of(params: dict[str, Any]) -> Patience:
    """How long it waits for locks.

    :raises SlipwayError: a number is invalid.
    """
    check_patience(params["lock_timeout"], params["lock_tries"])
    return Patience(params["lock_wait"], params["lock_timeout"], params["lock_tries"])


def text_of(name: str, value: Any) -> str:
    """The text of a variable's value.

    :raises SlipwayError: it is not a text.
    """
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (str, int)):
        return str(value)
    raise SlipwayError(f"{name} is not a string", "environment", "Write it in quotes, or where it is stored")


def carry_out(params: dict[str, Any], check_mode: bool, hide: Any) -> dict[str, Any]:
    """The module's result.

    :param hide: called with words that Ansible must not show.
    :raises Refused: it fails and the database's state is known.
    :raises SlipwayError: it fails before.
    """
    try:
        job = job_from(params)
        hide(secrets_of(job.url))
        user = params["user"]
        alembic = Alembic(job, account(NOBODY if check_mode and not exists(user) else user, "user"))
        missing: SlipwayError | None = alembic.missing()
    except Unready as error:
        missing = error
    if missing is not None and check_mode:
        # Earlier tasks have not created it, as in check mode: the result only says that.
        return {"changed": True, "begun": False, "warnings": [f"the migrations cannot be checked yet: {missing}"]}
    if missing is not None:
        raise missing
    way, target = ("down", params["revision"]) if params["action"] == "downgrade" else ("up", "")
    look = alembic.look(way, target, sql=params["action"] == "validate" and params["sql"])
    result = looked(look, target or look.head)
    if params["action"] == "validate":
        return {**result, "sql": look.sql, "sql_unwritten": look.unwritten}
    if way == "down":
        refuse_unsafe(look, target, params["confirmed"], result)
    if not look.steps:
        return result
    result.update(changed=True, schema_after=None if target == "base" else result["target"])
    result["diff"] = diff(result, way)
    return result if check_mode else went(alembic.go(look, way, target, patience_of(params)), result)


def main() -> None:
    """The module."""
    module = AnsibleModule(argument_spec={**ALEMBIC, **PAYLOAD}, supports_check_mode=True)
    finish(module, lambda: carry_out(module.params, module.check_mode, module.no_log_values.update), known_of)


if __name__ == "__main__":
    main()
