# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What Alembic could not do, said in one line with a next step."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.slipway.deploy.plugins.module_utils.migration.alembic.problem import crashed, read_trouble


def exception(message, kind="OperationalError", state=""):
    return {"kind": "exception", "type": kind, "message": message, "state": state, "statement": ""}


@pytest.mark.parametrize(
    ("said", "what", "remedy"),
    [
        ({"kind": "heads", "heads": ["b2", "c3"]}, "2 heads: b2, c3", "alembic merge -m 'join' b2 c3"),
        ({"kind": "heads", "heads": []}, "no revision", "script_location"),
        ({"kind": "unknown", "revisions": ["f0"]}, "at revision f0, which this release does not have", "newer release"),
        ({"kind": "locked", "holder": "slipway (pid 4)", "wait": 60}, "slipway (pid 4); this one waited 60 s", "Wait"),
        ({"kind": "moved", "current": []}, "is at base now", "Look again"),
        ({"kind": "pooled"}, "the lock does not hold", "PostgreSQL itself"),
        ({"kind": "dialect", "dialect": "sqlite"}, "the URL is sqlite's", "postgresql://"),
        (
            exception('connection to server failed: FATAL:  password authentication failed for user "x"\n'),
            "refused the user",
            "secret",
        ),
        (exception('FATAL:  database "nowhere" does not exist'), "no such database", "create it"),
        (exception("FATAL: sorry, too many clients already"), "no connection left", "max_connections"),
        (exception("connection to server failed: Connection refused\n\tIs the server up?"), "cannot be reached", "up"),
        (exception("[Errno 111] Connect call failed ('127.0.0.1', 1)", "OSError"), "cannot be reached", "up"),
        (exception("permission denied for schema public", state="42501"), "does not allow it", "owner"),
        (exception("canceling statement due to lock timeout", state="55P03"), "lock in time", "pg_stat_activity"),
        (exception('relation "nowhere" does not exist\nLINE 1: ALTER', state="42P01"), "does not exist LINE 1", "host"),
        (exception("No module named 'alembic'", "ModuleNotFoundError"), "no Alembic in", "lock file"),
        (exception("No module named 'psycopg2'", "ModuleNotFoundError"), "lacks the driver", "lock file"),
        (
            exception("Can't load plugin: sqlalchemy.dialects:postgres", "NoSuchModuleError"),
            "does not know postgres://",
            "postgresql://",
        ),
        ({"kind": "long", "characters": 9, "most": 8}, "9 characters, more than 8", "outside migrations"),
        (exception("No module named 'app'", "ModuleNotFoundError"), "Alembic failed: ModuleNotFoundError: No mod", ""),
        (
            exception("No 'script_location' key found in configuration", "CommandError"),
            "no Alembic config",
            "directory",
        ),
        (exception("[Errno 28] No space left on device", "OSError"), "the disk is full", "Free space"),
        (exception("'JWT_SECRET'", "KeyError"), "Alembic failed: KeyError: 'JWT_SECRET'", ""),
    ],
)
def test_in_words(said, what, remedy):
    failure = read_trouble(said)
    assert what in failure.what
    assert remedy in failure.remedy
    assert failure.remedy


@given(st.text(), st.text(max_size=5), st.text(max_size=20))
def test_always_one_line(message, state, kind):
    assert len(read_trouble(exception(message, kind, state)).what.split("\n")) == 1


def test_a_python_that_gave_no_answer():
    assert "code -11: Segmentation fault" in crashed(-11, ["x", "Segmentation fault", ""]).what
    assert "it printed nothing" in crashed(1, []).what


def test_who_holds_a_lock_is_said_without_what_could_write_on_a_screen() -> None:
    name = "night\x1b[2Jly\nreport"
    by = [
        {"pid": 412, "application": name, "user": "rep", "state": "idle in transaction", "seconds": 9},
        {"pid": 7, "application": "", "user": "", "state": "", "seconds": None},
    ]
    blocked = {"seconds": 7.1, "tries": 2, "by": by}
    said = read_trouble({"kind": "exception", "state": "55P03", "message": "canceling", "blocked": blocked})
    assert said.what == (
        "the database did not grant a lock in time: it waited 7.1 s, in 2 tries, for a lock that night[2Jlyreport"
        " (pid 412, user rep, idle in transaction for 9 s); a session (pid 7, state unknown) holds (canceling)"
    )
