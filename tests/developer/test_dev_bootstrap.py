# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""dev_bootstrap.yml: env file, database and process of a real backend; a second run changes nothing."""

from __future__ import annotations

import json
import subprocess
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from sandbox.testing import Sandbox
from tests.backend.place import QUICK
from tests.runbooks import commands
from tests.support.deploys import LIMIT_SECONDS, Deploys, Ran, make_deploys
from tests.support.pace import scaled
from tests.support.postgres import Postgres, free_port
from tests.support.project import without_signs
from tests.support.umigo import MODULE, Umigo

HARD = """it's "hard": $HOME `id` \\ #é"""
#: Maven is slower than what the other playbooks do.
MAVEN_SECONDS = scaled(300)


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    with Sandbox(seed="none") as running:
        yield running


@pytest.fixture(scope="module")
def database() -> Iterator[Postgres]:
    with Postgres() as running:
        yield running


@pytest.fixture
def deploys(tmp_path: Path, sandbox: Sandbox) -> Deploys:
    directory = tmp_path / "project"
    directory.mkdir()
    deploys = make_deploys(directory, sandbox)
    deploys.variables |= {"backend_module": MODULE}
    return deploys


def bootstrap(deploys: Deploys, *arguments: str) -> Ran:
    """Run the playbook."""
    done = subprocess.run(
        deploys.command("playbooks/dev_bootstrap.yml", *arguments),
        cwd=deploys.directory,
        env=deploys.environment(),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        timeout=LIMIT_SECONDS + MAVEN_SECONDS,
    )
    return Ran(done.returncode, without_signs(done.stdout), done.stderr)


def put(sandbox: Sandbox, **parameters: str) -> None:
    """Store parameters of the environment."""
    for name, value in parameters.items():
        sandbox.client("ssm").put_parameter(
            Name=f"/local/backend/{name}", Value=value, Type="SecureString", Overwrite=True
        )


def output(*argv: str) -> str:
    """What a program prints that succeeds."""
    return subprocess.run(argv, capture_output=True, text=True, check=True).stdout


def ask(port: int, path: str) -> Any:
    with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=scaled(10)) as answer:
        return json.load(answer)


def test_without_a_checkout_three_steps_are_skipped(deploys: Deploys) -> None:
    ran = bootstrap(deploys)
    assert ran.code == 0, ran.text
    assert ran.text.splitlines() == [
        "env file: skipped",
        "database seed: skipped",
        "backend launch: skipped",
        ("Name the backend's checkout: ansible-playbook playbooks/dev_bootstrap.yml -e env=local -e backend_path=…"),
    ]


def test_a_bad_path_is_one_line(deploys: Deploys, tmp_path: Path) -> None:
    for path, said in (
        ("/nowhere", "-e backend_path: /nowhere is not a directory. Clone the backend, and name its checkout"),
        (str(tmp_path), f"-e backend_path: {tmp_path} has no {MODULE}/pom.xml. Name the backend's checkout"),
    ):
        ran = bootstrap(deploys, "-e", f"backend_path={path}")
        assert ran.code == 2, ran.text
        assert len(ran.lines) == 1, ran.text
        assert said in ran.text


def test_a_backend_from_nothing_to_running(
    deploys: Deploys, sandbox: Sandbox, database: Postgres, tmp_path: Path
) -> None:
    umigo = Umigo.make(tmp_path / "Umigo", ("0.1.0",))
    port = free_port("127.0.0.1")
    put(
        sandbox,
        SPRING_DATASOURCE_URL=database.url(),
        SPRING_DATASOURCE_USERNAME=database.user,
        SPRING_DATASOURCE_PASSWORD=database.password,
        UMIGO_HARD=HARD,
    )
    seeds = tmp_path / "seed.sql"
    seeds.write_text("CREATE TABLE seeded (times int);\nINSERT INTO seeded VALUES (1);\n", encoding="utf-8")
    _plain, start, stop, _own_database = (
        [word.replace("~/src/Umigo", str(umigo.directory)).replace("seed.sql", str(seeds)) for word in command[1:]]
        for command in commands("backend.md", "A developer's machine")
    )
    start += ["-e", json.dumps({"dev_environment": {**QUICK, "SERVER_PORT": str(port)}})]
    try:
        ran = bootstrap(deploys, *start)
        assert ran.code == 0, ran.text
        assert "1 migrations applied, seed.sql run" in ran.out
        assert f"ready at http://127.0.0.1:{port}" in ran.out
        assert database.password not in ran.text
        assert ask(port, "/api/version")["version"] == "0.1.0"
        assert "1" in str(database.query("SELECT count(*) FROM seeded"))

        env_file = umigo.directory / MODULE / ".env"
        assert env_file.stat().st_mode & 0o777 == 0o600
        assert output("sh", "-c", f'set -a; . "{env_file}"; printf %s "$UMIGO_HARD"') == HARD
        assert ".env" not in output("git", "-C", str(umigo.directory), "status", "--porcelain")

        again = bootstrap(deploys, *start)
        assert again.code == 0, again.text
        lines = again.out.splitlines()
        assert [line.partition(": ")[2].split(" (")[0] for line in lines] == [
            f"{env_file} is up to date",
            f"127.0.0.1/{database.database}: nothing to migrate, seed.sql was run before",
            "it is already running",
        ]
    finally:
        stopped = bootstrap(deploys, *stop)
    assert "was stopped" in stopped.out, stopped.text
    with pytest.raises(OSError, match="refused"):
        ask(port, "/api/version")
    assert bootstrap(deploys, *stop).out == "backend launch: it is not running\n"


def test_what_is_missing_is_named(deploys: Deploys, sandbox: Sandbox, database: Postgres, tmp_path: Path) -> None:
    umigo = Umigo.make(tmp_path / "Umigo", ("0.1.0",))
    client = sandbox.client("ssm")
    names = [item["Name"] for item in client.describe_parameters()["Parameters"]]
    for name in names:
        client.delete_parameter(Name=name)
    put(sandbox, SPRING_DATASOURCE_URL=database.url())
    ran = bootstrap(deploys, "-e", f"backend_path={umigo.directory}")
    assert ran.code == 2
    assert "database seed: SPRING_DATASOURCE_USERNAME, SPRING_DATASOURCE_PASSWORD is not set" in ran.text
    put(sandbox, SPRING_DATASOURCE_USERNAME=database.user, SPRING_DATASOURCE_PASSWORD="wrong-password")
    ran = bootstrap(deploys, "-e", f"backend_path={umigo.directory}")
    assert ran.code == 2
    assert "database seed: the database refused the user or the password" in ran.text
    assert "wrong-password" not in ran.text
