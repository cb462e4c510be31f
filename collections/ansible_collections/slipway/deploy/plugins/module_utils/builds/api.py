# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Copies images between repositories of ECR, and files between buckets of S3: the same bytes, so the same digests.

ECR has layers per repository: a copy uploads the blobs that the other repository lacks, then the manifest as it is.
https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_Operations.html
"""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from ..artifact.model import Artifact, recorded_digest
from ..aws.client import Clients, client_in
from ..aws.errors import calling, error_code
from ..common.documents import loads_or_none
from ..common.errors import SlipwayError
from ..files.download import Source, download
from ..fleet.parse import IMAGE_TYPES, INDEX_TYPES
from ..image.reference import ImageRef, ecr_account

_TYPES: Final = (*INDEX_TYPES, *IMAGE_TYPES)
_CHUNK: Final = 1024 * 1024
#: BatchCheckLayerAvailability takes so many digests.
_LAYERS_A_CALL: Final = 100
#: What S3 answers where ``IfNoneMatch`` finds an object.
_EXISTS: Final = {"PreconditionFailed", "412"}
#: No index refers to indexes of indexes.
_DEEPEST: Final = 3


class EcrRepository:
    """A repository of ECR.

    :raises SlipwayError: it is not ECR, or its region cannot be asked.
    """

    def __init__(self, clients: Clients, image: ImageRef) -> None:
        known = ecr_account(image.host)
        client = client_in(clients, "ecr", known[1]) if known else None
        if known is None or client is None:
            remedy = "Copy it there yourself, then promote again"
            raise SlipwayError("an image can only be copied between registries of ECR", str(image), remedy)
        self._client = client
        self._of = {"registryId": known[0], "repositoryName": image.repository}
        self.name = image.name

    def manifest(self, digest: str) -> tuple[str, str]:
        """The text and the media type of a manifest.

        :raises SlipwayError: it does not exist, or is another one.
        """
        with calling(f"get the image {self.name}@{digest}"):
            answer = self._client.batch_get_image(
                **self._of, imageIds=[{"imageDigest": digest}], acceptedMediaTypes=list(_TYPES)
            )
        images = answer.get("images") or []
        if not images:
            code = answer["failures"][0]["failureCode"]
            if code != "ImageNotFound":
                raise SlipwayError(f"ECR cannot show this image: {code}", f"{self.name}@{digest}")
            raise SlipwayError("there is no such image", f"{self.name}@{digest}", "Push it again, or build again")
        text = str(images[0]["imageManifest"])
        if f"sha256:{hashlib.sha256(text.encode()).hexdigest()}" != digest:
            raise SlipwayError("the registry returned another manifest", f"{self.name}@{digest}")
        return text, str(images[0].get("imageManifestMediaType") or IMAGE_TYPES[0])

    def sizes(self, digests: Sequence[str]) -> dict[str, int]:
        """The sizes of those of some blobs that the repository has, in bytes."""
        found: dict[str, int] = {}
        for start in range(0, len(digests), _LAYERS_A_CALL):
            part = list(digests[start : start + _LAYERS_A_CALL])
            with calling(f"look for layers in {self.name}"):
                answer = self._client.batch_check_layer_availability(**self._of, layerDigests=part)
            for layer in answer.get("layers") or ():
                if layer.get("layerAvailability") == "AVAILABLE":
                    found[str(layer["layerDigest"])] = int(layer["layerSize"])
        return found

    def fetch(self, digest: str, size: int, path: Path) -> None:
        """Download a blob and verify it."""
        with calling(f"get a layer of {self.name}"):
            answer = self._client.get_download_url_for_layer(**self._of, layerDigest=digest)
        name = f"{self.name}@{digest}"
        download(Source(str(answer["downloadUrl"]), name, size, digest.partition(":")[2]), path, jar=False)

    def upload(self, digest: str, path: Path) -> None:
        """Upload a blob, in parts of the size that ECR asks for."""
        with calling(f"upload a layer to {self.name}"):
            begun = self._client.initiate_layer_upload(**self._of)
            upload, size, first = str(begun["uploadId"]), int(begun["partSize"]), 0
            with path.open("rb") as file:
                while part := file.read(size):
                    self._send(upload, first, part)
                    first += len(part)
            try:
                self._client.complete_layer_upload(**self._of, uploadId=upload, layerDigests=[digest])
            except Exception as error:
                code = error_code(error)
                # An upload is gone once it is complete, which a repeated call finds.
                done = code == "UploadNotFoundException" and digest in self.sizes([digest])
                if not done and code != "LayerAlreadyExistsException":
                    raise

    def _send(self, upload: str, first: int, part: bytes) -> None:
        last = first + len(part) - 1
        try:
            self._client.upload_layer_part(
                **self._of, uploadId=upload, partFirstByte=first, partLastByte=last, layerPartBlob=part
            )
        except Exception as error:
            # ECR has this part already: the answer was lost, and the call was repeated.
            received = getattr(error, "response", {}).get("lastValidByteReceived")
            if error_code(error) != "InvalidLayerPartException" or received != last:
                raise

    def put(self, text: str, kind: str, digest: str, tag: str = "") -> None:
        """Store a manifest, under a tag or only by its digest. An equal one may exist.

        :raises SlipwayError: the tag is another image's and may not move, or the call fails.
        """
        tagged = {"imageTag": tag} if tag else {}
        with calling(f"put the image {self.name}{f':{tag}' if tag else f'@{digest}'}"):
            try:
                self._client.put_image(
                    **self._of, imageManifest=text, imageManifestMediaType=kind, imageDigest=digest, **tagged
                )
            except Exception as error:
                code = error_code(error)
                # Where tags are immutable, ECR may refuse one even for the image that has it.
                # https://github.com/aws/containers-roadmap/issues/2179
                same = code == "ImageTagAlreadyExistsException" and self._found(imageTag=tag) == digest
                if not same and code != "ImageAlreadyExistsException":
                    raise

    def has(self, digest: str) -> bool:
        """Whether the repository has a manifest."""
        with calling(f"look for {self.name}@{digest}"):
            return bool(self._found(imageDigest=digest))

    def _found(self, **identity: str) -> str:
        """The digest of the image that has a digest or a tag, or nothing."""
        answer = self._client.batch_get_image(**self._of, imageIds=[identity], acceptedMediaTypes=list(_TYPES))
        return next((str(image["imageId"]["imageDigest"]) for image in answer.get("images") or ()), "")


def copy_image(source: EcrRepository, target: EcrRepository, digest: str, tags: Sequence[str] = ()) -> None:
    """Copy an image with all of its platforms; the digest stays. What the target has already is not sent again.

    :param tags: the tags that the target gets. An immutable repository refuses one that names another image there.
    :raises SlipwayError: a call failed; the target then has layers at most, and the copy may be repeated.
    """
    with tempfile.TemporaryDirectory(prefix="slipway-") as directory:
        text, kind = _copy(source, target, digest, Path(directory), 1)
        for tag in tags or ("",):
            target.put(text, kind, digest, tag)


def _copy(source: EcrRepository, target: EcrRepository, digest: str, directory: Path, depth: int) -> tuple[str, str]:
    """Copy what a manifest refers to; return its text and media type."""
    text, kind = source.manifest(digest)
    document = loads_or_none(text)
    if not isinstance(document, Mapping) or depth > _DEEPEST:
        raise SlipwayError("this is not an image's manifest", f"{source.name}@{digest}")
    for child in document.get("manifests") or ():
        child_text, child_kind = _copy(source, target, str(child["digest"]), directory, depth + 1)
        target.put(child_text, child_kind, str(child["digest"]))
    blobs = [document.get("config"), *(document.get("layers") or ())]
    # A layer with URLs is not in the registry.
    wanted = list(dict.fromkeys(str(blob["digest"]) for blob in blobs if blob and not blob.get("urls")))
    there = target.sizes(wanted)
    sizes = source.sizes([item for item in wanted if item not in there])
    for missing in (item for item in wanted if item not in there):
        path = directory / "blob"
        if missing not in sizes:
            raise SlipwayError(f"its layer {missing[:19]}… is missing", f"{source.name}@{digest}", "Push it again")
        source.fetch(missing, sizes[missing], path)
        target.upload(missing, path)
        path.unlink()
    return text, kind


def copy_file(source_s3: Any, artifact: Artifact, target_s3: Any, bucket: str, key: str) -> None:
    """Copy a file between buckets, which may belong to different accounts, with its digest beside it.

    :raises SlipwayError: it is not what its digest says, or the target has another file there.
    """
    place = f"s3://{bucket}/{key}"
    version = {"VersionId": artifact.version_id} if artifact.version_id else {}
    with tempfile.TemporaryFile() as file:
        digest = hashlib.sha256()
        with calling(f"read {artifact.place}"):
            body = source_s3.get_object(Bucket=artifact.bucket, Key=artifact.key, **version)["Body"]
            for chunk in iter(lambda: body.read(_CHUNK), b""):
                digest.update(chunk)
                file.write(chunk)
        if f"sha256:{digest.hexdigest()}" != artifact.digest:
            raise SlipwayError(f"it is not {artifact.digest[:19]}…", artifact.place, "Find out who replaced it")
        file.seek(0)
        with calling(f"write {place}"):
            try:
                target_s3.put_object(Bucket=bucket, Key=key, Body=file, ChecksumAlgorithm="SHA256", IfNoneMatch="*")
            except Exception as error:
                # Another run was faster; or this one, and the answer was lost.
                if error_code(error) not in _EXISTS:
                    raise
                head = target_s3.head_object(Bucket=bucket, Key=key, ChecksumMode="ENABLED")
                if recorded_digest(head) != artifact.digest:
                    raise
    with calling(f"write {place}.sha256"):
        line = f"{digest.hexdigest()}  {key.rpartition('/')[2]}\n"
        target_s3.put_object(Bucket=bucket, Key=f"{key}.sha256", Body=line.encode())
