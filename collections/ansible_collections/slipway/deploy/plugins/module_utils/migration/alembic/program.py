# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Alembic's side of the module ``alembic``. It runs in the release's own Python and uses its Alembic.

:mod:`.locks` stands before it in the program.

It reads one JSON document, whose path is its argument, and prints one. The release's own output goes to the
errors. The variables that the release reads are set in this process only, which others cannot inspect.
"""

from __future__ import annotations

import asyncio
import inspect
import io
import json
import os
import re
import socket
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:  # On the host it stands before this, in the same file.
    from .locks import Locks

#: ``int.from_bytes(sha256(b"slipway.deploy.alembic").digest()[:8], "big", signed=True)``; one lock for each database.
LOCK = -1076009278163357950
LONGEST_SQL = 1024 * 1024
LONGEST_SOURCE = 64 * 1024
_INI, _PROJECT = "alembic.ini", "pyproject.toml"
_DRIVERS = ("psycopg2", "psycopg", "asyncpg", "pg8000")
#: SQLSTATEs of a lock timeout and of a deadlock: what was rolled back is retried.
_RETRIED = ("55P03", "40P01")
_LONGEST_PAUSE = 8
_CLOCK = """SELECT to_char(clock_timestamp() AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')"""
# The key of a lock is shown in two halves.
_HOLDER = f"""
SELECT a.pid, a.application_name, coalesce(host(a.client_addr), 'local'),
       to_char(a.backend_start AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"'), a.pid = pg_backend_pid()
  FROM pg_locks l JOIN pg_stat_activity a USING (pid)
 WHERE l.locktype = 'advisory' AND l.granted AND l.objsubid = 1
   AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())
   AND l.classid::bigint = {(LOCK >> 32) & 0xFFFFFFFF} AND l.objid::bigint = {LOCK & 0xFFFFFFFF}
"""  # noqa: S608 - the key is a constant


class Trouble(Exception):
    """An error for the caller: its kind and details."""

    def __init__(self, kind: str, **said: Any) -> None:
        self.said = {"kind": kind, **said}
        super().__init__(kind)


class Session:
    """A separate connection, on which every statement is its own transaction."""

    def __init__(self, url: str) -> None:
        pool = import_module("sqlalchemy.pool").NullPool
        url, dialect = drivable(import_module("sqlalchemy.engine").make_url, url)
        self._text = import_module("sqlalchemy").text
        self._loop: asyncio.AbstractEventLoop | None = None
        options = {"isolation_level": "AUTOCOMMIT", "poolclass": pool}
        if getattr(dialect, "is_async", False):
            self._loop = asyncio.new_event_loop()
            made = import_module("sqlalchemy.ext.asyncio").create_async_engine(url, **options)
        else:
            made = import_module("sqlalchemy").create_engine(url, **options)
        self._connection = self._now(made.connect())

    def _now(self, value: Any) -> Any:
        return self._loop.run_until_complete(value) if self._loop else value

    def ask(self, statement: str) -> list[Sequence[Any]]:
        """The rows of a statement."""
        rows: list[Sequence[Any]] = self._now(self._connection.execute(self._text(statement))).fetchall()
        return rows

    def close(self) -> None:
        """Close it; the database releases its locks."""
        self._now(self._connection.close())


def drivable(read: Callable[[str], Any], url: str) -> tuple[str, Any]:
    """The URL for a connection independent of ``env.py``, and its dialect.

    The release may be what makes ``postgresql+asyncpg://`` of ``postgresql://`` or ``postgres://``, which SQLAlchemy
    does not know. So where the URL's driver is not installed, one that is takes its place.

    :param read: SQLAlchemy's ``make_url``.
    """
    url = re.sub(r"^postgres(?=[:+])", "postgresql", url)
    dialect = read(url).get_dialect()
    if dialect.name != "postgresql":
        raise Trouble("dialect", dialect=dialect.name)
    if dialect.driver in _DRIVERS and find_spec(dialect.driver) is None:
        other = next((name for name in _DRIVERS if find_spec(name)), dialect.driver)
        url = re.sub(r"^postgresql(?:\+\w+)?", f"postgresql+{other}", url)
        if other == "asyncpg":
            url = re.sub(r"(?<=[?&])sslmode=", "ssl=", url)
        dialect = read(url).get_dialect()
    return url, dialect


@contextmanager
def locked(url: str, wait: int) -> Iterator[dict[str, Any]]:
    """Hold the database's migration lock during the block; return the database's time, and the earlier holder."""
    session = Session(url)
    try:
        name = f"slipway migration on {socket.gethostname()}"[:63].replace("'", "")
        session.ask(f"SELECT set_config('application_name', '{name}', false)")
        began, holder = time.monotonic(), ""
        if not session.ask(f"SELECT pg_try_advisory_lock({LOCK})")[0][0]:
            holder = _holder(session)
            _wait(session, wait, holder)
        if not any(row[4] for row in session.ask(_HOLDER)):
            raise Trouble("pooled")
        waited = {"seconds": round(time.monotonic() - began, 1), "holder": holder} if holder else None
        yield {"clock": str(session.ask(_CLOCK)[0][0]), "waited": waited}
    finally:
        session.close()


def _wait(session: Session, wait: int, holder: str) -> None:
    if wait <= 0:
        raise Trouble("locked", holder=holder, wait=wait)
    session.ask(f"SELECT set_config('lock_timeout', '{int(wait)}s', false)")
    try:
        session.ask(f"SELECT pg_advisory_lock({LOCK})::text")
    except Exception as error:
        if state_of(error) != "55P03":
            raise
        raise Trouble("locked", holder=_holder(session) or holder, wait=wait) from None


def _holder(session: Session) -> str:
    rows = session.ask(_HOLDER)
    return (
        "; ".join(f"{row[1] or 'a session'} (pid {row[0]}, {row[2]}, since {row[3]})" for row in rows) or "nobody now"
    )


def configured(name: str) -> Any:
    """Alembic's configuration of a name, as ``alembic --config`` reads it: from 1.16 on, pyproject.toml as well."""
    module = import_module("alembic.config")
    made = module.Config
    is_project = Path(name).name == _PROJECT
    files = {"toml_file": name if is_project else _PROJECT} if "toml_file" in inspect.signature(made).parameters else {}
    # env.py may read the options of the command line.
    options = module.CommandLine().parser.parse_args(["upgrade", "head"])
    return made(_INI if is_project else name, stdout=io.StringIO(), cmd_opts=options, **files)


class Place:
    """A release's Alembic environment."""

    def __init__(self, request: dict[str, Any]) -> None:
        config = configured(request["configuration"])
        # A percent sign would be an interpolation of configparser.
        config.set_main_option("sqlalchemy.url", request["url"].replace("%", "%%"))
        self._config = config
        self.script = import_module("alembic.script").ScriptDirectory.from_config(config)
        self._environment = import_module("alembic.runtime.environment").EnvironmentContext

    def run(self, work: Callable[[Any, Any], Iterable[Any]], **options: Any) -> None:
        """Run ``work`` on the connection of the release's ``env.py``, as ``alembic upgrade`` does."""
        with self._environment(self._config, self.script, fn=work, **options):
            self.script.run_env()

    def heads(self) -> list[str]:
        """The newest revisions of the release."""
        return sorted(self.script.get_heads())

    def current(self) -> list[str]:
        """The revisions in the database."""
        found: list[str] = []

        def work(revisions: Any, _context: Any) -> Iterable[Any]:
            found.extend(str(name) for name in import_module("alembic.util").to_tuple(revisions, default=()))
            return []

        self.run(work, dont_mutate=True)
        unknown = [name for name in found if not self._known(name)]
        if unknown:
            raise Trouble("unknown", revisions=unknown)
        return sorted(found)

    def _known(self, name: str) -> bool:
        try:
            return self.script.get_revision(name) is not None
        except Exception:  # noqa: BLE001 - Alembic's own, whose class is another in each version
            return False

    def steps(self, way: str, target: str, current: Sequence[str]) -> list[Any]:
        """The steps from the database's revisions to another, in their order."""
        found: list[Any] = (
            self.script._upgrade_revs(target, tuple(current))  # noqa: SLF001 - what `alembic upgrade` itself asks
            if way == "up"
            else self.script._downgrade_revs(target, tuple(current))  # noqa: SLF001
        )
        return found

    def sql(self, current: Sequence[str]) -> str:
        """The SQL of pending revisions, as ``alembic upgrade --sql`` writes it."""
        self._config.output_buffer = io.StringIO()
        self.run(
            lambda revision, _context: self.steps("up", "head", tuple(revision or ())),
            as_sql=True,
            # All of them: a merge revision follows both branches.
            starting_rev=list(current) or None,
            destination_rev="head",
        )
        text: str = self._config.output_buffer.getvalue()
        return text


def told(step: Any) -> dict[str, Any]:
    """A step's revision."""
    revision = step.revision
    path = Path(revision.path)
    with path.open(encoding="utf-8", errors="replace") as file:
        source = file.read(LONGEST_SOURCE)
    return {
        "version": str(revision.revision),
        "description": str(revision.doc or ""),
        "file": str(path),
        "down": list(import_module("alembic.util").to_tuple(revision.down_revision, default=())),
        "source": source,
    }


def look(place: Place, request: dict[str, Any]) -> dict[str, Any]:
    """The revisions of the release and of the database, and the steps between them; changes nothing."""
    heads = place.heads()
    if len(heads) != 1:
        raise Trouble("heads", heads=heads)
    current = place.current()
    target = request.get("target") or "head"
    said: dict[str, Any] = {"heads": heads, "current": current}
    said["steps"] = [told(step) for step in place.steps(request["way"], target, current)]
    if request.get("sql") and said["steps"]:
        try:
            said["sql"] = place.sql(current)
            if len(said["sql"]) > LONGEST_SQL:
                # A linter would object to the place where it is cut off.
                raise Trouble("long", characters=len(said.pop("sql")), most=LONGEST_SQL)
        except Exception as error:  # noqa: BLE001 - a revision that asks the database cannot be written as SQL
            said["sql_trouble"] = problem(error)
    return said


def carry_out(place: Place, request: dict[str, Any]) -> dict[str, Any]:
    """Migrate to the target under the lock. The database is asked for the progress, even after a failure."""
    way, target = request["way"], request.get("target") or "head"
    # On the host it is defined above.
    locks = Locks(lambda: Session(request["url"]), int(request["lock_timeout"]))  # pylint: disable=used-before-assignment
    with locked(request["url"], int(request["wait"])) as lock:
        said = {**look(place, {**request, "sql": False}), **lock}
        wanted = [item["version"] for item in said["steps"]]
        if request.get("only") is not None and wanted != request["only"]:
            raise Trouble("moved", current=said["current"])
        begun: list[dict[str, Any]] = []
        said["begun"] = begun
        for tried in range(1, max(1, int(request["lock_tries"])) + 1):
            said.pop("trouble", None)
            began = time.monotonic()
            try:
                with locks.watched():
                    place.run(lambda revisions, _context: _followed(place.steps(way, target, revisions or ()), begun))
            except Exception as error:  # noqa: BLE001 - whatever a revision raises
                said["trouble"] = problem(error)
            _ask_how_far(place, way, target, said)
            if locks.by:
                seconds = said.get("blocked", {}).get("seconds", 0) + round(time.monotonic() - began, 1)
                said["blocked"] = {"seconds": seconds, "tries": tried, "by": list(locks.by.values())}
            if tried == int(request["lock_tries"]) or not _again(said, request["whole"]):
                break
            # Revisions rolled back with the failed one have not begun.
            begun[:] = [item for item in begun if item["version"] not in said["open"]]
            time.sleep(min(2 ** (tried - 1), _LONGEST_PAUSE))
        return said


def _ask_how_far(place: Place, way: str, target: str, said: dict[str, Any]) -> None:
    try:
        said["after"] = place.current()
        said["open"] = [str(step.revision.revision) for step in place.steps(way, target, said["after"])]
    except Exception as error:  # noqa: BLE001 - the connection may be what failed
        said.setdefault("trouble", problem(error))
        said["after"] = None


def _again(said: dict[str, Any], whole: Sequence[str]) -> bool:
    """Whether it failed because of a lock, and was rolled back completely."""
    failed = said.get("trouble", {}).get("state") in _RETRIED and said["after"] is not None and said["begun"]
    return bool(failed) and said["begun"][-1]["version"] in whole


def _followed(steps: Sequence[Any], begun: list[dict[str, Any]]) -> Iterator[Any]:
    """The steps, each noted when it begins; the next is requested when it has ended."""
    for step in steps:
        began = time.monotonic()
        begun.append({"version": str(step.revision.revision), "seconds": None})
        yield step
        begun[-1]["seconds"] = round(time.monotonic() - began, 2)


def state_of(error: BaseException) -> str:
    """The database's SQLSTATE, or ``""``; drivers have different names for it."""
    cause = getattr(error, "orig", None) or error
    return str(getattr(cause, "sqlstate", None) or getattr(cause, "pgcode", None) or "")


def problem(error: BaseException) -> dict[str, Any]:
    """An exception, for the caller to report."""
    if isinstance(error, Trouble):
        return error.said
    cause = getattr(error, "orig", None) or error
    return {
        "kind": "exception",
        "type": type(error).__name__,
        "message": str(cause)[:4000],
        "state": state_of(error),
        "statement": str(getattr(error, "statement", None) or "")[:400],
    }


def work(request: dict[str, Any]) -> dict[str, Any]:
    """Do what the document requests."""
    os.environ.update(request["environment"])
    sys.path[0] = os.getcwd()  # noqa: PTH109 - as `python -m alembic` has it
    try:
        place = Place(request)
        return carry_out(place, request) if request["do"] == "go" else look(place, request)
    except Exception as error:  # noqa: BLE001 - said in one line by the caller
        return {"trouble": problem(error)}


def main() -> None:
    """Read, work, answer."""
    answer = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    request = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
    json.dump(work(request), answer)
    answer.flush()


if __name__ == "__main__":
    main()
