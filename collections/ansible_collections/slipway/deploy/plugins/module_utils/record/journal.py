# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Records in the state store: opened, written at every transition, found again."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from ansible_collections.slipway.deploy.plugins.module_utils.common.errors import SlipwayError
from ansible_collections.slipway.deploy.plugins.module_utils.record.model import (
    Record,
    parse,
    pointer_key,
    record_key,
    serialise,
)
from ansible_collections.slipway.deploy.plugins.module_utils.state.model import ABSENT
from ansible_collections.slipway.deploy.plugins.module_utils.state.store import Store


class Journal:
    """One record being written. Every write is conditional on the one before, so two writers cannot mix."""

    def __init__(self, store: Store, record: Record, version: str) -> None:
        self._store = store
        self._version = version
        self.record = record

    @classmethod
    def open(cls, store: Store, record: Record) -> Journal:
        """Write a new record and make it the environment's newest.

        :raises Conflict: when a record of that id exists.
        :raises StoreUnreachable: when the store does not answer.
        """
        environment = record["environment"]
        version = store.write(record_key(environment, record["id"]), serialise(record), expect=ABSENT)
        store.write(pointer_key(environment), json.dumps({"record": record["id"]}).encode(), expect=None)
        return cls(store, record, version)

    @classmethod
    def load(cls, store: Store, environment: str, identity: str) -> Journal:
        """Take up the record of that id.

        :raises SlipwayError: when it is absent or damaged.
        """
        key = record_key(environment, identity)
        stored = store.read(key)
        where = f"{store.url}/{key}"
        if stored is None:
            raise SlipwayError(f"there is no release {identity}", where, "playbooks/history.yml lists those there are")
        return cls(store, parse(stored.body, where), stored.version)

    def write(self, record: Record) -> None:
        """Write the record's next state.

        :raises Conflict: when somebody else wrote it.
        :raises StoreUnreachable: when the store does not answer; the state is then not recorded.
        """
        if record == self.record:
            return
        key = record_key(record["environment"], record["id"])
        self._version = self._store.write(key, serialise(record), expect=self._version)
        self.record = record


def newest_id(store: Store, environment: str) -> str | None:
    """The id of an environment's newest record, or ``None`` before the first deploy.

    :raises SlipwayError: when the pointer is damaged.
    """
    key = pointer_key(environment)
    stored = store.read(key)
    if stored is None:
        return None
    try:
        pointer: Any = json.loads(stored.body)
        return str(pointer["record"])
    except (ValueError, KeyError, TypeError) as error:
        remedy = f'It should be {{"record": "<id>"}}; the ids are the names below {environment}/releases/'
        raise SlipwayError("the pointer to the newest record is damaged", f"{store.url}/{key}", remedy) from error


def history(store: Store, environment: str, limit: int = 50) -> Iterator[Record]:
    """An environment's records, newest first, each read when it is asked for."""
    identity = newest_id(store, environment)
    for _step in range(limit):
        if identity is None:
            return
        record = Journal.load(store, environment, identity).record
        yield record
        identity = record.get("previous")
