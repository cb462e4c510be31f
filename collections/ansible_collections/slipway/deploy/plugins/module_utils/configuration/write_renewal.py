# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Writes the generation that a way back takes: see :mod:`.renewal`."""

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
    """The generation that a way back takes in place of the one that its release was started with.

    :ivar files: what it holds, by name.
    """

    generation: str
    configuration: Configuration
    files: Mapping[str, bytes] = field(repr=False)

    @property
    def digest(self) -> str:
        """Its name."""
        return self.generation.rpartition("/")[2]


def renew(configuration: Configuration, renewable: Collection[str], place: Place, before: str) -> Renewed | None:
    """What a release goes back to: its own settings, with those values of now that the inventory does not say.

    Writes nothing.

    :param configuration: that of now.
    :param before: the generation that the release was started with.
    :return: ``None`` where that is gone, or has these values.
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
    """Make that generation be there; whether it was not."""
    return write_generation(Path(found.generation), found.files, owner, check=False)


def _delivered(generation: Path) -> dict[str, Delivered]:
    """Who has the delivered files of a generation, by their paths."""
    found = {}
    for path in (generation / "files").glob("*"):
        state = path.stat()
        with suppress(KeyError):
            owner, group = pwd.getpwuid(state.st_uid).pw_name, grp.getgrgid(state.st_gid).gr_name
            found[file_path(f"files/{path.name}")] = Delivered(b"", owner, group, stat.S_IMODE(state.st_mode))
    return found


def generation_of(ledger: Ledger, place: Place) -> str:
    """The generation that a way back of the ledger would take; empty when there is none."""
    good = ledger.good()
    return good.snapshot.links.get(f"{place.directory}/current", "") if good else ""
