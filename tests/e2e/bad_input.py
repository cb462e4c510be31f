# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Rows of bad input, which end before any change, and the projects that they are put into."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from tests.support.deploys import BIN, Deploys, Ran

FLEET = "fleet.yml"
VARS = "group_vars/all.yml"
#: Where the lines say that something is wrong.
ALL = f"inventories/local/{VARS}"
USER = "inventories/local (host user-service)"
REGISTRY = "000000000000.dkr.ecr.eu-west-1.amazonaws.com"
#: What :func:`refuses` replaces in the lines that it expects.
STATE = "<state>"


@dataclass
class Place(Deploys):
    """A project whose files alone say what is deployed: the command line is what a person types."""

    name: str = "local"
    prefix: tuple[str, ...] = ()

    def command(self, playbook: str, *arguments: str) -> list[str]:
        """The command line, with nothing added."""
        return [*self.prefix, str(BIN / "ansible-playbook"), playbook, *arguments]

    def file(self, name: str) -> Path:
        """A file of the environment's inventory."""
        return self.directory / "inventories" / self.name / name

    def edit(self, name: str, old: str, new: str) -> None:
        """Change a file of the environment's inventory."""
        text = self.file(name).read_text(encoding="utf-8")
        assert old in text, f"{name} does not say {old!r}"
        self.file(name).write_text(text.replace(old, new, 1), encoding="utf-8")

    def store(self, key: str, body: str) -> None:
        """Put a document into the state store's directory."""
        path = self.state / self.name / key
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(body, encoding="utf-8")

    def stored_lock(self) -> str | None:
        """The lock's document wherever the environment keeps it."""
        path = self.state / self.name / "lock.json"
        if path.is_file():
            return path.read_text(encoding="utf-8")
        s3 = self.sandbox.client("s3")
        found = s3.list_objects_v2(Bucket=f"sdt-{self.name}-slipway", Prefix=f"slipway/{self.name}/lock.json")
        keys = [item["Key"] for item in found.get("Contents", ())]
        bodies = [s3.get_object(Bucket=f"sdt-{self.name}-slipway", Key=key)["Body"].read().decode() for key in keys]
        return str(bodies[0]) if bodies else None


Arrange = Callable[[Place], object]


@dataclass(frozen=True)
class Row:
    """One bad input. ``said`` is everything that is printed, a line each."""

    name: str
    said: tuple[str, ...]
    arrange: Arrange = lambda _place: None
    arguments: tuple[str, ...] = ()
    environ: Mapping[str, str] = field(default_factory=dict)
    playbook: str = "deploy.yml"


def row(name: str, *said: str, arrange: Arrange = lambda _place: None, **more: Any) -> Any:
    """A row of a table for pytest."""
    return pytest.param(Row(name, said, arrange, **more), id=name)


def edit(name: str, old: str, new: str) -> Arrange:
    return lambda place: place.edit(name, old, new)


def variable(name: str, value: str | None) -> Arrange:
    """The environment says something else, or nothing, for a variable."""

    def arrange(place: Place) -> None:
        lines = place.file(VARS).read_text(encoding="utf-8").splitlines(keepends=True)
        kept = [line for line in lines if not line.startswith(f"{name}:")]
        said = [] if value is None else [f"{name}: {value}\n"]
        place.file(VARS).write_text("".join(kept + said), encoding="utf-8")

    return arrange


def both(*arranges: Arrange) -> Arrange:
    return lambda place: [arrange(place) for arrange in arranges]


def fault(kind: str, service: str, **more: Any) -> Arrange:
    return lambda place: place.sandbox.control("faults", {"kind": kind, "service": service, **more})


def lines_of(ran: Ran) -> list[str]:
    # What a slow machine says of a run that is silent for long is no part of the refusal.
    return [line for line in ran.lines if line.strip()]


def refuses(place: Place, row: Row) -> None:
    """Run the row and check what it says and that nothing happened."""
    row.arrange(place)
    place.environ.update(row.environ)
    place.sandbox.control("calls", {"reset": True})
    ran = place.run(row.playbook, "-e", f"env={place.name}", *row.arguments)
    place.sandbox.control("faults", {}, "DELETE")
    said = [line.replace(STATE, str(place.state)) for line in row.said]
    assert lines_of(ran) == said
    assert ran.code in (2, 4)
    untouched(place)


def untouched(place: Place) -> None:
    """Nothing was changed in AWS, no lock is held, nothing of the run is left."""
    calls = place.sandbox.control("calls")["calls"]
    assert [call for call in calls if call["mutating"] and call["service"] != "s3"] == []
    lock = place.stored_lock()
    # A lock that cannot be read is left as it is.
    assert lock is None or '"state": "held"' not in lock
    assert list((place.directory / "home" / "slipway" / "runs").glob("*")) == []
