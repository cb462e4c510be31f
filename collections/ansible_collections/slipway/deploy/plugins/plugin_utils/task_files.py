# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Finds and validates task files of an inventory, such as hooks, before any change."""

from __future__ import annotations

from pathlib import Path

from ansible.errors import AnsibleError
from ansible.parsing.dataloader import DataLoader

from ..module_utils.common.errors import SlipwayError, SlipwayErrors
from ..module_utils.environment.hooks import HOOKS, read_hooks
from .context import Context


def find_task_file(context: Context, host: str, declared: str, where: str) -> Path:
    """Find a task file of an inventory.

    :param declared: a path, relative to the environment's directory or to the project's.
    :param where: the setting, for errors.
    :raises SlipwayError: the file is missing, cannot be read, or is not a list of tasks.
    """
    path = Path(declared).expanduser()
    # Every command runs in the project's directory. A host that deploys itself has no inventory file.
    inventory = Path(str(context.host(host).get("inventory_dir") or "."))
    places = (inventory / path, Path("inventories", context.environment, path).absolute(), path.absolute())
    found = next((place for place in places if place.is_file()), None)
    if found is None:
        remedy = f"Put the tasks into inventories/{context.environment}/hooks/, and write it as hooks/<file>"
        raise SlipwayError("there is no such file", where, remedy)
    try:
        tasks = DataLoader().load_from_file(str(found))
    except AnsibleError as error:
        why = " ".join(str(error.message).split()).rstrip(".")
        raise SlipwayError(f"it cannot be read: {why}", where, "Correct it") from None
    if not isinstance(tasks, list) or not tasks:
        raise SlipwayError("it does not contain a list of tasks", where, "Write a list of tasks")
    return found


def hook_files(context: Context) -> dict[str, list[str]]:
    """The absolute paths of the environment's hooks by point, in the order in which they run.

    :raises SlipwayErrors: naming each invalid hook.
    """
    where = context.written(HOOKS)
    found: dict[str, list[str]] = {}
    errors = []
    for point, paths in read_hooks(context.variables.get(HOOKS), where).items():
        found[point] = []
        for path in paths:
            try:
                file = find_task_file(context, context.here, path, f"{where}: {HOOKS}.{point}: {path}")
            except SlipwayError as error:
                errors.append(error)
            else:
                found[point].append(str(file))
    if errors:
        raise SlipwayErrors(errors)
    return found
