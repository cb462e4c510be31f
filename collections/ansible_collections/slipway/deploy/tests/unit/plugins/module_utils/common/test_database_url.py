# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Addresses of PostgreSQL: which are taken, how SQLAlchemy gets them, and what of them is never seen."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.slipway.deploy.plugins.module_utils.common.database_url import (
    for_sqlalchemy,
    parse,
    secrets_of,
)


@pytest.mark.parametrize(
    ("url", "complete"),
    [
        ("postgresql://u:p@h/d", True),
        ("postgres://h:5432/d?sslmode=require", True),
        ("postgresql+psycopg_async://u:p@h/d", True),
        ("postgresql+psycopg2cffi://h/d", True),
        ("postgresql://u:p@h1:5432,h2:5433/d?target_session_attrs=read-write", True),
        ("postgresql://u:p@h1,h2,h3/d", True),
        ("postgresql://[::1]:5432,[2001:db8::2]/d", True),
        ("postgresql://u:p@%2Frun%2Fpostgresql/d", True),
        ("postgresql://u:p@%2Frun%2Fpostgresql:5433/d", True),
        ("postgresql:///d?host=/run/postgresql", True),
        ("postgresql:///d?host=%2Frun%2Fpostgresql&user=u", True),
        ("postgresql://u@/d?host=h1:5432&host=h2:5432", True),
        ("postgresql:///?service=members", True),
        ("postgresql://?service=members", True),
        ("postgresql://h?dbname=d", True),
        ("postgresql+psycopg2://members:canary-p%40ss/w%253Ard@127.0.0.1:5432/saliteone", True),
        ("postgresql://u:a/b@c/d@h1,h2/d", True),
        ("postgresql://h", False),
        ("postgresql:///d", False),
    ],
)
def test_an_address(url: str, complete: bool) -> None:
    address = parse(url)
    assert address is not None
    assert address.complete is complete


@pytest.mark.parametrize(
    "url",
    [
        *("", "canary", "mysql+pymysql://u:p@h/d", "jdbc:postgresql://h/d", "sqlite:///d", "postgresql:/h/d"),
        *("postgresql://h:99999/d", "postgresql://h:port/d", "postgresql://h/d x", "postgresql+://h/d"),
    ],
)
def test_what_is_not_an_address_of_postgresql(url: str) -> None:
    assert parse(url) is None


@pytest.mark.parametrize(
    ("url", "wanted"),
    [
        ("postgresql://u:p%40@h/d", "postgresql://u:p%40@h/d"),
        ("postgresql+asyncpg://u@/d?host=h1:1&host=h2:2", "postgresql+asyncpg://u@/d?host=h1:1&host=h2:2"),
        ("postgresql://u:p%40@h1:1,h2/d?a=b", "postgresql://u:p%40@/d?host=h1:1&host=h2&a=b"),
        ("postgresql+psycopg://%2Frun%2Fpg/d", "postgresql+psycopg:///d?host=/run/pg"),
        ("postgresql://u@%2frun%2fpg:5433/d?a=b%20c", "postgresql://u@:5433/d?host=/run/pg&a=b%20c"),
    ],
)
def test_what_sqlalchemy_gets(url: str, wanted: str) -> None:
    assert for_sqlalchemy(url) == wanted


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("postgresql://u:c4nary%40x@h1:1,h2:2/d", ["c4nary%40x", "c4nary@x"]),
        ("postgresql://u:half:c4nary@h/d", ["half:c4nary", "c4nary"]),
        ("postgresql://u:half#c4nary@h/d", ["half#c4nary", "half", "c4nary"]),
        ("postgresql://u:half/c4nary?x@h/d", ["half/c4nary?x", "half", "c4nary"]),
        ("postgresql://u:half@c4nary@h/d", ["half@c4nary", "half", "c4nary"]),
        ("postgresql://u:c4nary+x@%2Frun/d", ["c4nary+x", "c4nary x"]),
        ("postgresql://h/d?user=u&password=c4nary", ["c4nary"]),
        ("postgresql:///?service=x&sslpassword=c4n%61ry", ["c4n%61ry", "c4nary"]),
        ("mysql+pymysql://u:c4nary@h/d", ["c4nary"]),
    ],
)
def test_what_is_never_seen(url: str, words: list[str]) -> None:
    hidden = secrets_of(url)
    assert url in hidden
    assert [word for word in words if word not in hidden] == []
    assert hidden == sorted(hidden, key=len, reverse=True), "the longer one is taken out first"


@pytest.mark.parametrize(
    "url", ["postgresql://h1:5432,h2:5433/database", "postgresql:///d?host=/run", "postgresql://u@h/d"]
)
def test_without_a_password_the_url_alone_is_hidden(url: str) -> None:
    assert secrets_of(url) == [url]


@given(st.text())
def test_no_text_is_an_error(text: str) -> None:
    for url in (text, f"postgresql://{text}", f"postgresql://u:{text}@h/d"):
        parse(url)
        assert isinstance(for_sqlalchemy(url), str)
        assert all(secrets_of(url))


def test_what_of_a_url_is_secret():
    url = "postgresql+psycopg2://members:canary-p%40ss@127.0.0.1:5432/saliteone"
    words = secrets_of(url)
    assert {url, "canary-p%40ss", "canary-p@ss"} <= set(words)
    assert "canary" in secrets_of("postgresql://h/d?sslpassword=canary&x=y")
    assert secrets_of("postgresql://h/d") == ["postgresql://h/d"]
