# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A kind of host: its name, which is the inventory group, and its variables. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

#: Variables that the inventory may set for every kind: ``<kind>_<name>``.
_TEXTS = (
    *("service", "repository", "branch", "connection", "target_group", "smoke_url", "ready_path", "backup_hook"),
    *("migrations", "user", "release"),
)
_TRUTHS = ("smoke_trace", "codedeploy_agent")
_NUMBERS = ("failure_threshold", "ready_timeout", "stable_for", "target_timeout", "port")
_STRUCTURES = ("environment", "secrets", "files", "required", "serial", "smoke_checks", "log_files")
_TABLES = ("environment",)
_LISTS = ("required",)
_OF_GROUP = ("release", "repository", "branch", "migrations", "backup_hook", "serial", "failure_threshold")


@dataclass(frozen=True)
class Kind:
    """One kind of host. All names of variables are without the kind's own name and the underscore before them.

    :ivar texts: text variables of this kind.
    :ivar truths: those that hold true or false.
    :ivar numbers: those that hold a number.
    :ivar structures: those that hold a list or a mapping.
    :ivar tables: of those, the mappings of texts; ``lists``: the lists of texts.
    :ivar of_group: those that must be the same for all hosts of the kind.
    :ivar chosen: variables of one run, besides ``release``, that choose what is deployed. They are free text.
    :ivar default_port: the port of smoke checks for a host without ``<kind>_port``; ``None``: the scheme's own port.
    """

    name: str
    texts: tuple[str, ...] = ()
    truths: tuple[str, ...] = ()
    numbers: tuple[str, ...] = ()
    structures: tuple[str, ...] = ()
    tables: tuple[str, ...] = ()
    lists: tuple[str, ...] = ()
    of_group: tuple[str, ...] = ()
    chosen: tuple[str, ...] = ()
    default_port: int | None = None

    def named(self, *names: str) -> Iterator[str]:
        """The variables of these names."""
        return (f"{self.name}_{name}" for name in names)

    @property
    def all_chosen(self) -> frozenset[str]:
        """The variables of one run that choose what is deployed."""
        return frozenset(self.named("release", *self.chosen))

    @property
    def all_texts(self) -> frozenset[str]:
        """The variables that hold one text."""
        return frozenset(self.named(*_TEXTS, *self.texts))

    @property
    def all_truths(self) -> frozenset[str]:
        """The variables that hold true or false."""
        return frozenset(self.named(*_TRUTHS, *self.truths))

    @property
    def all_numbers(self) -> frozenset[str]:
        """The variables that hold a number."""
        return frozenset(self.named(*_NUMBERS, *self.numbers))

    @property
    def all_structures(self) -> frozenset[str]:
        """The variables that hold a list or a mapping."""
        return frozenset(self.named(*_STRUCTURES, *self.structures))

    @property
    def all_tables(self) -> frozenset[str]:
        """The variables that hold a mapping of texts."""
        return frozenset(self.named(*_TABLES, *self.tables))

    @property
    def all_lists(self) -> frozenset[str]:
        """The variables that hold a list of texts."""
        return frozenset(self.named(*_LISTS, *self.lists))

    @property
    def all_of_group(self) -> frozenset[str]:
        """The variables that must be the same for all hosts of the kind."""
        return frozenset(self.named(*_OF_GROUP, *self.of_group))
