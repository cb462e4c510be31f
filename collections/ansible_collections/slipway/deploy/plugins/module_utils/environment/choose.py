# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Chooses the environment from the command line: ``-e env=…``, ``-i inventories/<env>`` or both."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from pathlib import PurePath

from ..common.command import name_environment
from ..common.errors import SlipwayError
from ..common.suggest import shorten, suggest


def check_name(value: object, known: Collection[str]) -> str:
    """The environment named by the variable ``env``.

    :param value: the value of ``env``.
    :raises SlipwayError: it is missing, not a name, or not one of those that exist.
    """
    there_are = _there_are(known)
    if value is None or value == "":
        raise SlipwayError(f"env is missing: {name_environment()} ({there_are})")
    if not isinstance(value, str):
        raise SlipwayError(f"env={shorten(value)}: the name of one environment is expected ({there_are})")
    if value in known:
        return str(value)
    if "/" in value or "\\" in value or value in (".", ".."):
        raise SlipwayError(f"env={shorten(value)}: the name of an environment is expected, not a path ({there_are})")
    raise SlipwayError(
        f"env={shorten(value)}: no such environment in inventories/ ({there_are})", remedy=suggest(value, known)
    )


def named_by(source: str, root: str, known: Collection[str]) -> str | None:
    """The environment whose directory an inventory source is, or is in.

    :param source: the absolute path of an inventory source, or a list of hosts.
    :param root: the absolute path of the directory of the environments.
    :return: the environment, or ``None`` for a source outside of all of them.
    """
    path = PurePath(source)
    if not path.is_relative_to(root):
        return None
    parts = path.relative_to(root).parts
    return parts[0] if parts and parts[0] in known else None


def choose(value: object, sources: Sequence[str], root: str, known: Collection[str]) -> str:
    """The environment of a run.

    :param value: the extra variable ``env``, or ``None``.
    :param sources: the absolute paths of the inventory sources (``-i``, or the default).
    :param root: the absolute path of the directory of the environments.
    :raises SlipwayError: it is missing, does not exist, or there are two different ones.
    """
    if root in sources:
        raise SlipwayError(
            "-i inventories selects all environments, but a run is for one", remedy=f"Instead, {name_environment()}"
        )
    by_path = {name: None for source in sources if (name := named_by(source, root, known)) is not None}
    said = [f"-i inventories/{name}" for name in by_path]
    names = list(by_path)
    if value not in (None, "") or not names:
        name = check_name(value, known)
        if name not in by_path:
            names.append(name)
            said.append(f"-e env={name}")
    if len(names) > 1:
        raise SlipwayError(
            f"{' and '.join(said)} name different environments, but a run is for one. Leave one of them out"
        )
    return names[0]


def _there_are(known: Collection[str]) -> str:
    return f"there are {', '.join(sorted(known))}" if known else "there are none"
