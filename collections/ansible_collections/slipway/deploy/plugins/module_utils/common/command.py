# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The commands that a person is told to run next: whole, quoted for a shell, and right for where that person is."""

from __future__ import annotations

import os
import shlex
from pathlib import PurePath
from typing import Final

#: Playbooks that lie in the project's root as well, where people start them.
_IN_ROOT: Final = frozenset({"deploy"})
_root = [""]


def started_from(playbook: str, directory: str) -> None:
    """Note where the project is, seen from the directory that the user is in.

    :param playbook: the playbook as the command line names it.
    :param directory: the current directory.
    """
    path = PurePath(os.path.normpath(os.path.join(directory, playbook)))  # noqa: PTH118 - no link is followed
    root = path.parent.parent if path.parent.name == "playbooks" else path.parent
    relative = os.path.relpath(root, directory)
    _root[0] = "" if relative == "." else f"{relative}/"


def command(playbook: str, environment: str, *arguments: str, **variables: str) -> str:
    """``ansible-playbook deploy.yml -e env=dev -e resume=finish``: it can be copied as it is.

    :param playbook: its name, without directory and ``.yml``.
    :param arguments: words that are put behind the variables, such as ``--limit`` and its value.
    :param variables: extra variables, in their order.
    """
    path = f"{_root[0]}{'' if playbook in _IN_ROOT else 'playbooks/'}{playbook}.yml"
    extra = [part for name, value in {"env": environment, **variables}.items() for part in ("-e", _pair(name, value))]
    return " ".join(["ansible-playbook", shlex.quote(path), *extra, *map(shlex.quote, arguments)])


def resume_commands(environment: str, *choices: str) -> str:
    """The commands that go on with an unfinished deploy: ``… -e resume=finish or … -e resume=undo``."""
    return " or ".join(command("deploy", environment, resume=choice) for choice in choices or ("finish", "undo"))


def _pair(name: str, value: str) -> str:
    return f"{name}={shlex.quote(value)}"
