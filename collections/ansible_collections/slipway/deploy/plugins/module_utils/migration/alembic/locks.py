# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Limits how long a release's migrations wait for a lock. Part of the program of :mod:`.program`.

A statement that waits for a lock on a table makes all others queue behind it. So it gives up soon, and is retried.
"""

from __future__ import annotations

import re
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib import import_module
from typing import Any

# Where the classes of the drivers' connections come from; SQLAlchemy has its own for those that are asynchronous.
_DRIVERS = ("psycopg", "asyncpg", "pg8000", "postgresql.")
_CONCURRENTLY = re.compile(r"\bCONCURRENTLY\b", re.IGNORECASE)
_LOOK_SECONDS = 0.5
# Without the query's text: it may contain confidential data.
_BLOCKING = """
SELECT b.pid, b.application_name, coalesce(b.usename::text, ''), coalesce(b.state, ''),
       extract(epoch FROM clock_timestamp() - b.xact_start)::int
  FROM pg_stat_activity w CROSS JOIN LATERAL unnest(pg_blocking_pids(w.pid)) AS p (pid)
  JOIN pg_stat_activity b ON b.pid = p.pid
 WHERE w.pid = ANY (ARRAY[{pids}])
"""


class Locks:
    """Limits on the release's own connections: how long their statements wait for a lock, and for which sessions.

    A limit set by the release, its role or its database stays. Building or dropping an index CONCURRENTLY
    does not block others, and would leave an invalid index if it gave up: it has no limit.

    :param connect: opens a separate connection, to find the holder of a lock.
    :param seconds: ``lock_timeout``; 0 for none.
    """

    def __init__(self, connect: Callable[[], Any], seconds: int) -> None:
        self.by: dict[int, dict[str, Any]] = {}
        self._connect, self._seconds = connect, seconds
        self._pids: set[int] = set()
        self._over = threading.Event()
        engine = import_module("sqlalchemy.engine").Engine
        listen = import_module("sqlalchemy.event").listen
        listen(engine, "connect", self._connected)
        listen(engine, "before_cursor_execute", self._before)
        listen(engine, "after_cursor_execute", self._after)

    def _connected(self, connection: Any, record: Any) -> None:
        if not any(name in f"{type(connection).__module__}." for name in _DRIVERS):
            return
        cursor = connection.cursor()
        cursor.execute("SELECT pg_backend_pid(), current_setting('lock_timeout')")
        pid, timeout = cursor.fetchone()
        self._pids.add(int(pid))
        if self._seconds and timeout == "0":
            cursor.execute(f"SET lock_timeout = '{self._seconds}s'")
            record.info["slipway_lock_timeout"] = True
        cursor.close()
        connection.commit()

    def _before(self, connection: Any, cursor: Any, statement: str, *_more: Any) -> None:
        if connection.info.get("slipway_lock_timeout") and _CONCURRENTLY.search(statement):
            cursor.execute("SET lock_timeout = 0")

    def _after(self, connection: Any, _cursor: Any, statement: str, *_more: Any) -> None:
        if connection.info.get("slipway_lock_timeout") and _CONCURRENTLY.search(statement):
            cursor = connection.connection.cursor()
            cursor.execute(f"SET lock_timeout = '{self._seconds}s'")
            cursor.close()

    @contextmanager
    def watched(self) -> Iterator[None]:
        """Watch for lock holders while the block runs; short waits are ignored."""
        self._over.clear()
        thread = threading.Thread(target=self._look, daemon=True)
        thread.start()
        try:
            yield
        finally:
            self._over.set()
            thread.join()

    def _look(self) -> None:
        session = None
        try:
            while not self._over.wait(_LOOK_SECONDS):
                session = session or self._connect()
                pids = ", ".join(map(str, sorted(self._pids)))
                for pid, name, user, state, age in session.ask(_BLOCKING.format(pids=pids)) if pids else ():
                    said = {"pid": pid, "application": name, "user": user, "state": state, "seconds": age}
                    self.by[int(pid)] = said
        except Exception as error:  # noqa: BLE001 - not to know it stops no migration
            sys.stderr.write(f"who holds locks is not known: {type(error).__name__}\n")
        finally:
            if session:
                session.close()
