# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from ansible_collections.slipway.deploy.plugins.module_utils.aws.client import (
    AwsSettings,
    check_local,
    credentials_place,
    is_loopback,
    make_clients,
    settings_from_vars,
)
from ansible_collections.slipway.deploy.plugins.module_utils.common.errors import SlipwayError, SlipwayErrors

LOCAL = AwsSettings(
    environment="local",
    region="eu-west-1",
    account_id="000000000000",
    endpoint_url="http://127.0.0.1:4510",
    access_key_id="sandbox",
    secret_access_key="sandbox",
)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"endpoint_url": None}, "aws_endpoint_url is not set"),
        ({"endpoint_url": "https://ecs.eu-west-1.amazonaws.com"}, "is not on this machine"),
        ({"endpoint_url": "http://127.0.0.1.example.com:4510"}, "is not on this machine"),
        ({"endpoint_url": "http://127.0.0.1@example.com"}, "is not on this machine"),
        ({"access_key_id": "AKIAIOSFODNN7EXAMPLE"}, "not the sandbox's dummy keys"),
        ({"access_key_id": None, "secret_access_key": None}, "not the sandbox's dummy keys"),
        ({"profile": "prod"}, "aws_profile is set"),
    ],
)
def test_local_that_could_reach_a_real_account_is_refused(change: dict[str, Any], says: str) -> None:
    settings = replace(LOCAL, **change)
    with pytest.raises(SlipwayErrors, match=says):
        check_local(settings)
    with pytest.raises(SlipwayErrors, match=says):
        make_clients(settings)


ALL = "inventories/local/group_vars/all.yml"


@pytest.mark.parametrize(
    ("change", "extra", "line"),
    [
        (
            {"endpoint_url": None},
            (),
            (
                f"{ALL}: aws_endpoint_url is not set: local would reach a real account. "
                "Set the sandbox's address, e.g. aws_endpoint_url: http://127.0.0.1:4510"
            ),
        ),
        (
            {"endpoint_url": "https://ecs.eu-west-1.amazonaws.com"},
            (),
            (
                f"{ALL}: aws_endpoint_url https://ecs.eu-west-1.amazonaws.com is not on this machine. "
                "local may only use 127.0.0.1, ::1 or localhost"
            ),
        ),
        (
            {"endpoint_url": "http://127.0.0.1@localhost.example.com"},
            ("aws_endpoint_url",),
            (
                "-e aws_endpoint_url: aws_endpoint_url http://127.0.0.1@localhost.example.com is not on this machine. "
                "local may only use 127.0.0.1, ::1 or localhost"
            ),
        ),
        (
            {"access_key_id": None, "secret_access_key": None},
            (),
            (
                f"{ALL}: aws_access_key_id and aws_secret_access_key are not the sandbox's dummy keys. "
                "Set both to 'sandbox'"
            ),
        ),
    ],
)
def test_what_could_reach_a_real_account_is_said_in_a_line(
    change: dict[str, Any], extra: tuple[str, ...], line: str
) -> None:
    with pytest.raises(SlipwayErrors) as caught:
        check_local(replace(LOCAL, **change), extra)
    assert str(caught.value) == line


def test_all_that_is_unsafe_is_said_at_once() -> None:
    with pytest.raises(SlipwayErrors) as caught:
        check_local(AwsSettings("local", "eu-west-1", profile="prod"))
    assert len(caught.value.errors) == 3


def test_other_environments_and_a_safe_local_pass() -> None:
    check_local(LOCAL)
    check_local(AwsSettings("dev", "eu-west-1"))


@pytest.mark.parametrize(
    ("url", "loopback"),
    [
        ("http://localhost:4510", True),
        ("http://sandbox.localhost:4510", True),
        ("http://[::1]:4510", True),
        ("http://127.8.9.1", True),
        ("http://0.0.0.0:4510", False),
        ("http://10.0.0.1", False),
        ("http://localhost.example.com", False),
        ("not a url", False),
    ],
)
def test_loopback(url: str, loopback: bool) -> None:
    assert is_loopback(url) is loopback


def test_keys_are_not_in_repr() -> None:
    assert "hunter2" not in repr(replace(LOCAL, access_key_id="hunter2", secret_access_key="hunter2"))


def test_clients_are_made_once_with_the_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_PROFILE", "no-such-profile")
    monkeypatch.setenv("HTTP_PROXY", "http://proxy.example.com:3128")
    clients = make_clients(LOCAL)
    client = clients("ecs")
    assert clients("ecs") is client
    assert client.meta.endpoint_url == "http://127.0.0.1:4510"
    assert client.meta.region_name == "eu-west-1"
    assert client.meta.config.retries["mode"] == "adaptive"
    assert client.meta.config.retries["total_max_attempts"] == 10
    assert client.meta.config.max_pool_connections == 16
    assert client.meta.config.proxies == {}
    assert "slipway" in client.meta.config.user_agent
    assert clients("sts").meta.config.retries["total_max_attempts"] == 3
    assert clients("s3").meta.config.retries["total_max_attempts"] == 4


def test_a_missing_profile_is_one_line() -> None:
    with pytest.raises(SlipwayError, match=r"the AWS profile does not exist .*no-such-profile.*aws_profile"):
        make_clients(AwsSettings("dev", "eu-west-1", profile="no-such-profile"))("ecs")


def test_half_the_credentials_are_said_in_a_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AWS_PROFILE", raising=False)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIAIOSFODNN7EXAMPLE")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "")
    with pytest.raises(SlipwayError) as caught:
        make_clients(AwsSettings("dev", "eu-west-1"))("sts")
    assert str(caught.value) == (
        "cannot make a client for sts (environment dev): the AWS credentials are incomplete "
        "(Partial credentials found in env, missing: AWS_SECRET_ACCESS_KEY). Set both AWS_ACCESS_KEY_ID and "
        "AWS_SECRET_ACCESS_KEY (and AWS_SESSION_TOKEN for temporary ones)"
    )


def test_settings_come_from_inventory_variables() -> None:
    settings = settings_from_vars(
        "dev",
        {"aws_region": "eu-west-1", "account_id": "962496666337", "aws_profile": "sdt-dev", "aws_endpoint_url": ""},
    )
    assert settings == AwsSettings("dev", "eu-west-1", "962496666337", profile="sdt-dev")


@pytest.mark.parametrize(
    ("variables", "says"),
    [
        ({"account_id": "962496666337"}, "aws_region is not set"),
        ({"aws_region": "eu-west-1"}, "account_id is not set"),
        ({"aws_region": "eu-west1", "account_id": "962496666337"}, "aws_region 'eu-west1' is not an AWS region"),
        ({"aws_region": "eu-west-1", "account_id": 123}, "account_id '123' is not an AWS account number"),
        (
            {"aws_region": "eu-west-1", "account_id": "962496666337", "aws_access_key_id": "x"},
            "only one of aws_access_key_id and aws_secret_access_key",
        ),
    ],
)
def test_wrong_variables_are_named_with_their_file(variables: dict[str, Any], says: str) -> None:
    with pytest.raises(SlipwayErrors, match=says) as caught:
        settings_from_vars("dev", variables)
    assert "inventories/dev/group_vars/all.yml" in str(caught.value)


def test_an_account_and_a_region_that_are_none_are_said_in_a_line_each() -> None:
    with pytest.raises(SlipwayErrors) as caught:
        settings_from_vars("local", {"aws_region": "eu-west1", "account_id": 12345})
    assert str(caught.value).splitlines() == [
        f"{ALL}: aws_region 'eu-west1' is not an AWS region. Write it as in eu-west-1",
        (
            f"{ALL}: account_id '12345' is not an AWS account number. "
            "Write the twelve digits in quotes (YAML drops leading zeros otherwise)"
        ),
    ]


def test_a_variable_of_the_command_line_is_named_as_one() -> None:
    with pytest.raises(SlipwayErrors, match="^-e account_id: account_id '1' is not an AWS account number"):
        settings_from_vars("dev", {"aws_region": "us-gov-west-1", "account_id": "1"}, {"account_id"})
    with pytest.raises(SlipwayErrors, match="^-e aws_endpoint_url: .* is not on this machine"):
        check_local(replace(LOCAL, endpoint_url="https://example.com"), {"aws_endpoint_url"})


@pytest.mark.parametrize(
    ("settings", "environ", "place"),
    [
        (LOCAL, {"AWS_ACCESS_KEY_ID": "x"}, "inventories/local/group_vars/all.yml"),
        (
            AwsSettings("dev", "eu-west-1", profile="sdt"),
            {"AWS_ACCESS_KEY_ID": "x"},
            "inventories/dev/group_vars/all.yml (profile sdt)",
        ),
        (AwsSettings("dev", "eu-west-1"), {"AWS_ACCESS_KEY_ID": "x", "AWS_PROFILE": "p"}, "AWS_ACCESS_KEY_ID"),
        (AwsSettings("dev", "eu-west-1"), {"AWS_PROFILE": "p"}, "AWS_PROFILE=p"),
        (AwsSettings("dev", "eu-west-1"), {}, None),
    ],
)
def test_the_place_of_the_credentials_follows_botocore(
    settings: AwsSettings, environ: dict[str, str], place: str | None
) -> None:
    assert credentials_place(settings, environ) == place
