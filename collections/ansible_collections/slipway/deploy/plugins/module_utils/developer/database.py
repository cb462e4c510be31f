# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A developer's database: migrated by the backend's own Maven wrapper, and filled once with seed data by psql."""

from __future__ import annotations

import getpass
import json
import os
import re
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from ..common.errors import SlipwayError
from ..files.atomic import file_digest, write_atomic
from ..migration.flyway.config import Connection, check_url
from ..migration.flyway.config import render as flyway_config
from ..migration.flyway.output import read_failure
from ..programs.run import Finished, account, hidden, path_of, run
from ..secret_values.redaction import without_secrets
from .checkout import Checkout

_SECONDS = 900
_APPLIED = re.compile(r"Successfully applied (\d+) migrations?")
_JDBC = re.compile(r"jdbc:postgresql://(?:(?P<host>[^:/?]+|\[[^\]]+\])(?::(?P<port>\d+))?/)?(?P<name>[^/?]+)(?:\?.*)?")
_WHERE = "database seed"


@dataclass(frozen=True)
class Database:
    """The connection to the backend's database."""

    connection: Connection

    @classmethod
    def of(cls, values: Mapping[str, str]) -> Database:
        """Read the connection from Spring's own variables.

        :param values: environment variables, and credentials by their property's variable.
        :raises SlipwayError: naming the first that is missing.
        """
        names = [f"SPRING_DATASOURCE_{name}" for name in ("URL", "USERNAME", "PASSWORD")]
        missing = [name for name in names if not values.get(name)]
        if missing:
            remedy = "Store it in SSM with the others, or write it into runtime_parameters_environment"
            raise SlipwayError(f"{', '.join(missing)} is not set", _WHERE, remedy)
        check_url(values[names[0]], names[0])
        return cls(Connection(*(values[name] for name in names)))

    @property
    def place(self) -> str:
        """The database's name for messages, without secrets of the URL."""
        match = _JDBC.fullmatch(self.connection.url)
        return f"{match['host'] or 'localhost'}/{match['name']}" if match else "the database"


def migrate(checkout: Checkout, database: Database, environment: Mapping[str, str]) -> int:
    """Apply the pending migrations; return their number.

    :raises SlipwayError: saying why Flyway failed; nothing is repaired.
    """
    owner = account(getpass.getuser(), _WHERE)
    text = flyway_config(database.connection, [str(checkout.migrations)], {})
    with hidden(text.encode(), owner) as descriptor:
        command = ["sh", "./mvnw", "-B", "-ntp", "flyway:migrate", f"-Dflyway.configFiles={path_of(descriptor)}"]
        done = run(command, owner, environment, _SECONDS, str(checkout.module), [descriptor], together=True)
    if done.late:
        raise SlipwayError(
            f"the migration did not finish within {_SECONDS} s", _WHERE, "Find out what delays it, then run it again"
        )
    if done.code:
        failure = read_failure(done.output)
        (what,) = without_secrets([failure.what], [database.connection.password])
        raise SlipwayError(what, _WHERE, failure.remedy)
    found = _APPLIED.search(done.output)
    return int(found[1]) if found else 0


def seed(database: Database, file: str, memory: Path, environment: Mapping[str, str], *, check: bool) -> bool:
    """Run an SQL file once per database; return whether it was, or would be, run.

    :param memory: the file that remembers which SQL file ran in which database.
    :raises SlipwayError: the file does not exist, or a statement fails; then the whole file is rolled back.
    """
    path = Path(file).expanduser().absolute()
    digest = file_digest(path)
    if digest is None:
        raise SlipwayError(f"{path} does not exist", "-e seed_sql", "Name a file of SQL statements, or leave it out")
    done = {"database": database.connection.url.partition("?")[0], "seed": digest}
    known = _remembered(memory)
    if done in known:
        return False
    if not check:
        _run_sql(database, path, environment)
        write_atomic(memory, json.dumps([*known, done]).encode())
    return True


def _run_sql(database: Database, path: Path, environment: Mapping[str, str]) -> None:
    match = _JDBC.fullmatch(database.connection.url)
    if match is None:
        what = "psql cannot use this URL"
        raise SlipwayError(what, "SPRING_DATASOURCE_URL", "Write it as in jdbc:postgresql://host:5432/database")
    owner = account(getpass.getuser(), _WHERE)
    escaped = re.sub(r"([\\:])", r"\\\1", database.connection.password)
    with ExitStack() as stack:
        descriptor = stack.enter_context(hidden(f"*:*:*:*:{escaped}\n".encode(), owner))
        own = {
            "PGPASSFILE": path_of(descriptor),
            "PGHOST": (match["host"] or "localhost").strip("[]"),
            "PGPORT": match["port"] or "5432",
            "PGDATABASE": match["name"],
            "PGUSER": database.connection.user,
        }
        command = ["psql", "-X", "-q", "-w", "-1", "-v", "ON_ERROR_STOP=1", "-f", str(path)]
        done = run(command, owner, {**environment, **own}, _SECONDS, "/", [descriptor], together=True)
    _check_sql(done, database, path)


def _check_sql(done: Finished, database: Database, path: Path) -> None:
    if done.code:
        lines = [line for line in done.output.splitlines() if line.strip()]
        said = next((line for line in lines if re.search("ERROR|FATAL|error:", line)), lines[-1] if lines else "")
        (shown,) = without_secrets([said or f"exit code {done.code}"], [database.connection.password])
        raise SlipwayError(f"psql: {shown}", _WHERE, f"None of {path.name} was kept. Correct it and run this again")


def _remembered(memory: Path) -> list[dict[str, str]]:
    try:
        known = json.loads(memory.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return []
    return [item for item in known if isinstance(item, dict)] if isinstance(known, list) else []


def developers_environment() -> dict[str, str]:
    """The user's environment variables, without Ansible's."""
    return {name: value for name, value in os.environ.items() if not name.startswith("ANSIBLE_")}
