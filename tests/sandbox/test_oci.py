# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""ECR's registry protocol: its login, its errors, and that what is pushed and what its API has are the same.

How an engine pushes there is in tests/images/.
"""

from __future__ import annotations

import base64
import hashlib
import http.client
import json
from typing import Any

import pytest

from sandbox.testing import Sandbox

MANIFEST = "application/vnd.oci.image.manifest.v1+json"
CONFIG = b'{"architecture": "amd64", "os": "linux"}'


def digest_of(content: bytes) -> str:
    return f"sha256:{hashlib.sha256(content).hexdigest()}"


class Client:
    """A client of the protocol with ECR's login."""

    def __init__(self, aws: Sandbox) -> None:
        found = aws.client("ecr").get_authorization_token()["authorizationData"][0]
        self.host = str(found["proxyEndpoint"]).removeprefix("http://")
        self.token = str(found["authorizationToken"])

    def ask(self, method: str, path: str, body: bytes = b"", kind: str = "", token: str | None = None) -> Any:
        connection = http.client.HTTPConnection(self.host, timeout=60)
        login = self.token if token is None else token
        typed = {"Content-Type": kind} if kind else {}
        connection.request(method, path, body, {**typed, **({"Authorization": f"Basic {login}"} if login else {})})
        answer = connection.getresponse()
        return answer.status, {name.lower(): value for name, value in answer.getheaders()}, answer.read()

    def push(self, name: str, tag: str, document: dict[str, Any]) -> tuple[int, dict[str, str], str]:
        _status, headers, _body = self.ask("POST", f"/v2/{name}/blobs/uploads/")
        place = headers["location"].removeprefix(f"http://{self.host}")
        self.ask("PUT", f"{place}&digest={digest_of(CONFIG)}", CONFIG, "application/octet-stream")
        config = {"mediaType": "application/vnd.oci.image.config.v1+json", "size": len(CONFIG)}
        whole = {"schemaVersion": 2, "mediaType": MANIFEST, "layers": [], **document}
        body = json.dumps({**whole, "config": {**config, "digest": digest_of(CONFIG)}}).encode()
        status, headers, _body = self.ask("PUT", f"/v2/{name}/manifests/{tag or digest_of(body)}", body, MANIFEST)
        return status, headers, digest_of(body)


@pytest.fixture
def name(aws: Sandbox, request: pytest.FixtureRequest) -> Any:
    made = f"oci/{request.node.name.partition('[')[0]}"
    aws.client("ecr").create_repository(repositoryName=made, imageTagMutability="IMMUTABLE")
    yield made
    aws.client("ecr").delete_repository(repositoryName=made, force=True)


def test_the_login(aws: Sandbox, name: str) -> None:
    client = Client(aws)
    assert client.ask("GET", "/v2/")[0] == 200
    status, headers, _body = client.ask("GET", "/v2/", token="")
    assert (status, headers["www-authenticate"].split()[0]) == (401, "Basic")
    for wrong in ("x", base64.b64encode(b"AWS:x").decode(), base64.b64encode(b"x").decode()):
        assert client.ask("GET", "/v2/", token=wrong)[0] == 401
    aws.control("registry", {"expire": True})
    status, _headers, body = client.ask("GET", f"/v2/{name}/tags/list")
    assert (status, json.loads(body)["errors"][0]["code"]) == (403, "DENIED")
    assert Client(aws).ask("GET", f"/v2/{name}/tags/list")[2] == json.dumps({"name": name, "tags": []}).encode()


def test_what_is_pushed_is_in_ecr_and_the_other_way_round(aws: Sandbox, name: str) -> None:
    client, ecr = Client(aws), aws.client("ecr")
    status, _headers, digest = client.push(name, "v1", {})
    assert status == 201
    [found] = ecr.batch_get_image(repositoryName=name, imageIds=[{"imageTag": "v1"}])["images"]
    assert found["imageId"]["imageDigest"] == digest
    ecr.put_image(repositoryName=name, imageManifest=found["imageManifest"], imageTag="v2")
    status, headers, body = client.ask("GET", f"/v2/{name}/manifests/v2")
    assert (status, headers["docker-content-digest"], digest_of(body)) == (200, digest, digest)
    assert ecr.get_download_url_for_layer(repositoryName=name, layerDigest=digest_of(CONFIG))["downloadUrl"]
    assert client.ask("GET", f"/v2/{name}/blobs/{digest_of(CONFIG)}")[2] == CONFIG
    # The tag cannot move, the same image can be pushed again.
    assert client.push(name, "v1", {})[0] == 201
    assert client.push(name, "v1", {"annotations": {"a": "b"}})[0] == 400
    ecr.batch_delete_image(repositoryName=name, imageIds=[{"imageDigest": digest}])
    assert client.ask("HEAD", f"/v2/{name}/manifests/v1")[0] == 404
    assert client.ask("GET", "/v2/oci/none/tags/list")[0] == 404


def test_referrers(aws: Sandbox, name: str) -> None:
    client, ecr = Client(aws), aws.client("ecr")
    _status, _headers, digest = client.push(name, "v1", {})
    subject = {"mediaType": MANIFEST, "digest": digest, "size": 1}
    _status, headers, bom = client.push(name, "", {"subject": subject, "artifactType": "application/x"})
    assert headers["oci-subject"] == digest
    [found] = json.loads(client.ask("GET", f"/v2/{name}/referrers/{digest}")[2])["manifests"]
    assert (found["digest"], found["artifactType"]) == (bom, "application/x")
    asked = {"repositoryName": name, "subjectId": {"imageDigest": digest}}
    assert [one["digest"] for one in ecr.list_image_referrers(**asked)["referrers"]] == [bom]
    assert ecr.list_image_referrers(**asked, filter={"artifactTypes": ["application/y"]})["referrers"] == []
