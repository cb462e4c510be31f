# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The registry where moto's differs from ECR's."""

from __future__ import annotations

import hashlib
import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

from sandbox.testing import Sandbox

MANIFEST = "application/vnd.docker.distribution.manifest.v2+json"
INDEX = "application/vnd.oci.image.index.v1+json"


def manifest(text: str) -> str:
    return json.dumps({"schemaVersion": 2, "mediaType": MANIFEST, "config": {"digest": text, "size": 1}, "layers": []})


@pytest.fixture
def ecr(aws: Sandbox, request: pytest.FixtureRequest) -> Any:
    client = aws.client("ecr")
    client.create_repository(repositoryName=request.node.name.partition("[")[0])
    yield client
    client.delete_repository(repositoryName=request.node.name.partition("[")[0], force=True)


@pytest.fixture
def name(request: pytest.FixtureRequest) -> str:
    return str(request.node.name).partition("[")[0]


def put(ecr: Any, name: str, text: str, tag: str | None = None) -> str:
    extra = {"imageTag": tag} if tag else {}
    answer = ecr.put_image(repositoryName=name, imageManifest=manifest(text), **extra)
    return str(answer["image"]["imageId"]["imageDigest"])


def test_a_digest_is_the_hash_of_the_manifest(ecr: Any, name: str) -> None:
    expected = "sha256:" + hashlib.sha256(manifest("a").encode()).hexdigest()
    assert put(ecr, name, "a", "v1") == expected


def test_retagging_keeps_the_old_image_untagged(ecr: Any, name: str) -> None:
    old, new = put(ecr, name, "a", "latest"), put(ecr, name, "b", "latest")
    found = {
        one["imageDigest"]: one.get("imageTags") for one in ecr.describe_images(repositoryName=name)["imageDetails"]
    }
    assert found == {old: None, new: ["latest"]}
    assert ecr.list_images(repositoryName=name, filter={"tagStatus": "UNTAGGED"})["imageIds"] == [{"imageDigest": old}]


@pytest.mark.parametrize(
    ("settings", "tag", "refused"),
    [
        ({"imageTagMutability": "MUTABLE"}, "v1", False),
        ({"imageTagMutability": "IMMUTABLE"}, "v1", True),
        (
            {
                "imageTagMutability": "IMMUTABLE_WITH_EXCLUSION",
                "imageTagMutabilityExclusionFilters": [{"filterType": "WILDCARD", "filter": "lat*"}],
            },
            "latest",
            False,
        ),
        (
            {
                "imageTagMutability": "IMMUTABLE_WITH_EXCLUSION",
                "imageTagMutabilityExclusionFilters": [{"filterType": "WILDCARD", "filter": "lat*"}],
            },
            "v1",
            True,
        ),
    ],
)
def test_tag_rules(ecr: Any, name: str, settings: dict[str, Any], tag: str, refused: bool) -> None:
    ecr.put_image_tag_mutability(repositoryName=name, **settings)
    put(ecr, name, "a", tag)
    with pytest.raises(ClientError, match="ImageAlreadyExistsException"):
        put(ecr, name, "a", tag)
    if refused:
        with pytest.raises(ClientError, match="ImageTagAlreadyExistsException"):
            put(ecr, name, "b", tag)
    else:
        put(ecr, name, "b", tag)


def test_an_index_needs_its_manifests(ecr: Any, name: str) -> None:
    digest = put(ecr, name, "a")
    index = {
        "schemaVersion": 2,
        "mediaType": INDEX,
        "manifests": [{"digest": digest, "mediaType": MANIFEST, "size": 1}],
    }
    made = ecr.put_image(repositoryName=name, imageManifest=json.dumps(index), imageTag="multi")["image"]
    assert made["imageManifestMediaType"] == INDEX
    index["manifests"] = [{"digest": "sha256:" + "0" * 64, "mediaType": MANIFEST, "size": 1}]
    with pytest.raises(ClientError, match="ReferencedImagesNotFoundException"):
        ecr.put_image(repositoryName=name, imageManifest=json.dumps(index), imageTag="other")


def test_what_is_not_there(ecr: Any, name: str) -> None:
    with pytest.raises(ClientError, match="ImageNotFoundException"):
        ecr.describe_images(repositoryName=name, imageIds=[{"imageTag": "none"}])
    with pytest.raises(ClientError, match="RepositoryNotFoundException"):
        ecr.describe_images(repositoryName="none")
    found = ecr.batch_get_image(repositoryName=name, imageIds=[{"imageTag": "none"}])
    assert found["failures"][0]["failureCode"] == "ImageNotFound"
    put(ecr, name, "a", "v1")
    with pytest.raises(ClientError, match="RepositoryNotEmptyException"):
        ecr.delete_repository(repositoryName=name)


def test_layers_up_and_down(ecr: Any, name: str, aws: Sandbox) -> None:
    content = b"a layer"
    digest = "sha256:" + hashlib.sha256(content).hexdigest()
    upload = ecr.initiate_layer_upload(repositoryName=name)["uploadId"]
    ecr.upload_layer_part(repositoryName=name, uploadId=upload, partFirstByte=0, partLastByte=6, layerPartBlob=content)
    ecr.complete_layer_upload(repositoryName=name, uploadId=upload, layerDigests=[digest])
    layers = ecr.batch_check_layer_availability(repositoryName=name, layerDigests=[digest, "sha256:" + "0" * 64])
    assert [one["layerAvailability"] for one in layers["layers"]] == ["AVAILABLE", "UNAVAILABLE"]
    url = ecr.get_download_url_for_layer(repositoryName=name, layerDigest=digest)["downloadUrl"]
    assert url.startswith(aws.endpoint)


def test_the_config_of_a_built_image_can_be_read(aws: Sandbox) -> None:
    body = {"repository": "sdt/local/user-service", "tag": "built01", "labels": {"commit": "abc"}}
    digest = aws.control("images", body)["digest"]
    ecr = aws.client("ecr")
    image = ecr.batch_get_image(repositoryName="sdt/local/user-service", imageIds=[{"imageTag": "built01"}])["images"][
        0
    ]
    assert image["imageId"]["imageDigest"] == digest
    config = json.loads(image["imageManifest"])["config"]["digest"]
    url = ecr.get_download_url_for_layer(repositoryName="sdt/local/user-service", layerDigest=config)["downloadUrl"]
    found = aws.control(url.removeprefix(aws.endpoint))
    assert found["config"]["Labels"] == {"org.opencontainers.image.revision": "built01", "commit": "abc"}
    assert found["architecture"] == "amd64"


def test_pages(ecr: Any, name: str) -> None:
    digests = {put(ecr, name, str(number)) for number in range(5)}
    pages = list(ecr.get_paginator("describe_images").paginate(repositoryName=name, PaginationConfig={"PageSize": 2}))
    assert [len(one["imageDetails"]) for one in pages] == [2, 2, 1]
    assert {image["imageDigest"] for page in pages for image in page["imageDetails"]} == digests
