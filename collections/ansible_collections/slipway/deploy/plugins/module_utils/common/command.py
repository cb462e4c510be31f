# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The commands that a person is told to run next: whole, quoted for a shell, and right for where that person is."""

from __future__ import annotations

import os
import re
import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePath
from typing import Final

#: Playbooks that lie in the project's root as well, where people start them.
_IN_ROOT: Final = frozenset({"deploy"})
_DEPLOYING: Final = frozenset({"deploy", "rollback"})
#: A playbook of an installed collection: the namespace with the collection, and the playbook.
_IN_COLLECTION: Final = re.compile(r"(\w+\.\w+)\.(\w+)")
_SAFE: Final = re.compile(r"[\w@%+=:,./…-]+")


@dataclass(frozen=True)
class _Run:
    """What the user started, and where the project is, seen from where that was."""

    root: str = ""
    #: The collection that was started from; empty for a project with its playbooks in files.
    collection: str = ""
    path: str = ""
    playbook: str = ""
    environment: str = ""
    limit: str = ""


_run = [_Run()]


def started_from(playbook: str, directory: str, environment: str = "", limit: str = "") -> None:
    """Note what the user started.

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
    """The command that was started, with more variables. Only those are said where none was started (in tests).

    What else stood on the command line is left out: it may be a secret.
    """
    run = _run[0]
    if not run.playbook or not run.environment:
        return " ".join([*(f"-e {_pair(name, value)}" for name, value in variables.items()), *arguments])
    limit = ("--limit", run.limit) if run.limit and "--limit" not in arguments else ()
    return _line(run.path, run.environment, (*limit, *arguments), variables)


def here(playbook: str, *arguments: str, **variables: str) -> str:
    """The command of a playbook for the environment of the run; ``env=…`` where that is not known."""
    return command(playbook, _run[0].environment or "…", *arguments, **variables)


def name_environment(environment: str = "…") -> str:
    """``run ansible-playbook deploy.yml -e env=dev``: what was started, for an environment.

    :return: ``use -e env=dev`` where no playbook was started.
    """
    run = _run[0]
    if not run.playbook:
        return f"use -e {_pair('env', environment)}"
    return f"run {_line(run.path, environment, ('--limit', run.limit) if run.limit else (), {})}"


def listing() -> str:
    """The command that lists what the environment of the run has."""
    return f"ansible-inventory --graph -e {_pair('env', _run[0].environment or '…')}"


def waiting(environment: str, seconds: int) -> str:
    """The command that waits for the lock: the one that was started, or else a deploy."""
    if _run[0].playbook in _DEPLOYING and _run[0].environment == environment:
        return again(lock_wait=str(seconds))
    return command("deploy", environment, lock_wait=str(seconds))


def command(playbook: str, environment: str, *arguments: str, **variables: str) -> str:
    """``ansible-playbook deploy.yml -e env=dev -e resume=finish``: it can be copied as it is.

    :param playbook: its name, without directory and ``.yml``.
    :param arguments: words that are put behind the variables, such as ``--limit`` and its value.
    :param variables: extra variables, in their order.
    """
    if _run[0].collection:
        return _line(f"{_run[0].collection}.{playbook}", environment, arguments, variables)
    path = f"{_run[0].root}{'' if playbook in _IN_ROOT else 'playbooks/'}{playbook}.yml"
    return _line(path, environment, arguments, variables)


def resume_commands(environment: str = "", *choices: str) -> str:
    """The commands that go on with an unfinished deploy: ``… -e resume=finish or … -e resume=undo``.

    :param environment: that of the run by default.
    """
    of = environment or _run[0].environment or "…"
    return " or ".join(command("deploy", of, resume=choice) for choice in choices or ("finish", "undo"))


def _line(path: str, environment: str, arguments: Sequence[str], variables: Mapping[str, str]) -> str:
    extra = [part for name, value in {"env": environment, **variables}.items() for part in ("-e", _pair(name, value))]
    return " ".join(["ansible-playbook", _quoted(path), *extra, *map(_quoted, arguments)])


def _pair(name: str, value: str) -> str:
    return f"{name}={_quoted(value)}"


def _quoted(word: str) -> str:
    """The word as a shell takes it. A placeholder in words stays readable: nobody runs it as it is."""
    return word if _SAFE.fullmatch(word) else shlex.quote(word)
