# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Reads ``inventories/``. The only file of this topic that reads the file system.

``inventories/environment.yml`` marks the directory of the environments; a directory beside it that holds a
file of the same name is an environment.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from ..common.command import name_environment
from ..common.errors import SlipwayError
from ..kinds.registry import NAMES
from .choose import choose

MARKER = "environment.yml"
_NAMED = ("all", "fleet", *NAMES, "database")


def unreadable(error: OSError, shown: str) -> SlipwayError:
    """The error for a file or directory that cannot be read."""
    remedy = "Correct its name" if isinstance(error, FileNotFoundError) else "Give your user the right to read it"
    return SlipwayError(f"cannot be read ({error.strerror})", shown, remedy)


def is_environment(directory: Path) -> bool:
    """Whether a directory is an environment: it and the directory above hold ``environment.yml``."""
    return (directory / MARKER).is_file() and (directory.parent / MARKER).is_file()


def list_environments(root: Path) -> tuple[str, ...]:
    """The names of the environments in ``inventories/``, sorted.

    :raises SlipwayError: the directory cannot be read.
    """
    try:
        return tuple(sorted(entry.name for entry in root.iterdir() if (entry / MARKER).is_file()))
    except OSError as error:
        raise unreadable(error, str(root)) from error


def check_marker(root: Path, value: object) -> None:
    """Refuse an environment's directory that lacks ``environment.yml``.

    :param value: the extra variable ``env``, of any type.
    :raises SlipwayError: there is such a directory without the file.
    """
    if not isinstance(value, str) or not value or "/" in value or value.startswith("."):
        return
    if (root / value).is_dir() and not (root / value / MARKER).is_file():
        raise SlipwayError(
            f"env={value}: the directory contains no {MARKER}",
            f"{root.name}/{value}",
            f"Copy that of another environment, or {root.name}/{MARKER}",
        )


def root_of(source: Path) -> Path | None:
    """The directory of the environments that an inventory source belongs to, or ``None``."""
    for directory in (source, *source.parents):
        if is_environment(directory):
            return directory.parent
        if (directory / MARKER).is_file():
            return directory
    return None


def environment_of(sources: Sequence[str], extra_vars: Mapping[str, Any]) -> str:
    """The environment of a run, for code that was not started by the inventory plugin.

    The plugin does not see ``-i inventories/dev/fleet.yml``; this does.

    :param sources: Ansible's ``ansible_inventory_sources``.
    :param extra_vars: the extra variables of the command line.
    :raises SlipwayError: it is missing, does not exist, or there are two different ones.
    """
    paths = [Path(os.path.normpath(Path(source).absolute())) for source in sources if "," not in source]
    roots = [root for path in paths if (root := root_of(path)) is not None]
    if not roots:
        what = "the inventory does not belong to an environment"
        raise SlipwayError(what, ", ".join(sources), f"Leave -i out, and {name_environment()}")
    return choose(extra_vars.get("env"), [str(path) for path in paths], str(roots[0]), list_environments(roots[0]))


def read_text(path: Path, shown: str) -> str:
    """A file's text.

    :raises SlipwayError: it cannot be read, or is not UTF-8.
    """
    try:
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise SlipwayError("is not UTF-8", shown, "Save it as UTF-8") from error
    except OSError as error:
        raise unreadable(error, shown) from error


def variable_files(directory: Path) -> list[Path]:
    """The files below ``group_vars`` and ``host_vars`` of an environment that Ansible reads as YAML, sorted.

    A file without an extension counts if it has the name of a group or host, or is in such a directory.
    """
    found = [path for kind in ("group_vars", "host_vars") for path in (directory / kind).rglob("*")]
    return sorted(path for path in found if _holds_variables(path) and path.is_file())


def _holds_variables(path: Path) -> bool:
    if path.name.startswith(".") or path.name.endswith("~"):
        return False
    inside = path.parent.name not in ("group_vars", "host_vars")
    # Other names may or may not be groups or hosts here: such a file may be a README.
    return path.suffix in (".yml", ".yaml", ".json") or (not path.suffix and (inside or path.name in _NAMED))
