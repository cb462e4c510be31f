# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What has to be said to an application in an environment."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.slipway.deploy.plugins.module_utils.common.errors import SlipwayError
from ansible_collections.slipway.deploy.plugins.module_utils.environment.table import (
    TYPES,
    Given,
    Row,
    check_table,
    parse_table,
)

WHERE = "inventories/staging/group_vars/site.yml"


def test_a_table() -> None:
    raw = {
        "DATABASE_URL": {"type": "postgresql_url"},
        "JWT_SECRET": None,
        "REDIS_URL": {"type": "redis_url", "required": False},
        "VITE_API_BASE": {"page": True, "choices": ["/api"]},
        "LICENSE_KEY_PATH": {"type": "path", "delivered": True},
    }
    assert parse_table(raw, WHERE) == (
        Row("DATABASE_URL", "postgresql_url"),
        Row("JWT_SECRET"),
        Row("REDIS_URL", "redis_url", required=False),
        Row("VITE_API_BASE", choices=("/api",), page=True),
        Row("LICENSE_KEY_PATH", "path", delivered=True),
    )
    assert parse_table(None, WHERE) == ()


@pytest.mark.parametrize(
    ("raw", "says"),
    [
        (["DATABASE_URL"], "the table is not a mapping"),
        ({"DATABASE_URL": "required"}, "DATABASE_URL is not a mapping"),
        ({"DATABASE-URL": {}}, "'DATABASE-URL' is not a valid name of a variable"),
        ({"X": {"requierd": True}}, "X has the unknown key requierd. Did you mean required?"),
        ({"X": {"type": "postgres_url"}}, "X: there is no type postgres_url. Did you mean postgresql_url?"),
        ({"X": {"required": "yes"}}, "X: required is 'yes'. Write true or false"),
        ({"X": {"choices": "/api"}}, "X: choices is not a list"),
    ],
)
def test_what_is_no_table(raw: Any, says: str) -> None:
    with pytest.raises(SlipwayError) as caught:
        parse_table(raw, WHERE)
    assert says in str(caught.value).replace(f"{WHERE}: ", "")


ROWS = (
    Row("DATABASE_URL", "postgresql_url"),
    Row("SMTP_PORT", "int", required=False),
    Row("VITE_API_BASE", choices=("/api",), page=True),
    Row("LICENSE_KEY_PATH", "path", delivered=True),
)
GOOD = {"DATABASE_URL": "postgresql://u:s3cret@db/x", "LICENSE_KEY_PATH": "/etc/x/license.json"}
FILES = ("/etc/x/license.json",)


def test_all_is_said() -> None:
    check_table(ROWS, Given(GOOD, {"VITE_API_BASE": "/api"}, FILES), "staging", WHERE)
    unread = {**GOOD, "DATABASE_URL": None, "LICENSE_KEY_PATH": None}
    check_table(ROWS, Given(unread, {"VITE_API_BASE": "/api"}), "staging", WHERE)


@pytest.mark.parametrize(
    ("change", "page", "files", "says"),
    [
        ({}, {}, FILES, ["VITE_API_BASE is missing, and staging needs it. Add it to site_front_end_environment"]),
        (
            {"DATABASE_URL": "mysql://u:s3cret@db/x", "SMTP_PORT": "s3cret"},
            {"VITE_API_BASE": "http://localhost:8000"},
            (),
            [
                "DATABASE_URL is empty or not of type postgresql_url. Write it as in postgresql+psycopg2://",
                "SMTP_PORT is empty or not of type int. Write it as in 587",
                "VITE_API_BASE has a value that staging does not allow. Write /api",
                "LICENSE_KEY_PATH names a file that no deploy installs. Add its path and the source of its content to",
            ],
        ),
    ],
)
def test_each_mistake_is_a_line(change: dict[str, str], page: dict[str, str], files: Any, says: list[str]) -> None:
    with pytest.raises(SlipwayError) as caught:
        check_table(ROWS, Given({**GOOD, **change}, page, files), "staging", WHERE)
    lines = str(caught.value).splitlines()
    assert [line.replace(f"{WHERE}: ", "")[: len(text)] for line, text in zip(lines, says, strict=True)] == says
    assert "s3cret" not in str(caught.value)


@pytest.mark.parametrize("value", ["", " ", None])
def test_an_optional_variable_may_be_empty(value: str | None) -> None:
    rows = [Row(name, kind, required=False) for name, kind in zip("ABCDEF", sorted(TYPES), strict=True)]
    check_table([*rows, Row("G", choices=("x",), required=False)], Given(dict.fromkeys("ABCDEFG", value), {}), "s", "w")
    with pytest.raises(SlipwayError, match="A is empty or not of type"):
        check_table([Row("A", "int")], Given({"A": ""}, {}), "staging", WHERE)


def test_what_is_missing_is_said_with_how_to_write_it() -> None:
    with pytest.raises(SlipwayError, match="Add it to site_environment, as in JWT_SECRET: {env: JWT_SECRET}"):
        check_table([Row("JWT_SECRET")], Given({}, {}), "production", WHERE)


@pytest.mark.parametrize(
    ("kind", "good", "bad"),
    [
        ("str", ["x"], ["", " "]),
        ("int", ["0", "587"], ["", "-1", "1.5", "²"]),
        ("path", ["/etc/x"], ["", "etc", "/a/../b"]),
        ("url", ["https://x", "http://x:9000/a"], ["x", "https://", "ftp://x", "https://x:99999", "https://a b"]),
        (
            "postgresql_url",
            [
                *("postgresql://u:p@db/x", "postgres://db/x", "postgresql+psycopg2://u:p@[::1]:5432/x"),
                *("postgresql+psycopg2:///x?host=/run/postgresql", "postgresql://u@/x?sslmode=disable&host=/run"),
            ],
            ["postgresql://db", "postgresql://db/", "mysql://db/x", "postgresql:///x", "postgresql:///?host=/run"],
        ),
        (
            "redis_url",
            ["redis://x", "rediss://:p@x:6379/0", "unix:///run/r.sock?db=1"],
            ["redis://", "http://x", "unix://"],
        ),
    ],
)
def test_types(kind: str, good: list[str], bad: list[str]) -> None:
    looks = TYPES[kind][0]
    assert [value for value in good if not looks(value)] == []
    assert [value for value in bad if looks(value)] == []


@given(st.sampled_from(sorted(TYPES)), st.text())
def test_any_text_is_of_a_type_or_not(kind: str, text: str) -> None:
    assert TYPES[kind][0](text) in (True, False)
