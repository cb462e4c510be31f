# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Records of hosts that deploy themselves, each below its own prefix of the state store.

They are ``slipway/record/1`` documents at ``<env>/hosts/<host>/releases/<id>.json``, of one host target each.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from ..common.errors import SlipwayError
from ..lock.claims import hosts_prefix
from ..lock.hosts import host_names
from ..state.model import ABSENT
from ..state.store import Store
from .journal import history
from .model import Record, parse, serialise
from .model import record_id as make_id

_PAGE: Final = 1000
#: A deployment's events are within a day: CodeDeploy ends each after an hour.
_DAY_SECONDS: Final = 86_400.0
#: How many records of the environment are searched for the last good release of a group.
_REMEMBERED: Final = 50


def host_record_key(environment: str, host: str, identity: str) -> str:
    """The key of a host's own record in the state store."""
    return f"{_prefix(environment, host)}{identity}.json"


def _prefix(environment: str, host: str) -> str:
    return f"{hosts_prefix(environment)}{host}/releases/"


class HostJournal:
    """One host's record of one deployment, written by its events, each in a separate run."""

    def __init__(self, store: Store, host: str, record: Record, version: str) -> None:
        self._store = store
        self._host = host
        self._version = version
        self.record = record

    @classmethod
    def open(cls, store: Store, host: str, record: Record) -> HostJournal:
        """Write a new record.

        :raises Conflict: one with that id exists.
        """
        key = host_record_key(record["environment"], host, record["id"])
        return cls(store, host, record, store.write(key, serialise(record), expect=ABSENT))

    @classmethod
    def find(cls, store: Store, environment: str, host: str, deployment: str) -> HostJournal | None:
        """The record that an earlier event of a deployment opened on this host, or ``None``."""
        prefix = _prefix(environment, host)
        since = prefix + make_id(store.now() - _DAY_SECONDS, "")
        for key in reversed(store.keys(prefix, after=since, limit=_PAGE)):
            if key.endswith(f"Z-{deployment}.json"):
                stored = store.read(key)
                if stored is not None:
                    return cls(store, host, parse(stored.body, f"{store.url}/{key}"), stored.version)
        return None

    def write(self, record: Record) -> None:
        """Write the record's next state.

        :raises Conflict: another event wrote it meanwhile.
        """
        if record != self.record:
            key = host_record_key(record["environment"], self._host, record["id"])
            self._version = self._store.write(key, serialise(record), expect=self._version)
            self.record = record


def host_records(store: Store, environment: str, host: str) -> Iterator[Record]:
    """A host's own records, newest first, each read on demand."""
    prefix = _prefix(environment, host)
    keys: list[str] = []
    while True:
        page = store.keys(prefix, after=keys[-1] if keys else "", limit=_PAGE)
        keys += page
        if len(page) < _PAGE:
            break
    for key in reversed(keys):
        stored = store.read(key)
        if stored is not None:
            yield parse(stored.body, f"{store.url}/{key}")


def last_good_release(store: Store, environment: str, group: str) -> dict[str, Any] | None:
    """The release for a booting host of a group: that of the newest successful deploy.

    Unfinished deploys do not count, so that a host which scales out meanwhile boots a release that is known to be
    good; it needs neither lock nor migration for that. A damaged record is skipped.

    :return: ``tag``, ``digest``, ``branch``, ``key``, … as in a record's ``releases``, with ``record``, the id of the
        record; ``None`` if nothing was ever deployed.
    """
    found = [_first_good(history(store, environment, _REMEMBERED), group)]
    found += [_first_good(host_records(store, environment, host), group) for host in host_names(store, environment)]
    # Ids begin with the time in UTC.
    return max((item for item in found if item is not None), key=lambda item: str(item["record"]), default=None)


def _first_good(records: Iterator[Record], group: str) -> dict[str, Any] | None:
    try:
        for record in records:
            release = _release(record, group)
            if release is not None:
                return release
    except SlipwayError:
        return None
    return None


def _release(record: Mapping[str, Any], group: str) -> dict[str, Any] | None:
    releases = record.get("releases")
    release = releases.get(group) if isinstance(releases, dict) else None
    if record.get("outcome") != "succeeded" or not isinstance(release, dict) or not release.get("tag"):
        return None
    others = (item for item in record.get("unchanged") or () if item.get("group") == group)
    if any(item.get("release") not in (None, release.get("release")) for item in others):
        return None  # With --limit: the rest of the group still runs an older record's release.
    return {**release, "record": record["id"]}
