# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Verifying a plan, with the answers of AWS at the level of HTTP; a blob comes from a real local server."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pytest

from ansible_collections.slipway.deploy.plugins.module_utils.aws.client import AwsSettings
from ansible_collections.slipway.deploy.plugins.module_utils.common.errors import SlipwayError, SlipwayErrors
from ansible_collections.slipway.deploy.plugins.module_utils.verify.verify import check_account, verify

from ..fleet.aws_double import ARN, AwsDouble, Refusal
from ..fleet.builders import NEW, OLD, image
from .service import CONTAINER, CREDENTIALS, GET_FLAG, GET_SECRET, GROUP, ROLE, SECRET, SETTINGS, planned, verified


def test_everything_exists(aws: AwsDouble) -> None:
    found = verified(aws)
    found.require("fail")
    assert found.errors == ()
    assert found.unverifiable == ()
    assert found.platforms == ("linux/arm64",)
    assert found.checked == {
        "images": 1,
        "secrets": 2,
        "parameters": 2,
        "log_groups": 1,
        "files": 1,
        "roles": 1,
    }


def test_no_value_is_ever_read(aws: AwsDouble) -> None:
    verified(aws)
    assert not {name for name in aws.counts if name.startswith("Get")} - {"GetCallerIdentity", "GetDownloadUrlForLayer"}


BREAKS: list[tuple[Any, str]] = [
    (lambda aws: aws.secrets.pop(SECRET), "user-service: secret sdt/dev/db-AbCdEf does not exist"),
    (lambda aws: aws.secrets.pop(CREDENTIALS), "secret registry-AbCdEf does not exist"),
    (lambda aws: aws.secrets[SECRET].update(DeletedDate=1.0), "scheduled for deletion"),
    (lambda aws: aws.secrets[SECRET].update(VersionIdsToStages={}), "has no version AWSCURRENT"),
    (lambda aws: aws.parameters.discard("/sdt/dev/flag"), "user-service: parameter /sdt/dev/flag does not exist"),
    (lambda aws: aws.parameters.discard("plain"), "parameter plain does not exist"),
    (lambda aws: aws.log_groups.clear(), f"log group {GROUP} does not exist"),
    (lambda aws: aws.objects.clear(), "s3://sdt-dev-config/user.env does not exist"),
    (lambda aws: setattr(aws, "account", "111111111111"), "credentials belong to account 111111111111, but dev"),
    (lambda aws: setattr(aws, "cluster_status", "INACTIVE"), "cluster sdt-dev-cluster is INACTIVE"),
    (lambda aws: setattr(aws, "cluster_status", ""), "cluster sdt-dev-cluster is MISSING"),
    (
        lambda aws: (aws.denied.add(GET_SECRET), setattr(aws, "decision", "explicitDeny")),
        f"may not secretsmanager:GetSecretValue on {SECRET}",
    ),
    (lambda aws: aws.denied.add(GET_FLAG), "may not ssm:GetParameters"),
    (
        lambda aws: (aws.denied.add(GET_FLAG), setattr(aws, "by_resource", True)),
        "may not ssm:GetParameters on .*flag[.] Allow",
    ),
    (
        lambda aws: aws.add_image("sdt/dev/user-service", "new", NEW, {"linux/amd64": OLD[:-1] + "c"}),
        "is for linux/amd64",
    ),
    (
        lambda aws: aws.refuse.update(SimulatePrincipalPolicy=Refusal("NoSuchEntity")),
        "role .*sdt-dev-execution does not exist",
    ),
]


@pytest.mark.parametrize(("break_it", "says"), BREAKS, ids=[says[:40] for _break, says in BREAKS])
def test_each_missing_thing_is_an_error(aws: AwsDouble, break_it: Any, says: str) -> None:
    break_it(aws)
    with pytest.raises(SlipwayErrors, match=says):
        verified(aws).require()


@pytest.mark.parametrize(
    ("denied", "missing", "says"),
    [
        (GET_SECRET, (), f"may secretsmanager:GetSecretValue on {SECRET} .only the policy of the resource"),
        (GET_FLAG, ("aws:SourceVpce",), "may ssm:GetParameters on .*flag .its policies depend on aws:SourceVpce"),
    ],
)
@pytest.mark.parametrize("by_resource", [True, False])
def test_what_the_simulation_cannot_know_is_unverifiable(
    aws: AwsDouble, denied: tuple[str, str], missing: tuple[str, ...], says: str, by_resource: bool
) -> None:
    aws.denied.add(denied)
    aws.missing_context, aws.by_resource = missing, by_resource
    found = verified(aws)
    found.require("warn")
    with pytest.raises(SlipwayErrors, match=says):
        found.require("fail")


@pytest.mark.parametrize("by_resource", [True, False])
def test_what_a_policy_denies_is_denied_whatever_the_conditions(aws: AwsDouble, by_resource: bool) -> None:
    aws.denied.add(GET_FLAG)
    aws.decision, aws.missing_context, aws.by_resource = "explicitDeny", ("aws:SourceVpce",), by_resource
    with pytest.raises(SlipwayErrors, match="may not ssm:GetParameters"):
        verified(aws).require()


def test_what_is_said_of_each_resource_goes_before_what_is_said_of_all(aws: AwsDouble) -> None:
    aws.by_resource = True
    verified(aws).require("fail")


def test_all_failures_are_reported_at_once(aws: AwsDouble) -> None:
    aws.secrets.clear()
    aws.parameters.clear()
    aws.log_groups.clear()
    aws.account = "111111111111"
    assert len(verified(aws).errors) == 6


@pytest.mark.parametrize(
    ("operation", "says"),
    [
        ("SimulatePrincipalPolicy", "rights of .*sdt-dev-execution to .*AccessDenied"),
        ("DescribeSecret", "secret sdt/dev/db-AbCdEf .access denied"),
        ("DescribeParameters", "2 parameters .access denied"),
        ("DescribeLogGroups", "log group .* .access denied"),
    ],
)
def test_what_may_not_be_looked_at_is_unverifiable_and_policy_decides(
    aws: AwsDouble, operation: str, says: str
) -> None:
    aws.refuse[operation] = Refusal("AccessDeniedException", status=403)
    found = verified(aws)
    found.require("warn")
    with pytest.raises(SlipwayErrors, match=says):
        found.require("fail")


def test_the_image_that_an_undo_needs(aws: AwsDouble) -> None:
    del aws.images[f"sdt/dev/user-service:{OLD}"]
    found = verified(aws)
    assert found.errors == ()
    assert "an undo could not start it" in found.unverifiable[0]


def test_an_image_that_is_gone_since_the_plan(aws: AwsDouble) -> None:
    made = planned(aws)
    aws.images.clear()
    assert "does not exist" in str(verify(made, aws, SETTINGS).errors[0])


@pytest.mark.parametrize("status", ["ACTIVE", "INACTIVE"])
def test_a_field_that_ecs_answers_only_now_is_found_before_the_first_change(aws: AwsDouble, status: str) -> None:
    made = planned(aws)
    aws.definitions[f"{ARN}sdt-dev-user-service:1"].update(futureTop=1, status=status)
    (error,) = verify(made, aws, SETTINGS).errors
    assert "does not know futureTop" in str(error)


def test_too_many_tags_are_found_before_the_first_change(aws: AwsDouble) -> None:
    aws.tags[f"{ARN}sdt-dev-user-service:1"] = [{"key": str(number), "value": ""} for number in range(48)]
    assert "more than the 50" in str(verified(aws).errors[0])


def test_an_inactive_revision_that_an_undo_needs_must_be_clonable(aws: AwsDouble) -> None:
    twin = dict(CONTAINER, image=image(version=f"@{NEW}"))
    aws.add_definition(
        "sdt-dev-user-service:2", {"slipway:release": "r", "slipway:base": f"{ARN}sdt-dev-user-service:1"}
    )
    aws.definitions[f"{ARN}sdt-dev-user-service:2"] |= {
        "containerDefinitions": [
            {**aws.definitions[f"{ARN}sdt-dev-user-service:1"]["containerDefinitions"][0], **twin}
        ],
        "executionRoleArn": ROLE,
        "runtimePlatform": {"cpuArchitecture": "ARM64"},
    }
    aws.definitions[f"{ARN}sdt-dev-user-service:1"]["status"] = "INACTIVE"
    made = planned(aws)
    assert made.changes[0].after.task_definition == f"{ARN}sdt-dev-user-service:2"
    assert verify(made, aws, SETTINGS).errors == ()
    aws.definitions[f"{ARN}sdt-dev-user-service:1"]["futureTop"] = 1
    assert "does not know futureTop" in str(verify(made, aws, SETTINGS).errors[0])


SPEC = "arn:aws:s3:::sdt-dev-config/spec.json"
FSX_LOGIN = "arn:aws:secretsmanager:eu-west-1:962496666337:secret:fsx-AbCdEf"
OF_VOLUMES = {
    "volumes": [
        {
            "name": "share",
            "fsxWindowsFileServerVolumeConfiguration": {
                "fileSystemId": "fs-0123456789abcdef0",
                "authorizationConfig": {"credentialsParameter": FSX_LOGIN, "domain": "corp.example.com"},
            },
        },
        {
            "name": "data",
            "efsVolumeConfiguration": {
                "fileSystemId": "fs-0123456789abcdef1",
                "authorizationConfig": {"accessPointId": "fsap-1"},
            },
        },
    ]
}


@pytest.fixture
def volumes(aws: AwsDouble, monkeypatch: pytest.MonkeyPatch) -> AwsDouble:
    """The service has volumes of FSx and EFS, a gMSA credential spec, and a token of its log driver."""
    log = {"logDriver": "splunk", "secretOptions": [{"name": "splunk-token", "valueFrom": SECRET}]}
    container = {**CONTAINER, "logConfiguration": log, "name": "app"}
    container["credentialSpecs"] = [f"credentialspecdomainless:{SPEC}"]
    body = aws.definitions[f"{ARN}sdt-dev-user-service:1"]
    body.update(containerDefinitions=[container], **OF_VOLUMES)
    aws.secrets[FSX_LOGIN] = {"ARN": FSX_LOGIN, "VersionIdsToStages": {"v1": ["AWSCURRENT"]}}
    aws.objects |= {"spec.json", "sdt-dev-config/spec.json"}
    found = {"kinds": ["fs-0123456789abcdef0", "fs-0123456789abcdef1"]}

    def systems(params: dict[str, Any]) -> Any:
        # FSx is asked as JSON, EFS by its address.
        answer = {"FileSystems": [{"FileSystemId": item} for item in found["kinds"]]}
        return answer if params else json.dumps(answer)

    points = json.dumps({"AccessPoints": [{"AccessPointId": "fsap-1", "FileSystemId": "fs-0123456789abcdef1"}]})
    monkeypatch.setattr(aws, "_DescribeFileSystems", systems, raising=False)
    monkeypatch.setattr(aws, "_DescribeAccessPoints", lambda _params: points, raising=False)
    monkeypatch.setattr(aws, "found", found, raising=False)
    return aws


def test_volumes_and_credential_specs_are_verified_without_reading_them(volumes: AwsDouble) -> None:
    found = verified(volumes)
    assert (found.errors, found.unverifiable) == ((), ())
    assert found.checked["file_systems"] == 2
    assert found.checked["secrets"] == 3
    assert found.checked["files"] == 2
    assert not {name for name in volumes.counts if name.startswith("Get")} - {"GetCallerIdentity"}


@pytest.mark.parametrize(
    ("break_it", "says"),
    [
        (lambda aws: aws.secrets.pop(FSX_LOGIN), "secret fsx-AbCdEf does not exist"),
        (
            lambda aws: aws.objects.difference_update({"spec.json", "sdt-dev-config/spec.json"}),
            "s3://sdt-dev-config/spec.json does not exist",
        ),
        (lambda aws: aws.found["kinds"].clear(), "file system fs-0123456789abcdef0 does not exist"),
        (
            lambda aws: (
                aws.denied.add(("secretsmanager:GetSecretValue", FSX_LOGIN)),
                setattr(aws, "decision", "explicitDeny"),
            ),
            f"may not secretsmanager:GetSecretValue on {FSX_LOGIN}",
        ),
        (lambda aws: aws.denied.add(("s3:GetObject", SPEC)), f"may not s3:GetObject on {SPEC}"),
    ],
)
def test_what_a_volume_or_a_credential_spec_lacks_is_an_error(volumes: AwsDouble, break_it: Any, says: str) -> None:
    break_it(volumes)
    with pytest.raises(SlipwayErrors, match=says):
        verified(volumes).require()


def test_a_file_system_that_may_not_be_looked_at_is_unverifiable(volumes: AwsDouble) -> None:
    volumes.refuse["DescribeFileSystems"] = Refusal("AccessDeniedException", status=403)
    found = verified(volumes)
    assert found.errors == ()
    assert any("file system fs-0123456789abcdef0" in item for item in found.unverifiable)


def test_the_login_of_a_registry_may_be_a_secret_s_name(aws: AwsDouble) -> None:
    container = {**CONTAINER, "name": "app", "repositoryCredentials": {"credentialsParameter": "registry"}}
    aws.definitions[f"{ARN}sdt-dev-user-service:1"]["containerDefinitions"] = [container]
    assert "secret registry does not exist" in str(verified(aws).errors[0])
    aws.secrets["registry"] = aws.secrets[CREDENTIALS]
    found = verified(aws)
    assert found.errors == ()
    assert "named without its ARN" in found.unverifiable[0]


class _Blob(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        body = json.dumps({"os": "linux", "architecture": self.path.strip("/")}).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        """Say nothing."""


@pytest.fixture
def blobs() -> Iterator[str]:
    server = HTTPServer(("127.0.0.1", 0), _Blob)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.mark.parametrize(("architecture", "good"), [("arm64", True), ("amd64", False)])
def test_the_platform_of_a_single_image_is_in_its_config(
    aws: AwsDouble, blobs: str, architecture: str, good: bool
) -> None:
    aws.add_image("sdt/dev/user-service", "new", NEW)
    aws.images["blob-url"] = {"url": f"{blobs}/{architecture}"}
    found = verified(aws)
    assert found.unverifiable == ()
    assert [f"is for linux/{architecture}" in str(error) for error in found.errors] == ([] if good else [True])


def test_a_config_that_cannot_be_read_is_unverifiable(aws: AwsDouble) -> None:
    aws.add_image("sdt/dev/user-service", "new", NEW)
    aws.refuse["GetDownloadUrlForLayer"] = Refusal("LayerInaccessibleException")
    found = verified(aws)
    assert found.errors == ()
    assert "the platform of image" in found.unverifiable[0]


def test_an_emulator_never_sends_us_elsewhere(aws: AwsDouble) -> None:
    aws.add_image("sdt/dev/user-service", "new", NEW)
    aws.images["blob-url"] = {"url": "https://example.com/blob"}
    local = AwsSettings("local", "eu-west-1", "962496666337", endpoint_url="http://127.0.0.1:4510")
    assert "not on this machine" in verified(aws, local).unverifiable[0]


def test_the_account_alone(aws: AwsDouble) -> None:
    check_account(aws, SETTINGS)
    aws.account = "111111111111"
    with pytest.raises(
        SlipwayError, match="inventories/dev/group_vars/all.yml: the credentials belong to account 111111111111"
    ):
        check_account(aws, SETTINGS)
