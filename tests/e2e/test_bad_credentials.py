# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Which account is reached: local none but the sandbox, dev its own with credentials that do."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from sandbox.testing import Sandbox
from tests.e2e.bad_input import ALL, VARS, Place, Row, fault, refuses, row, variable
from tests.support.deploys import SERVICES, make_deploys

DEV_ACCOUNT = "962496666337"
ASK = "cannot ask AWS whose credentials these are"
NO_KEYS = {"AWS_ACCESS_KEY_ID": "", "AWS_SECRET_ACCESS_KEY": ""}
DEV = f"inventories/dev/{VARS}"

REAL_ACCOUNT = [
    row(
        "keys that look real, and a profile",
        f"{ALL}: aws_profile is set: local uses no real credentials. Remove aws_profile",
        "-e aws_access_key_id: aws_access_key_id and aws_secret_access_key are not the sandbox's dummy keys. "
        "Set both to 'sandbox'",
        arrange=variable("aws_profile", "prod"),
        arguments=("-e", "aws_access_key_id=AKIAIOSFODNN7EXAMPLE"),
    ),
]

CREDENTIALS = [
    row(
        "no credentials",
        f"{ASK}: no AWS credentials were found. Set aws_profile in the environment's group_vars, AWS_PROFILE, "
        "or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY",
        environ=NO_KEYS,
    ),
    row(
        "profile of the inventory that does not exist",
        f"{DEV} (profile sdt-dve): cannot make a client for sts (environment dev): the AWS profile does not exist "
        "(The config profile (sdt-dve) could not be found). Correct aws_profile, or run aws configure --profile NAME",
        arrange=variable("aws_profile", "sdt-dve"),
    ),
    row(
        "expired credentials",
        f"AWS_ACCESS_KEY_ID: {ASK}: the AWS credentials have expired. Log in again, then run this again",
        arrange=fault("expired_token", "*"),
    ),
    row(
        "credentials that expire while the fleet is read",
        "cannot describe services in cluster sdt-dev-cluster: the AWS credentials have expired. "
        "Log in again, then run this again",
        arrange=fault("expired_token", "ecs"),
    ),
    row(
        "credentials of another account",
        f"{DEV}: the credentials belong to account {DEV_ACCOUNT}, but dev is account 111111111111. "
        "Use the profile of that account (aws_profile), or correct account_id",
        arrange=variable("account_id", '"111111111111"'),
    ),
    row(
        "state store that nothing answers at",
        "s3://sdt-dev-slipway/slipway/clock: cannot read its clock: Could not connect to the endpoint URL: "
        '"http://127.0.0.1:9/sdt-dev-slipway/slipway/clock". '
        "Check aws_region (is it spelt right?), aws_endpoint_url and the network",
        environ={"AWS_ENDPOINT_URL_S3": "http://127.0.0.1:9"},
    ),
]


@pytest.mark.parametrize("row", REAL_ACCOUNT)
def test_it_ends_before_any_change_in_one_line(place: Place, row: Row) -> None:
    refuses(place, row)


def test_local_uses_no_credentials_of_the_shell(place: Place) -> None:
    place.environ.update(
        AWS_PROFILE="prod",
        AWS_ACCESS_KEY_ID="AKIAIOSFODNN7EXAMPLE",
        AWS_SECRET_ACCESS_KEY="from the shell",
        AWS_ENDPOINT_URL="http://127.0.0.1:9",
        AWS_ENDPOINT_URL_ECS="http://127.0.0.1:9",
        HTTPS_PROXY="http://127.0.0.1:9",
        HTTP_PROXY="http://127.0.0.1:9",
    )
    ran = place.run("deploy.yml", "-e", "env=local", "--check")
    assert ran.code == 0, ran.text
    assert "12 of 12 services change" in ran.out


@pytest.fixture(scope="module")
def account() -> Iterator[Sandbox]:
    """A sandbox that is the account of the environment dev."""
    with Sandbox(speed=8, account=DEV_ACCOUNT, environment="dev") as running:
        yield running


@pytest.fixture
def dev(tmp_path: Path, account: Sandbox) -> Iterator[Place]:
    """A project as it is checked out, and a shell with the credentials of its environment dev."""
    made = make_deploys(tmp_path, account)
    place = Place(made.directory, made.sandbox, name="dev")
    place.environ.update({name: value for name, value in account.environment.items() if name.startswith("AWS_")})
    place.environ["HOME"] = str(tmp_path)
    yield place
    account.control("faults", {}, "DELETE")


@pytest.mark.parametrize("row", CREDENTIALS)
def test_credentials_that_do_not_do_end_it_in_one_line(dev: Place, row: Row) -> None:
    # The hosts' source would say it first, in its own words: see tests/inventory/test_hosts.py.
    (dev.directory / "inventories" / "dev" / "aws_ec2.yml").unlink()
    refuses(dev, row)


def test_dev_deploys_with_its_state_in_s3(dev: Place) -> None:
    """The project's own inventory of dev; only what outside DNS would answer is said on the command line."""
    smoke = ("-e", f"smoke_base_url={dev.sandbox.alb}")
    dev.sandbox.control("calls", {"reset": True})
    first = dev.run("deploy.yml", "-e", "env=dev", *smoke)
    assert first.code == 0, first.text
    ecs = dev.sandbox.client("ecs")
    named = [f"sdt-dev-{name}" for name in SERVICES]
    found = [
        item
        for part in (named[:10], named[10:])
        for item in ecs.describe_services(cluster="sdt-dev-cluster", services=part)["services"]
    ]
    assert {item["serviceName"] for item in found if item["taskDefinition"].endswith(":2")} == set(named)
    s3 = dev.sandbox.client("s3")
    keys = [item["Key"] for item in s3.list_objects_v2(Bucket="sdt-dev-slipway")["Contents"]]
    newest = json.loads(s3.get_object(Bucket="sdt-dev-slipway", Key="slipway/dev/current.json")["Body"].read())
    assert f"slipway/dev/releases/{newest['record']}.json" in keys
    body = s3.get_object(Bucket="sdt-dev-slipway", Key=f"slipway/dev/releases/{newest['record']}.json")["Body"].read()
    record = json.loads(body)
    assert (record["outcome"], record["account_id"], len(record["targets"])) == ("succeeded", DEV_ACCOUNT, 12)
    assert json.loads(dev.stored_lock() or "{}")["state"] == "free"
    puts = [call for call in dev.sandbox.control("calls?service=s3")["calls"] if call["action"] == "PutObject"]
    assert puts, "the state is in S3"

    dev.sandbox.control("calls", {"reset": True})
    second = dev.run("deploy.yml", "-e", "env=dev", *smoke)
    assert second.code == 0, second.text
    assert "nothing to deploy" in second.out
    assert dev.mutations() == []
