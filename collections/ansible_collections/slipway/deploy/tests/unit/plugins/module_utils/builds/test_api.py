# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Calls that change something are repeated when their answer is lost; what AWS says to the second is success."""

from __future__ import annotations

import base64
import hashlib
import json
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.slipway.deploy.plugins.module_utils.artifact.model import Artifact
from ansible_collections.slipway.deploy.plugins.module_utils.aws import complete
from ansible_collections.slipway.deploy.plugins.module_utils.builds.api import EcrRepository, copy_file
from ansible_collections.slipway.deploy.plugins.module_utils.common.errors import SlipwayError
from ansible_collections.slipway.deploy.plugins.module_utils.image.reference import ImageRef
from ansible_collections.slipway.deploy.plugins.module_utils.image_builds.api import Ecr

from ..aws.call import DIGEST, REGISTRY
from ..aws.registry_calls import IMAGE, MANIFEST
from ..aws.wire import Refused, Wire

WIRE = Wire({})
#: An answer that lost its end, so that the call is made again.
LOST = '{"uploadId": "u", "las'
BEGUN = {"uploadId": "u", "partSize": 3}
COMPLETE = {"uploadId": "u", "layerDigest": DIGEST}
HELD = {"layers": [{"layerDigest": DIGEST, "layerAvailability": "AVAILABLE", "layerSize": 5}], "failures": []}
LACKING = {"layers": [{"layerDigest": DIGEST, "layerAvailability": "UNAVAILABLE"}], "failures": []}
NONE = {"images": [], "failures": [{"imageId": {"imageTag": "v1"}, "failureCode": "ImageNotFound"}]}


@pytest.fixture(autouse=True)
def no_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(complete, "PAUSES", (0.0, 0.0, 0.0))


def repository(answers: dict[str, Any], lost: str) -> EcrRepository:
    """A repository whose first answer to a call is lost."""
    found = EcrRepository(WIRE.clients(answers), ImageRef("app", REGISTRY))
    WIRE.once[lost] = LOST
    return found


@pytest.mark.parametrize(
    ("size", "received", "stored"), [(10, 4, True), (3, 4, False), (10, 2, False), (10, -1, False), (10, None, False)]
)
def test_a_part_that_arrived_is_not_sent_again(tmp_path: Path, size: int, received: int | None, stored: bool) -> None:
    path = tmp_path / "blob"
    path.write_bytes(b"layer")
    fields = {} if received is None else {"lastValidByteReceived": received}
    answers = {
        "InitiateLayerUpload": {**BEGUN, "partSize": size},
        "UploadLayerPart": Refused("InvalidLayerPartException", fields),
        "CompleteLayerUpload": COMPLETE,
    }
    place = repository(answers, "UploadLayerPart")
    if stored:
        place.upload(DIGEST, path)
        assert WIRE.asked == ["InitiateLayerUpload", "UploadLayerPart", "UploadLayerPart", "CompleteLayerUpload"]
    else:
        with pytest.raises(SlipwayError, match="InvalidLayerPartException"):
            place.upload(DIGEST, path)


@pytest.mark.parametrize(
    ("code", "layers", "stored"),
    [
        ("LayerAlreadyExistsException", LACKING, True),
        ("UploadNotFoundException", HELD, True),
        ("UploadNotFoundException", LACKING, False),
        ("InvalidLayerException", HELD, False),
    ],
)
def test_an_upload_that_is_complete_is_success(tmp_path: Path, code: str, layers: Any, stored: bool) -> None:
    path = tmp_path / "blob"
    path.write_bytes(b"layer")
    answers = {
        "InitiateLayerUpload": BEGUN,
        "UploadLayerPart": {"lastByteReceived": 4},
        "CompleteLayerUpload": Refused(code),
        "BatchCheckLayerAvailability": layers,
    }
    place = repository(answers, "CompleteLayerUpload")
    if stored:
        place.upload(DIGEST, path)
    else:
        with pytest.raises(SlipwayError, match=code):
            place.upload(DIGEST, path)


@pytest.mark.parametrize(
    ("code", "tagged", "stored"),
    [
        ("ImageAlreadyExistsException", NONE, True),
        ("ImageTagAlreadyExistsException", IMAGE, True),
        ("ImageTagAlreadyExistsException", {"images": [{**IMAGE["images"][0], "imageId": {}}]}, False),
        ("ImageTagAlreadyExistsException", NONE, False),
        ("LayersNotFoundException", IMAGE, False),
    ],
)
def test_an_image_that_has_its_tag_is_success(code: str, tagged: Any, stored: bool) -> None:
    place = repository({"PutImage": Refused(code), "BatchGetImage": tagged}, "PutImage")
    if stored:
        place.put(json.dumps(MANIFEST), "m", DIGEST, "1")
    else:
        with pytest.raises(SlipwayError):
            place.put(json.dumps(MANIFEST), "m", DIGEST, "1")
    assert WIRE.asked[:2] == ["PutImage", "PutImage"]


def test_a_tag_of_another_image_is_refused() -> None:
    place = repository({"PutImage": Refused("ImageTagAlreadyExistsException"), "BatchGetImage": IMAGE}, "PutImage")
    with pytest.raises(SlipwayError, match="ImageTagAlreadyExistsException"):
        place.put("{}", "m", "sha256:" + "b" * 64, "1")


def test_a_repository_that_exists_gets_the_rule() -> None:
    rule = {"repositoryName": "app", "imageTagMutability": "IMMUTABLE"}
    answers = {"CreateRepository": Refused("RepositoryAlreadyExistsException"), "PutImageTagMutability": rule}
    ecr = Ecr(WIRE.clients(answers), REGISTRY, "here")
    WIRE.once["CreateRepository"] = LOST
    ecr.create("app", [])
    assert WIRE.asked == ["CreateRepository", "CreateRepository", "PutImageTagMutability"]


@pytest.mark.parametrize(("there", "copied"), [(b"body", True), (b"other", False)])
def test_a_file_that_was_written_is_success(there: bytes, copied: bool) -> None:
    digest = hashlib.sha256(b"body").hexdigest()
    checksum = base64.b64encode(hashlib.sha256(there).digest()).decode()
    head = {"ETag": '"e"', "Content-Length": "4", "x-amz-checksum-sha256": checksum}
    source = Wire({}).clients({"GetObject": ({"ETag": '"e"', "Content-Length": "4"}, "body")})("s3")
    answers = {"PutObject": Refused("PreconditionFailed", status=412), "HeadObject": (head, "")}
    artifact = Artifact("dev", "main/v1/app.jar", "main", "v1", f"sha256:{digest}", 4)
    target = WIRE.clients(answers)("s3")
    # The file without an answer, then the one beside it.
    WIRE.once["PutObject"] = ({}, "")
    if copied:
        target.meta.events.register("before-parameter-build.s3.PutObject", _accept_digest, unique_id="accept")
        copy_file(source, artifact, target, "staging", "main/v1/app.jar")
        assert WIRE.asked == ["PutObject", "PutObject", "HeadObject", "PutObject"]
    else:
        with pytest.raises(SlipwayError, match="PreconditionFailed"):
            copy_file(source, artifact, target, "staging", "main/v1/app.jar")


def _accept_digest(params: dict[str, Any], **_: Any) -> None:
    if params["Key"].endswith(".sha256"):
        WIRE.answers["PutObject"] = ({"ETag": '"e"'}, "")
