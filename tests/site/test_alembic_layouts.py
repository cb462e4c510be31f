# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Alembic as other repositories have it set up, on a real database: what is pending and what is applied."""

from __future__ import annotations

import getpass
import subprocess
from pathlib import Path

import pytest

from ansible_collections.slipway.deploy.plugins.module_utils.common.errors import SlipwayError
from ansible_collections.slipway.deploy.plugins.module_utils.host.alembic import Alembic, Job
from ansible_collections.slipway.deploy.plugins.module_utils.host.program import account
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
    assert alembic.go(alembic.look(), "up", "", 5).after == "a1"


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
    done = alembic.go(alembic.look(), "up", "", 5)
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
