# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The results and messages of the module ``alembic``. Pure."""

from __future__ import annotations

from typing import Any

from ...common.errors import SlipwayError
from ..model import Refused
from .problem import waited_for
from .revisions import Revision, RevisionOutcome, outcome_of, unsafe
from .run import Look, MigrationResult


def looked(look: Look, target: str) -> dict[str, Any]:
    """The result before any change."""
    return {
        "changed": False,
        "begun": False,
        "schema_before": look.current,
        "schema_after": look.current,
        "target": target,
        "pending": dicts(look.steps),
        "applied": [],
        "compatible": all(item.compatible for item in look.steps),
        "downgrade_safe": all(item.downgrade_safe for item in look.steps),
        "undeclared": [f"{item.file}: {item.note}" for item in look.steps if item.note],
        "failed_migrations": [],
    }


def refuse_unsafe(look: Look, target: str, confirmed: bool, known: dict[str, Any]) -> None:
    """Refuse a downgrade that may lose data, or that was not requested."""
    names = unsafe(look.steps)
    if names:
        what = f"the downgrade to {target} reverts {', '.join(names)}, not declared downgrade-safe"
        raise Refused(SlipwayError(what, None, "Restore the database to the time before it instead"), known)
    if look.steps and not confirmed:
        what = f"the downgrade to {target} reverts {', '.join(item.version for item in look.steps)}"
        raise Refused(SlipwayError(what, None, "Set confirmed: true to do that"), known)


def went(done: MigrationResult, result: dict[str, Any]) -> dict[str, Any]:
    """The result after the migration.

    :raises Refused: it failed, completely or in part.
    """
    result.update(started_at=done.clock, waited=done.waited, blocked=done.blocked)
    if done.blocked:
        result["warnings"] = [f"the migration {waited_for(done.blocked)}"]
    if done.look is not None:
        result.update(schema_before=done.look.current, pending=dicts(done.look.steps))
    failure = done.failure
    if done.look is None or done.open is None:
        # Progress is unknown: an empty list would mean "nothing". Without a look it had not begun.
        begun = done.late or done.look is not None
        result.update(begun=begun, changed=begun, schema_after=result["schema_before"])
        if begun:
            del result["applied"], result["schema_after"]
        error = SlipwayError(failure.what, None, failure.remedy) if failure else SlipwayError("the reason is not known")
        raise Refused(error, result)
    became = outcome_of(done.look.steps, tuple(done.begun), done.open, failure is not None)
    begun = bool(became.done or became.left)
    result.update(
        schema_after=done.after,
        applied=[item.as_dict(done.begun.get(item.version) or 0.0) for item in became.done],
        failed_migrations=dicts(became.left),
        begun=begun,
        changed=begun,
    )
    if failure is None:
        return result
    back = (*became.undone, *([became.failed] if became.failed else []))
    result["rolled_back"] = dicts(tuple(item for item in back if item.transactional))
    if became.failed is not None:
        result["failed_revision"] = became.failed.version
    raise Refused(described(became, failure.what, failure.remedy), result)


def described(became: RevisionOutcome, what: str, remedy: str) -> SlipwayError:
    """A partial failure: which revision, how much of it is in the database, and what to do."""
    failed = became.failed
    if failed is None:
        return SlipwayError(what, None, remedy)
    done = f"Applied before it: {names_of(became.done)}" if became.done else "Nothing is applied"
    if became.left:
        names = names_of(became.left)
        rest = (
            f"what {names} did outside a transaction may be there. Undo that by hand, correct it, then run this again"
        )
    else:
        back = names_of((*became.undone, failed))
        file = failed.file.rpartition("/")[2]
        rest = f"the database rolled {back} back completely. Correct {file}, then run this again"
    return SlipwayError(f"revision {failed.version} ({failed.description}) failed: {what}", None, f"{done}; {rest}")


def diff(result: dict[str, Any], way: str) -> dict[str, str]:
    """What changes in the database."""
    before = f"schema {result['schema_before'] or '-'}\n"
    after = f"schema {result['schema_after'] or '-'}\n"
    for item in result["pending"]:
        note = "downgrade" if way == "down" else f"{'' if item['compatible'] else 'not '}backward-compatible"
        after += f"{item['version']} {item['description']} ({note})\n"
    return {"before_header": "database", "after_header": "database", "before": before, "after": after}


def names_of(revisions: tuple[Revision, ...]) -> str:
    """Their versions, for a sentence."""
    return ", ".join(item.version for item in revisions)


def dicts(revisions: tuple[Revision, ...]) -> list[dict[str, Any]]:
    """For a result."""
    return [item.as_dict() for item in revisions]
