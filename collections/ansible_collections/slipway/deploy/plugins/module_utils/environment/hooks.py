# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The hooks of an environment: task files that run before and after the phases of a deploy. Pure.

``deploy_hooks`` maps a point, such as ``before_switch``, to the task files that run there.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from ..common.errors import SlipwayError, SlipwayErrors, raise_all
from ..common.suggest import shorten, suggest

#: The inventory's variable.
HOOKS: Final = "deploy_hooks"
#: The phases of a deploy that hooks run around, in their order.
PHASES: Final = ("stage", "migrate", "roll_out", "switch", "check", "undo", "finish")
#: The points at which hooks run.
POINTS: Final = tuple(f"{when}_{phase}" for phase in PHASES for when in ("before", "after"))


def read_hooks(value: Any, where: str) -> dict[str, tuple[str, ...]]:
    """The paths of the task files by point, in the order in which they run.

    :param value: a mapping from points to a path or a list of paths; ``None``: no hooks.
    :raises SlipwayErrors: naming each invalid entry.
    """
    if value is None:
        return {}
    if not isinstance(value, Mapping):
        remedy = f"Write a mapping, such as {HOOKS}: {{before_switch: [hooks/file.yml]}}"
        raise SlipwayErrors([SlipwayError(f"{HOOKS} must be a mapping", where, remedy)])
    hooks: dict[str, tuple[str, ...]] = {}
    errors = []
    for point, files in value.items():
        place = f"{where}: {HOOKS}.{shorten(point)}"
        if point not in POINTS:
            remedy = suggest(str(point), POINTS) or f"The points are {', '.join(POINTS)}"
            errors.append(SlipwayError(f"no hooks run at {shorten(point)!r}", place, remedy))
        elif (paths := _paths(files)) is None:
            errors.append(SlipwayError("this is not a list of files", place, "Write [hooks/file.yml]"))
        else:
            hooks[str(point)] = paths
    raise_all(errors)
    return hooks


def is_due(point: str, changes: bool, failed: bool) -> bool:
    """Whether the hooks of a point run.

    :param changes: whether the deploy changes anything.
    :param failed: whether it failed, so that it is being undone.
    """
    phase = point.partition("_")[2]
    if not changes:
        return False
    return failed if phase == "undo" else not failed or phase == "finish"


def _paths(files: Any) -> tuple[str, ...] | None:
    """The paths that an entry lists; ``None`` if it is invalid."""
    items = [files] if isinstance(files, str) else files
    if not isinstance(items, Sequence) or not all(isinstance(item, str) and item.strip() for item in items):
        return None
    return tuple(item.strip() for item in items)
