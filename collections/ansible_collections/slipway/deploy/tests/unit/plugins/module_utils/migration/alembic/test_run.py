# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What a release's Alembic is given, and what is said of what it did."""

from __future__ import annotations

import getpass
import json
import sys
from pathlib import Path

import pytest

from ansible_collections.slipway.deploy.plugins.module_utils.common.errors import SlipwayError
from ansible_collections.slipway.deploy.plugins.module_utils.migration.alembic import run as alembic
from ansible_collections.slipway.deploy.plugins.module_utils.migration.alembic.messages import (
    diff,
    looked,
    refuse_unsafe,
    went,
)
from ansible_collections.slipway.deploy.plugins.module_utils.migration.alembic.revisions import read_revision
from ansible_collections.slipway.deploy.plugins.module_utils.migration.alembic.run import (
    Alembic,
    Job,
    Look,
    MigrationResult,
    Patience,
)
from ansible_collections.slipway.deploy.plugins.module_utils.migration.model import Failure, Refused
from ansible_collections.slipway.deploy.plugins.module_utils.programs.run import account
from ansible_collections.slipway.deploy.plugins.modules import alembic as alembic_module

URL = "postgresql+psycopg2://members:canary-p%40ss@127.0.0.1:5432/saliteone"


@pytest.mark.parametrize("url", ["postgresql://h/d", "postgresql+asyncpg://u:p@h:5432/d", "postgres://h/d", URL])
def test_a_url(url):
    alembic.check_url(url, "url")


@pytest.mark.parametrize("url", ["", "sqlite:///x", "jdbc:postgresql://h/d", "postgresql://h/d canary", "canary"])
def test_no_url(url):
    with pytest.raises(SlipwayError, match="not a URL of PostgreSQL") as caught:
        alembic.check_url(url, "url")
    assert "canary" not in str(caught.value)


def test_a_file_that_others_may_read_is_refused(tmp_path):
    path = tmp_path / "env"
    path.write_text("A=b\n")
    path.chmod(0o640)
    with pytest.raises(SlipwayError, match="other users can read it"):
        alembic.read_environment(str(path))
    path.chmod(0o600)
    assert alembic.read_environment(str(path)) == {"A": "b"}


@pytest.fixture
def job(tmp_path):
    (tmp_path / "alembic.ini").write_text("[alembic]\n")
    return Job(str(tmp_path), "alembic.ini", sys.executable, URL, {"JWT_SECRET": "canary-token", "A": "b"}, 30)


@pytest.fixture
def me():
    return account(getpass.getuser(), "user")


def test_what_is_missing(job, me):
    assert Alembic(job, me).missing() is None
    assert "no x.ini" in str(Alembic(job._replace(configuration="x.ini"), me).missing())
    assert "no environment" in str(Alembic(job._replace(python="/nowhere/python"), me).missing())


PROGRAM = """
import json, os, sys
request = json.load(open(sys.argv[1]))
seen = [os.getcwd()[-9:], sys.argv, *os.environ.values()]
print(json.dumps({"heads": ["b2"], "current": ["a1"], "steps": [],
                  "sql": "SELECT '" + request["url"] + "', '" + request["environment"]["JWT_SECRET"] + "'",
                  "sql_trouble": {"kind": "exception", "type": "X", "message": json.dumps(seen), "state": ""}}))
"""


def test_secrets_reach_it_by_a_file_without_a_name(job, me, monkeypatch):
    monkeypatch.setattr(alembic, "program_text", lambda: PROGRAM)
    look = Alembic(job, me).look(sql=True)
    assert (look.head, look.current, look.steps) == ("b2", "a1", ())
    assert look.sql == "SELECT 'redacted', 'redacted'"
    assert "canary" not in look.unwritten
    assert "/proc/self/fd/" in look.unwritten
    assert job.directory[-9:] in look.unwritten


@pytest.mark.parametrize(
    ("program", "said"),
    [
        ("raise SystemExit('it is canary-token')", "ended with code 1: it is [redacted]"),
        ("import os; os.kill(os.getpid(), 9)", "ended with code -9: it printed nothing"),
        ("print('no json')", "ended with code 0"),
        ("""print('{"trouble": {"kind": "heads", "heads": ["a", "b"]}}')""", "2 heads: a, b"),
    ],
)
def test_what_it_could_not_do(job, me, monkeypatch, program, said):
    monkeypatch.setattr(alembic, "program_text", lambda: program)
    with pytest.raises(SlipwayError) as caught:
        Alembic(job, me).look()
    assert said in str(caught.value)


def test_one_that_takes_too_long(job, me, monkeypatch):
    monkeypatch.setattr(alembic, "program_text", lambda: "import time; time.sleep(30)")
    done = Alembic(job._replace(timeout=0.5), me).go(Look("b2", None, (), None, ""), "up", "", Patience())
    assert done.late
    assert "did not finish within 0.5 s" in str(done.failure)


def test_the_program_needs_no_alembic_to_say_that_there_is_none(job, me):
    with pytest.raises(SlipwayError, match="there is no Alembic in the release's environment"):
        Alembic(job._replace(python="/usr/bin/python3"), me).look()


def revision(version, source="# slipway: backward-compatible, downgrade-safe"):
    item = {"version": version, "description": f"{version} does", "file": f"/x/{version}.py", "source": source}
    return read_revision(item)


A1, B2 = revision("a1"), revision("b2")
COMMITS = revision("c3", "with op.get_context().autocommit_block():")
LOOK = Look("b2", None, (A1, B2), None, "")
FAILURE = Failure("it broke", "Mend it")


def versions(items):
    return [item["version"] for item in items]


def test_it_went_well():
    done = MigrationResult(LOOK, {"a1": 0.5, "b2": None}, "b2", (), None, "2026-11-21T05:29:33.3Z", None)
    result = went(done, looked(LOOK, "b2"))
    assert (result["changed"], result["begun"], result["schema_after"]) == (True, True, "b2")
    assert [(item["version"], item["seconds"]) for item in result["applied"]] == [("a1", 0.5), ("b2", 0.0)]
    assert result["started_at"] == "2026-11-21T05:29:33.3Z"


@pytest.mark.parametrize(
    ("look", "begun", "after", "still", "applied", "left", "said"),
    [
        (
            LOOK,
            "a1 b2",
            None,
            "a1 b2",
            [],
            [],
            "b2 (b2 does) failed: it broke. Nothing is applied; the database rolled",
        ),
        (
            LOOK,
            "a1 b2",
            "a1",
            "b2",
            ["a1"],
            [],
            "Applied before it: a1; the database rolled b2 back completely. Correct b2",
        ),
        (
            LOOK._replace(steps=(A1, COMMITS)),
            "a1 c3",
            "a1",
            "c3",
            ["a1"],
            ["c3"],
            "Applied before it: a1; what c3 did outside a transaction may be there",
        ),
        (LOOK, "", None, "a1 b2", [], [], "it broke. Mend it"),
    ],
)
def test_it_failed(look, begun, after, still, applied, left, said):
    seconds = dict.fromkeys(begun.split())
    done = MigrationResult(look, seconds, after, tuple(still.split()), FAILURE, "now", None)
    with pytest.raises(Refused) as caught:
        went(done, looked(look, "b2"))
    known = caught.value.known
    assert said in str(caught.value)
    assert versions(known["applied"]) == applied
    assert versions(known["failed_migrations"]) == left
    assert known["begun"] is bool(applied or left)
    assert known["schema_after"] == after
    assert known.get("failed_revision") == (begun.split()[-1] if begun else None)


@pytest.mark.parametrize(
    ("done", "begun"),
    [
        # The lock was not to be had, or the database not to be reached: nothing was begun.
        (MigrationResult(None, {}, None, None, FAILURE, None, None), False),
        (MigrationResult(None, {}, None, None, FAILURE, None, None, late=True), True),
        (MigrationResult(LOOK, {"a1": None}, None, None, FAILURE, "now", None), True),
    ],
)
def test_how_far_it_came_is_not_known(done, begun):
    with pytest.raises(Refused) as caught:
        went(done, looked(LOOK, "b2"))
    known = caught.value.known
    assert known["begun"] is known["changed"] is begun
    assert ("applied" in known) is not begun
    assert ("schema_after" in known) is not begun


@pytest.mark.parametrize(
    ("steps", "confirmed", "said"),
    [
        ((), False, ""),
        ((B2,), True, ""),
        ((B2,), False, "Set confirmed: true"),
        ((B2, COMMITS), True, "reverts c3, not declared downgrade-safe. Restore"),
    ],
)
def test_a_downgrade(steps, confirmed, said):
    look = LOOK._replace(steps=steps)
    if not said:
        refuse_unsafe(look, "a1", confirmed, {})
        return
    with pytest.raises(Refused, match=said):
        refuse_unsafe(look, "a1", confirmed, {})


def test_the_diff():
    shown = diff({**looked(LOOK, "b2"), "schema_after": "b2"}, "up")
    assert shown["before"] == "schema -\n"
    assert shown["after"].splitlines() == [
        "schema b2",
        "a1 a1 does (backward-compatible)",
        "b2 b2 does (backward-compatible)",
    ]


def test_it_is_a_result_of_a_module():
    json.dumps(looked(LOOK, "b2"))
    assert Path(A1.file).name == "a1.py"


GIVEN = {
    "action": "migrate",
    "directory": "/srv/release/server",
    "configuration": "alembic.ini",
    "python": "/srv/release/.venv/bin/python",
    "url": None,
    "environment_file": None,
    "image_file": None,
    "image_directory": "/app/server",
    "image_python": "python",
    "environment": {},
    "payload": None,
    "url_variable": "DATABASE_URL",
    "revision": None,
    "timeout": 5,
}


def test_where_the_environment_comes_from(tmp_path):
    path = tmp_path / "env"
    path.write_text(f'DATABASE_URL="{URL}"\nA="file"\nB="file"\nC="file"\n')
    path.chmod(0o600)
    given = {"environment_file": str(path), "environment": {"B": True, "C": "given"}, "payload": '{"C": "stored"}'}
    job = alembic_module.job_from({**GIVEN, **given})
    assert job.environment == {"DATABASE_URL": URL, "A": "file", "B": "true", "C": "stored"}
    assert job.url == URL
    other = "postgresql://h/other"
    assert alembic_module.job_from({**GIVEN, **given, "url": other}).environment["DATABASE_URL"] == other


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({}, "url: there is no DATABASE_URL"),
        ({"url": "canary"}, "url: this is not a URL of PostgreSQL"),
        ({"environment": {"DATABASE_URL": "canary"}}, "DATABASE_URL: this is not a URL of PostgreSQL"),
        ({"environment": {"A": ["canary"]}}, "environment: A is not a string"),
        ({"action": "downgrade", "url": URL}, "revision is not a valid revision"),
        ({"action": "downgrade", "url": URL, "revision": "head-1"}, "revision is not a valid revision"),
        ({"environment_file": "/nowhere/env"}, "/nowhere/env: cannot read it"),
    ],
)
def test_what_is_wrong_with_the_arguments(given, said):
    with pytest.raises(SlipwayError) as caught:
        alembic_module.job_from({**GIVEN, **given})
    assert said in str(caught.value)
    assert "canary" not in str(caught.value)


@pytest.mark.parametrize("given", [{"environment_file": "/nowhere/env"}, {"url": URL}])
def test_a_check_says_that_nothing_can_be_looked_at_yet(given):
    result = alembic_module.carry_out({**GIVEN, "user": "nobody-here", **given}, True, lambda words: None)
    assert (result["changed"], result["begun"]) == (True, False)
    assert "the migrations cannot be checked yet" in result["warnings"][0]
    with pytest.raises(SlipwayError):
        alembic_module.carry_out({**GIVEN, "user": getpass.getuser(), **given}, False, lambda words: None)
