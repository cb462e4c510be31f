# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Runs Flyway on a host: its command line, or its Maven plugin from a checkout. Both print the same.

The credentials are in an anonymous configuration file (see :mod:`...programs.run`). It never repairs or cleans.
"""

from __future__ import annotations

import os
import shutil
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

from ...common.errors import SlipwayError
from ...files.atomic import filing
from ...programs.run import Account, Finished, base_environment, hidden, path_of, run
from ..model import Failure, MigrationPlan, Script, late
from . import config, output
from . import project as flyway_project
from .locks import HOLDER, HOLDERS_SQL, Patience, denied, limited, read_holders
from .plan import newly_applied, plan_migrations, untouched
from .scripts import LOOKED_AT, is_callback, read_script

MAVEN, COMMAND_LINE = "maven", "flyway"
_CALLBACK = f"beforeInfo__{output.CLOCK}.sql"
_HOLDERS = f"beforeInfo__{HOLDER}.sql"


class Job(NamedTuple):
    """What Flyway runs on.

    :param directory: the Maven project, or the base of relative locations; ``""`` if all are absolute.
    :param flyway: Flyway's command, for the engine ``flyway``.
    :param java_home: ``""`` for the ``java`` in the path.
    :param timeout: seconds that one run of Flyway may take.
    """

    engine: str
    directory: str
    locations: tuple[str, ...]
    flyway: str
    java_home: str
    maven_arguments: tuple[str, ...]
    connection: config.Connection
    settings: Mapping[str, Any]
    timeout: float
    patience: Patience = Patience()


class Look(NamedTuple):
    """Flyway's report on the database. ``problems`` are ``validate``'s; ``clock`` is the database's time.

    :param callbacks: the files that Flyway runs even if nothing is pending.
    :param trouble: why ``migrate`` will fail, if known.
    """

    plan: MigrationPlan
    scripts: tuple[Script, ...]
    problems: tuple[str, ...]
    clock: str | None
    callbacks: tuple[str, ...] = ()
    trouble: Failure | None = None


class Outcome(NamedTuple):
    """The outcome of a migration. ``after`` is ``None`` if the database could not be read afterwards."""

    after: MigrationPlan | None
    failure: Failure | None
    begun: bool
    waited: str = ""


class Flyway:
    """Flyway for one job, as one user of the host."""

    def __init__(self, job: Job, owner: Account) -> None:
        self._job = job
        self._owner = owner

    def missing(self) -> SlipwayError | None:
        """A requirement that the host lacks, or ``None``."""
        job = self._job
        java = f"{job.java_home}/bin/java" if job.java_home else "java"
        if shutil.which(java) is None:
            return SlipwayError(f"there is no {java}", None, "Install a Java runtime of 17 or newer")
        if job.engine == MAVEN and not Path(job.directory, "mvnw").is_file():
            return SlipwayError("there is no mvnw", job.directory, "Check the source out first, or correct directory")
        if job.engine == COMMAND_LINE and not Path(job.flyway).is_file():
            return SlipwayError("Flyway's command line is not there", job.flyway, "Unpack it there, or correct flyway")
        for location in self._locations():
            if not Path(location).is_dir():
                return SlipwayError("there is no directory of migrations", location, "Correct locations")
        return None

    def unfit(self) -> SlipwayError | None:
        """Why the project cannot be run, if nothing is :meth:`missing`; or ``None``."""
        compiled = next(flyway_project.compiled(self._locations()), None)
        if compiled is not None:
            remedy = (
                "Write it as SQL; or let the application migrate when it starts (spring.flyway.enabled), and set"
                " backend_migrations: none"
            )
            return SlipwayError("this migration is a class, and only those in SQL can be run", compiled, remedy)
        return flyway_project.unfit(Path(self._job.directory)) if self._job.engine == MAVEN else None

    def look(self) -> Look:
        """``info`` and ``validate``, which change nothing.

        :raises SlipwayError: Flyway fails.
        """
        read = (read_script(str(path), text) for path, text in self._texts())
        scripts = tuple(script for script in read if script is not None)
        if not scripts:
            where = ", ".join(self._locations())
            raise SlipwayError(
                "there is no migration", where, "Correct locations: a file is named V1__what_it_does.sql"
            )
        finished = self._run("info", "validate")
        problems = output.read_problems(finished.output)
        if finished.late or (finished.code and not problems):
            failure = self._failure(finished)
            raise SlipwayError(failure.what, None, failure.remedy)
        schema = output.read_schema(finished.output)
        maven = self._job.engine == MAVEN
        place = Path(self._job.directory) if maven else Path(self._job.flyway).parent
        known = flyway_project.known(self._job.settings, place, maven=maven)
        fresh = schema is not None and schema.fresh and not schema.empty
        baseline = known.baseline if fresh else None
        plan = plan_migrations(output.read_table(finished.output), scripts, baseline)
        callbacks = tuple(str(path) for path in self._files() if is_callback(path.name))
        trouble = flyway_project.trouble(plan, schema, known)
        return Look(plan, scripts, problems, output.read_clock(finished.output), callbacks, trouble)

    def migrate(self, look: Look) -> Outcome:
        """Apply pending migrations, and read the state again. Those rolled back by a lock timeout are retried."""
        waited = ""
        for tried in range(1, max(1, self._job.patience.tries) + 1):
            finished = self._run("migrate", "info")
            if not finished.code and not finished.late:
                after = plan_migrations(output.read_table(finished.output), look.scripts)
                return Outcome(after, None, True, waited)
            failure = self._failure(finished)
            again = self._run("info")
            if again.code or again.late:
                return Outcome(None, failure, True, waited)
            after = plan_migrations(output.read_table(again.output), look.scripts)
            if not denied(finished.output) or after.failed:
                break
            who = read_holders(again.output)
            waited = f"did not get a lock in time ({tried} of {self._job.patience.tries} attempts)" + (
                f"; transactions that were open then: {who}" if who else ""
            )
            failure = failure._replace(what=f"{failure.what}; it {waited}")
            if tried < self._job.patience.tries:
                time.sleep(self._job.patience.pause(tried))
        # A stopped command may still be running in the database.
        # Callbacks before the failed one have run.
        callback = bool(failure.script) and read_script(failure.script, "") is None
        nothing = untouched(look.plan, after) and not finished.late and not callback
        if failure.remedy != output.REPAIR:
            pass  # The cause is known, and it is not the script.
        elif nothing and failure.script:
            remedy = f"The database rolled it back completely: correct {failure.script}, then run this again"
            failure = failure._replace(remedy=remedy)
        elif failure.script and not after.failed:
            applied = ", ".join(item.version or item.description for item in newly_applied(look.plan, after))
            remedy = (
                f"The database rolled it back completely, but has {applied}: "
                f"correct {failure.script}, then run this again"
            )
            failure = failure._replace(remedy=remedy)
        if waited and denied(finished.output) and not after.failed:
            done = "Nothing is applied" if nothing else "What it applied before stays"
            failure = failure._replace(remedy=f"{done}: end the transaction that holds the lock, then run this again")
        return Outcome(after, failure, not nothing, waited)

    def _failure(self, finished: Finished) -> Failure:
        if finished.late:
            return late("Flyway", self._job.timeout)
        return output.read_failure(finished.output)

    def _locations(self) -> list[str]:
        return [os.path.normpath(Path(self._job.directory, path)) for path in self._job.locations]

    def _files(self) -> Iterator[Path]:
        return (path for location in self._locations() for path in sorted(Path(location).rglob("*.sql")))

    def _texts(self) -> Iterator[tuple[Path, str]]:
        """The beginnings of the files."""
        for path in self._files():
            with filing("read it", path), path.open("rb") as file:
                yield path, file.read(LOOKED_AT).decode("utf-8", "replace")

    def _run(self, *verbs: str) -> Finished:
        job = self._job
        with _callbacks() as callbacks:
            settings = job.settings
            if "migrate" in verbs:
                settings = limited(settings, job.patience.lock, (text for _path, text in self._texts()))
            content = config.render(job.connection, [*self._locations(), callbacks], settings)
            with hidden(content.encode(), self._owner) as descriptor:
                finished = run(
                    self._command(path_of(descriptor), verbs),
                    self._owner,
                    self._environment(),
                    job.timeout,
                    cwd=job.directory if job.engine == MAVEN else "/",
                    descriptors=[descriptor],
                    together=True,
                )
        text = finished.output
        for word in config.hidden_words(job.connection):
            text = text.replace(word, "[redacted]")
        return finished._replace(output=text)

    def _command(self, configuration: str, verbs: Sequence[str]) -> list[str]:
        job = self._job
        if job.engine == MAVEN:
            goals = [f"flyway:{verb}" for verb in verbs]
            quiet = ["-B", "-ntp", "-Dstyle.color=never", f"-Dflyway.configFiles={configuration}"]
            # By the shell: a checkout may be on a file system mounted noexec.
            return ["/bin/sh", "./mvnw", *quiet, *job.maven_arguments, *goals]
        return [job.flyway, f"-configFiles={configuration}", "-skipCheckForUpdate", *verbs]

    def _environment(self) -> dict[str, str]:
        environ = {**base_environment(self._owner), "REDGATE_DISABLE_TELEMETRY": "true"}
        if self._job.java_home:
            environ["JAVA_HOME"] = self._job.java_home
        return environ


@contextmanager
def _callbacks() -> Iterator[str]:
    """A directory with the callback that prints the database's time."""
    with tempfile.TemporaryDirectory(prefix="slipway-flyway-") as place:
        directory = Path(place)
        with filing("write Flyway's callback", directory):
            for name, text in ((_CALLBACK, output.CLOCK_SQL), (_HOLDERS, HOLDERS_SQL)):
                (directory / name).write_text(text, encoding="utf-8")
                (directory / name).chmod(0o644)
            directory.chmod(0o755)
        yield place
