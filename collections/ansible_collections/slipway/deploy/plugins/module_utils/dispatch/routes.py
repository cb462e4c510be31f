# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Decides what a change starts. Pure.

    routes:
      - repository: skilltracker/skill-tracker-backend
        branches: [develop]
        workflow: fleet
        environment: dev
      - repository: salitemihret/salitemihret
        tags: ["staging-*"]
        workflow: site
        environment: staging

The first row that matches the change is used.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from fnmatch import fnmatchcase
from typing import Any

from ..common.errors import SlipwayError, raise_all
from ..common.suggest import shorten, suggest
from .model import WORKFLOWS, Change, Decision, Route

_FIELDS = ("repository", "branches", "tags", "workflow", "environment")


def parse_routes(document: Any, where: str, environments: Collection[str]) -> tuple[Route, ...]:
    """The rows of the file.

    :param environments: those that exist.
    :raises SlipwayErrors: what is wrong with each row.
    """
    rows = document.get("routes") if isinstance(document, Mapping) else None
    if not isinstance(rows, list) or set(document) != {"routes"}:
        raise SlipwayError("it is not a list of routes", where, "Write routes: and a list")
    errors: list[SlipwayError] = []
    routes: list[Route] = []
    for number, row in enumerate(rows, 1):
        try:
            routes.append(_route(row, f"{where}, route {number}", environments))
        except SlipwayError as error:
            errors.append(error)
    raise_all(errors)
    return tuple(routes)


def _route(row: Any, where: str, environments: Collection[str]) -> Route:
    if not isinstance(row, Mapping):
        raise SlipwayError("it is not a mapping", where, "Write repository, branches or tags, workflow, environment")
    for name in row:
        if name not in _FIELDS:
            raise SlipwayError(f"{name} is not a field of a route", where, suggest(str(name), _FIELDS))
    for name in ("repository", "workflow", "environment"):
        if not isinstance(row.get(name), str) or not row[name]:
            raise SlipwayError(f"{name} is missing or not a text", where, f"Write {name}: …")
    for name, known in (("workflow", WORKFLOWS), ("environment", sorted(environments))):
        if row[name] not in known:
            remedy = suggest(row[name], known) or f"There are {', '.join(known)}"
            raise SlipwayError(f"there is no {name} {row[name]}", where, remedy)
    patterns = {name: _texts(row.get(name), f"{where}, {name}") for name in ("branches", "tags")}
    if not any(patterns.values()):
        raise SlipwayError("it has neither branches nor tags", where, "Write branches: [develop]")
    return Route(row["repository"], row["workflow"], row["environment"], **patterns)


def _texts(value: Any, where: str) -> tuple[str, ...]:
    if value is None:
        return ()
    if not isinstance(value, list) or not all(isinstance(item, str) and item for item in value):
        raise SlipwayError("it is not a list of texts", where, "Write [first, second]")
    return tuple(value)


def decide(change: Change, routes: Sequence[Route], where: str) -> Decision:
    """What the change starts.

    :param where: the file of the routes.
    :raises SlipwayError: no row is about its repository, or about its branch or tag.
    """
    # GitHub's names differ by more than case.
    own = [route for route in routes if route.repository.lower() == change.repository.lower()]
    if not own:
        what = f"{shorten(change.repository)} is not a repository that starts anything"
        raise SlipwayError(what, where, suggest(change.repository, [route.repository for route in routes]))
    for route in own:
        name, patterns = (change.branch, route.branches) if change.branch else (change.tag, route.tags)
        if any(fnmatchcase(name, pattern) for pattern in patterns):
            return Decision(
                route.workflow,
                route.environment,
                route.repository,
                change.ref,
                change.commit,
                change.pull_request,
                change.force_full_build,
            )
    kind = "branches" if change.branch else "tags"
    known = dict.fromkeys(pattern for route in own for pattern in getattr(route, kind))
    remedy = f"There are routes for {', '.join(known)}" if known else f"There is no route for its {kind}"
    raise SlipwayError(f"{shorten(change.ref)} of {change.repository} starts nothing", where, remedy)
