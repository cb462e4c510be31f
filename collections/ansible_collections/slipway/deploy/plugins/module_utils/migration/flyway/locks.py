# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Limits how long Flyway's migrations wait for a lock, and finds who may hold it. Pure.

A statement that waits for a lock on a table makes all others queue behind it. So it gives up soon, and is retried.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from ..alembic.problem import holders

HOLDER = "slipway_holder"
#: Has PostgreSQL name the sessions whose transactions are open and hold locks on tables. Their queries are not shown.
HOLDERS_SQL = f"""\
DO $$ DECLARE s record; BEGIN
  FOR s IN
    SELECT json_build_object('pid', a.pid, 'application', a.application_name, 'user', a.usename, 'state', a.state,
                             'seconds', extract(epoch FROM clock_timestamp() - a.xact_start)::int) AS said
      FROM pg_stat_activity a
     WHERE a.datname = current_database() AND a.pid <> pg_backend_pid()
       AND (a.xact_start IS NULL OR a.xact_start < clock_timestamp() - interval '1 s')
       AND EXISTS (SELECT 1 FROM pg_locks l JOIN pg_class c ON c.oid = l.relation
                    WHERE l.pid = a.pid AND l.granted AND c.relnamespace <> 'pg_catalog'::regnamespace)
  LOOP
    RAISE INFO '{HOLDER} %', s.said;
  END LOOP;
END $$;
"""  # noqa: S608 - what is put in is a constant
_HOLDER = re.compile(rf"{HOLDER} (\{{.*\}})")
_DENIED = re.compile(r"SQL State\s*:\s*(?:55P03|40P01)|canceling statement due to lock timeout|deadlock detected")
_CONCURRENTLY = re.compile(r"\bCONCURRENTLY\b", re.IGNORECASE)
_INIT = "initSql"
_LONGEST_PAUSE = 8


class Patience(NamedTuple):
    """How a migration waits for locks that others hold.

    :param lock: seconds that a statement waits before it gives up; 0 for no limit.
    :param tries: the number of attempts.
    """

    lock: int = 3
    tries: int = 10

    def pause(self, tried: int) -> int:
        """Seconds before the next attempt."""
        return int(min(2 ** (tried - 1), _LONGEST_PAUSE))


def limited(settings: Mapping[str, Any], seconds: int, texts: Iterable[str]) -> dict[str, Any]:
    """Flyway's settings with the limit; a limit set by the environment, the role or the database stays.

    Building an index CONCURRENTLY waits for older transactions, and would leave an invalid index if it gave up:
    with one of these among the migrations there is no limit.

    :param texts: the migrations' SQL.
    """
    found = dict(settings)
    if not seconds or any(_CONCURRENTLY.search(text) for text in texts):
        return found
    own = next((found.pop(name) for name in (_INIT, f"flyway.{_INIT}") if name in found), "")
    limit = (
        "DO $$ BEGIN IF current_setting('lock_timeout') = '0' "
        f"THEN PERFORM set_config('lock_timeout', '{int(seconds)}s', false); END IF; END $$"
    )
    found[_INIT] = f"{limit}; {own}" if own else limit
    return found


def denied(output: str) -> bool:
    """Whether a migration failed because of a lock timeout."""
    return _DENIED.search(output) is not None


def read_holders(output: str) -> str:
    """Who may hold the lock, as part of a sentence; ``""`` if the database named no session."""
    found = []
    for line in _HOLDER.findall(output):
        try:
            said = json.loads(line)
        except ValueError:
            continue
        if isinstance(said, dict):
            found.append(said)
    return holders(found) if found else ""
