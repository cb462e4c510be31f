# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Copies of images between repositories of ECR, by ECR's API; what was pushed by the registry's protocol as well."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from typing import Any

import pytest

from ansible_collections.slipway.deploy.plugins.module_utils.builds.api import EcrRepository, copy_image
from ansible_collections.slipway.deploy.plugins.module_utils.common.errors import SlipwayError
from ansible_collections.slipway.deploy.plugins.module_utils.image.reference import ImageRef, parse_image
from ansible_collections.slipway.deploy.plugins.module_utils.image.registry import Content, Login, attach, read_blob
from sandbox.testing import Sandbox

HOST = "000000000000.dkr.ecr.eu-west-1.amazonaws.com"
SOURCE, TARGET = "copies/dev", "copies/staging"
BOM = Content("application/vnd.cyclonedx+json", b'{"bomFormat": "CycloneDX"}')


@pytest.fixture
def places(aws: Sandbox) -> Iterator[tuple[EcrRepository, EcrRepository]]:
    """Two repositories; the tags of the second are immutable."""
    ecr = aws.client("ecr")
    ecr.create_repository(repositoryName=SOURCE)
    ecr.create_repository(repositoryName=TARGET, imageTagMutability="IMMUTABLE")
    yield tuple(EcrRepository(aws.client, ImageRef(name, HOST)) for name in (SOURCE, TARGET))  # type: ignore[misc]
    for name in (SOURCE, TARGET):
        ecr.delete_repository(repositoryName=name, force=True)


def calls(aws: Sandbox) -> dict[str, int]:
    """How often each call of ECR was answered since the journal was emptied."""
    found: dict[str, int] = aws.control("calls?service=ecr")["counts"]
    return {name.partition(":")[2]: count for name, count in found.items() if name.startswith("ecr:")}


def build(aws: Sandbox, tag: str) -> str:
    body = {"repository": SOURCE, "tag": tag, "platforms": ["linux/amd64", "linux/arm64"]}
    return str(aws.control("images", body)["digest"])


def test_all_platforms_and_the_bill_of_materials_keep_their_digests(
    aws: Sandbox, places: tuple[EcrRepository, EcrRepository]
) -> None:
    source, target = places
    digest = build(aws, "v1.2.0")
    answer = aws.client("ecr").get_authorization_token()["authorizationData"][0]
    login = Login(answer["authorizationToken"], insecure=True)
    own = aws.endpoint.removeprefix("http://")
    assert base64.b64decode(answer["authorizationToken"]).startswith(b"AWS:")
    bom = attach(parse_image(f"{own}/{SOURCE}"), digest, BOM, login)

    copy_image(source, target, digest, ["v1.2.0", "3f9c2d1"])
    copy_image(source, target, bom)
    ecr: Any = aws.client("ecr")
    details = ecr.describe_images(repositoryName=TARGET, imageIds=[{"imageDigest": digest}])["imageDetails"]
    assert sorted(details[0]["imageTags"]) == ["3f9c2d1", "v1.2.0"]
    assert source.manifest(digest) == target.manifest(digest)
    assert source.manifest(bom) == target.manifest(bom)
    # A client of the registry's protocol gets it as well.
    assert read_blob(parse_image(f"{own}/{TARGET}"), BOM.digest, login) == BOM.body

    aws.control("calls", method="DELETE")
    copy_image(source, target, digest, ["v1.2.0", "3f9c2d1"])
    assert not calls(aws).keys() & {"InitiateLayerUpload", "UploadLayerPart", "GetDownloadUrlForLayer"}


def test_a_copy_that_fails_half_way_is_finished_by_the_next(
    aws: Sandbox, places: tuple[EcrRepository, EcrRepository]
) -> None:
    source, target = places
    digest = build(aws, "v1.3.0")
    fault = {"kind": "error", "service": "ecr", "action": "CompleteLayerUpload", "code": "ServerException", "count": 40}
    aws.control("faults", fault)
    with pytest.raises(SlipwayError):
        copy_image(source, target, digest, ["v1.3.0"])
    with pytest.raises(SlipwayError, match="there is no such image"):
        target.manifest(digest)
    aws.control("faults", method="DELETE")
    copy_image(source, target, digest, ["v1.3.0"])
    assert source.manifest(digest) == target.manifest(digest)


def test_a_tag_is_never_moved(aws: Sandbox, places: tuple[EcrRepository, EcrRepository]) -> None:
    source, target = places
    copy_image(source, target, build(aws, "v1.4.0"), ["v1.4.0"])
    aws.control("images", {"repository": SOURCE, "tag": "other", "labels": {"a": "b"}})
    other = aws.client("ecr").describe_images(repositoryName=SOURCE, imageIds=[{"imageTag": "other"}])["imageDetails"]
    with pytest.raises(SlipwayError, match="tag is immutable|ImageTagAlreadyExists"):
        copy_image(source, target, other[0]["imageDigest"], ["v1.4.0"])


def test_only_ecr_is_copied_to_and_from(aws: Sandbox) -> None:
    with pytest.raises(SlipwayError, match="an image can only be copied between registries of ECR"):
        EcrRepository(aws.client, parse_image("registry.example.org/backend"))
