# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The lint of migrations: what squawk says, and what it means when it says nothing."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from ansible_collections.slipway.deploy.plugins.module_utils.common.errors import SlipwayError
from ansible_collections.slipway.deploy.plugins.module_utils.migration import lint

SQL = """\
BEGIN;

CREATE TABLE alembic_version (
    version_num VARCHAR(32) NOT NULL,
    CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num)
);

-- Running upgrade  -> a1

CREATE INDEX phone ON members (phone);

INSERT INTO alembic_version (version_num) VALUES ('a1');

-- Running upgrade a1 -> b2

ALTER TABLE members
    DROP COLUMN phone;

UPDATE alembic_version SET version_num='b2' WHERE alembic_version.version_num = 'a1';

COMMIT;
"""


def item(line, rule="ban-drop-column", level="Warning", **more):
    """As squawk writes it: lines from 0 on."""
    found = {"file": "x", "line": line - 1, "column": 0, "level": level, "message": "It breaks", "help": None}
    return {**found, "rule_name": rule, **more}


def found(*items):
    return lint.read_findings(json.dumps(items), SQL)


@pytest.mark.parametrize(
    ("line", "revision"),
    [(10, "a1"), (16, "b2"), (17, "b2")],
)
def test_a_finding_names_its_revision(line, revision):
    (one,) = found(item(line, help="Do not."))
    assert (one.line, one.revision, one.level) == (line, revision, "warning")
    assert str(one) == f"revision {revision}, line {line}: ban-drop-column: It breaks. Do not."


@pytest.mark.parametrize("line", [3, 4, 5, 12, 19])
def test_the_bookkeeping_of_alembic_is_not_the_author_s(line):
    assert found(item(line)) == ()


def test_other_sql_has_no_revisions():
    text = json.dumps([item(1, "syntax-error", "Error")])
    (one,) = lint.read_findings(text, "SELEC 1")
    assert (one.revision, str(one)) == ("", "line 1: syntax-error: It breaks.")


@pytest.mark.parametrize("output", ["", "{}", "[{}]", "[1]", '[{"line": "x"}]'])
def test_what_is_not_squawk_s(output):
    with pytest.raises(ValueError, match="Expecting value|no list|a finding lacks|invalid literal"):
        lint.read_findings(output, SQL)


FINDINGS = (*found(item(10, "require-lock-timeout")), *found(item(17)))


@pytest.mark.parametrize(
    ("findings", "reason", "fail_on", "verdict", "said"),
    [
        ((), "", ["error"], "passed", "has no finding"),
        (FINDINGS, "", ["error"], "passed", "2 findings, none that counts"),
        (FINDINGS, "", [], "passed", "2 findings"),
        (FINDINGS, "", ["ban-drop-column"], "failed", "revision b2, line 17: ban-drop-column: It breaks."),
        (FINDINGS, "", ["warning"], "failed", "line 10: require-lock-timeout: It breaks (and 1 more). Correct"),
        ((), "squawk is not installed", ["error"], "unverified", "not verified: squawk is not installed"),
        ((), "squawk is not installed", [], "unverified", "not verified"),
    ],
)
def test_the_verdict(findings, reason, fail_on, verdict, said):
    linted = lint.Linted(findings, reason)
    assert linted.verdict(fail_on) == verdict
    assert said in lint.said(linted, fail_on)


@pytest.fixture
def program(tmp_path):
    def make(script):
        path = tmp_path / "squawk"
        path.write_text(f"#!/bin/sh\n{script}\n")
        path.chmod(0o755)
        return str(path)

    return make


def test_what_it_is_told(program, tmp_path):
    squawk = program(f'echo "$@" >{tmp_path}/told; cat >{tmp_path}/read; pwd >{tmp_path}/at; echo "[]"')
    assert lint.lint(SQL, ["ban-drop-table", "prefer-identity"], "15", squawk) == lint.Linted()
    told = (tmp_path / "told").read_text().split()
    assert told[2:] == ["--exclude=ban-drop-table,prefer-identity", "--pg-version=15"]
    assert (tmp_path / "read").read_text() == SQL
    assert (tmp_path / "at").read_text() == "/\n"


def test_findings_end_it_with_1(program):
    (one,) = lint.lint(SQL, program=program(f"cat >/dev/null; echo '{json.dumps([item(17)])}'; exit 1")).findings
    assert one.rule == "ban-drop-column"


def test_a_rule_that_it_does_not_know(program):
    with pytest.raises(SlipwayError, match="invalid rule name x"):
        lint.lint(SQL, program=program("cat >/dev/null; echo invalid rule name x >&2; exit 2"))


@pytest.mark.parametrize("rule", ["", "A", "--config=x", "a,b"])
def test_what_is_no_rule(rule):
    with pytest.raises(SlipwayError, match="is not a rule of squawk"):
        lint.lint(SQL, [rule])


@pytest.mark.parametrize("script", ["cat >/dev/null; echo broken >&2; exit 101", "cat >/dev/null; echo no json"])
def test_one_that_does_not_work_is_no_pass(program, script):
    linted = lint.lint(SQL, program=program(script))
    assert linted.verdict([]) == "unverified"
    assert "squawk ended with code" in linted.reason


def test_none_is_no_pass(monkeypatch, tmp_path):
    monkeypatch.setattr(lint, "find_program", lambda: "")
    assert lint.lint(SQL).verdict([]) == "unverified"
    linted = lint.lint(SQL, program=str(tmp_path / "absent"))
    assert linted.verdict([]) == "unverified"
    assert "could not be run" in linted.reason


def test_a_finding_in_what_joins_branches_is_its_own():
    sql = SQL.replace("upgrade a1 -> b2", "upgrade a1, a2 -> b2, join -> them")
    (one,) = lint.read_findings(json.dumps([item(17)]), sql)
    assert one.revision == "b2"


def test_what_alembic_keeps_in_a_schema_of_its_own_is_left_out():
    sql = SQL.replace("TABLE alembic_version", "TABLE app.alembic_version")
    assert lint.read_findings(json.dumps([item(4)]), sql) == ()


@pytest.mark.skipif(not lint.find_program(), reason="squawk is not installed")
def test_the_real_one():
    linted = lint.lint(SQL, exclude=["require-lock-timeout", "require-statement-timeout", "require-timeout-settings"])
    assert {(one.rule, one.revision) for one in linted.findings} >= {
        ("ban-drop-column", "b2"),
        ("require-concurrent-index-creation", "a1"),
    }
    assert lint.lint("SELEC 1;").verdict(["error"]) == "failed"


#: As Alembic writes it without a database; what it adds for itself is left out.
RENAMES = """BEGIN;

-- Running upgrade 0003 -> 0004

ALTER TABLE members RENAME COLUMN name TO full_name;

CREATE INDEX ix_members ON members (full_name);

COMMIT;
"""
DECLARED = frozenset({"0004"})


@pytest.mark.skipif(not lint.find_program(), reason="squawk is not installed")
@pytest.mark.parametrize(
    ("compatible", "breaking", "fail_on", "said"),
    [
        (frozenset(), lint.BREAKING, ["error"], None),
        (frozenset({"0003"}), lint.BREAKING, ["error"], None),
        (DECLARED, (), ["error"], None),
        (
            DECLARED,
            lint.BREAKING,
            ["error"],
            (
                "revision 0004, line 5: renaming-column: Renaming a column may break existing clients. It is declared "
                "backward-compatible: declare it not-backward-compatible, or do it in two releases"
            ),
        ),
        (
            frozenset(),
            lint.BREAKING,
            ["require-concurrent-index-creation"],
            (
                "revision 0004, line 7: require-concurrent-index-creation: During normal index creation, table updates "
                "are blocked, but reads are still allowed. Use `concurrently` to avoid blocking writes. "
                "Correct the migration, or leave the rule out (alembic_migration_lint_exclude)"
            ),
        ),
    ],
)
def test_a_lock_and_a_contradiction(compatible, breaking, fail_on, said):
    linted = replace(lint.lint(RENAMES), compatible=compatible, breaking=breaking)
    assert linted.verdict(fail_on) == ("failed" if said else "passed")
    if said:
        assert lint.said(linted, fail_on) == f"the SQL of the migrations: {said}"
