# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What the role refuses, and what it leaves on a host and in the database."""

from __future__ import annotations

import re

import pytest

REFUSED = {
    "the password is wrong": "the database refused the user or the password",
    "other users can read the environment": "/srv/service.env: other users can read it",
    "there are two heads": "the release has 2 heads: b2, c3. .*alembic merge -m 'join' b2 c3",
    "the database is newer than the release": "the database is at revision b2, which this release does not have",
    "a revision fails half-way": (
        "revision c3 .Broken.. failed: relation .nowhere. does not exist. .*rolled c3 back completely"
    ),
    "a revision fails half-way that PostgreSQL cannot roll back": "what c3 did outside a transaction may be there",
    "a revision takes too long": "Alembic did not finish within 5 s and was stopped",
    "another migration runs": (
        "another migration holds the lock: psql .pid [0-9]+, local, since .*; this one waited 1 s"
    ),
    "a downgrade that loses data": "reverts a1, not declared downgrade-safe. Restore the database",
}
# These may have changed something that is not rolled back.
BEGUN = {"a revision fails half-way that PostgreSQL cannot roll back", "a revision takes too long"}


def ask(host, statement):
    return host.check_output("runuser -u postgres -- psql -qAt saliteone -c %s", statement)


@pytest.mark.parametrize(("case", "message"), REFUSED.items())
def test_a_refusal_gives_its_reason_in_one_line(results, case, message):
    result = results[case]
    assert result["failed"]
    assert re.search(message, result["msg"])
    assert len(result["msg"].splitlines()) == 1
    assert "canary" not in str(result)
    assert result["begun"] == (case in BEGUN)


@pytest.mark.parametrize("case", [case for case in REFUSED if "half-way" in case])
def test_a_revision_that_failed_half_way_is_not_applied(results, case):
    assert results[case]["applied"] == []


def test_a_downgrade_takes_back_one_revision(results):
    done = results["downgraded"]
    assert done["changed"]
    assert (done["schema_before"], done["schema_after"]) == ("b2", "a1")
    assert [revision["version"] for revision in done["applied"]] == ["b2"]


def test_a_validation_shows_the_pending_sql_and_lints_it(results):
    assert "ALTER TABLE members ADD COLUMN phone" in results["validated"]["sql"]
    linted = results["linted"]
    assert linted["failing"] == []
    # A host without a linter says so.
    if linted["verdict"] != "passed":
        assert linted["verdict"] == "unverified"
        assert len(linted["warnings"]) == 1


def test_a_check_predicts_the_upgrade_and_applies_nothing(results):
    predicted = results["predicted"]
    assert predicted["changed"]
    assert predicted["applied"] == []
    assert predicted["schema_after"] == "b2"
    assert "b2 Add phone. (backward-compatible)" in predicted["diff"]["after"]


def test_an_upgrade_reports_what_it_applied(results):
    done = results["upgraded"]
    assert done["changed"]
    assert (done["schema_before"], done["schema_after"]) == ("a1", "b2")
    assert done["compatible"]
    assert done["downgrade_safe"]
    assert [type(revision["seconds"]) in (int, float) for revision in done["applied"]] == [True]
    assert re.match(r"\d{4}-\d\d-\d\dT[\d:.]+Z$", done["started_at"])


def test_the_database_is_at_the_head(host):
    assert ask(host, "SELECT version_num FROM alembic_version") == "b2"
    columns = "SELECT column_name FROM information_schema.columns WHERE table_name = 'members' ORDER BY 1"
    assert ask(host, columns).split() == ["id", "name", "phone"]


def test_what_failed_half_way_left_nothing(host):
    assert ask(host, "SELECT to_regclass('half')") == ""


@pytest.mark.parametrize("directory", ["/tmp", "/run", "/var", "/opt", "/root", "/etc", "/dev/shm"])
def test_the_secrets_are_in_no_file(host, directory):
    assert host.run("grep -rIlE 'canary-(p|wrong|of-the-tokens)' %s", directory).stdout == ""


def test_the_password_was_in_no_process(host):
    assert host.service("watch-processes").is_running
    assert not host.file("/srv/hits").exists, host.file("/srv/hits").content_string


def test_it_runs_as_an_unprivileged_user(host):
    assert host.user("slipway-build").shell == "/usr/sbin/nologin"
