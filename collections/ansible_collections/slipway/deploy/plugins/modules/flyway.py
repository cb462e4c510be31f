#!/usr/bin/python
# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Migrates a database by Flyway, from a host."""

from __future__ import annotations

DOCUMENTATION = r"""
module: flyway
short_description: Show, validate or migrate a PostgreSQL database with Flyway
version_added: "0.1.0"
author:
  - The Slipway authors (!UNKNOWN)
description:
  - The part of M(slipway.deploy.database_migration) that runs on the host, with the credentials given as they are. That
    module's description and return values apply.
options:
  url:
    description: The database's JDBC URL.
    type: str
    required: true
  username:
    description: The database user.
    type: str
    required: true
  password:
    description: The user's password.
    type: str
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
- name: Migrate the database from the checkout
  slipway.deploy.flyway:
    directory: /opt/umigo/source/umigoCrmBackend
    user: slipway-build
    url: jdbc:postgresql://db.example.org:5432/umigo
    username: umigo
    password: "{{ password }}"
"""

RETURN = r"""
#
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
from ..module_utils.migration.flyway.plan import newly_applied
from ..module_utils.migration.flyway.run import Flyway, Job, Look, Outcome
from ..module_utils.migration.model import Migration
from ..module_utils.programs.run import NOBODY, account, ending, exists

ARGUMENTS = {
    **FLYWAY,
    "url": {"type": "str", "required": True},
    "username": {"type": "str", "required": True},
    "password": {"type": "str", "required": True, "no_log": True},
}


class Refused(SlipwayError):
    """A failure with what is known of the database."""

    def __init__(self, error: SlipwayError, known: dict[str, Any]) -> None:
        self.known = known
        super().__init__(error.what, error.where, error.remedy)


def job_from(params: dict[str, Any]) -> Job:
    """What the arguments want.

    :raises SlipwayError: when they are wrong.
    """
    check_url(params["url"], "url")
    check_credentials(params["username"], params["password"])
    check_settings(params["settings"], "settings")
    if params["engine"] == "maven" and not params["directory"]:
        raise SlipwayError("directory is not set", None, "Write where the Maven project is")
    if params["engine"] == "flyway" and not params["flyway"]:
        raise SlipwayError("flyway is not set", None, "Write where Flyway's command is")
    if params["lock_timeout"] < 0 or params["lock_tries"] < 1:
        what = "lock_timeout must be 0 or more, and lock_tries 1 or more"
        raise SlipwayError(what, "lock_timeout, lock_tries", "Leave them out for 3 and 10")
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

    :raises Refused: when it fails and something is known of the database.
    :raises SlipwayError: when it fails before.
    """
    job = job_from(params)
    user = params["user"]
    flyway = Flyway(job, account(NOBODY if check_mode and not exists(user) else user, "user"))
    missing = flyway.missing()
    if missing is not None and check_mode:
        # The tasks before this one have not installed it. Nothing is known, and nothing is claimed but that.
        return {"changed": True, "begun": False, "warnings": [f"the migrations cannot be checked yet: {missing}"]}
    wrong = missing or flyway.unfit()
    if wrong is not None:
        raise wrong
    look = flyway.look()
    result = _looked(look)
    if params["action"] != "info":
        _refuse_invalid(look, result)
    if params["action"] != "migrate" or not (look.plan.pending or look.callbacks):
        return result
    if not look.plan.pending:
        # Flyway runs them each time; one that failed has to fail again, not to be passed over.
        return result if check_mode else _migrated(look, flyway.migrate(look), result)
    result.update(changed=True, schema_after=_expected(look), diff=_diff(look))
    return result if check_mode else _migrated(look, flyway.migrate(look), result)


def _looked(look: Look) -> dict[str, Any]:
    plan = look.plan
    notes = {script.key: script.note for script in look.scripts if script.note}
    return {
        "changed": False,
        "begun": False,
        "schema_before": plan.schema,
        "schema_after": plan.schema,
        "target": plan.target,
        "pending": _dicts(plan.pending),
        "applied": [],
        "compatible": plan.compatible,
        "undeclared": [f"{item.file}: {notes[item.key]}" for item in plan.pending if item.key in notes],
        "failed_migrations": _dicts(plan.failed),
        "out_of_order": _dicts(plan.out_of_order),
        "missing": _dicts(plan.missing),
        "future": _dicts(plan.future),
        "problems": list(look.problems),
        "callbacks": list(look.callbacks),
        "started_at": look.clock,
    }


def _refuse_invalid(look: Look, result: dict[str, Any]) -> None:
    if look.plan.failed:
        names = ", ".join(item.version or item.description for item in look.plan.failed)
        file = next((item.file for item in look.plan.failed if item.file), None)
        remedy = "Undo by hand what it left half-done, run flyway repair by hand, then this again (runbooks/backend.md)"
        raise Refused(SlipwayError(f"migration {names} failed earlier and blocks further ones", file, remedy), result)
    late = ", ".join(item.version for item in look.plan.out_of_order)
    if late and len(look.problems) == 1:
        newest = look.plan.schema
        what = f"migration {late} is older than the schema ({newest}) and was never applied"
        remedy = f"Give it a version above {newest}; or set outOfOrder: true in database_migration_settings"
        raise Refused(SlipwayError(what, look.plan.out_of_order[0].file or None, remedy), result)
    if look.trouble:
        raise Refused(SlipwayError(look.trouble.what, None, look.trouble.remedy), result)
    if look.problems:
        remedy = "Put the files back as they were applied; write a change as a new migration"
        raise Refused(SlipwayError("; ".join(look.problems).rstrip("."), None, remedy), result)


def _migrated(look: Look, outcome: Outcome, result: dict[str, Any]) -> dict[str, Any]:
    result["begun"] = outcome.begun
    if outcome.after is not None:
        result["applied"] = _dicts(newly_applied(look.plan, outcome.after))
        result["schema_after"] = outcome.after.schema
        result["failed_migrations"] = _dicts(outcome.after.failed)
    failure = outcome.failure
    if failure is None:
        if outcome.waited:
            result["warnings"] = [f"the migration {outcome.waited}"]
        return result
    if outcome.after is None:
        # How far it came is not known: an empty list would say "nothing".
        del result["applied"], result["schema_after"]
    result["changed"] = outcome.begun
    known = {**result, "script": failure.script or None, "line": failure.line}
    raise Refused(SlipwayError(failure.what, None, failure.remedy), known)


def _expected(look: Look) -> str | None:
    versions = [item.version for item in look.plan.pending if item.version]
    return versions[-1] if versions else look.plan.schema


def _diff(look: Look) -> dict[str, str]:
    def line(item: Migration) -> str:
        name = f"V{item.version}" if item.version else "R"
        return f"{name} {item.description} ({'' if item.compatible else 'not '}backward-compatible)\n"

    before = f"schema {look.plan.schema or '-'}\n"
    after = f"schema {_expected(look) or '-'}\n" + "".join(line(item) for item in look.plan.pending)
    return {"before_header": "database", "after_header": "database", "before": before, "after": after}


def _dicts(migrations: tuple[Migration, ...]) -> list[dict[str, Any]]:
    return [item.as_dict() for item in migrations]


def main() -> None:
    """The module."""
    module = AnsibleModule(argument_spec=ARGUMENTS, supports_check_mode=True)
    connection = Connection(module.params["url"], module.params["username"], module.params["password"])
    module.no_log_values.update(hidden_words(connection))  # The URL may have a password in it.
    try:
        with ending():
            result = carry_out(module.params, module.check_mode)
    except Refused as refused:
        module.fail_json(msg=str(refused), **refused.known)
    except SlipwayError as error:
        module.fail_json(msg=str(error), begun=False)
    for warning in result.pop("warnings", ()):
        module.warn(warning)
    module.exit_json(**result)


if __name__ == "__main__":
    main()
