# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The module's results for a database and its migrations, and its refusals. Pure; Python 3.8."""

from __future__ import annotations

from typing import Any

from ...common.errors import SlipwayError
from ..model import Migration, Refused
from .plan import newly_applied
from .run import Look, Outcome


def looked(look: Look) -> dict[str, Any]:
    """The result from reading the database."""
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


def refuse_invalid(look: Look, result: dict[str, Any]) -> None:
    """Refuse migrations that Flyway would refuse or should not apply.

    :raises Refused: with what to do first.
    """
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


def migrated(look: Look, outcome: Outcome, result: dict[str, Any]) -> dict[str, Any]:
    """The result after Flyway ran.

    :raises Refused: it failed.
    """
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
        # Progress is unknown: an empty list would mean "nothing".
        del result["applied"], result["schema_after"]
    result["changed"] = outcome.begun
    known = {**result, "script": failure.script or None, "line": failure.line}
    raise Refused(SlipwayError(failure.what, None, failure.remedy), known)


def expected(look: Look) -> str | None:
    """The version after all pending migrations."""
    versions = [item.version for item in look.plan.pending if item.version]
    return versions[-1] if versions else look.plan.schema


def diff(look: Look) -> dict[str, str]:
    """The pending migrations, for ``--diff``."""

    def line(item: Migration) -> str:
        name = f"V{item.version}" if item.version else "R"
        return f"{name} {item.description} ({'' if item.compatible else 'not '}backward-compatible)\n"

    before = f"schema {look.plan.schema or '-'}\n"
    after = f"schema {expected(look) or '-'}\n" + "".join(line(item) for item in look.plan.pending)
    return {"before_header": "database", "after_header": "database", "before": before, "after": after}


def _dicts(migrations: tuple[Migration, ...]) -> list[dict[str, Any]]:
    return [item.as_dict() for item in migrations]
