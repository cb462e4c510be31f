# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Requests from what is declared, secrets and what other checks took."""

from __future__ import annotations

import base64
import json
from typing import Any
from urllib.parse import parse_qs

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.slipway.deploy.plugins.module_utils.checks.declared import parse_check, parse_checks
from ansible_collections.slipway.deploy.plugins.module_utils.checks.request import Request, draft, secrets_of
from ansible_collections.slipway.deploy.plugins.module_utils.checks.smoke import Secret
from ansible_collections.slipway.deploy.plugins.module_utils.checks.values import fill, fill_leaf, references
from ansible_collections.slipway.deploy.plugins.module_utils.common.errors import SlipwayError

VALUES = {("login", "token"): "t0k3n", ("create", "id"): 42, ("create", "name"): "a/b ü", ("login", "ok"): True}


def reveal(secret: Secret, _where: str) -> str:
    return f"<{secret.source[0][1]}>"


def request(**declared: Any) -> Request:
    return draft("site-1", "https://crm.example.org/base/", parse_check({"path": "/x", **declared}, "w"), reveal).fill(
        VALUES
    )


def header(made: Request, name: str) -> str:
    return dict(made.headers)[name]


@pytest.mark.parametrize(
    ("path", "sent"),
    [
        ("/members?page=1", "/base/members?page=1"),
        ("/members/${create.id}", "/base/members/42"),
        ("/m?name=${create.name}&ok=${login.ok}", "/base/m?name=a%2Fb%20%C3%BC&ok=true"),
        ("/price/$${x}", "/base/price/${x}"),
    ],
)
def test_paths(path: str, sent: str) -> None:
    assert request(path=path).path == sent


@pytest.mark.parametrize(
    ("send", "kind", "content"),
    [
        ({"json": {"user": "mina", "n": 1}}, "application/json", {"user": "mina", "n": 1}),
        ({"json": {"password": {"env": "PASSWORD"}}}, "application/json", {"password": "<PASSWORD>"}),
        ({"json": {"a": [{"b": {"ssm": "/p"}}]}}, "application/json", {"a": [{"b": "</p>"}]}),
        # The body as a whole is not a secret: this one is a document with a field named file.
        ({"json": {"file": "members.csv"}}, "application/json", {"file": "members.csv"}),
        (
            {"json": {"id": "${create.id}", "t": "Bearer ${login.token}"}},
            "application/json",
            {"id": 42, "t": "Bearer t0k3n"},
        ),
        ({"json": ["${login.ok}"]}, "application/json", [True]),
        ({"json": None}, "application/json", None),
    ],
)
def test_json_bodies(send: Any, kind: str, content: Any) -> None:
    made = request(send=send)
    assert made.body is not None
    assert (header(made, "Content-Type"), json.loads(made.body)) == (kind, content)


def test_a_form() -> None:
    made = request(
        send={"form": {"username": "mina", "password": {"env": "P"}, "n": 1, "t": "${login.token}", "b": True}}
    )
    assert header(made, "Content-Type") == "application/x-www-form-urlencoded"
    assert made.body is not None
    assert parse_qs(made.body.decode()) == {
        "username": ["mina"],
        "password": ["<P>"],
        "n": ["1"],
        "t": ["t0k3n"],
        "b": ["true"],
    }


def test_a_text_with_a_type_of_its_own() -> None:
    made = request(send={"text": "name\n${create.name}\n"}, headers={"content-type": "text/csv"})
    assert made.body == "name\na/b ü\n".encode()
    assert made.headers == (("content-type", "text/csv"),)


def test_basic_authentication() -> None:
    made = request(auth={"user": "mina", "password": {"env": "P"}})
    assert header(made, "Authorization") == f"Basic {base64.b64encode(b'mina:<P>').decode()}"


def test_a_bearer_token() -> None:
    assert header(request(headers={"Authorization": "Bearer ${login.token}"}), "Authorization") == "Bearer t0k3n"


def test_a_secret_is_sent_as_it_is() -> None:
    check = parse_check({"path": "/", "send": {"text": {"env": "X"}}}, "w")
    made = draft("s", "http://h", check, lambda _secret, _where: "${login.token}").fill({})
    assert made.body == b"${login.token}"


def test_nothing_of_a_request_is_shown() -> None:
    check = parse_check({"path": "/", "auth": {"user": "u", "password": {"env": "X"}}, "send": {"json": 1}}, "w")
    drafted = draft("s", "http://h", check, lambda _secret, _where: "s3cret")
    assert "s3cret" not in repr((drafted, drafted.fill({})))


def test_a_value_that_no_header_can_carry_is_not_repeated() -> None:
    check = parse_check({"path": "/", "headers": {"X": "${a.b}"}}, "w")
    drafted = draft("s", "http://h", check, reveal)
    with pytest.raises(SlipwayError, match="header X: the value cannot be sent as a header") as caught:
        drafted.fill({("a", "b"): "evil\r\nX-Other: 1"})
    assert "evil" not in str(caught.value)


def test_where_the_secrets_of_a_check_are() -> None:
    declared = {
        "path": "/",
        "headers": {"X-Key": {"file": "k"}},
        "auth": {"user": {"env": "U"}, "password": {"env": "P"}},
        "send": {"json": {"a": [{"b": {"ssm": "/s"}}]}},
    }
    assert [(place, secret.source[0][1]) for place, secret in secrets_of(parse_check(declared, "w"))] == [
        ("header X-Key", "k"),
        ("auth.user", "U"),
        ("auth.password", "P"),
        ("send.json.a.0.b", "/s"),
    ]


@pytest.mark.parametrize(
    ("declared", "line"),
    [
        (
            {"send": "x"},
            "w.send: send must have one of the keys json, form and text. Write json: {…}, form: {…} or text: …",
        ),
        ({"send": {"json": 1, "text": "x"}}, "send must have one of the keys json, form and text"),
        (
            {"send": {"json": 1}, "method": "GET"},
            "w.send: a GET request has no body. Leave method out, or use one of POST",
        ),
        ({"send": {"form": "a=b"}}, "w.send.form: a form must map names to values"),
        ({"send": {"form": {"a": {"vault": "s3cret"}}}}, "w.send.form.a: this is not a source of a secret"),
        ({"send": {"form": {"a": ["b"]}}}, "w.send.form.a: this is not a value of a form"),
        ({"send": {"text": 1}}, "w.send.text: this is not a string"),
        ({"send": {"json": {"a": float("inf")}}}, "JSON has no such value"),
        ({"auth": "mina:s3cret"}, "w.auth: auth needs a user and a password"),
        ({"auth": {"user": "mina", "password": "s3cret"}}, "w.auth.password: a password must not be written here"),
        ({"auth": {"user": "a:b", "password": {"env": "P"}}}, "w.auth.user: this is not a valid user name"),
        ({"auth": {"user": "a", "password": {"env": "P"}}, "headers": {"authorization": "x"}}, "auth and the header"),
        ({"take": {"token": 1}}, "take must map names to dotted paths"),
        ({"take": {"a b": "x"}}, "'a b' is not a valid name for a value"),
        ({"trace": "no"}, "'no' is neither true nor false"),
        ({"path": "/${token}"}, "'${token}' is not a reference to a value of a check. Write ${check.value}"),
        ({"headers": {"A": "${login.}"}}, "'${login.}' is not a reference to a value of a check"),
    ],
)
def test_mistakes(declared: Any, line: str) -> None:
    with pytest.raises(SlipwayError) as caught:
        parse_checks([{"path": "/", **declared}], "w")
    assert line in str(caught.value).replace("w[0]", "w")
    assert "s3cret" not in str(caught.value)


@pytest.mark.parametrize(
    ("checks", "line"),
    [
        (
            [{"path": "/${login.token}"}],
            "w[0]: there is no check 'login' to take token from. There are GET /${login.token}",
        ),
        (
            [{"name": "login", "path": "/"}, {"path": "/${login.token}"}],
            "w[1]: login has no 'token' in take. Write take: {token: …} in login",
        ),
        (
            [{"name": "login", "path": "/", "take": {"tok": "t"}}, {"path": "/${login.token}"}],
            "w[1]: login has no 'token' in take. It takes tok",
        ),
        ([{"name": "a", "path": "/${a.x}", "take": {"x": "x"}}], "w[0]: the check refers to itself"),
        (
            [
                {"name": "a", "path": "/${b.x}", "take": {"x": "x"}},
                {"name": "b", "path": "/${a.x}", "take": {"x": "x"}},
            ],
            "w[1]: the check refers to itself. References between checks must not form a circle",
        ),
    ],
)
def test_references_that_lead_nowhere(checks: Any, line: str) -> None:
    with pytest.raises(SlipwayError) as caught:
        parse_checks(checks, "w")
    assert line in str(caught.value)


@pytest.mark.parametrize(
    ("declared", "retries"),
    [
        ({}, 5),
        ({"method": "put", "send": {"json": 1}}, 5),
        ({"method": "DELETE"}, 5),
        ({"method": "POST"}, 5),
        ({"send": {"json": 1}}, 5),
        ({"send": {"json": 1}, "retries": 0}, 0),
    ],
)
def test_what_is_repeated(declared: Any, retries: int) -> None:
    assert parse_check({"path": "/", **declared}, "w").retries == retries


@given(st.text(), st.text(), st.integers())
def test_text_around_a_reference_stays(before: str, after: str, value: int) -> None:
    def plain(text: str) -> str:
        return text.replace("${", "$${")

    text = f"{plain(before)}${{c.v}}{plain(after)}"
    if before.endswith("$"):
        return  # A dollar sign before the reference makes it none.
    assert fill(text, {("c", "v"): value}) == f"{before}{value}{after}"
    assert list(references(text, "w")) == [("c", "v")]


@given(st.text())
def test_what_is_escaped_is_as_it_was(text: str) -> None:
    escaped = text.replace("${", "$${")
    assert fill(escaped, {}) == fill_leaf(escaped, {}) == text
