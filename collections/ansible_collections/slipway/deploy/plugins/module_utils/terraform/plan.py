# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A plan of Terraform, from ``terraform show -json``, without its sensitive values. Pure.

The format is https://developer.hashicorp.com/terraform/internals/json-format; OpenTofu writes the same. A minor version
adds what is ignored here, another major version is refused.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from ..common.documents import loads
from ..common.errors import SlipwayError
from .values import Attribute, Hidden, Path, Side, attributes, secrets_in

#: Actions in the order in which a person must see them.
DESTROY, REPLACE, FORGET, UPDATE, CREATE, READ, NOTHING = (
    *("destroy", "replace", "forget", "update", "create", "read", "no-op"),
)
ORDER: Final = (DESTROY, REPLACE, FORGET, UPDATE, CREATE, READ, NOTHING)
_TIME = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z")
_WRITE = "Write it with terraform show -json PLAN > plan.json, where terraform plan -out=PLAN made PLAN"
_REASONS: Final = {
    "replace_because_tainted": "it is tainted",
    "replace_because_cannot_update": "it cannot be updated in place",
    "replace_by_request": "asked for with -replace",
    "replace_by_triggers": "by replace_triggered_by",
    "delete_because_no_resource_config": "it is no longer in the configuration",
    "delete_because_no_module": "its module is no longer in the configuration",
    "delete_because_wrong_repetition": "count or for_each was added or removed",
    "delete_because_count_index": "count is smaller than its index",
    "delete_because_each_key": "for_each no longer has its key",
    "delete_because_no_move_target": "it was moved to where the configuration has nothing",
    "read_because_config_unknown": "its configuration is known after apply",
    "read_because_dependency_pending": "what it depends on changes",
    "read_because_check_nested": "a check needs it",
}


@dataclass(frozen=True)
class Change:
    """A resource that changes, or an output.

    :ivar action: one of :data:`ORDER`.
    :ivar order: how a resource is replaced: ``destroy, then create``.
    :ivar previous: the address from which it is moved.
    :ivar imported: the ID by which it is imported.
    :ivar deposed: the key of a leftover of an earlier replacement, the only thing that is destroyed.
    """

    address: str
    action: str
    attributes: tuple[Attribute, ...] = ()
    order: str = ""
    reason: str = ""
    previous: str = ""
    imported: str | None = None
    deposed: str = ""
    output: bool = False


@dataclass(frozen=True)
class Counts:
    """What Terraform counts: a replacement is destroyed and added."""

    destroy: int = 0
    replace: int = 0
    forget: int = 0
    change: int = 0
    add: int = 0
    imported: int = 0
    moved: int = 0


@dataclass(frozen=True)
class Plan:
    """A plan.

    :ivar resources: what changes, in the order of :data:`ORDER` and then of the plan.
    :ivar drift: what changed outside of Terraform.
    :ivar outputs: the outputs that change.
    :ivar deferred: resources that need another plan after this one.
    :ivar failed_checks: the checks that fail.
    :ivar actions: how many actions of providers are invoked.
    :ivar planned: when it was made, as in 2026-11-30T19:07:30Z; empty if it does not say.
    :ivar complete: whether another plan is not needed after it.
    :ivar names: plain texts of its variables and outputs, by name, to compare with what is expected.
    :ivar digest: SHA-256 of the file.
    """

    terraform: str
    digest: str
    resources: tuple[Change, ...] = ()
    drift: tuple[Change, ...] = ()
    outputs: tuple[Change, ...] = ()
    deferred: tuple[str, ...] = ()
    failed_checks: tuple[str, ...] = ()
    actions: int = 0
    planned: str = ""
    complete: bool = True
    names: Mapping[str, str] = field(default_factory=dict)
    counts: Counts = Counts()

    @property
    def empty(self) -> bool:
        """Whether nothing would change."""
        return not (self.resources or self.outputs or self.deferred or self.actions)


def read_plan(content: bytes, shown: str) -> Plan:
    """Read a plan.

    :param shown: the file's name, for errors.
    :raises SlipwayError: it is no plan, of another version, or the plan of a run that failed. No message shows a value.
    """
    document = _document(content, shown)
    try:
        hidden = Hidden(_secrets(document))
        resources = _resources(document, "resource_changes", hidden)
        kept = sorted(
            (item for item in resources if item.action != NOTHING or item.previous or item.imported is not None),
            key=lambda item: ORDER.index(item.action),
        )
        return Plan(
            str(document.get("terraform_version") or "?"),
            hashlib.sha256(content).hexdigest(),
            tuple(kept),
            tuple(item for item in _resources(document, "resource_drift", hidden) if item.action != NOTHING),
            tuple(_outputs(document, hidden)),
            tuple(str(item["resource_change"]["address"]) for item in document.get("deferred_changes") or ()),
            tuple(_failed_checks(document)),
            len(document.get("action_invocations") or ()),
            _planned(document),
            document.get("complete") is not False,
            dict(_names(document)),
            _counts(kept),
        )
    except (AttributeError, IndexError, KeyError, TypeError, ValueError):
        raise SlipwayError("it is not a complete plan of Terraform", shown, _WRITE) from None
    except RecursionError:
        raise SlipwayError("it is nested too deeply", shown, _WRITE) from None


def _parsed(content: bytes, shown: str) -> Any:
    if content.startswith(b"PK\x03\x04"):
        raise SlipwayError("this is the plan for terraform apply, which only Terraform reads", shown, _WRITE)
    if content.startswith(b"[command]"):
        remedy = "Set terraform_wrapper: false for hashicorp/setup-terraform"
        raise SlipwayError("it has the output of Terraform's wrapper for GitHub Actions", shown, remedy)
    if not content.strip():
        raise SlipwayError("the file is empty", shown, _WRITE)
    try:
        # PowerShell's > writes UTF-16.
        return loads(content.decode("utf-16" if content[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig"))
    except UnicodeDecodeError:
        raise SlipwayError("it is not text", shown, _WRITE) from None
    except ValueError as error:
        line = getattr(error, "lineno", 0)
        if getattr(error, "msg", "") == "Extra data" and line == 2:
            raise SlipwayError("this is the log of terraform plan -json, not a plan", shown, _WRITE) from None
        raise SlipwayError(f"it is not valid JSON{f' (line {line})' if line else ''}", shown, _WRITE) from None


def _document(content: bytes, shown: str) -> Mapping[str, Any]:
    document = _parsed(content, shown)
    version = document.get("format_version") if isinstance(document, dict) else None
    if not isinstance(version, str):
        raise SlipwayError("it is not what terraform show -json writes: it has no format_version", shown, _WRITE)
    if version.split(".")[0] != "1":
        remedy = "Use Terraform 1.1 or newer" if version.startswith("0") else "Use a newer Slipway"
        raise SlipwayError(f"it has the format {version[:20]}; only 1.x is known", shown, remedy)
    if "planned_values" not in document and "resource_changes" not in document:
        raise SlipwayError("it is a state of Terraform, not a plan", shown, _WRITE)
    if document.get("errored"):
        raise SlipwayError("terraform plan failed: the plan is not whole", shown, "Correct the error, and plan again")
    return dict(document)


def _planned(document: Mapping[str, Any]) -> str:
    found = str(document.get("timestamp") or "")
    return found if _TIME.fullmatch(found) else ""


def _change(item: Mapping[str, Any], hidden: Hidden) -> tuple[list[str], tuple[Attribute, ...]]:
    """A change's actions and attributes."""
    change = item["change"]
    actions = [str(action) for action in change["actions"]]
    before = Side(change.get("before"), change.get("before_sensitive"))
    after = Side(change.get("after"), change.get("after_sensitive"), change.get("after_unknown"))
    forces: list[Path] = [tuple(path) for path in change.get("replace_paths") or ()]
    return actions, attributes(before, after, forces, hidden)


def _masked(item: Mapping[str, Any], states: Sequence[Mapping[str, Any]]) -> Mapping[str, Any]:
    """A resource's change; where it has no mask, with the one of the prior state and of the planned values."""
    change = dict(item["change"])
    for side, state in zip(("before", "after"), states, strict=True):
        if change.get(f"{side}_sensitive") is None:
            change[f"{side}_sensitive"] = state.get(str(item.get("address")))
    return {"change": change}


def _resources(document: Mapping[str, Any], key: str, hidden: Hidden) -> list[Change]:
    found = []
    states = [dict(_sensitive_values([(value or {}).get("root_module")])) for value in reversed(_states(document))]
    for item in document.get(key) or ():
        actions, differing = _change(_masked(item, states), hidden)
        action = _action(actions)
        if item.get("mode", "managed") != "managed" and action != READ:
            continue
        importing = item["change"].get("importing")
        reason = _REASONS.get(str(item.get("action_reason") or ""), str(item.get("action_reason") or ""))
        if "forget" in actions:
            # Terraform gives the reason of a destruction.
            reason = "the configuration says destroy = false"
        found.append(
            Change(
                str(item["address"]),
                action,
                differing,
                _order(actions) if action == REPLACE else "",
                hidden.text(reason),
                str(item.get("previous_address") or ""),
                None if importing is None else _imported(importing, hidden),
                str(item.get("deposed") or ""),
            )
        )
    return found


def _action(actions: list[str]) -> str:
    """The kind of a change. As the format asks, any list with ``delete`` destroys."""
    if "delete" in actions:
        return REPLACE if "create" in actions else DESTROY
    if "forget" in actions:
        return REPLACE if "create" in actions else FORGET
    known = {"create": CREATE, "update": UPDATE, "read": READ, "no-op": NOTHING}
    # An action of a newer Terraform must not be taken for nothing.
    return next((known[action] for action in actions if action in known), UPDATE)


def _order(actions: list[str]) -> str:
    return ", then ".join("destroy" if action == "delete" else action for action in actions)


def _imported(importing: Mapping[str, Any], hidden: Hidden) -> str:
    name = importing.get("id")
    if name is None and importing.get("identity") is not None:
        return hidden.shown(Side(importing["identity"])) or ""
    return hidden.text(str(name or ""))


def _outputs(document: Mapping[str, Any], hidden: Hidden) -> Iterator[Change]:
    sensitive = {name for name, item in _all_outputs(document) if item.get("sensitive")}
    for name, change in sorted((document.get("output_changes") or {}).items()):
        secret = name in sensitive
        masks = {key: secret or change.get(key) for key in ("before_sensitive", "after_sensitive")}
        actions, differing = _change({"change": {**change, **masks}}, hidden)
        if _action(actions) != NOTHING:
            yield Change(str(name), _action(actions), differing, output=True)


def _all_outputs(document: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    for value in _states(document):
        yield from ((value or {}).get("outputs") or {}).items()


def _states(document: Mapping[str, Any]) -> list[Any]:
    """The values after the plan, and before it."""
    return [document.get("planned_values"), (document.get("prior_state") or {}).get("values")]


def _failed_checks(document: Mapping[str, Any]) -> Iterator[str]:
    for check in document.get("checks") or ():
        if check.get("status") in ("fail", "error"):
            yield str((check.get("address") or {}).get("to_display") or "?")


def _names(document: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    secret = _sensitive_variables(document)
    for name, item in _all_outputs(document):
        if isinstance(item.get("value"), str) and not item.get("sensitive"):
            yield str(name), item["value"]
    for name, item in (document.get("variables") or {}).items():
        if name not in secret and isinstance((item or {}).get("value"), str):
            yield str(name), item["value"]


def _sensitive_variables(document: Mapping[str, Any]) -> set[str]:
    declared = ((document.get("configuration") or {}).get("root_module") or {}).get("variables") or {}
    return {str(name) for name, item in declared.items() if (item or {}).get("sensitive")}


def _secrets(document: Mapping[str, Any]) -> Iterator[str]:
    """Every text that the plan marks as sensitive, wherever it stands."""
    changes = [
        *(item["change"] for key in ("resource_changes", "resource_drift") for item in document.get(key) or ()),
        *(item["resource_change"]["change"] for item in document.get("deferred_changes") or ()),
        *(document.get("output_changes") or {}).values(),
    ]
    for change in changes:
        for side in ("before", "after"):
            yield from secrets_in(change.get(side), change.get(f"{side}_sensitive"))
    for _name, item in _all_outputs(document):
        yield from secrets_in(item.get("value"), bool(item.get("sensitive")))
    for name in _sensitive_variables(document):
        yield from secrets_in(((document.get("variables") or {}).get(name) or {}).get("value"), mask=True)
    for resource in _state_resources((value or {}).get("root_module") for value in _states(document)):
        yield from secrets_in(resource.get("values"), resource.get("sensitive_values"))


def _state_resources(modules: Iterable[Any]) -> Iterator[Mapping[str, Any]]:
    for module in modules:
        yield from (module or {}).get("resources") or ()
        yield from _state_resources((module or {}).get("child_modules") or ())


def _sensitive_values(modules: Iterable[Any]) -> Iterator[tuple[str, Any]]:
    for resource in _state_resources(modules):
        yield str(resource.get("address")), resource.get("sensitive_values")


def _counts(resources: Iterable[Change]) -> Counts:
    """As ``terraform plan`` counts."""
    given = list(resources)
    number = {action: sum(item.action == action for item in given) for action in ORDER}
    forgotten = sum(item.action == REPLACE and "forget" in item.order for item in given)
    return Counts(
        number[DESTROY] + number[REPLACE] - forgotten,
        number[REPLACE],
        number[FORGET] + forgotten,
        number[UPDATE],
        number[CREATE] + number[REPLACE],
        sum(item.imported is not None for item in given),
        sum(bool(item.previous) for item in given),
    )
