# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Finds a rollback's release without a record: each host's ledger remembers what ran. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from ..common.command import again
from ..common.errors import SlipwayError

GOOD = "good"


@dataclass(frozen=True)
class Remembered:
    """A release that hosts ran before.

    :ivar side: its ``release``, ``tag``, ``digest`` and ``schema``, as in a record.
    :ivar schema: the schema with which the running release was deployed.
    """

    side: Mapping[str, Any]
    schema: str = ""


def remembered_release(said: Mapping[str, Mapping[str, Any]], to: str | None) -> Remembered | None:
    """The good release before the running one, or the named one, by the ledgers of all hosts.

    :param said: the result of service_release for each host, by name.
    :param to: a release's tag or id.
    :return: ``None`` if no ledger has one.
    :raises SlipwayError: the ledgers differ, or none has the named release.
    """
    found = {host: _before(of, to) for host, of in said.items()}
    known = {host: side for host, side in found.items() if side is not None}
    if not known:
        if to is not None and any(of.get("releases") for of in said.values()):
            tags = dict.fromkeys(str(item.get("tag") or item["id"]) for of in said.values() for item in _good(of))
            raise SlipwayError(f"no ledger of a host has a good release {to}", "-e to", f"There are {', '.join(tags)}")
        return None
    if len({side["id"] for side in known.values()}) > 1 or len(known) < len(found):
        each = ", ".join(
            f"{host}: {(side or {}).get('tag') or (side or {}).get('id') or 'none'}" for host, side in found.items()
        )
        what = f"the ledgers of the hosts name different releases to go back to ({each})"
        raise SlipwayError(what, "rollback", f"Name one that all have: {again(to='…')}, or leave hosts out by --limit")
    side = next(iter(known.values()))
    current = next(iter(said.values())).get("runs") or {}
    names = ("tag", "digest", "schema", "configuration")
    return Remembered(
        {"release": side["id"], **{name: side.get(name) for name in names}}, str(current.get("schema") or "")
    )


def remember(said: Mapping[str, Mapping[str, Any]], to: str) -> bool:
    """Whether the ledger of any host has the release as good.

    :param said: the result of service_release for each host, by name.
    :param to: a release's tag or id.
    """
    return any(_before(of, to) is not None for of in said.values())


def _before(said: Mapping[str, Any], to: str | None) -> Mapping[str, Any] | None:
    runs = (said.get("runs") or {}).get("release")
    for release in _good(said):
        if (to in (release.get("tag"), release["id"])) if to is not None else release["id"] != runs:
            return release
    return None


def _good(said: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """The good releases of a ledger, the last current one first."""
    for entry in said.get("releases") or ():
        release = entry.get("release")
        if entry.get("verdict") == GOOD and isinstance(release, Mapping) and release.get("id"):
            yield release
