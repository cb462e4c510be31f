# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What the role refuses, and what it leaves on a host and in the database."""

from __future__ import annotations

import re

import pytest

REFUSED = {
    "the database is down": "the database cannot be reached",
    "the password is wrong": "the database refused the user or the password",
    "the secret has no such key": (
        "password: secretsmanager molecule/umigo/db has no key passwort. It has: password, username"
    ),
    "the URL's parameter is missing": "ssm /molecule/absent does not exist",
    "the directory of migrations is missing": "there is no directory of migrations",
    "a migration fails half-way": (
        "V3__broken.sql, line 3: relation .nowhere. does not exist. The database rolled it back completely"
    ),
    "a migration fails half-way that PostgreSQL cannot roll back": (
        "V3__broken.sql, line 2: relation .nowhere. does not exist. Undo what it left half-done by hand"
    ),
    "a migration failed earlier": "migration 3 failed earlier and blocks further ones",
    "an applied migration was changed": "checksum mismatch for migration version 1. Put the files back",
    "an applied migration is missing": "not resolved locally: 1",
    "a migration takes too long": "Flyway did not finish within 15 s and was stopped",
}
# These may have changed something that is not rolled back.
BEGUN = {"a migration fails half-way that PostgreSQL cannot roll back", "a migration takes too long"}
# The control node refuses these; no host is asked.
WITHOUT_HOST = {"the secret has no such key", "the URL's parameter is missing"}


def ask(host, statement):
    return host.check_output("runuser -u postgres -- psql -qAt umigo -c %s", statement)


@pytest.mark.parametrize(("case", "message"), REFUSED.items())
def test_a_refusal_gives_its_reason_in_one_line(results, case, message):
    result = results[case]
    assert result["failed"]
    assert re.search(message, result["msg"])
    assert len(result["msg"].splitlines()) == 1
    assert "canary" not in str(result)
    if case not in WITHOUT_HOST:
        assert result["begun"] == (case in BEGUN)


def test_a_check_predicts_the_migration_and_applies_nothing(results):
    predicted = results["predicted"]
    assert predicted["changed"]
    assert predicted["applied"] == []
    assert predicted["schema_after"] == "3"
    assert "V3 orders (backward-compatible)" in predicted["diff"]["after"]


def test_a_migration_reports_what_it_applied(results):
    done = results["applied"]
    assert done["changed"]
    assert (done["schema_before"], done["schema_after"]) == ("2.1", "3")
    assert done["compatible"]
    assert [migration["version"] for migration in done["applied"]] == ["3"]
    assert re.match(r"\d{4}-\d\d-\d\dT[\d:.]+Z$", done["started_at"])


def test_an_older_release_sees_the_newer_migration(results):
    older = results["older"]
    assert [migration["version"] for migration in older["future"]] == ["3"]
    assert (older["schema_before"], older["target"]) == ("3", "2.1")


def test_the_migrations_are_applied_in_their_order(host):
    assert ask(host, "SELECT version FROM flyway_schema_history ORDER BY installed_rank").split() == [
        "1",
        "2",
        "2.1",
        "3",
    ]
    assert ask(host, "SELECT full_name FROM customers ORDER BY id").split() == ["Ada", "Grace"]


def test_what_failed_half_way_left_nothing(host):
    assert ask(host, "SELECT to_regclass('half')") == ""
    assert ask(host, "SELECT count(*) FROM flyway_schema_history WHERE NOT success") == "0"


@pytest.mark.parametrize("directory", ["/tmp", "/run", "/var", "/opt", "/root", "/etc", "/dev/shm"])
def test_the_password_is_in_no_file(host, directory):
    assert host.run("grep -rIlE 'canary ?fl|canary%%20fl|canary-wrong' %s", directory).stdout == ""


def test_the_password_was_in_no_process(host):
    assert host.service("watch-processes").is_running
    assert not host.file("/srv/hits").exists, host.file("/srv/hits").content_string


def test_nothing_temporary_is_left(host):
    assert host.check_output("find /tmp /run -name 'slipway-*'") == ""


def test_flyway_runs_as_an_unprivileged_user(host):
    assert host.user("slipway-build").shell == "/usr/sbin/nologin"
    assert host.file("/var/lib/slipway-build/.m2").user == "slipway-build"
