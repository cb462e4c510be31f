# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Runs a release's Alembic on a host, by the release's own Python. See :mod:`.program`.

The URL and the variables that the release reads are in an anonymous file (see :mod:`...programs.run`).
"""

from __future__ import annotations

import inspect
import json
import stat
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from ...common import database_url
from ...common.documents import loads
from ...common.errors import SlipwayError
from ...files.atomic import filing
from ...programs import container
from ...programs.run import Account, Finished, base_environment, hidden, path_of, run
from ...secret_values.redaction import environment_values, without_secrets
from ...systemd import environment_file
from ..model import Failure, late
from . import locks
from . import program as alembic_run
from .problem import crashed, read_trouble
from .revisions import Revision, read_revision

#: Replaces a secret in SQL: a name, so that a linter can still parse the statement.
HIDDEN = "redacted"


class Job(NamedTuple):
    """What Alembic runs on.

    :param directory: the working directory for ``alembic.ini`` and the release's modules.
    :param configuration: ``alembic.ini``, relative to it.
    :param python: the release's own.
    :param environment: the variables for the release; all are treated as secret.
    :param image: the container image that has them, if it is not a directory of the host.
    """

    directory: str
    configuration: str
    python: str
    url: str
    environment: Mapping[str, str]
    timeout: float
    image: str = ""


class Patience(NamedTuple):
    """How a migration waits for locks that others hold.

    :param migration: seconds that it waits for another migration.
    :param lock: seconds that a statement waits before it gives up; 0 for no limit.
    :param tries: the number of attempts.
    """

    migration: int = 60
    lock: int = 3
    tries: int = 10


class Look(NamedTuple):
    """Alembic's report on the release and the database.

    :param steps: the steps to the target, in their order.
    :param sql: the SQL of it, or ``None``; then ``unwritten`` says why, if it was requested.
    """

    head: str
    current: str | None
    steps: tuple[Revision, ...]
    sql: str | None
    unwritten: str


class MigrationResult(NamedTuple):
    """The outcome of a migration.

    :param begun: version → seconds, ``None`` for one that did not end.
    :param open: the versions that are still pending; ``None`` if the database could not be read.
    """

    look: Look | None
    begun: dict[str, float | None]
    after: str | None
    open: tuple[str, ...] | None
    failure: Failure | None
    clock: str | None
    waited: dict[str, Any] | None
    late: bool = False
    blocked: dict[str, Any] | None = None


class Alembic:
    """Alembic for one job, as one user of the host."""

    def __init__(self, job: Job, owner: Account) -> None:
        self._job = job
        self._owner = owner

    def missing(self) -> SlipwayError | None:
        """A requirement that the host lacks, or ``None``."""
        job = self._job
        if job.image:
            return container.missing(job.image)
        if not Path(job.directory, job.configuration).is_file():
            return SlipwayError(
                f"there is no {job.configuration}", job.directory, "Fetch the release first, or correct directory"
            )
        if not Path(job.python).is_file():
            return SlipwayError("the release has no environment", job.python, "Build it first (python_environment)")
        return None

    def look(self, way: str = "up", target: str = "", sql: bool = False) -> Look:
        """The revisions of the release and of the database; nothing is changed.

        :raises SlipwayError: Alembic cannot read them.
        """
        said, failure, _late = self._ask({"do": "look", "way": way, "target": target, "sql": sql})
        if failure is not None:
            raise SlipwayError(failure.what, None, failure.remedy)
        return self._looked(said)

    def go(self, look: Look, way: str, target: str, patience: Patience) -> MigrationResult:
        """Migrate to the target."""
        # Upwards, another run's progress is fine. Downwards, only revisions that were read before may run.
        only = [item.version for item in look.steps] if way == "down" else None
        said, failure, late = self._ask(
            {
                "do": "go",
                "way": way,
                "target": target,
                "wait": patience.migration,
                "lock_timeout": patience.lock,
                "lock_tries": patience.tries,
                "only": only,
                # What the database rolls back can be retried.
                "whole": [item.version for item in look.steps if item.transactional],
            }
        )
        after = said.get("after")
        return MigrationResult(
            look=self._looked(said) if "steps" in said else None,
            begun={str(item["version"]): item["seconds"] for item in said.get("begun") or ()},
            after=_schema(after) if after is not None else None,
            open=tuple(said["open"]) if said.get("open") is not None else None,
            failure=failure,
            clock=said.get("clock"),
            waited=said.get("waited"),
            late=late,
            blocked=said.get("blocked"),
        )

    def _looked(self, said: Mapping[str, Any]) -> Look:
        sql = said.get("sql")
        trouble = said.get("sql_trouble")
        return Look(
            head=",".join(said["heads"]),
            current=_schema(said["current"]),
            steps=tuple(read_revision(item) for item in said["steps"]),
            sql=self._without_secrets(str(sql)) if sql is not None else None,
            unwritten=self._failure(trouble).what if trouble else "",
        )

    def _ask(self, wanted: Mapping[str, Any]) -> tuple[dict[str, Any], Failure | None, bool]:
        """The answer of Alembic's side, its error, and whether it timed out."""
        finished = self._run(wanted)
        if finished.late:
            return {}, late("Alembic", self._job.timeout), True
        try:
            said = loads(finished.output)
        except ValueError:
            lines = without_secrets(finished.errors.splitlines()[-20:], self._hidden())
            return {}, crashed(finished.code, lines), False
        trouble = said.get("trouble")
        if trouble and said.get("blocked"):
            trouble = {**trouble, "blocked": said["blocked"]}
        return said, self._failure(trouble) if trouble else None, False

    def _failure(self, trouble: Mapping[str, Any]) -> Failure:
        failure = read_trouble({name: self._plain(value) for name, value in trouble.items()})
        return failure._replace(what=" ".join(failure.what.split()))

    def _plain(self, value: Any) -> Any:
        return self._without_secrets(value) if isinstance(value, str) else value

    def _run(self, wanted: Mapping[str, Any]) -> Finished:
        job = self._job
        request = {
            **wanted,
            "configuration": job.configuration,
            "url": database_url.for_sqlalchemy(job.url),
            "environment": dict(job.environment),
        }
        program = program_text().encode()
        with hidden(program, self._owner) as code, hidden(json.dumps(request).encode(), self._owner) as document:
            if job.image:
                box = container.Box(job.image, "slipway-alembic", job.directory, job.timeout)
                return container.run([job.python, "-B"], box, self._owner, (code, document))
            return run(
                [job.python, "-B", path_of(code), path_of(document)],
                self._owner,
                base_environment(self._owner),
                job.timeout,
                cwd=job.directory,
                descriptors=[code, document],
            )

    def _hidden(self) -> list[str]:
        lines = "".join(f"{name}={value}\n" for name, value in self._job.environment.items())
        values = {*database_url.secrets_of(self._job.url), *environment_values(lines)}
        return sorted(values, key=len, reverse=True)

    def _without_secrets(self, text: str) -> str:
        """A text with its secrets redacted and its lines kept: SQL, or text that is redacted further."""
        for word in self._hidden():
            text = text.replace(word, HIDDEN)
        return text


def program_text() -> str:
    """Alembic's side, as one file."""
    future = "from __future__ import annotations\n"
    return f"{inspect.getsource(locks)}\n\n{inspect.getsource(alembic_run).replace(future, '', 1)}"


def check_url(url: str, where: str) -> None:
    """Refuse anything but a URL of PostgreSQL.

    :raises SlipwayError: without showing it: it contains a password.
    """
    if database_url.parse(url) is None:
        raise SlipwayError(
            "this is not a URL of PostgreSQL",
            where,
            "Write it as in postgresql+psycopg2://user@host:5432/database; escape special characters of the password",
        )


def read_environment(path: str) -> dict[str, str]:
    """The variables of an environment file that systemd reads.

    :raises SlipwayError: it does not exist, or other users can read it.
    """
    with filing("read it", path):
        mode = stat.S_IMODE(Path(path).stat().st_mode)
        # As bytes: text mode would convert CR LF to LF.
        text = Path(path).read_bytes().decode("utf-8", "replace")
    if mode & 0o077:
        raise SlipwayError("other users can read it, and it contains secrets", path, f"chmod 600 {path}")
    return environment_file.read(text)


def _schema(revisions: list[str]) -> str | None:
    return ",".join(revisions) or None
