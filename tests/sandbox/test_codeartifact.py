# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""CodeArtifact: what may be published again, statuses, tokens, and answers that fit botocore's model."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Iterator
from typing import Any
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import pytest
from botocore.exceptions import ClientError

from sandbox.codeartifact.api import Api
from sandbox.codeartifact.store import Account, CodeArtifactError, hashes_of
from sandbox.testing import Sandbox
from tests.sandbox.validate import check_answer, check_error

NAMED = {"domain": "acme", "repository": "libraries"}
COMMON = {**NAMED, "format": "maven", "namespace": "com.acme", "package": "common"}
STAMP = "20261130.191059-1"


class Registry:
    """The registries of the repository, spoken to as Maven and npm do."""

    def __init__(self, client: Any, aws: Sandbox) -> None:
        self.client = client
        self.aws = aws
        self.token = client.get_authorization_token(domain="acme", durationSeconds=900)["authorizationToken"]

    def ask(self, method: str, path: str, body: bytes | None = None, kind: str = "maven") -> tuple[int, bytes]:
        """Send a request; the status and the answer."""
        address = self.client.get_repository_endpoint(format=kind, **NAMED)["repositoryEndpoint"]
        login = base64.b64encode(f"aws:{self.token}".encode()).decode()
        headers = {"Authorization": f"Basic {login}" if kind == "maven" else f"Bearer {self.token}"}
        try:
            request = Request(f"{address}{path}", body, headers, method=method)  # noqa: S310  # the sandbox's
            with urlopen(request) as answer:  # noqa: S310
                return answer.status, answer.read()
        except HTTPError as error:
            with error:
                return error.code, error.read()

    def put(self, path: str, body: bytes = b"1", kind: str = "maven") -> int:
        return self.ask("PUT", path, body, kind)[0]

    def list(self, version: str) -> int:
        """Upload the list of the package's versions."""
        text = f"<metadata><versioning><versions><version>{version}</version></versions></versioning></metadata>"
        return self.put("com/acme/common/maven-metadata.xml", text.encode())

    def statuses(self) -> dict[str, str]:
        found = self.client.list_package_versions(**COMMON)["versions"]
        return {one["version"]: one["status"] for one in found}


@pytest.fixture
def registry(aws: Sandbox) -> Iterator[Registry]:
    client = aws.client("codeartifact")
    client.create_domain(domain="acme")
    client.create_repository(**NAMED)
    yield Registry(client, aws)
    aws.control("reset", {})


def test_a_release_is_unfinished_until_it_is_listed(registry: Registry) -> None:
    path = "com/acme/common/1.0/common-1.0.jar"
    assert registry.put(path) == 201
    assert registry.put(f"{path}.sha1", hashes_of(b"1")["SHA-1"].encode()) == 201
    assert registry.put(f"{path}.md5", b"0" * 32) == 400
    assert registry.statuses() == {"1.0": "Unfinished"}
    assert registry.ask("GET", path)[0] == 404
    assert registry.list("1.0") == 201
    assert registry.statuses() == {"1.0": "Published"}
    assert registry.ask("GET", path) == (200, b"1")
    # The same again is accepted, other content is not; another asset may be added.
    assert registry.put(path) == 201
    assert registry.put(path, b"2") == 409
    assert registry.put("com/acme/common/1.0/common-1.0-sources.jar") == 201
    registry.client.delete_package_versions(versions=["1.0"], **COMMON)
    assert registry.put(path, b"2") == 201


def test_a_snapshot_and_its_builds(registry: Registry) -> None:
    home = "com/acme/common/1.0-SNAPSHOT"
    assert registry.put(f"{home}/common-1.0-SNAPSHOT.jar") == 400
    assert registry.put(f"{home}/common-1.0-{STAMP}.jar") == 201
    assert registry.statuses() == {f"1.0-{STAMP}": "Unfinished"}
    stamp, number = STAMP.split("-")
    about = f"<snapshot><timestamp>{stamp}</timestamp><buildNumber>{number}</buildNumber></snapshot>"
    listing = f"<metadata><versioning>{about}</versioning></metadata>".encode()
    assert registry.put(f"{home}/maven-metadata.xml", listing.replace(b"191059", b"191100")) == 400
    assert registry.put(f"{home}/maven-metadata.xml", listing) == 201
    assert registry.statuses() == {f"1.0-{STAMP}": "Unlisted", "1.0-SNAPSHOT": "Published"}
    assets = registry.client.list_package_version_assets(packageVersion="1.0-SNAPSHOT", **COMMON)["assets"]
    assert [one["name"] for one in assets] == [f"common-1.0-{STAMP}.jar", "maven-metadata.xml"]
    assert assets[0]["hashes"]["SHA-256"] == hashlib.sha256(b"1").hexdigest()
    answer = registry.client.delete_package_versions(versions=["1.0-SNAPSHOT", "2.0"], **COMMON)
    assert list(answer["successfulVersions"]) == ["1.0-SNAPSHOT"]
    assert answer["failedVersions"]["2.0"]["errorCode"] == "NOT_FOUND"
    assert registry.statuses() == {f"1.0-{STAMP}": "Unlisted"}


def test_npm_has_one_archive_for_each_version(registry: Registry) -> None:
    def document(content: bytes, **dist: str) -> bytes:
        manifest = {"name": "@acme/ui", "version": "1.0.0", "dist": dist}
        attachment = {"data": base64.b64encode(content).decode()}
        body = {"name": "@acme/ui", "versions": {"1.0.0": manifest}, "_attachments": {"ui.tgz": attachment}}
        return json.dumps({**body, "dist-tags": {"latest": "1.0.0"}}).encode()

    assert registry.put("@acme/ui", document(b"1", shasum="0" * 40), "npm") == 400
    assert registry.put("@acme/ui", b"{}", "npm") == 400
    assert registry.put("@acme/ui", document(b"1"), "npm") == 200
    assert registry.put("@acme/ui", document(b"1"), "npm") == 200
    assert registry.put("@acme/ui", document(b"2"), "npm") == 409
    status, body = registry.ask("GET", "@acme/ui", None, "npm")
    assert (status, json.loads(body)["dist-tags"]) == (200, {"latest": "1.0.0"})
    assert registry.ask("GET", "@acme/ui/-/ui-1.0.0.tgz", None, "npm") == (200, b"1")


def test_only_a_valid_token_is_let_in(registry: Registry) -> None:
    registry.token = "other"
    assert registry.put("com/acme/common/1.0/common-1.0.jar") == 401
    with pytest.raises(ClientError, match="ValidationException"):
        registry.client.get_authorization_token(domain="acme", durationSeconds=60)
    with pytest.raises(ClientError, match="ResourceNotFoundException"):
        registry.client.get_authorization_token(domain="other")


def test_a_token_expires() -> None:
    now = [1000.0]
    account = Account("000000000000", lambda: now[0])
    api = Api(account, "eu-west-1", "http://127.0.0.1:4510")
    api.respond("CreateDomain", {"domain": "acme"})
    token = api.respond("GetAuthorizationToken", {"domain": "acme", "durationSeconds": 900})["authorizationToken"]
    domain = account.domain("eu-west-1", "acme")
    account.check_token(domain, token)
    now[0] += 900
    with pytest.raises(CodeArtifactError):
        account.check_token(domain, token)


def test_answers_and_errors_fit_the_model(registry: Registry) -> None:
    registry.put("com/acme/common/1.0/common-1.0.jar")
    registry.list("1.0")
    client = registry.client
    one = {**COMMON, "packageVersion": "1.0"}
    asked: list[tuple[str, dict[str, Any]]] = [
        ("DescribeDomain", {"domain": "acme"}),
        ("DescribeRepository", NAMED),
        ("GetAuthorizationToken", {"domain": "acme"}),
        ("GetRepositoryEndpoint", {**NAMED, "format": "npm"}),
        ("ListPackageVersions", COMMON),
        ("DescribePackageVersion", one),
        ("ListPackageVersionAssets", one),
        ("UpdatePackageVersionsStatus", {**COMMON, "versions": ["1.0"], "targetStatus": "Archived"}),
        ("DeletePackageVersions", {**COMMON, "versions": ["1.0", "2.0"]}),
    ]
    api = client.meta.method_to_api_mapping
    method = {action: name for name, action in api.items()}
    for action, request in asked:
        answer = getattr(client, method[action])(**request)
        del answer["ResponseMetadata"]
        check_answer("codeartifact", action, json.loads(json.dumps(answer, default=lambda value: value.timestamp())))
    wrong = {**COMMON, "versions": ["1.0"], "targetStatus": "Deleted"}
    for action, request, code in (
        ("DescribePackageVersion", one, "ResourceNotFoundException"),
        ("CreateDomain", {"domain": "acme"}, "ConflictException"),
        ("UpdatePackageVersionsStatus", wrong, "ValidationException"),
    ):
        with pytest.raises(ClientError, match=code):
            getattr(client, method[action])(**request)
        check_error("codeartifact", action, code)


def test_what_the_sandbox_does_not_know_is_refused(registry: Registry) -> None:
    with pytest.raises(ClientError, match="UnsupportedOperationException"):
        registry.client.list_domains()
    with pytest.raises(ClientError, match="UnsupportedOperationException"):
        registry.client.get_repository_endpoint(format="pypi", **NAMED)
    assert registry.ask("DELETE", "com/acme/common/1.0/common-1.0.jar")[0] == 501
    assert registry.put("common-1.0.jar") == 400
