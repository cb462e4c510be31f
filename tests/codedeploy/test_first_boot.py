# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The user data: from nothing but SSM and S3 to the bundle's own bootstrap."""

from __future__ import annotations

import datetime as dt
import importlib.util
import json
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from tests.codedeploy.imds import INSTANCE, serve_imds
from tests.codedeploy.world import World
from tests.support.hosts import Host, Hosts

USER_DATA = Path(__file__).resolve().parents[2] / "pipelines" / "cloud-init" / "user-data.py"
BOOTSTRAP = """\
- name: Stand in for the bootstrap
  hosts: backend
  gather_facts: false
  tasks:
    - name: Say what it was started with
      ansible.builtin.copy:
        dest: /root/booted.json
        content: "{{ {'env': env, 'host': inventory_hostname, 'boot': boot} | to_json }}"
        mode: "0600"
"""


@pytest.fixture(scope="module")
def user_data() -> ModuleType:
    found = importlib.util.spec_from_file_location("user_data", USER_DATA)
    assert found is not None
    assert found.loader is not None
    module = importlib.util.module_from_spec(found)
    found.loader.exec_module(module)
    return module


@pytest.fixture
def imds(hosts: Hosts) -> Iterator[str]:
    with serve_imds(hosts.gateway) as url:
        yield url


def test_it_fits_into_user_data_and_python_3_8() -> None:
    text = USER_DATA.read_text(encoding="utf-8")
    assert len(text.encode()) < 16 * 1024
    compile(text, "user-data", "exec", dont_inherit=True)
    __import__("ast").parse(text, feature_version=(3, 8))


@pytest.mark.parametrize(
    ("service", "url", "body", "headers"),
    [
        (
            "ssm",
            "https://ssm.eu-west-1.amazonaws.com/",
            b'{"Name": "/dev/slipway/bundle"}',
            {"content-type": "application/x-amz-json-1.1", "x-amz-target": "AmazonSSM.GetParameter"},
        ),
        ("ssm", "http://10.0.0.1:4510/", b"{}", {}),
    ],
)
def test_requests_are_signed_as_awss_own_library_signs_them(
    user_data: ModuleType,
    monkeypatch: pytest.MonkeyPatch,
    service: str,
    url: str,
    body: bytes,
    headers: dict[str, str],
) -> None:
    credentials = {"AccessKeyId": "ASIAROLE", "SecretAccessKey": "secret", "Token": "session"}
    ours = user_data.signed(service, "eu-west-1", credentials, url, body, headers)
    moment = dt.datetime.strptime(ours.headers["X-amz-date"], "%Y%m%dT%H%M%SZ").replace(tzinfo=dt.UTC)
    signed = ours.headers["Authorization"].partition("SignedHeaders=")[2].partition(",")[0].split(";")
    kept = {name: value for name, value in ours.header_items() if name.lower() in signed and name.lower() != "host"}
    theirs = AWSRequest(method="POST", url=url, data=body, headers=kept)
    for name in ("X-amz-date", "X-amz-security-token"):
        del theirs.headers[name]
    monkeypatch.setattr("botocore.auth.get_current_datetime", lambda: moment.replace(tzinfo=None), raising=False)
    SigV4Auth(Credentials("ASIAROLE", "secret", "session"), service, "eu-west-1").add_auth(theirs)
    assert ours.headers["Authorization"] == theirs.headers["Authorization"]


def test_a_bare_host_boots_the_bundle(world: World, host: Host, imds: str) -> None:
    (world.directory / "playbooks" / "bootstrap_host.yml").write_text(BOOTSTRAP, encoding="utf-8")
    world.publish("backend-v1.0.0", migrations={"V1__init.sql": "select 1;\n"})
    world.bundle("backend-v1.0.0")
    host.write("/root/user-data", USER_DATA.read_text(encoding="utf-8").replace("@env@", "testing"), "0700")
    given = f"AWS_EC2_METADATA_SERVICE_ENDPOINT={imds} AWS_ENDPOINT_URL={world.aws.endpoint}"
    said = host.run(f"env -i PATH=/usr/bin:/bin {given} /root/user-data")
    assert said.splitlines()[-1] == "slipway: boot: this host serves"
    assert json.loads(host.run("cat /root/booted.json")) == {
        "env": "testing",
        "host": INSTANCE,
        "boot": True,
    }


def test_a_bundle_of_another_digest_is_not_run(world: World, host: Host, imds: str) -> None:
    name = "/testing/slipway/bundle"
    ssm = world.aws.client("ssm")
    right = ssm.get_parameter(Name=name)["Parameter"]["Value"]
    ssm.put_parameter(Name=name, Value=json.dumps({**json.loads(right), "sha256": "0" * 64}), Overwrite=True)
    given = f"AWS_EC2_METADATA_SERVICE_ENDPOINT={imds} AWS_ENDPOINT_URL={world.aws.endpoint} SLIPWAY_BOOT_PACE=0"
    said = host.run(
        f"sed -i 's/^TRIES = .*/TRIES = 2/' /root/user-data; env -i PATH=/usr/bin {given} /root/user-data", check=False
    )
    assert "try 2 of 2: ValueError: s3://umigo-artifacts/slipway/testing/" in said
    assert f"not {'0' * 64}" in said
