# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Alembic as other repositories have it set up, on a real database: what is pending and what is applied."""

from __future__ import annotations

import getpass
import os
import subprocess
from pathlib import Path

import pytest

from ansible_collections.slipway.deploy.plugins.module_utils.common.errors import SlipwayError
from ansible_collections.slipway.deploy.plugins.module_utils.migration.alembic.run import Alembic, Job, Patience
from ansible_collections.slipway.deploy.plugins.module_utils.migration.flyway.locks import (
    HOLDERS_SQL,
    denied,
    limited,
    read_holders,
)
from ansible_collections.slipway.deploy.plugins.module_utils.programs.run import account
from tests.support import site_builds
from tests.support.postgres import Postgres
from tests.support.site_server import database_url

HEROKU = (
    'config.set_main_option("sqlalchemy.url", os.environ["DATABASE_URL"].replace("postgres:", "postgresql+psycopg2:"))'
)


class Repository:
    """A repository that ``alembic init`` began."""

    def __init__(self, place: Path, template: str = "generic") -> None:
        self.place = place
        self.alembic("init", "--template", template, "migrations")

    def alembic(self, *arguments: str, **settings: str) -> None:
        python = site_builds.venv() / "bin" / "python"
        command = [str(python), "-m", "alembic", *arguments]
        subprocess.run(command, cwd=self.place, env=settings, check=True, capture_output=True)

    def revision(self, version: str, *down: str, upgrade: str = "pass") -> None:
        """Write a revision."""
        (self.place / "migrations/versions" / f"{version}.py").write_text(
            f'"""{version}"""\n'
            "from alembic import op\n"
            "import sqlalchemy as sa\n"
            f"revision, down_revision = {version!r}, {(down if len(down) > 1 else (*down, None)[0])!r}\n"
            f"def upgrade():\n    {upgrade}\n"
            "def downgrade():\n    pass\n"
        )

    def table(self, version: str, *down: str) -> None:
        """Write a revision that makes a table of its name."""
        self.revision(version, *down, upgrade=f"op.create_table({version!r}, sa.Column('id', sa.BigInteger))")

    def configure(self, line: str) -> None:
        """Have env.py do something with its configuration."""
        path = self.place / "migrations/env.py"
        known = "config = context.config\n"
        path.write_text(path.read_text().replace(known, f"import os\n{known}{line}\n"))

    def run_by(self, url: str, configuration: str = "alembic.ini") -> Alembic:
        """The module's Alembic for it."""
        python = site_builds.venv() / "bin" / "python"
        job = Job(str(self.place), configuration, str(python), url, {"DATABASE_URL": url}, 60)
        return Alembic(job, account(getpass.getuser(), "user"))


@pytest.mark.parametrize("configuration", ["alembic.ini", "pyproject.toml"])
def test_a_configuration_that_is_in_pyproject(database: Postgres, tmp_path: Path, configuration: str) -> None:
    repository = Repository(tmp_path, "pyproject")
    repository.table("a1")
    alembic = repository.run_by(database_url(database), configuration)
    assert alembic.missing() is None
    assert alembic.go(alembic.look(), "up", "", Patience()).after == "a1"


def test_the_sql_after_two_branches_has_nothing_of_them(database: Postgres, tmp_path: Path) -> None:
    repository = Repository(tmp_path)
    repository.configure('config.set_main_option("sqlalchemy.url", os.environ["DATABASE_URL"])')
    repository.table("a1")
    repository.table("b1", "a1")
    repository.table("b2", "a1")
    repository.alembic("upgrade", "heads", DATABASE_URL=database_url(database))
    repository.revision("m1", "b1", "b2")
    repository.table("z1", "m1")
    look = repository.run_by(database_url(database)).look(sql=True)
    assert (look.current, [step.version for step in look.steps]) == ("b1,b2", ["m1", "z1"])
    assert "CREATE TABLE z1" in (look.sql or "")
    assert "CREATE TABLE b" not in (look.sql or "")


def test_a_url_that_the_release_itself_corrects(database: Postgres, tmp_path: Path) -> None:
    repository = Repository(tmp_path)
    repository.table("a1")
    alembic = repository.run_by(database_url(database).replace("postgresql+psycopg2:", "postgres:"))
    with pytest.raises(SlipwayError, match=r"does not know postgres://.* Write the URL as in postgresql://"):
        alembic.look()
    repository.configure(HEROKU)
    done = alembic.go(alembic.look(), "up", "", Patience())
    assert (done.after, done.failure) == ("a1", None)


def test_an_environment_that_looks_into_the_options_of_the_command(database: Postgres, tmp_path: Path) -> None:
    repository = Repository(tmp_path)
    repository.configure("assert (config.cmd_opts.x, config.cmd_opts.sql) == (None, False)")
    repository.table("a1")
    assert repository.run_by(database_url(database)).look().head == "a1"


def test_sql_that_is_too_long_to_lint_is_not_cut_off(database: Postgres, tmp_path: Path) -> None:
    repository = Repository(tmp_path)
    repository.table("a1")
    repository.revision("a2", "a1", upgrade='op.execute("INSERT INTO a1 VALUES " + ", ".join(["(1)"] * 300000))')
    look = repository.run_by(database_url(database)).look(sql=True)
    assert look.sql is None
    assert "more than 1048576" in look.unwritten


class Holder:
    """A session with a transaction that was left open, by a program of the distribution."""

    def __init__(self, database: Postgres, statement: str, waiter: float = 3600) -> None:
        self.database = database
        settings = {**os.environ, "PGPASSWORD": database.password, "PGAPPNAME": "nightly report"}
        self.process = subprocess.Popen(
            ["psql", "-qAt", "-h", database.address, "-p", str(database.port), "-U", database.user, database.database],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env=settings,
        )
        # It ends its transaction by itself, when somebody has waited for it so many seconds.
        waits = f"NOT granted AND waitstart < clock_timestamp() - interval '{waiter} s'"
        ends = f"EXIT WHEN EXISTS (SELECT 1 FROM pg_locks WHERE {waits}); PERFORM pg_sleep(0.05);"  # noqa: S608 - the test's own
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        held = f"BEGIN; {statement}; SELECT 'held';"
        self.process.stdin.write(f"{held}\nDO $$ BEGIN LOOP {ends} END LOOP; END $$;\nCOMMIT;\n")
        self.process.stdin.flush()
        while self.process.stdout.readline().strip() != "held":
            assert self.process.poll() is None

    def __enter__(self) -> None:
        return None

    def __exit__(self, *_error: object) -> None:
        # Its server process would not notice that it is gone.
        end = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'nightly report'"
        self.database.query(end)
        self.process.kill()
        self.process.wait()


@pytest.fixture
def blocked(database: Postgres, tmp_path: Path) -> Repository:
    """A repository whose next two revisions change a table, of which the second one needs a lock that is held."""
    repository = Repository(tmp_path)
    repository.configure('config.set_main_option("sqlalchemy.url", os.environ["DATABASE_URL"])')
    repository.table("a1")
    repository.alembic("upgrade", "head", DATABASE_URL=database_url(database))
    repository.table("a2", "a1")
    repository.revision("a3", "a2", upgrade="op.add_column('a1', sa.Column('name', sa.Text))")
    return repository


def test_a_migration_gives_up_a_lock_soon_and_says_who_has_it(database: Postgres, blocked: Repository) -> None:
    alembic = blocked.run_by(database_url(database))
    with Holder(database, "SELECT count(*) FROM a1"):
        done = alembic.go(alembic.look(), "up", "", Patience(lock=1, tries=2))
    assert done.failure is not None
    assert "nightly report (pid " in done.failure.what
    assert "user salitemihret, active for" in done.failure.what
    assert "pg_sleep" not in done.failure.what
    assert done.blocked is not None
    assert done.blocked["tries"] == 2
    assert (done.after, done.open) == ("a1", ("a2", "a3"))


def test_a_lock_that_is_free_in_the_end(database: Postgres, blocked: Repository) -> None:
    alembic = blocked.run_by(database_url(database))
    with Holder(database, "SELECT count(*) FROM a1", waiter=0.8):
        done = alembic.go(alembic.look(), "up", "", Patience(lock=1, tries=10))
    assert (done.failure, done.after, tuple(done.begun)) == (None, "a3", ("a2", "a3"))
    assert done.blocked is not None
    assert done.blocked["by"][0]["application"] == "nightly report"


@pytest.mark.parametrize(
    ("line", "patience", "wanted"),
    [
        ("pass", Patience(lock=7), "7s"),
        ("pass", Patience(lock=0), "0"),
        ('os.environ["PGOPTIONS"] = "-c lock_timeout=900"', Patience(), "900ms"),
    ],
)
def test_a_time_that_the_release_sets_itself_stays(
    database: Postgres, tmp_path: Path, line: str, patience: Patience, wanted: str
) -> None:
    repository = Repository(tmp_path)
    repository.configure(f'config.set_main_option("sqlalchemy.url", os.environ["DATABASE_URL"]); {line}')
    seen = "op.execute(\"CREATE TABLE a1 AS SELECT current_setting('lock_timeout') AS seen\")"
    repository.revision("a1", upgrade=seen)
    alembic = repository.run_by(database_url(database))
    assert alembic.go(alembic.look(), "up", "", patience).failure is None
    assert database.query("SELECT seen FROM a1") == [[wanted]]


def test_an_index_that_is_built_concurrently_waits(database: Postgres, tmp_path: Path) -> None:
    repository = Repository(tmp_path)
    repository.configure('config.set_main_option("sqlalchemy.url", os.environ["DATABASE_URL"])')
    repository.table("a1")
    repository.alembic("upgrade", "head", DATABASE_URL=database_url(database))
    build = "op.create_index('a1_id', 'a1', ['id'], postgresql_concurrently=True)"
    repository.revision("a2", "a1", upgrade=f"with op.get_context().autocommit_block(): {build}")
    alembic = repository.run_by(database_url(database))
    # It waits for older transactions that have written to the table.
    with Holder(database, "INSERT INTO a1 VALUES (1)", waiter=1.5):
        done = alembic.go(alembic.look(), "up", "", Patience(lock=1, tries=1))
    assert (done.failure, done.after) == (None, "a2")
    assert database.query("SELECT indisvalid FROM pg_index WHERE indexrelid = 'a1_id'::regclass") == [["t"]]


def test_flyways_look_names_who_holds_a_lock(database: Postgres) -> None:
    database.query("CREATE TABLE a1 (id int)")
    with Holder(database, "SELECT count(*) FROM a1"):
        limit = limited({}, 1, [])["initSql"]
        command = ["psql", "-qAtX", "-h", database.address, "-p", str(database.port), "-U", database.user]
        done = subprocess.run(
            [*command, "-d", database.database],
            input=f"{limit};\nSHOW lock_timeout;\nSELECT pg_sleep(1.1);\n{HOLDERS_SQL}ALTER TABLE a1 ADD b int;\n",
            env={**os.environ, "PGPASSWORD": database.password},
            capture_output=True,
            text=True,
            check=False,
        )
    assert done.stdout.splitlines()[0] == "1s"
    assert read_holders(done.stderr).startswith("nightly report (pid ")
    assert "pg_locks" not in done.stderr
    assert denied(done.stderr)
