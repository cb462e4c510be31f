# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The values and errors of a state store."""

from __future__ import annotations

import enum
import re
from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

from ..common.errors import SlipwayError

# A name of a directory and of an S3 object alike; no leading dot, because the local store's own files begin with one.
_SEGMENT: Final = re.compile(r"[A-Za-z0-9_=+@,-][A-Za-z0-9_=+@,.-]*")


class Absent(enum.Enum):
    """The type of :data:`ABSENT`."""

    ABSENT = "absent"


ABSENT: Final[Literal[Absent.ABSENT]] = Absent.ABSENT
"""Expected version of a key that must not exist yet."""

Expected: TypeAlias = "str | Absent | None"
"""A version (replace exactly that one), :data:`ABSENT` (create only) or ``None`` (whatever is there)."""


@dataclass(frozen=True)
class Stored:
    """A value and its version for a conditional write."""

    body: bytes
    version: str


class Conflict(SlipwayError):
    """The key does not have the expected version; nothing was written."""


class StoreUnreachable(SlipwayError):
    """The store did not answer; whether a write happened may be unknown."""


def check_key(key: str) -> str:
    """``key`` itself, if it consists of segments joined by single slashes.

    :raises SlipwayError: for an empty segment, ``..``, a leading dot or a character outside ``A-Za-z0-9_=+@,.-``.
    """
    if not all(_SEGMENT.fullmatch(segment) for segment in key.split("/")):
        raise SlipwayError(f"{key!r} cannot be a key of the state store", None, "Use A-Z a-z 0-9 _ = + @ , . - and /")
    return key
