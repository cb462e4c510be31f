# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What Flyway prints. The texts are those of Flyway 11.8.2 and its Maven plugin with PostgreSQL 15."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.slipway.deploy.plugins.module_utils.common.errors import SlipwayError
from ansible_collections.slipway.deploy.plugins.module_utils.migration.flyway.output import (
    read_clock,
    read_failure,
    read_problems,
    read_schema,
    read_table,
)
from ansible_collections.slipway.deploy.plugins.module_utils.migration.model import Row

COMMAND_LINE = """\
Flyway OSS Edition 11.8.2 by Redgate

See release notes here: https://rd.gt/416ObMi
Database: jdbc:postgresql://127.0.0.1:5599/umigo (PostgreSQL 15.18)
Executing SQL callback: beforeInfo - slipway clock
DB: slipway_clock 2026-11-21T05:29:35.876402Z
Schema version: 3

+-----------+---------+-------------+------+---------------------+---------+----------+
| Category  | Version | Description | Type | Installed On        | State   | Undoable |
+-----------+---------+-------------+------+---------------------+---------+----------+
| Versioned | 1       | customers   | SQL  | 2026-11-21 05:25:48 | Success | No       |
| Versioned | 3       | half        | SQL  | 2026-11-21 05:29:38 | Failed  | No       |
| Repeatable |         | a view      | SQL  |                     | Pending |          |
+-----------+---------+-------------+------+---------------------+---------+----------+

"""
MAVEN = """\
[INFO] Scanning for projects...
[INFO] --- flyway-maven-plugin:11.8.2:info (default-cli) @ umigoCrmBackend ---
[INFO] Database: jdbc:postgresql://127.0.0.1:5599/umigo (PostgreSQL 15.18)
[INFO] DB: slipway_clock 2026-11-21T05:36:05.796016Z
[INFO] Schema version: 3
[INFO]\x20
[INFO] +-----------+---------+-------------+------+---------------------+---------+----------+
| Category  | Version | Description | Type | Installed On        | State   | Undoable |
+-----------+---------+-------------+------+---------------------+---------+----------+
| Versioned | 1       | customers   | SQL  | 2026-11-21 05:25:48 | Success | No       |
| Versioned | 3       | half        | SQL  | 2026-11-21 05:29:38 | Failed  | No       |
| Repeatable |         | a view      | SQL  |                     | Pending |          |
+-----------+---------+-------------+------+---------------------+---------+----------+

[INFO]\x20
"""
ROWS = (Row("1", "customers", "Success"), Row("3", "half", "Failed"), Row("", "a view", "Pending"))
INVALID = """\
ERROR: Validate failed: Migrations have failed validation
Migration checksum mismatch for migration version 1
-> Applied to database : -1769162743
-> Resolved locally    : 2047357721
Either revert the changes to the migration, or run repair to update the schema history.
Detected failed migration to version 3 (half).
Please remove any half-completed changes then run repair to fix the schema history.
Need more flexibility with validation rules? Learn more: https://rd.gt/3AbJUZE
"""
INVALID_BY_MAVEN = """\
[ERROR] Failed to execute goal org.flywaydb:flyway-maven-plugin:11.8.2:validate on project x: \
org.flywaydb.core.api.exception.FlywayValidateException: Validate failed: Migrations have failed validation
[ERROR] Migration checksum mismatch for migration version 1
[ERROR] -> Applied to database : -1769162743
[ERROR] -> Resolved locally    : 2047357721
[ERROR] Either revert the changes to the migration, or run repair to update the schema history.
[ERROR] Detected failed migration to version 3 (half).
[ERROR] Please remove any half-completed changes then run repair to fix the schema history.
[ERROR] Need more flexibility with validation rules? Learn more: https://rd.gt/3AbJUZE
[ERROR] -> [Help 1]
[ERROR]\x20
[ERROR] To see the full stack trace of the errors, re-run Maven with the -e switch.
"""
SCRIPT = """\
Migrating schema "public" to version "3 - half"
ERROR: Script V3__half.sql failed
--------------------------
SQL State  : 42P01
Error Code : 0
Message    : ERROR: relation "nowhere" does not exist
Location   : /opt/m/V3__half.sql (/opt/m/V3__half.sql)
Line       : 2
Statement  : alter table nowhere add column x int
"""
CONNECTION = """\
ERROR: Unable to obtain connection from database (jdbc:postgresql://h:5432/umigo) for user 'umigo': {message}
---------------------------------------------------------------------------------------------
SQL State  : {state}
Error Code : 0
Message    : {message}

Caused by: org.postgresql.util.PSQLException: {message}
"""


@pytest.mark.parametrize("output", [COMMAND_LINE, MAVEN, f"\x1b[1m{MAVEN}"])
def test_both_engines_say_the_same(output):
    assert read_table(output) == ROWS


def test_the_databases_clock():
    assert read_clock(COMMAND_LINE) == "2026-11-21T05:29:35.876402Z"
    assert read_clock(MAVEN) == "2026-11-21T05:36:05.796016Z"
    assert read_clock(SCRIPT) is None


def test_the_last_table_counts():
    assert read_table(COMMAND_LINE + COMMAND_LINE.replace("Failed ", "Success")) == (
        ROWS[0],
        Row("3", "half", "Success"),
        ROWS[2],
    )


def test_a_description_with_the_separator():
    assert read_table(COMMAND_LINE.replace("customers  ", "a | b      "))[0] == Row("1", "a | b", "Success")


def test_no_migrations():
    empty = "| Category | Version | Description | Type | Installed On | State | Undoable |\n| No migrations found |\n"
    assert read_table(empty) == ()


@pytest.mark.parametrize("output", ["", "| a | b |", SCRIPT])
def test_no_table(output):
    with pytest.raises(SlipwayError, match="no table"):
        read_table(output)


_CELL = st.text(st.characters(exclude_characters="|\n\r", exclude_categories=["Cc", "Cs", "Zl", "Zp"]), max_size=12)


@given(st.lists(st.tuples(_CELL, _CELL, _CELL), max_size=5))
def test_any_table_is_read_back(cells):
    def line(*columns):
        return "| " + " | ".join(column.ljust(14) for column in columns) + " |\n"

    head = line("Category", "Version", "Description", "Type", "Installed On", "State", "Undoable")
    body = "".join(line("Versioned", a, b, "SQL", "", c, "No") for a, b, c in cells)
    assert read_table(head + body) == tuple(Row(a.strip(), b.strip(), c.strip()) for a, b, c in cells)


@given(st.text())
def test_anything_is_one_line_of_failure(text):
    failure = read_failure(text)
    assert failure.what
    assert len(str(SlipwayError(failure.what, None, failure.remedy)).splitlines()) == 1
    read_problems(text)


@pytest.mark.parametrize("output", [INVALID, INVALID_BY_MAVEN])
def test_what_validate_objects_to(output):
    assert read_problems(output) == (
        "Migration checksum mismatch for migration version 1",
        "Detected failed migration to version 3 (half).",
    )


def test_no_objection():
    assert read_problems(COMMAND_LINE) == ()


@pytest.mark.parametrize("prefix", ["", "[ERROR] "])
def test_a_statement_that_fails(prefix):
    failure = read_failure("".join(f"{prefix}{line}\n" for line in SCRIPT.splitlines()))
    assert failure.what == 'V3__half.sql, line 2: relation "nowhere" does not exist'
    assert (failure.script, failure.line) == ("V3__half.sql", 2)


@pytest.mark.parametrize(
    ("state", "message", "says"),
    [
        ("28P01", 'FATAL: password authentication failed for user "umigo"', "refused the user or the password"),
        ("08001", "Connection to h:5432 refused. Check that", "cannot be reached (Connection to h:5432 refused"),
        ("3D000", 'FATAL: database "umigo" does not exist', "there is no such database"),
        ("53300", "FATAL: sorry, too many clients already", "has no connection left"),
        ("57P03", "FATAL: the database system is starting up", "is starting or stopping"),
        ("28000", "FATAL: no pg_hba.conf entry for host", "does not let this user in"),
    ],
)
def test_the_connection(state, message, says):
    assert says in read_failure(CONNECTION.format(state=state, message=message)).what


@pytest.mark.parametrize(
    ("output", "says"),
    [
        ("ERROR: No database found to handle jdbc:x", "module for PostgreSQL is missing"),
        ("[ERROR] No plugin found for prefix 'flyway' in the current project", "no Flyway plugin"),
        ("curl: Failed to fetch https://repo.example.org/apache-maven-3.8.7-bin.zip", "cannot download"),
        ("/opt/flyway/flyway: line 62: java: command not found", "Java is not installed"),
        ("something else\nERROR: what is new\n", "Flyway failed: what is new"),
        ("", "it printed nothing"),
    ],
)
def test_other_failures(output, says):
    assert says in read_failure(output).what


def statement(said: str, state: str, message: str) -> str:
    return (
        f"ERROR: {said}\n--------------\nSQL State  : {state}\nError Code : 0\nMessage    : ERROR: {message}\n"
        "  Position: 14\nLocation   :  ()\nLine       : 1\nStatement  : Run Flyway with -X option to see the actual\n\n"
        f"Caused by: org.postgresql.util.PSQLException: ERROR: {message}\n  Position: 14\n"
    )


UNPARSED = (
    "ERROR: Unable to parse statement in /m/V2__b.sql at line 7 col 1. See https://rd.gt/3ipi7Pm for more information. "
)
CAUSES = [
    (
        statement("Script  failed", "42501", "permission denied for schema public"),
        "the database's user may not create tables in the schema public",
        "GRANT CREATE ON SCHEMA public",
        "",
    ),
    (
        statement("Script V3__c.sql failed", "42501", "permission denied for schema sales"),
        "V3__c.sql, line 1: permission denied for schema sales",
        "GRANT CREATE ON SCHEMA sales",
        "V3__c.sql",
    ),
    (
        statement("Script V3__c.sql failed", "42501", "must be owner of table a"),
        "V3__c.sql, line 1: must be owner of table a",
        "Give the user that migrates the right",
        "V3__c.sql",
    ),
    (
        f"{UNPARSED}No value provided for placeholder: ${{schema_x}}.  Check your configuration!\n",
        "V2__b.sql, line 7: there is no value for the placeholder ${schema_x}",
        "Set placeholders.schema_x in database_migration_settings",
        "V2__b.sql",
    ),
    (f"{UNPARSED}Incomplete statement at line 7.\n", "V2__b.sql, line 7: Incomplete statement", "", "V2__b.sql"),
    (
        statement(
            "Error while executing afterMigrate callback: Script afterMigrate__grants.sql failed",
            "42P01",
            'relation "x" does not exist',
        ),
        'the callback afterMigrate__grants.sql, line 1: relation "x" does not exist',
        "The callback is run again with the next deploy: correct afterMigrate__grants.sql",
        "afterMigrate__grants.sql",
    ),
    (
        "ERROR: No database found to handle jdbc:postgresql://h/d\n",
        "Flyway's module for PostgreSQL is missing",
        "org.flywaydb:flyway-database-postgresql",
        "",
    ),
    (
        "ERROR: No Flyway database plugin found to handle jdbc:postgresql://h/d\n",
        "Flyway's module for PostgreSQL is missing",
        "org.flywaydb:flyway-database-postgresql",
        "",
    ),
    (
        "ERROR: Unsupported Database: PostgreSQL 16.1\n",
        "Flyway's module for PostgreSQL is missing",
        "flyway-database",
        "",
    ),
    (
        "ERROR: Unable to instantiate JDBC driver: org.postgresql.Driver => Check whether the jar file is present\n",
        "the PostgreSQL driver is missing",
        "org.postgresql:postgresql",
        "",
    ),
    (
        'ERROR: Found non-empty schema(s) "public" but no schema history table. Use baseline() or set\n',
        "the schema is not empty and has no history of Flyway",
        "baselineOnMigrate: true",
        "",
    ),
    (
        "ERROR: Found more than one migration with version 1\n-> /m/V1__a.sql (SQL)\n-> /m/V1__b.sql (SQL)\n",
        "Found more than one migration with version 1: /m/V1__a.sql (SQL), /m/V1__b.sql (SQL)",
        "",
        "",
    ),
]


@pytest.mark.parametrize("level", ["ERROR: ", "[ERROR] "])
@pytest.mark.parametrize(("output", "what", "remedy", "script"), CAUSES)
def test_the_cause_and_what_helps_against_it(output, what, remedy, script, level):
    failure = read_failure(output.replace("ERROR: ", level, 1))
    assert failure.what.startswith(what)
    assert remedy in failure.remedy
    assert failure.script == script


def test_what_the_database_says_of_the_schema():
    said = "DB: slipway_schema create=f empty=t name=public\n"
    fresh = f'{said}Schema history table "public"."flyway_schema_history" does not exist yet\n'
    assert read_schema(said) == ("public", False, True, False)
    assert read_schema(fresh) == ("public", False, True, True)
    assert read_schema("DB: slipway_schema create=<NULL> empty=t name=<NULL>\n") is None


def test_the_advice_of_flyway_does_not_contradict_ours():
    said = (
        "ERROR: Validate failed: Migrations have failed validation\n"
        "Detected resolved migration not applied to database: 1.\n"
        "To ignore this migration, set -ignoreMigrationPatterns='*:ignored'. To allow executing this migration, set\n"
    )
    assert read_problems(said) == ("Detected resolved migration not applied to database: 1.",)
