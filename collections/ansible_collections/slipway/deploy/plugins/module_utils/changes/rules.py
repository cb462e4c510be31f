# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Rules of an environment: which files reach which services where the build's graph cannot say it. Pure.

    changes_rules:
      - paths: [docker/{service}/Dockerfile]     # the service of this name
      - paths: [docker/base/**]
        services: all
      - paths: ["**/*.md", .github/**]
        services: none

The first rule that fits a file counts. Its services are reached in addition to those of the file's module; ``none``
means that the file reaches nothing at all.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any, Literal, NamedTuple

from ..common.errors import SlipwayError, raise_all
from ..common.suggest import suggest
from .paths import pattern

WHERE = "changes_rules"
_FIELDS = ("paths", "services", "why")


class Rule(NamedTuple):
    """A rule.

    :ivar services: names, or ``all`` or ``none``; empty for the service that ``{service}`` in the path names.
    """

    paths: tuple[str, ...]
    services: tuple[str, ...] | Literal["all", "none"] = ()
    why: str = ""


class Ruled(NamedTuple):
    """What a rule says of a file. ``services`` is ``None`` for all of them."""

    services: tuple[str, ...] | None
    why: str


def parse_rules(value: Any, services: Collection[str]) -> tuple[Rule, ...]:
    """The rules that an environment declares.

    :param services: the names that a rule may use.
    :raises SlipwayErrors: what is wrong with each.
    """
    if value is None or value == "":
        return ()
    if not isinstance(value, list):
        raise SlipwayError("it is not a list", WHERE, "Write a list of rules, each with paths and services")
    errors: list[SlipwayError] = []
    rules: list[Rule] = []
    for number, item in enumerate(value, 1):
        try:
            rules.append(_rule(item, f"{WHERE}, rule {number}", services))
        except SlipwayError as error:
            errors.append(error)
    raise_all(errors)
    return tuple(rules)


def _rule(item: Any, where: str, services: Collection[str]) -> Rule:
    if not isinstance(item, Mapping) or not item.get("paths"):
        raise SlipwayError("it has no paths", where, "Write paths: [docker/base/**]")
    for name in item:
        if name not in _FIELDS:
            raise SlipwayError(f"{name} is not a field of a rule", where, suggest(str(name), _FIELDS))
    paths = _texts(item["paths"], "paths", where)
    for path in paths:
        if path.startswith("/") or ".." in path.split("/"):
            raise SlipwayError(f"{path!r} does not begin at the repository's root", where, "Write it as git prints it")
    return Rule(paths, _reached(item, paths, where, services), str(item.get("why") or ""))


def _reached(
    item: Mapping[str, Any], paths: Sequence[str], where: str, services: Collection[str]
) -> tuple[str, ...] | Literal["all", "none"]:
    wanted = item.get("services")
    if wanted is None and all("{service}" in path for path in paths):
        return ()
    if wanted == [] or wanted is None:
        raise SlipwayError("it does not say which services it reaches", where, "Write services: all, none or a list")
    names = _texts(wanted, "services", where)
    if names in (("all",), ("none",)):
        return "all" if names == ("all",) else "none"
    for name in names:
        if name not in services:
            remedy = suggest(name, [*services, "all", "none"]) or "Write all, none, or names of the fleet's services"
            raise SlipwayError(f"there is no service {name}", where, remedy)
    return names


def _texts(value: Any, name: str, where: str) -> tuple[str, ...]:
    found = [value] if isinstance(value, str) else value
    if not isinstance(found, list) or not all(isinstance(item, str) and item for item in found):
        raise SlipwayError(f"{name} is not a list of texts", where, f"Write {name}: [first, second]")
    return tuple(found)


def ruled(rules: Sequence[Rule], path: str, services: Collection[str]) -> Ruled | None:
    """What the first fitting rule says of a file; ``None`` when none fits."""
    for rule in rules:
        for text in rule.paths:
            match = pattern(text).fullmatch(path)
            if match is None:
                continue
            if rule.services in ("all", "none"):
                return Ruled(None if rule.services == "all" else (), rule.why or f"rule {text}")
            named = match.groupdict().get("service")
            if named is None or named in services:
                names = tuple(rule.services) or ((named,) if named else ())
                return Ruled(names, rule.why or f"rule {text}")
    return None
