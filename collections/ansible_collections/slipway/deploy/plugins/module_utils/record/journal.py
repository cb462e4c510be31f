# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Records in the state store: opened, written at every transition, read."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any, TypeVar

from ..common.command import command
from ..common.documents import loads
from ..common.errors import SlipwayError
from ..state.model import ABSENT, StoreUnreachable
from ..state.store import Store, write_next
from .model import (
    Record,
    parse,
    pointer_key,
    record_key,
    serialise,
)

Result = TypeVar("Result")

#: An id is one segment of a key.
_ID = re.compile(r"[A-Za-z0-9_=+@,-][A-Za-z0-9_=+@,.-]*")


class Journal:
    """One record being written. Every write is conditional on the one before, so two writers cannot mix."""

    def __init__(self, store: Store, record: Record, version: str, wait: Callable[[float], None] = time.sleep) -> None:
        self._store = store
        self._wait = wait
        self._version = version
        self.record = record

    @classmethod
    def open(cls, store: Store, record: Record) -> Journal:
        """Write a new record and make it the environment's newest.

        :raises Conflict: a record with that id exists.
        :raises StoreUnreachable: the store does not answer.
        """
        environment = record["environment"]
        version = store.write(record_key(environment, record["id"]), serialise(record), expect=ABSENT)
        store.write(pointer_key(environment), json.dumps({"record": record["id"]}).encode(), expect=None)
        return cls(store, record, version)

    @classmethod
    def load(cls, store: Store, environment: str, identity: str) -> Journal:
        """Continue the record with that id.

        :raises SlipwayError: it is missing or damaged.
        """
        journal = _find(store, environment, identity)
        if journal is None:
            where = f"{store.url}/{record_key(environment, identity)}"
            raise SlipwayError(
                f"there is no release {identity}", where, f"List the releases: {command('history', environment)}"
            )
        return journal

    @property
    def version(self) -> str:
        """The store's version of the record."""
        return self._version

    def write(self, record: Record) -> None:
        """Write the record's next state.

        :raises Conflict: another process wrote it.
        :raises StoreUnreachable: the store does not answer; the state is then not recorded.
        """
        if record == self.record:
            return
        key = record_key(record["environment"], record["id"])
        self._version = write_next(self._store, key, serialise(record), self._version, self._wait)
        self.record = record


def newest_id(store: Store, environment: str) -> str | None:
    """The id of an environment's newest record, or ``None`` before the first deploy.

    :raises SlipwayError: the pointer is damaged.
    """
    key = pointer_key(environment)
    stored = store.read(key)
    if stored is None:
        return None
    try:
        pointer: Any = loads(stored.body)
        identity = pointer["record"]
    except (ValueError, KeyError, TypeError):
        identity = None
    if not isinstance(identity, str) or not _ID.fullmatch(identity):
        raise _bad_pointer(store, environment, "the pointer to the newest record is damaged")
    return identity


def newest(store: Store, environment: str) -> Journal | None:
    """An environment's newest record, or ``None`` before the first deploy.

    :raises SlipwayError: the pointer is damaged or its record is missing, or the record is damaged.
    """
    identity = newest_id(store, environment)
    if identity is None:
        return None
    return _pointed_at(store, environment, identity)


def _pointed_at(store: Store, environment: str, identity: str) -> Journal:
    journal = _find(store, environment, identity)
    if journal is None:
        raise _bad_pointer(store, environment, f"the newest record should be {identity}, which is not there")
    return journal


def history(
    store: Store,
    environment: str,
    limit: int | None = None,
    damaged: Callable[[SlipwayError], None] | None = None,
) -> Iterator[Record]:
    """An environment's records, newest first, each read on demand.

    They end where an old one was removed (as by a bucket's lifecycle).

    :param limit: how many at most; all without it.
    :param damaged: called for each unreadable record; then the next older one in the store follows.
    :raises SlipwayError: the newest is missing, or one is damaged and ``damaged`` is not given.
    """
    read, seen = 0, set[str]()
    identity, error = _tried(lambda: newest_id(store, environment), damaged)
    if error is not None:
        identity = _older(store, environment, None)
    while identity and identity not in seen and read != limit:
        find = _pointed_at if not seen and error is None else _find
        seen.add(identity)
        journal, _error = _tried(partial(find, store, environment, identity), damaged)
        if journal is not None:
            read += 1
            yield journal.record
            identity = journal.record.get("previous")
        else:
            identity = _older(store, environment, identity) if damaged is not None else None


def _tried(
    read: Callable[[], Result | None], damaged: Callable[[SlipwayError], None] | None
) -> tuple[Result | None, SlipwayError | None]:
    """The record, or its error, passed to ``damaged`` or raised without that."""
    try:
        return read(), None
    except StoreUnreachable:
        raise
    except SlipwayError as error:
        if damaged is None:
            raise
        damaged(error)
        return None, error


def _older(store: Store, environment: str, identity: str | None) -> str | None:
    """The id of the newest record in the store that is older than one, or of all; ids sort by time."""
    prefix, ending = record_key(environment, "").removesuffix(".json"), ".json"
    found: str | None = None
    after = ""
    while page := store.keys(prefix, after=after):
        after = page[-1]
        for key in page:
            name = key.removeprefix(prefix).removesuffix(ending)
            if key.endswith(ending) and "/" not in name and (identity is None or name < identity):
                found = name
    return found


def _find(store: Store, environment: str, identity: str) -> Journal | None:
    key = record_key(environment, identity)
    stored = store.read(key)
    return Journal(store, parse(stored.body, f"{store.url}/{key}"), stored.version) if stored else None


def _bad_pointer(store: Store, environment: str, what: str) -> SlipwayError:
    remedy = f'It should be {{"record": "<id>"}} with the newest of the names below {environment}/releases/'
    return SlipwayError(what, f"{store.url}/{pointer_key(environment)}", remedy)
