# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The clone of a source that a playbook works on, ``source_path``."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ..module_utils.common.errors import SlipwayError


def clone_at(path: Any) -> Path:
    """The directory of the source.

    :param path: the value of ``source_path``.
    :raises SlipwayError: there is none.
    """
    if not path:
        raise SlipwayError("it is not set", "source_path", "Name a clone: -e source_path=../backend")
    place = Path(str(path)).expanduser().absolute()
    if not place.is_dir():
        raise SlipwayError(
            "there is no such directory", f"source_path ({str(path)[:200]})", "Name a clone of the source"
        )
    return place
