# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The checks that services and hosts declare, and where these are asked."""

from __future__ import annotations

from pathlib import Path

import pytest

from ansible_collections.slipway.deploy.plugins.module_utils.common.errors import SlipwayError
from ansible_collections.slipway.deploy.plugins.plugin_utils.smoke import (
    base_url,
    check_secrets,
    declared_jobs,
)

from .run import Doc, context

CHECK = {"name": "health", "path": "/health"}


@pytest.mark.parametrize(
    ("group", "variables", "url"),
    [
        ("backend", {}, "http://web-1:8080"),
        ("backend", {"backend_port": 9090, "ansible_host": "10.0.0.7"}, "http://10.0.0.7:9090"),
        ("backend", {"backend_smoke_url": "https://crm.example.org/"}, "https://crm.example.org"),
        ("site", {}, "http://web-1"),
        ("site", {"ansible_host": "2001:db8::7"}, "http://[2001:db8::7]"),
        ("site", {"site_certificate": "/etc/tls.pem", "site_port": 8443}, "https://web-1:8443"),
        ("site", {"site_certificate": ""}, "http://web-1"),
        ("site", {"site_smoke_url": "https://crm.example.org/app"}, "https://crm.example.org/app"),
        ("site", {"backend_smoke_url": "https://elsewhere"}, "http://web-1"),
    ],
)
def test_where_a_host_is_asked(tmp_path: Path, group: str, variables: Doc, url: str) -> None:
    assert base_url(context(tmp_path, {"web-1": variables}, kind=group), "web-1") == url


@pytest.mark.parametrize(
    ("own", "headers", "host"),
    [
        ({"site_server_names": ["crm.example.org", "www.example.org"]}, {}, "crm.example.org"),
        ({"site_server_names": ["_", "*.example.org", "~^x$", "crm.example.org"]}, {}, "crm.example.org"),
        ({"site_server_names": ["_"]}, {}, None),
        ({}, {}, None),
        ({"site_server_names": ["crm.example.org"]}, {"host": "other"}, "other"),
        ({"site_server_names": ["crm.example.org"], "site_smoke_url": "https://crm.example.org"}, {}, None),
    ],
)
def test_a_site_is_asked_by_its_name(tmp_path: Path, own: Doc, headers: Doc, host: str | None) -> None:
    variables = {**own, "site_smoke_checks": [{**CHECK, "headers": headers}]}
    of = context(tmp_path, {"web-1": variables}, kind="site")
    (job,) = declared_jobs(of, None)
    assert {name.lower(): value for name, value in job.check.headers}.get("host") == host


@pytest.mark.parametrize(("group", "base"), [("backend", "http://h-1:8080"), ("site", "http://h-1")])
def test_the_checks_of_services_and_of_a_groups_hosts(tmp_path: Path, group: str, base: str) -> None:
    hosts: dict[str, Doc] = {
        "h-1": {f"{group}_smoke_checks": [CHECK, {"path": "/"}], f"{group}_smoke_trace": False},
        "h-2": {f"{group}_smoke_checks": [CHECK]},
    }
    services = {"user-service": {"smoke_checks": [CHECK]}}
    of = context(tmp_path, hosts, fleet=services, selected=["user-service", "h-1"], kind=group)
    assert [(job.name, job.base_url, job.check.name, job.check.trace) for job in declared_jobs(of, "http://alb")] == [
        ("user-service", "http://alb", "health", True),
        ("h-1", base, "health", False),
        ("h-1", base, "GET /", False),
    ]
    assert [job.name for job in declared_jobs(of, None)] == ["h-1", "h-1"]


def test_every_secret_is_looked_for_before_anything_changes(tmp_path: Path) -> None:
    check = {
        "name": "login",
        "path": "/login",
        "headers": {"X-Key": {"env": "NO_KEY"}},
        "send": {"form": {"password": {"env": "NO_WORD"}}},
    }
    with pytest.raises(SlipwayError) as caught:
        check_secrets(context(tmp_path, {"b-1": {"backend_smoke_checks": [check]}}))
    assert str(caught.value).splitlines() == [
        "b-1: smoke_checks: login: header X-Key: the environment variable NO_KEY is not set. Set NO_KEY",
        "b-1: smoke_checks: login: send.form.password: the environment variable NO_WORD is not set. Set NO_WORD",
    ]


@pytest.mark.parametrize(
    "url", ["crm.example.org", "https://me:s3cret@crm.example.org", "https://crm:port", "http://[::1"]
)
def test_an_address_that_is_none_is_said_before_anything_changes(tmp_path: Path, url: str) -> None:
    own = {"backend_smoke_checks": [CHECK], "backend_smoke_url": url}
    with pytest.raises(SlipwayError, match="the base URL of b-1: ") as caught:
        check_secrets(context(tmp_path, {"b-1": own}))
    assert "s3cret" not in str(caught.value)


def test_a_secret_in_an_account_that_the_environment_does_not_have(tmp_path: Path) -> None:
    check = {"path": "/", "headers": {"X-Key": {"ssm": "/key"}}}
    of = context(tmp_path, {"b-1": {"backend_smoke_checks": [check]}}, account_id=None)
    with pytest.raises(SlipwayError, match="account_id"):
        check_secrets(of)


def test_the_checks_of_a_task_take_the_place_of_those_of_the_inventory(tmp_path: Path) -> None:
    own = {"backend_smoke_checks": [CHECK], "backend_smoke_trace": False}
    of = context(tmp_path, {"b-1": own, "b-2": {}})
    jobs = declared_jobs(of, None, [{"path": "/ready"}])
    assert [(job.name, job.check.path, job.check.trace) for job in jobs] == [
        ("b-1", "/ready", False),
        ("b-2", "/ready", True),
    ]
    with pytest.raises(SlipwayError, match=r"^the task's smoke_checks\[0\]: a smoke check needs a path"):
        declared_jobs(of, None, [{}])
