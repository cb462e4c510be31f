# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The commands that messages suggest: complete, quoted for a shell, and valid in the user's directory."""

from __future__ import annotations

import os
import re
import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePath
from typing import Final

#: Playbooks that are also in the project's root, where users start them.
_IN_ROOT: Final = frozenset({"deploy"})
_DEPLOYING: Final = frozenset({"deploy", "rollback"})
#: A playbook of an installed collection: the namespace with the collection, and the playbook.
_IN_COLLECTION: Final = re.compile(r"(\w+\.\w+)\.(\w+)")
_SAFE: Final = re.compile(r"[\w@%+=:,./…-]+")


@dataclass(frozen=True)
class _Run:
    """What the user started, and the project's path relative to that directory."""

    root: str = ""
    #: The collection whose playbook was started; empty for a project with playbook files.
    collection: str = ""
    path: str = ""
    playbook: str = ""
    environment: str = ""
    limit: str = ""


_run = [_Run()]


def started_from(playbook: str, directory: str, environment: str = "", limit: str = "") -> None:
    """Remember what the user started.

    :param playbook: the playbook as the command line names it, a file or ``slipway.deploy.deploy``; empty for none.
    :param limit: what ``--limit`` says.
    """
    if not playbook:
        _run[0] = _Run(environment=environment, limit=limit)
        return
    found = _IN_COLLECTION.fullmatch(playbook)
    if found and found[2] not in ("yml", "yaml"):
        _run[0] = _Run("", found[1], playbook, found[2], environment, limit)
        return
    path = PurePath(os.path.normpath(os.path.join(directory, playbook)))  # noqa: PTH118 - no link is followed
    root = path.parent.parent if path.parent.name == "playbooks" else path.parent
    relative = os.path.relpath(root, directory)
    _run[0] = _Run("" if relative == "." else f"{relative}/", "", playbook, path.stem, environment, limit)


def again(*arguments: str, **variables: str) -> str:
    """The command that was started, with more variables; only the variables if there was none (in tests).

    What else stood on the command line is left out: it may be a secret.
    """
    run = _run[0]
    if not run.playbook or not run.environment:
        return " ".join([*(f"-e {_pair(name, value)}" for name, value in variables.items()), *arguments])
    limit = ("--limit", run.limit) if run.limit and "--limit" not in arguments else ()
    return _line(run.path, run.environment, (*limit, *arguments), variables)


def here(playbook: str, *arguments: str, **variables: str) -> str:
    """The command of a playbook for the run's environment; ``env=…`` if that is unknown."""
    return command(playbook, _run[0].environment or "…", *arguments, **variables)


def name_environment(environment: str = "…") -> str:
    """``run ansible-playbook deploy.yml -e env=dev``: what was started, for another environment.

    :return: ``use -e env=dev`` where no playbook was started.
    """
    run = _run[0]
    if not run.playbook:
        return f"use -e {_pair('env', environment)}"
    return f"run {_line(run.path, environment, ('--limit', run.limit) if run.limit else (), {})}"


def listing() -> str:
    """The command that lists the services and hosts of the run's environment."""
    return f"ansible-inventory --graph -e {_pair('env', _run[0].environment or '…')}"


def waiting(environment: str, seconds: int) -> str:
    """The command that waits for the lock: the one that was started, or else a deploy."""
    if _run[0].playbook in _DEPLOYING and _run[0].environment == environment:
        return again(lock_wait=str(seconds))
    return command("deploy", environment, lock_wait=str(seconds))


def command(playbook: str, environment: str, *arguments: str, **variables: str) -> str:
    """``ansible-playbook deploy.yml -e env=dev -e resume=finish``: it can be copied as it is.

    :param playbook: its name, without directory and ``.yml``.
    :param arguments: words that follow the variables, such as ``--limit`` and its value.
    :param variables: extra variables, in their order.
    """
    if _run[0].collection:
        return _line(f"{_run[0].collection}.{playbook}", environment, arguments, variables)
    path = f"{_run[0].root}{'' if playbook in _IN_ROOT else 'playbooks/'}{playbook}.yml"
    return _line(path, environment, arguments, variables)


def resume_commands(environment: str = "", *choices: str) -> str:
    """The commands that resume an unfinished deploy: ``… -e resume=finish or … -e resume=undo``.

    :param environment: the run's by default.
    """
    of = environment or _run[0].environment or "…"
    return " or ".join(command("deploy", of, resume=choice) for choice in choices or ("finish", "undo"))


def _line(path: str, environment: str, arguments: Sequence[str], variables: Mapping[str, str]) -> str:
    extra = [part for name, value in {"env": environment, **variables}.items() for part in ("-e", _pair(name, value))]
    return " ".join(["ansible-playbook", _quoted(path), *extra, *map(_quoted, arguments)])


def _pair(name: str, value: str) -> str:
    return f"{name}={_quoted(value)}"


def _quoted(word: str) -> str:
    """The word quoted for a shell. A placeholder stays readable: it must be replaced anyway."""
    return word if _SAFE.fullmatch(word) else shlex.quote(word)
