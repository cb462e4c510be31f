# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What ran on this host, and with which result: ``slipway/ledger/1``. All but :func:`load` and :func:`save` is pure.

The ledger stores what the running process was started with (``running``), which switch was begun and not ended
(``pending``), and the releases, the last current one first. It contains no secret.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from ..common.documents import loads
from ..common.errors import SlipwayError
from ..files.atomic import AnyPath, filing, write_atomic

SCHEMA = "slipway/ledger/1"
#: How many releases are remembered; far fewer artifacts are kept.
REMEMBERED = 50
GOOD, BAD, UNPROVEN = "good", "bad", "unproven"
#: The reason of a good entry that was restored and did not become ready then.
NOT_READY = "it did not become ready again"


@dataclass(frozen=True)
class Release:
    """The release that links stand for: for messages, records and the undo only.

    :ivar renewed: the configuration from which ``configuration`` was renewed: the same settings, with the values that
        SSM and Secrets Manager have now.
    """

    id: str
    tag: str | None = None
    digest: str | None = None
    schema: str | None = None
    configuration: str | None = None
    renewed: str | None = None

    def brief(self) -> dict[str, str | None]:
        """The record's document."""
        values: dict[str, str | None] = asdict(self)
        if self.renewed is None:
            del values["renewed"]
        return {"release": values.pop("id"), **values}


@dataclass(frozen=True)
class Snapshot:
    """The state that a process is started with: the targets of links and the SHA-256 of files, by path."""

    links: Mapping[str, str]
    files: Mapping[str, str]


@dataclass(frozen=True)
class Entry:
    """A snapshot that became current at ``since`` (ISO 8601, UTC), and its verdict."""

    snapshot: Snapshot
    release: Release | None = None
    verdict: str = UNPROVEN
    reason: str | None = None
    since: str = ""


@dataclass(frozen=True)
class Running:
    """The snapshot with which an invocation (systemd's id of one start) was started."""

    invocation: str
    snapshot: Snapshot


@dataclass(frozen=True)
class Ledger:
    """See the module."""

    entries: tuple[Entry, ...] = ()
    running: Running | None = None
    pending: Snapshot | None = None

    def entry(self, snapshot: Snapshot | None) -> Entry | None:
        """The entry of a snapshot."""
        return next((item for item in self.entries if item.snapshot == snapshot), None)

    def good(self, without: Snapshot | None = None) -> Entry | None:
        """The last current good entry, except one snapshot."""
        return next((item for item in self.entries if item.verdict == GOOD and item.snapshot != without), None)

    def current(self) -> Entry | None:
        """The snapshot of the last started process."""
        return self.entry(self.running.snapshot) if self.running else None

    def first(self, entry: Entry) -> Ledger:
        """The ledger with this entry as the last current one."""
        others = tuple(item for item in self.entries if item.snapshot != entry.snapshot)
        return replace(self, entries=(entry, *others)[:REMEMBERED])

    def judged(self, snapshot: Snapshot, verdict: str, reason: str | None = None) -> Ledger:
        """The ledger with a new verdict for a snapshot's entry."""
        entries = tuple(
            replace(item, verdict=verdict, reason=reason) if item.snapshot == snapshot else item
            for item in self.entries
        )
        return replace(self, entries=entries)


def dump(ledger: Ledger, service: str) -> bytes:
    """The ledger as its document."""
    document = {"schema": SCHEMA, "service": service, **asdict(ledger)}
    document["releases"] = document.pop("entries")
    return (json.dumps(document, indent=1, sort_keys=True) + "\n").encode()


def parse(body: bytes) -> Ledger:
    """The ledger of a document.

    :raises ValueError: it is malformed, with a short reason.
    """
    try:
        document = loads(body)
    except (ValueError, UnicodeDecodeError):
        raise ValueError("it is not valid JSON") from None
    if not isinstance(document, dict) or document.get("schema") != SCHEMA:
        raise ValueError(f"it does not contain schema: {SCHEMA}")
    try:
        running = document["running"]
        return Ledger(
            tuple(_entry(item) for item in document["releases"]),
            Running(str(running["invocation"]), _snapshot(running["snapshot"])) if running else None,
            _snapshot(document["pending"]) if document["pending"] else None,
        )
    except (KeyError, TypeError, AttributeError) as error:
        raise ValueError(f"a field is missing or wrong: {error}") from None


def _entry(item: Mapping[str, Any]) -> Entry:
    release, verdict = item["release"], str(item["verdict"])
    if verdict not in (GOOD, BAD, UNPROVEN):
        raise TypeError(f"verdict {verdict!r}")
    known = {name: release.get(name) for name in Release.__dataclass_fields__} if release else None
    return Entry(
        _snapshot(item["snapshot"]), Release(**known) if known else None, verdict, item["reason"], str(item["since"])
    )


def _snapshot(item: Mapping[str, Any]) -> Snapshot:
    return Snapshot(_texts(item["links"].items()), _texts(item["files"].items()))


def _texts(pairs: Iterable[tuple[Any, Any]]) -> dict[str, str]:
    return {str(name): str(value) for name, value in pairs}


def load(path: AnyPath) -> Ledger:
    """The ledger of a file; an empty one if it does not exist.

    :raises SlipwayError: it cannot be read or is damaged.
    """
    path = Path(path)
    with filing("read it", path):
        try:
            body = path.read_bytes()
        except FileNotFoundError:
            return Ledger()
    try:
        return parse(body)
    except ValueError as error:
        remedy = f"Move it away (mv {path} {path}.damaged): the next run then restarts the service once"
        raise SlipwayError(f"the ledger is damaged: {error}", str(path), remedy) from None


def others_with(home: AnyPath, paths: Iterable[str]) -> dict[str, str]:
    """Other services of this host that use some of these links: path → the service's name.

    :param home: the directory of the services' ledgers, each in a directory of the service's name.
    """
    found: dict[str, str] = {}
    wanted = frozenset(paths)
    for file in sorted(Path(home).parent.glob("*/ledger.json")):
        if file.parent == Path(home):
            continue
        try:
            running = load(file).running
        except SlipwayError:
            continue  # Its own run reports that.
        if running is not None:
            found.update(dict.fromkeys(wanted & running.snapshot.links.keys(), file.parent.name))
    return found


def save(path: AnyPath, ledger: Ledger, service: str) -> None:
    """Write the ledger, synced to disk.

    :raises SlipwayError: it cannot be written.
    """
    write_atomic(path, dump(ledger, service), 0o644)
