# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The hook that takes a backup before migrations: ``<group>_backup_hook``, a file of tasks."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ansible.errors import AnsibleError
from ansible.module_utils.parsing.convert_bool import boolean
from ansible.parsing.dataloader import DataLoader

from ..module_utils.common.errors import SlipwayError
from ..module_utils.gates.tags import PREFIXES
from .context import Context

#: What the playbook keeps of the hook: that it ended, why it failed, and what it said of the backup.
BACKED_UP, BACKUP_FAILED, SAID = "__backed_up", "__backup_failed", "slipway_backup"


def hook_file(context: Context) -> Path | None:
    """The declared hook; ``None`` when none is.

    :raises SlipwayError: when it is no file of tasks.
    """
    # A host that runs its own bundle is none of those that are deployed to from here.
    host = next(iter(context.hosts), context.here)
    declared = str(context.of_group(host, "backup_hook") or "").strip()
    if not declared:
        return None
    where = f"{context.group}_backup_hook: {declared}"
    path = Path(declared).expanduser()
    # Of the environment, or of the project: every command is run from its directory. A host that deploys itself is of
    # no file of the inventory.
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
        raise SlipwayError("it holds no list of tasks", where, "Write the tasks that take the backup")
    return found


def look_at_hook(context: Context, migrations: Mapping[str, Any]) -> tuple[dict[str, str], tuple[str, ...]]:
    """What the plan says of the hook: what was verified, and warnings.

    :param migrations: what the plan will do to the database.
    :raises SlipwayError: when the declared one is no file of tasks.
    """
    hook = hook_file(context)
    if migrations.get("state") != "planned":
        return {}, ()
    if hook is not None:
        return {"backup_hook": hook.name}, ()
    if not _is_like_production(context):
        return {}, ()
    count = len(migrations["pending"])
    what = f"no backup is taken before {count} migration{'' if count == 1 else 's'}"
    return {}, (f"{what}: {context.group_file} declares no {context.group}_backup_hook",)


def _is_like_production(context: Context) -> bool:
    """Whether the environment is production by its name, or has production's gates."""
    gates = (context.of_group(context.hosts[0], f"{gate}_required") for gate in ("approval", "notes"))
    return PREFIXES.get(context.environment) == PREFIXES["production"] or any(
        boolean(gate or False, strict=False) for gate in gates
    )


def failure(said: Mapping[str, Any], reason: str) -> str:
    """Why the hook failed: what a command wrote last says more than that it ended with another code than 0."""
    written = [line for line in str(said.get("stderr") or "").splitlines() if line.strip()]
    return f"{reason}: {' '.join(written[-1].split())}" if written and written[-1] not in reason else reason
