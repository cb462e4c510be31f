# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The migrations of a database. Pure; Python 3.8."""

from __future__ import annotations

from typing import Any, NamedTuple

from ..common.errors import SlipwayError


class Row(NamedTuple):
    """One row of Flyway's ``info``. ``version`` is empty for a repeatable migration."""

    version: str
    description: str
    state: str

    @property
    def key(self) -> tuple[Any, ...]:
        """The key that identifies a migration."""
        return key_of(self.version, self.description)


class Script(NamedTuple):
    """A migration's SQL file. ``note`` is a problem with its declaration, or empty."""

    path: str
    version: str
    description: str
    compatible: bool
    note: str

    @property
    def key(self) -> tuple[Any, ...]:
        """As :attr:`Row.key`."""
        return key_of(self.version, self.description)


class Migration(NamedTuple):
    """A migration with what its file declares. ``file`` is empty without one."""

    version: str
    description: str
    file: str
    compatible: bool

    @property
    def key(self) -> tuple[Any, ...]:
        """As :attr:`Row.key`."""
        return key_of(self.version, self.description)

    def as_dict(self) -> dict[str, Any]:
        """For a result: a repeatable migration has its file's name as its version."""
        return {
            "version": self.version or "R__" + self.description.replace(" ", "_"),
            "description": self.description,
            "file": self.file or None,
            "compatible": self.compatible,
        }


class MigrationPlan(NamedTuple):
    """What Flyway would do, and what prevents it.

    :param schema: the highest version that the database has, or ``None``.
    :param target: the highest version among the files, or ``None``.
    :param out_of_order: migrations that are older than the schema and were never applied.
    :param missing: applied ones whose file is missing.
    :param future: applied ones that are newer than every file: a newer release's.
    """

    schema: str | None
    target: str | None
    pending: tuple[Migration, ...] = ()
    failed: tuple[Migration, ...] = ()
    out_of_order: tuple[Migration, ...] = ()
    missing: tuple[Migration, ...] = ()
    future: tuple[Migration, ...] = ()
    applied: tuple[Migration, ...] = ()

    @property
    def compatible(self) -> bool:
        """Whether all that would be applied is declared backward-compatible."""
        return all(item.compatible for item in self.pending)


class Failure(NamedTuple):
    """Why Flyway failed. ``script`` and ``line`` are set if a statement of a migration failed."""

    what: str
    remedy: str
    script: str = ""
    line: int | None = None


class Refused(SlipwayError):
    """A failure with the known state of the database."""

    def __init__(self, error: SlipwayError, known: dict[str, Any]) -> None:
        self.known = known
        super().__init__(error.what, error.where, error.remedy)


def known_of(error: SlipwayError) -> dict[str, Any]:
    """The result of a failed migration besides its error."""
    return error.known if isinstance(error, Refused) else {"begun": False}


def late(program: str, timeout: float) -> Failure:
    """The error for a run that timed out."""
    return Failure(
        f"{program} did not finish within {timeout:g} s and was stopped",
        "See in pg_stat_activity what it waits for; if it only was slow, run this again with a longer timeout",
    )


def check_patience(seconds: int, tries: int) -> None:
    """Refuse invalid numbers for the wait for locks.

    :raises SlipwayError: they do.
    """
    if seconds < 0 or tries < 1:
        what = "lock_timeout must be 0 or more, and lock_tries 1 or more"
        raise SlipwayError(what, "lock_timeout, lock_tries", "Leave them out for 3 and 10")


def version_key(version: str) -> tuple[int, ...]:
    """A version as Flyway orders it: ``1.10`` after ``1.9``; ``1``, ``1.0`` and ``01`` are the same."""
    numbers = [int(part) for part in version.replace("_", ".").split(".") if part.isdecimal()]
    while numbers and numbers[-1] == 0:
        numbers.pop()
    return tuple(numbers)


def key_of(version: str, description: str) -> tuple[Any, ...]:
    """One key for each migration: its version's, or a repeatable one's description."""
    return ("V", *version_key(version)) if version else ("R", description)
