# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A checklist as an inventory declares it."""

from __future__ import annotations

import contextlib
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.slipway.deploy.plugins.module_utils.checks.probes import (
    Command,
    Group,
    Heartbeat,
    Http,
    Probe,
    Queue,
    Redis,
    Sentry,
    Unit,
    questions,
)
from ansible_collections.slipway.deploy.plugins.module_utils.checks.probes_declared import parse_checklist
from ansible_collections.slipway.deploy.plugins.module_utils.checks.smoke import Secret, SmokeCheck
from ansible_collections.slipway.deploy.plugins.module_utils.common.errors import SlipwayError

WHERE = "inventories/staging: site_checklist"
TOKEN = Secret((("env", "SENTRY_TOKEN"),))
URL = {"url": "redis://127.0.0.1:6379/1"}
REDIS_SECRET = Secret((("env", "REDIS_URL"),))


def row(**fields: Any) -> dict[str, Any]:
    return {"name": "r", **fields}


@pytest.mark.parametrize(
    ("declared", "probe"),
    [
        (row(kind="http", path="/health"), Probe("r", "http", Http(SmokeCheck("r", "/health")))),
        (
            row(kind="http", path="/h", url="https://crm.example.org/"),
            Probe("r", "http", Http(SmokeCheck("r", "/h"), "https://crm.example.org")),
        ),
        (
            row(kind="import_wizard", path="/import", timeout=20),
            Probe("r", "import_wizard", Http(SmokeCheck("r", "/import", "POST", retries=0, timeout=20.0))),
        ),
        (
            row(kind="scheduler", path="/health", json={"scheduler.running": True}),
            Probe("r", "scheduler", Http(SmokeCheck("r", "/health", json=(("scheduler.running", True),)))),
        ),
        (
            row(kind="scheduler", key="beat", max_age=120, **URL),
            Probe("r", "scheduler", Heartbeat(Redis(("GET", "beat"), URL["url"]), 120.0)),
        ),
        (
            row(kind="scheduler", key="beat", max_age=120, url={"service": "REDIS_URL"}, wait=5),
            Probe("r", "scheduler", Heartbeat(Redis(("GET", "beat"), None, "REDIS_URL"), 120.0), "host", wait=5.0),
        ),
        (
            row(kind="redis_queue", key="q", **URL),
            Probe("r", "redis_queue", Queue(Redis(("LLEN", "q"), URL["url"]), 10)),
        ),
        (
            row(kind="redis_queue", key="q", type="stream", below=3, url={"env": "REDIS_URL"}, via="host"),
            Probe("r", "redis_queue", Queue(Redis(("XLEN", "q"), REDIS_SECRET), 3), "host"),
        ),
        (
            row(kind="redis_queue", key="q", type="sorted_set", password={"env": "REDIS_URL"}, ca_file="/ca", **URL),
            Probe("r", "redis_queue", Queue(Redis(("ZCARD", "q"), URL["url"], None, REDIS_SECRET, "/ca"), 10)),
        ),
        (row(kind="systemd"), Probe("r", "systemd", Unit(), "host")),
        (row(kind="systemd", unit="nginx", timeout=3), Probe("r", "systemd", Unit("nginx"), "host", 3.0)),
        (row(kind="command", argv=["true"]), Probe("r", "command", Command(("true",)))),
        (row(kind="command", argv=["df", "/"], via="host"), Probe("r", "command", Command(("df", "/")), "host")),
        (
            row(kind="sentry", organization="stmary", token={"env": "SENTRY_TOKEN"}),
            Probe("r", "sentry", Sentry("stmary", TOKEN)),
        ),
        (
            row(
                kind="sentry",
                organization="stmary",
                token={"env": "SENTRY_TOKEN"},
                projects="salitemihret",
                levels=["fatal"],
                environment="production",
                url="https://sentry.example.org/",
                wait=30,
            ),
            Probe(
                "r",
                "sentry",
                Sentry("stmary", TOKEN, ("salitemihret",), "production", ("fatal",), "https://sentry.example.org"),
                wait=30.0,
            ),
        ),
        (
            row(kind="sentry", organization="o", token={"env": "SENTRY_TOKEN"}, projects=[47, "web"]),
            Probe("r", "sentry", Sentry("o", TOKEN, ("47", "web"))),
        ),
    ],
)
def test_every_kind(declared: Any, probe: Probe) -> None:
    assert parse_checklist([declared], WHERE) == (probe,)


@pytest.mark.parametrize(
    ("declared", "line"),
    [
        ("x", "inventories/staging: site_checklist: a checklist must be a list"),
        (["x"], "site_checklist[0]: a row must be a mapping"),
        ([{"kind": "http"}], "site_checklist[0]: name is missing"),
        ([{"name": 5, "kind": "http"}], "site_checklist[0]: name is not a string"),
        ([{"name": "r"}], "site_checklist[0]: kind is missing"),
        ([row(kind="htpp")], "site_checklist[0].kind: there is no kind 'htpp'. Use one of http, import_wizard"),
        ([row(kind="http")], "a smoke check needs a path"),
        ([row(kind="http", path="/", wait=5)], "a smoke check has no 'wait'"),
        ([row(kind="http", path="/", url="crm.example.org")], "[0].url: this is not a URL"),
        ([row(kind="http", path="/", url="https://me:s3cret@crm.example.org")], "[0].url: this is not a URL"),
        ([row(kind="http", path="/", url="http://[::1")], "[0].url: this is not a URL"),
        ([row(kind="http", path="/", url="http://crm:port")], "[0].url: this is not a URL"),
        ([row(kind="http", path="/", url="https://")], "[0].url: this is not a URL"),
        ([row(kind="scheduler")], "nothing checks whether the scheduler runs"),
        ([row(kind="scheduler", path="/health")], "nothing checks whether the scheduler runs. Write json"),
        ([row(kind="scheduler", key="k", **URL)], "max_age is not a valid number of seconds"),
        ([row(kind="redis_queue", **URL)], "key is missing"),
        (
            [row(kind="redis_queue", key="q")],
            "this is not the address of a Redis server. Write redis://host:6379/0, {env",
        ),
        ([row(kind="redis_queue", key="q", url="http://x")], "this is not the address of a Redis server"),
        ([row(kind="redis_queue", key="q", url="redis://:s3cret@x")], ".url: a password must not be written here"),
        ([row(kind="redis_queue", key="q", url={"vault": "s3cret"})], "this is not the address of a Redis server"),
        ([row(kind="redis_queue", key="q", password="s3cret", **URL)], "password: this is not a source of a secret"),
        ([row(kind="redis_queue", key="q", below=0, **URL)], "0 is not a valid limit"),
        ([row(kind="redis_queue", key="q", below=True, **URL)], "True is not a valid limit"),
        ([row(kind="redis_queue", key="q", type="hash", **URL)], "'hash' is not a type of queue. Use one of list"),
        ([row(kind="redis_queue", key="q", type=["list"], **URL)], "['list'] is not a type of queue"),
        ([row(kind="redis_queue", key="q", via="here", **URL)], "'here' is not a value for via"),
        (
            [row(kind="redis_queue", key="q", via="control", url={"service": "REDIS_URL"})],
            "only the host can read the service's environment. Write via: host",
        ),
        ([row(kind="sentry", organization="o")], "token: this is not a source of a secret"),
        ([row(kind="sentry", token={"env": "T"})], "organization is missing"),
        ([row(kind="sentry", token={"env": "T"}, organization="a/b")], "'a/b' is not a slug"),
        ([row(kind="sentry", token={"env": "T"}, organization="o", levels=["critical"])], "'critical' is not a level"),
        (
            [row(kind="sentry", token={"env": "T"}, organization="o", url="ftp://x")],
            "this is not the address of a Sentry server",
        ),
        (
            [row(kind="sentry", token={"env": "T"}, organization="o", url="https://[::1")],
            "this is not the address of a Sentry server",
        ),
        (
            [row(kind="sentry", token={"env": "T"}, organization="o", levels=[])],
            "levels is empty. Use one of fatal",
        ),
        ([row(kind="systemd", unit="a b")], "'a b' is not a unit"),
        ([row(kind="systemd", unti="a")], "a row of this kind has no 'unti'. Did you mean unit?"),
        ([row(kind="systemd", timeout=0)], "0 is not a valid number of seconds"),
        ([row(kind="systemd", wait=301)], "301 is not a valid number of seconds"),
        ([row(kind="command")], "argv is not a list of strings"),
        ([row(kind="command", argv="df -h")], "argv is not a list of strings"),
        ([row(kind="command", argv=["df", 1])], "argv is not a list of strings"),
        ([row(kind="systemd"), row(kind="systemd")], "two rows are named 'r'"),
        (
            [row(kind="http", path="/${login.token}")],
            "site_checklist: r: there is no check 'login' to take token from",
        ),
    ],
)
def test_mistakes_are_said_with_their_place(declared: Any, line: str) -> None:
    with pytest.raises(SlipwayError) as caught:
        parse_checklist(declared, WHERE)
    assert line in str(caught.value)
    assert "s3cret" not in str(caught.value)


def test_rows_may_take_values_from_one_another() -> None:
    login = row(kind="http", path="/login", take={"token": "access_token"})
    wizard = {"name": "w", "kind": "import_wizard", "path": "/i", "headers": {"Authorization": "Bearer ${r.token}"}}
    assert len(parse_checklist([login, wizard], WHERE)) == 2


def test_the_secrets_of_rows() -> None:
    probes = parse_checklist(
        [
            {"name": "a", "kind": "http", "path": "/", "headers": {"X": {"env": "A"}}},
            {"name": "b", "kind": "sentry", "organization": "o", "token": {"env": "B"}},
            {"name": "c", "kind": "redis_queue", "key": "q", "url": {"env": "C"}, "password": {"env": "D"}},
            {"name": "d", "kind": "systemd"},
        ],
        WHERE,
    )
    assert [place for probe in probes for place, _secret in probe.spec.secrets()] == [
        "header X",
        "token",
        "url",
        "password",
    ]


ROWS = [
    {"name": "health", "kind": "http", "path": "/"},
    {"name": "elsewhere", "kind": "http", "path": "/", "url": "https://x"},
    {"name": "unit", "kind": "systemd"},
    {"name": "queue", "kind": "redis_queue", "key": "q", "url": {"service": "REDIS_URL"}},
    {"name": "near", "kind": "command", "argv": ["true"]},
    {"name": "there", "kind": "command", "argv": ["true"], "via": "host"},
]


@pytest.mark.parametrize(
    ("hosts", "asked"),
    [
        pytest.param(
            {"a": "http://a", "b": "http://b"},
            "health/a health/b elsewhere unit/a unit/b queue near there/a there/b",
            id="each at an address of its own",
        ),
        pytest.param(
            {"a": "http://crm", "b": "http://crm"},
            "health elsewhere unit/a unit/b queue near there/a there/b",
            id="one address for all",
        ),
        pytest.param({"a": "http://a"}, "health elsewhere unit/a queue near there/a", id="one host"),
        pytest.param({}, "health elsewhere unit queue near there", id="no host"),
    ],
)
def test_what_is_asked_where(hosts: dict[str, str], asked: str) -> None:
    found = questions(parse_checklist(ROWS, WHERE), Group(hosts))
    assert " ".join(f"{item.probe.name}/{item.host}" if item.host else item.probe.name for item in found) == asked


ANY = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)
KINDS = ("http", "import_wizard", "scheduler", "sentry", "redis_queue", "systemd", "command")
KEYS = ("path", "url", "key", "max_age", "json", "token", "organization", "projects", "levels", "unit", "argv", "via")


@given(
    st.lists(st.fixed_dictionaries({"name": ANY, "kind": st.sampled_from(KINDS)}, optional=dict.fromkeys(KEYS, ANY)))
)
def test_nothing_but_a_said_mistake(raw: Any) -> None:
    with contextlib.suppress(SlipwayError):
        assert len(parse_checklist(raw, WHERE)) == len(raw)
