#!/usr/bin/python
# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Migrates a database by a release's own Alembic, from a host."""

from __future__ import annotations

DOCUMENTATION = r"""
module: alembic
short_description: Validate, migrate or downgrade a PostgreSQL database by a release's Alembic
version_added: "0.1.0"
author:
  - The Slipway authors (!UNKNOWN)
description:
  - Runs Alembic of the release's own virtual environment, as an unprivileged user, with the release's C(env.py).
  - The URL and the release's variables reach it in a file that has no name in any directory. They are in no argument
    and no environment, and nothing of them is left, also when this is killed.
  - A migration is carried out under an advisory lock of PostgreSQL, which a connection of its own holds. Where the URL
    leads to a pooler that shares sessions, that is refused.
  - A revision's file says in its comments whether the release before it can live with it, C(# slipway:)
    V(backward-compatible) or V(not-backward-compatible), and whether its C(downgrade) loses nothing, V(downgrade-safe).
    What is not declared counts as not.
options:
  action:
    description:
      - V(validate) shows the database's revision and what is pending. It fails when the release does not have a single
        head, or the database has a revision that the release does not have.
      - V(migrate) does that and applies what is pending.
      - V(downgrade) goes back to O(revision), when all revisions between are declared V(downgrade-safe) and
        O(confirmed) says so too.
    type: str
    choices: [validate, migrate, downgrade]
    default: migrate
  directory:
    description: The directory of Alembic's configuration, from which the release's modules are found as well.
    type: path
    required: true
  configuration:
    description: Alembic's configuration in O(directory).
    type: str
    default: alembic.ini
  python:
    description: The Python of the release's virtual environment.
    type: path
    required: true
  image_file:
    description:
      - A file of the release with C(SLIPWAY_IMAGE=), the container image that runs it. Where it is there, Alembic is
        the image's, which podman runs as O(user), with the host's network.
      - Then O(directory) and O(python) do not count, but O(image_directory) and O(image_python).
    type: path
  image_directory:
    description: The directory of Alembic's configuration in the image.
    type: path
    default: /app/server
  image_python:
    description: The image's Python, by its path or by its name.
    type: str
    default: python
  user:
    description: The user that Alembic runs as. It has to be able to read the release.
    type: str
    required: true
  url:
    description:
      - >-
        The database's URL as SQLAlchemy has it, or on the control node where it is stored, one of V({env: NAME}),
        V({file: path}), V({ssm: name}) and V({secretsmanager: id}), with V(key) of a JSON object.
      - C(env.py) gets it as C(sqlalchemy.url) and as the variable O(url_variable).
      - Without it, it is the variable O(url_variable) of O(environment_file).
    type: raw
  environment_file:
    description: The service's environment file on the host, which nobody but its owner may read. C(env.py) gets all of
      it.
    type: path
  environment:
    description:
      - Variables that C(env.py) needs. They go before those of the file. As O(url), one may be
        stored where the control node reads it.
    type: dict
    default: {}
  stored:
    description: What the action read of O(environment), as JSON. It is the action's to set.
    type: str
  url_variable:
    description: The variable that holds the URL.
    type: str
    default: DATABASE_URL
  revision:
    description: With O(action=downgrade), the revision to go back to, or V(base).
    type: str
  confirmed:
    description: With O(action=downgrade), whether the operator wants it.
    type: bool
    default: false
  sql:
    description: With O(action=validate), whether to return the SQL of what is pending.
    type: bool
    default: true
  lock_wait:
    description: Seconds to wait for another migration to end.
    type: int
    default: 60
  lock_timeout:
    description:
      - Seconds that a statement of a migration waits for a lock that another session holds, such as one with a
        transaction left open. All requests to the table queue behind a statement that waits. V(0) sets no limit.
      - Where the release, its role or its database sets C(lock_timeout), that one holds. A statement with
        C(CONCURRENTLY) has no limit, as nobody queues behind it.
    type: int
    default: 3
  lock_tries:
    description:
      - How often a migration that got no lock in time is tried, with a pause of 1, 2, 4 and then 8 seconds between. One
        that the database does not roll back whole is not tried again.
    type: int
    default: 10
  timeout:
    description: Seconds that one run of Alembic may take. After it Alembic is stopped.
    type: int
    default: 1800
extends_documentation_fragment: [slipway.deploy.attributes]
attributes:
  check_mode:
    support: full
    details: Validates.
  diff_mode:
    support: full
  idempotent:
    support: full
"""

EXAMPLES = r"""
- name: Look at what is pending
  slipway.deploy.alembic:
    action: validate
    directory: /srv/salitemihret/releases/staging-20261121-0a1b2c3d4e5f/server
    python: /srv/salitemihret/releases/staging-20261121-0a1b2c3d4e5f/.venv/bin/python
    user: slipway-build
    environment_file: /etc/salitemihret-dev-backend/current/env
  register: pending

- name: Go back a revision
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
  description: The revision that the database had, or V(null).
  returned: when Alembic could tell
  type: str
  sample: 1f0e9d8c7b6a
schema_after:
  description: The revision that the database has when this returns (in check mode, would have).
  returned: when Alembic could tell
  type: str
  sample: 3f9c2b7d1e54
target:
  description: The release's head; with O(action=downgrade) O(revision).
  returned: when Alembic could tell
  type: str
  sample: 3f9c2b7d1e54
pending:
  description: The revisions that were to be applied (or with O(action=downgrade) taken back) when this began.
  returned: when Alembic could tell
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
  description: Those that this applied (or took back), each with its C(seconds).
  returned: when Alembic could tell
  type: list
  elements: dict
rolled_back:
  description: Those that were begun, and that the database rolled back because one failed.
  returned: when one failed
  type: list
  elements: dict
compatible:
  description: Whether all revisions in RV(pending) are declared backward-compatible.
  returned: when Alembic could tell
  type: bool
downgrade_safe:
  description: Whether all revisions in RV(pending) are declared downgrade-safe.
  returned: when Alembic could tell
  type: bool
undeclared:
  description: What is odd about the declarations of RV(pending), a line for each.
  returned: when Alembic could tell
  type: list
  elements: str
failed_migrations:
  description: The revisions that failed and may have left something that the database does not roll back.
  returned: when Alembic could tell
  type: list
  elements: dict
sql:
  description: The SQL of what is pending, without secrets. V(null) when there is none or it cannot be written.
  returned: O(action=validate)
  type: str
sql_unwritten:
  description: Why the SQL could not be written, as when a revision asks the database. Then it is not verified.
  returned: O(action=validate)
  type: str
started_at:
  description: The database's own time just before anything was applied, the moment to restore to.
  returned: when something was to be applied
  type: str
  sample: "2026-11-21T05:29:33.321929Z"
waited:
  description: How many C(seconds) this waited for another migration, and its C(holder); V(null) when it did not.
  returned: when something was to be applied
  type: dict
  sample: {seconds: 3.2, holder: "slipway migration on web1 (pid 412, 10.0.0.4, since 2026-11-21T05:29:00Z)"}
blocked:
  description: How many C(seconds) it waited for locks, in how many C(tries), and C(by) whom; V(null) when it did not.
  returned: when something was to be applied
  type: dict
  sample:
    seconds: 7.1
    tries: 2
    by: [{pid: 412, application: psql, user: report, state: idle in transaction, seconds: 130}]
begun:
  description:
    - Whether the database may be another than before.
    - After a failure, V(false) says that nothing of it is in the database.
  returned: always
  type: bool
failed_revision:
  description: The revision that failed.
  returned: when one failed
  type: str
  sample: 3f9c2b7d1e54
"""

import json
import re
from typing import Any

from ansible.module_utils.basic import AnsibleModule

from ..module_utils.common.errors import SlipwayError
from ..module_utils.migration.alembic.messages import (
    Refused,
    diff,
    looked,
    refuse_unsafe,
    went,
)
from ..module_utils.migration.alembic.run import (
    Alembic,
    Job,
    Patience,
    check_url,
    hidden_words,
    read_environment,
)
from ..module_utils.migration.arguments import ALEMBIC
from ..module_utils.programs.container import read_image_file
from ..module_utils.programs.run import (
    NOBODY,
    account,
    ending,
    exists,
)

_REVISION = re.compile(r"[A-Za-z0-9_]+")


class Unready(SlipwayError):
    """What the tasks before this one would have made is not there."""


def job_from(params: dict[str, Any]) -> Job:
    """What the arguments want.

    :raises Unready: when the environment file is not there.
    :raises SlipwayError: when they are wrong.
    """
    if params["action"] == "downgrade" and not _REVISION.fullmatch(params["revision"] or ""):
        raise SlipwayError("revision is no revision", "revision", "Write the id of the one to go back to, or base")
    environment = {}
    if params["environment_file"]:
        try:
            environment = read_environment(params["environment_file"])
        except SlipwayError as error:
            if isinstance(error.__cause__, FileNotFoundError):
                raise Unready(error.what, error.where, "Write the configuration first") from None
            raise
    environment.update((name, text_of(name, value)) for name, value in params["environment"].items())
    environment.update(json.loads(params["stored"] or "{}"))
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
    """How long it waits for others.

    :raises SlipwayError: when a number is none.
    """
    if params["lock_timeout"] < 0 or params["lock_tries"] < 1:
        raise SlipwayError(
            "lock_timeout must be 0 or more, and lock_tries 1 or more", "lock_timeout, lock_tries", "Write 3 and 10"
        )
    return Patience(params["lock_wait"], params["lock_timeout"], params["lock_tries"])


def text_of(name: str, value: Any) -> str:
    """A variable's value.

    :raises SlipwayError: when it is none.
    """
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (str, int)):
        return str(value)
    raise SlipwayError(f"{name} is no text", "environment", "Write it in quotes, or where it is stored")


def carry_out(params: dict[str, Any], check_mode: bool, hide: Any) -> dict[str, Any]:
    """The module's result.

    :param hide: takes words that Ansible must not show.
    :raises Refused: when it fails and something is known of the database.
    :raises SlipwayError: when it fails before.
    """
    try:
        job = job_from(params)
        hide(hidden_words(job.url))
        user = params["user"]
        alembic = Alembic(job, account(NOBODY if check_mode and not exists(user) else user, "user"))
        missing: SlipwayError | None = alembic.missing()
    except Unready as error:
        missing = error
    if missing is not None and check_mode:
        # The tasks before this one have not made it. Nothing is known, and nothing is claimed but that.
        return {"changed": True, "begun": False, "warnings": [f"the migrations cannot be looked at yet: {missing}"]}
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
    module = AnsibleModule(argument_spec=ALEMBIC, supports_check_mode=True)
    try:
        with ending():
            result = carry_out(module.params, module.check_mode, module.no_log_values.update)
    except Refused as refused:
        module.fail_json(msg=str(refused), **refused.known)
    except SlipwayError as error:
        module.fail_json(msg=str(error), begun=False)
    for warning in result.pop("warnings", ()):
        module.warn(warning)
    module.exit_json(**result)


if __name__ == "__main__":
    main()
