# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The hook that takes a backup before migrations: ``<group>_backup_hook``, a file of tasks."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ansible.module_utils.parsing.convert_bool import boolean

from ..module_utils.gates.tags import PREFIXES
from .context import Context
from .task_files import find_task_file

#: The playbook's results of the hook: that it ended, its failure, and its data about the backup.


def hook_file(context: Context, host: str | None = None) -> Path | None:
    """The declared hook, or ``None``.

    :param host: a host of the hook's kind; by default the task's host.
    :raises SlipwayError: it is not a file of tasks.
    """
    host = host or context.here
    declared = str(context.of_group(host, "backup_hook") or "").strip()
    if not declared:
        return None
    where = f"{context.kind_of(host)}_backup_hook: {declared}"
    return find_task_file(context, host, declared, where)


def plan_hook(context: Context, host: str, migrations: Mapping[str, Any]) -> tuple[dict[str, str], tuple[str, ...]]:
    """The plan's entries about the hook: what was verified, and warnings.

    :param host: a host of the deployed kind.
    :param migrations: the plan's migrations.
    :raises SlipwayError: the declared one is not a file of tasks.
    """
    hook = hook_file(context, host)
    if migrations.get("state") != "planned":
        return {}, ()
    if hook is not None:
        return {"backup_hook": hook.name}, ()
    if not _is_like_production(context, host):
        return {}, ()
    count = len(migrations["pending"])
    what = f"no backup is taken before {count} migration{'' if count == 1 else 's'}"
    return {}, (f"{what}: {context.group_file(host)} declares no {context.kind_of(host)}_backup_hook",)


def _is_like_production(context: Context, host: str) -> bool:
    """Whether the environment is production by its name, or has production's gates."""
    gates = (context.of_group(host, f"{gate}_required") for gate in ("approval", "notes"))
    return PREFIXES.get(context.environment) == PREFIXES["production"] or any(
        boolean(gate or False, strict=False) for gate in gates
    )


def failure(said: Mapping[str, Any], reason: str) -> str:
    """Why the hook failed: the last output of a command says more than its exit code."""
    written = [line for line in str(said.get("stderr") or "").splitlines() if line.strip()]
    return f"{reason}: {' '.join(written[-1].split())}" if written and written[-1] not in reason else reason
