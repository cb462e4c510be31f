# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Screens beside their files. ``SLIPWAY_GOLDENS=write`` writes them anew, to be read in the diff."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

Screen: TypeAlias = Callable[["int | None"], list[str]]


@dataclass(frozen=True)
class Goldens:
    """A directory with a file for each screen at each width."""

    directory: Path
    screens: Mapping[str, Screen]
    widths: tuple[int | None, ...]

    def compared(self, name: str, width: int | None) -> tuple[str, str]:
        """What the screen shows, and what its file has."""
        path = self.directory / self._file(name, width)
        shown = "\n".join(self.screens[name](width)) + "\n"
        if os.environ.get("SLIPWAY_GOLDENS") == "write":
            path.write_text(shown)
        return shown, path.read_text()

    def files(self) -> tuple[set[str], set[str]]:
        """The files that there are, and those that there should be."""
        wanted = {self._file(name, width) for name in self.screens for width in self.widths}
        return {path.name for path in self.directory.iterdir()}, wanted

    def _file(self, name: str, width: int | None) -> str:
        return f"{name}{f'-{width}' if width else ''}.txt"
