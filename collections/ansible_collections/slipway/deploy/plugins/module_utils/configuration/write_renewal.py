# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Writes the generation for an undo: see :mod:`.renewal`."""

from __future__ import annotations

import grp
import pwd
import stat
from collections.abc import Collection, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from ..releases.ledger import Ledger
from .generations import (
    Owner,
    read_files,
    read_key,
    write_generation,
)
from .model import (
    Configuration,
    Delivered,
    Place,
    contents,
    digest_of,
    file_path,
)
from .renewal import read_configuration, renewed


@dataclass(frozen=True)
class Renewed:
    """The generation for an undo, in place of the one with which the release was started.

    :ivar files: its content, by name.
    """

    generation: str
    configuration: Configuration
    files: Mapping[str, bytes] = field(repr=False)

    @property
    def digest(self) -> str:
        """Its name."""
        return self.generation.rpartition("/")[2]


def renew(configuration: Configuration, renewable: Collection[str], place: Place, before: str) -> Renewed | None:
    """The configuration for an undo: the release's own settings, and current values from outside the inventory.

    Writes nothing.

    :param configuration: the current one.
    :param before: the generation with which the release was started.
    :return: ``None`` if that is gone, or already has these values.
    """
    key = read_key(Path(place.directory) / "generation.key")
    if key is None or not Path(before).is_dir():
        return None
    old = read_configuration(read_files(Path(before)), place, Path(before).name, _delivered(Path(before)))
    new = renewed(old, configuration, renewable)
    digest = digest_of(new, place, key)
    if new == old or place.generation(digest) == before:
        return None
    return Renewed(place.generation(digest), new, contents(new, place, digest))


def write_renewed(found: Renewed, owner: Owner) -> bool:
    """Write that generation if it is missing; return whether it was."""
    return write_generation(Path(found.generation), found.files, owner, check=False)


def _delivered(generation: Path) -> dict[str, Delivered]:
    """The owners of a generation's delivered files, by path."""
    found = {}
    for path in (generation / "files").glob("*"):
        state = path.stat()
        with suppress(KeyError):
            owner, group = pwd.getpwuid(state.st_uid).pw_name, grp.getgrgid(state.st_gid).gr_name
            found[file_path(f"files/{path.name}")] = Delivered(b"", owner, group, stat.S_IMODE(state.st_mode))
    return found


def generation_of(ledger: Ledger, place: Place) -> str:
    """The generation that an undo by the ledger would use; empty if there is none."""
    good = ledger.good()
    return good.snapshot.links.get(f"{place.directory}/current", "") if good else ""
