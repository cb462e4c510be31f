# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""ECR's image operations, where moto differs from ECR: digests, tag rules, untagged images, layers, paging."""

from __future__ import annotations

import base64
import fnmatch
import json
import secrets
import uuid
from collections.abc import Callable
from typing import Any

from sandbox.aws import MotoWorld
from sandbox.images import INDEXES, MANIFEST, Image, Registry, digest_of

TOKEN_SECONDS = 12 * 3600.0


class EcrError(Exception):
    """An error of the ECR API."""

    def __init__(self, code: str, message: str, **fields: Any) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.fields = fields


class Ecr:
    """The operations that the sandbox answers itself; repositories and policies stay moto's."""

    def __init__(
        self, world: MotoWorld, clock: Callable[[], float], base_url: Callable[[], str], tokens: dict[str, float]
    ) -> None:
        self.world = world
        #: The passwords that were given out, each with its end.
        self.tokens = tokens
        self.registry: Registry = world.registry
        self.clock = clock
        self.base_url = base_url
        self.uploads: dict[str, bytearray] = {}
        # What was pushed by the registry's protocol.
        self.pushed: Callable[[str, str], bytes | None] = lambda _name, _digest: None
        self.handlers: dict[str, Callable[[str, dict[str, Any]], dict[str, Any]]] = {
            "PutImage": self.put_image,
            "BatchGetImage": self.batch_get_image,
            "DescribeImages": self.describe_images,
            "ListImages": self.list_images,
            "BatchDeleteImage": self.batch_delete_image,
            "BatchCheckLayerAvailability": self.check_layers,
            "InitiateLayerUpload": self.initiate_upload,
            "UploadLayerPart": self.upload_part,
            "CompleteLayerUpload": self.complete_upload,
            "GetDownloadUrlForLayer": self.download_url,
            "ListImageReferrers": self.list_referrers,
        }

    def respond(self, action: str, body: dict[str, Any]) -> tuple[int, bytes] | None:
        """Answer an action, or ``None`` when it is moto's."""
        name = str(body.get("repositoryName", ""))
        handler = self.handlers.get(action)
        try:
            if action == "GetAuthorizationToken":
                return 200, json.dumps(self.authorization()).encode()
            if action == "DeleteRepository":
                self._check_delete(name, body)
                return None
            if handler is None:
                return None
            self._repository(name, body)
            return 200, json.dumps(handler(name, body)).encode()
        except EcrError as error:
            return 400, json.dumps({"__type": error.code, "message": error.message, **error.fields}).encode()

    def _repository(self, name: str, body: dict[str, Any]) -> Any:
        registry = body.get("registryId", self.world.account)
        found = self.world.backend("ecr").repositories.get(name) if registry == self.world.account else None
        if found is None:
            raise EcrError(
                "RepositoryNotFoundException",
                f"The repository with name '{name}' does not exist in the registry with id '{registry}'",
            )
        return found

    def _check_delete(self, name: str, body: dict[str, Any]) -> None:
        self._repository(name, body)
        if self.registry.repository(name) and not body.get("force"):
            raise EcrError(
                "RepositoryNotEmptyException",
                f"The repository with name '{name}' in registry with id '{self.world.account}' cannot be deleted "
                "because it still contains images",
            )
        self.registry.forget(name)

    def _image(self, name: str, one: Image, tag: str | None) -> dict[str, Any]:
        identity = {"imageDigest": one.digest}
        if tag:
            identity["imageTag"] = tag
        return {
            "registryId": self.world.account,
            "repositoryName": name,
            "imageId": identity,
            "imageManifest": one.manifest,
            "imageManifestMediaType": one.media_type,
        }

    def put_image(self, name: str, body: dict[str, Any]) -> dict[str, Any]:
        """PutImage, with the repository's rule about tags that exist."""
        manifest, tag = str(body.get("imageManifest", "")), body.get("imageTag")
        parsed = Image("", manifest, "", 0.0).parsed()
        kind = body.get("imageManifestMediaType") or parsed.get("mediaType") or MANIFEST
        digest = digest_of(manifest.encode())
        if body.get("imageDigest") not in (None, digest):
            raise EcrError("ImageDigestDoesNotMatchException", "The provided digest does not match the manifest.")
        account = self.world.account
        with self.registry.lock:
            known = self.registry.repository(name).get(digest)
            if known is not None and (tag is None or tag in known.tags):
                label = f" and tag '{tag}'" if tag else ""
                raise EcrError(
                    "ImageAlreadyExistsException",
                    f"Image with digest '{digest}'{label} already exists in the repository with name '{name}' in "
                    f"registry with id '{account}'",
                )
            if tag:
                self.check_tag(name, tag, digest)
            self._check_references(name, kind, parsed)
            image = self.registry.put(name, manifest, kind, tag, self.clock())
        return {"image": self._image(name, image, tag)}

    def authorization(self) -> dict[str, Any]:
        """GetAuthorizationToken: a login for the registry protocol, which the sandbox speaks itself."""
        password, end = secrets.token_urlsafe(48), self.clock() + TOKEN_SECONDS
        self.tokens[password] = end
        token = base64.b64encode(f"AWS:{password}".encode()).decode()
        entry = {"authorizationToken": token, "expiresAt": end, "proxyEndpoint": self.base_url()}
        return {"authorizationData": [entry]}

    def list_referrers(self, name: str, body: dict[str, Any]) -> dict[str, Any]:
        """ListImageReferrers: the artifacts about an image, 50 a page."""
        subject = str((body.get("subjectId") or {}).get("imageDigest", ""))
        wanted = (body.get("filter") or {}).get("artifactTypes")
        found = [described(one) for one in self.registry.referrers(name, subject)]
        kept = [{**one, "artifactStatus": "ACTIVE"} for one in found if not wanted or one["artifactType"] in wanted]
        return _page(kept, body, "referrers", 50)

    def check_repository(self, name: str) -> None:
        """Raise EcrError if there is no such repository."""
        self._repository(name, {})

    def check_tag(self, name: str, tag: str, digest: str) -> None:
        """Raise EcrError if the tag is another image's and may not move."""
        before = self.registry.by_tag(name, tag)
        if before is not None and before.digest != digest and self._immutable(name, tag):
            raise EcrError(
                "ImageTagAlreadyExistsException",
                f"The image tag '{tag}' already exists in the '{name}' repository and cannot be overwritten "
                "because the tag is immutable.",
            )

    def _immutable(self, name: str, tag: str) -> bool:
        repository = self._repository(name, {})
        # moto keeps a string or a member of an enumeration of strings.
        kind = str(getattr(repository.image_tag_mutability, "value", repository.image_tag_mutability))
        filters = repository.image_tag_mutability_exclusion_filters or []
        excluded = any(fnmatch.fnmatchcase(tag, one["filter"]) for one in filters)
        return {
            "IMMUTABLE": True,
            "IMMUTABLE_WITH_EXCLUSION": not excluded,
            "MUTABLE_WITH_EXCLUSION": excluded,
        }.get(kind, False)

    def _check_references(self, name: str, kind: str, parsed: dict[str, Any]) -> None:
        if kind not in INDEXES:
            return
        for one in parsed.get("manifests", []):
            if one.get("digest") not in self.registry.repository(name):
                raise EcrError(
                    "ReferencedImagesNotFoundException",
                    f"The image manifest list references an image that does not exist: {one.get('digest')}",
                )

    def batch_get_image(self, name: str, body: dict[str, Any]) -> dict[str, Any]:
        """BatchGetImage."""
        images, failures = [], []
        for reference in body.get("imageIds", []):
            found = self.registry.find(name, reference)
            if found:
                images.append(self._image(name, found, reference.get("imageTag")))
            else:
                failures.append(
                    {"imageId": reference, "failureCode": "ImageNotFound", "failureReason": "Requested image not found"}
                )
        return {"images": images, "failures": failures}

    def describe_images(self, name: str, body: dict[str, Any]) -> dict[str, Any]:
        """DescribeImages, 100 a page unless asked for up to 1000."""
        wanted = body.get("imageIds")
        with self.registry.lock:
            if wanted:
                found = []
                for reference in wanted:
                    image = self.registry.find(name, reference)
                    if image is None:
                        raise EcrError("ImageNotFoundException", self._not_found(name, reference))
                    if image not in found:
                        found.append(image)
            else:
                found = list(self.registry.repository(name).values())
            status = (body.get("filter") or {}).get("tagStatus", "ANY")
            details = [
                self._detail(name, one) for one in found if status == "ANY" or bool(one.tags) == (status == "TAGGED")
            ]
        return _page(details, body, "imageDetails", 100)

    def _not_found(self, name: str, reference: dict[str, str]) -> str:
        digest, tag = reference.get("imageDigest"), reference.get("imageTag")
        return (
            f"The image with imageId {{imageDigest:'{digest or 'null'}', imageTag:'{tag or 'null'}'}} does not exist "
            f"within the repository with name '{name}' in the registry with id '{self.world.account}'"
        )

    def _detail(self, name: str, one: Image) -> dict[str, Any]:
        shown: dict[str, Any] = {
            "registryId": self.world.account,
            "repositoryName": name,
            "imageDigest": one.digest,
            "imageSizeInBytes": one.size,
            "imagePushedAt": one.pushed_at,
            "imageManifestMediaType": one.media_type,
        }
        if one.tags:
            shown["imageTags"] = list(one.tags)
        if not one.is_index:
            shown["artifactMediaType"] = (
                one.parsed().get("config", {}).get("mediaType", "application/vnd.docker.container.image.v1+json")
            )
        return shown

    def list_images(self, name: str, body: dict[str, Any]) -> dict[str, Any]:
        """ListImages: one entry a tag, and one for an untagged image."""
        status = (body.get("filter") or {}).get("tagStatus", "ANY")
        found: list[dict[str, str]] = []
        with self.registry.lock:
            for one in self.registry.repository(name).values():
                if one.tags and status != "UNTAGGED":
                    found += [{"imageDigest": one.digest, "imageTag": tag} for tag in one.tags]
                elif not one.tags and status != "TAGGED":
                    found.append({"imageDigest": one.digest})
        return _page(found, body, "imageIds", 100)

    def batch_delete_image(self, name: str, body: dict[str, Any]) -> dict[str, Any]:
        """BatchDeleteImage: by tag removes the tag (and the image with its last one), by digest the image."""
        done, failures = [], []
        with self.registry.lock:
            for reference in body.get("imageIds", []):
                found = self.registry.find(name, reference)
                if found is None:
                    failures.append(
                        {
                            "imageId": reference,
                            "failureCode": "ImageNotFound",
                            "failureReason": "Requested image not found",
                        }
                    )
                    continue
                done.append({"imageDigest": found.digest, **reference})
                tag = reference.get("imageTag")
                if tag and "imageDigest" not in reference and len(found.tags) > 1:
                    self.registry.untag(name, tag)
                else:
                    self.registry.delete(name, found.digest)
        return {"imageIds": done, "failures": failures}

    def blob(self, name: str, digest: str) -> bytes | None:
        """A repository's blob, whichever way it was pushed; ``None`` if the repository lacks it."""
        held = self.registry.blobs.setdefault(name, {})
        if digest not in held:
            pushed = self.pushed(name, digest)
            if pushed is not None:
                held[digest] = pushed
        return held.get(digest)

    def check_layers(self, name: str, body: dict[str, Any]) -> dict[str, Any]:
        """BatchCheckLayerAvailability."""
        layers = []
        for digest in body.get("layerDigests", []):
            held = self.blob(name, digest)
            known = held is not None
            entry: dict[str, Any] = {
                "layerDigest": digest,
                "layerAvailability": "AVAILABLE" if known else "UNAVAILABLE",
            }
            if held is not None:
                entry["layerSize"] = len(held)
            layers.append(entry)
        return {"layers": layers, "failures": []}

    def initiate_upload(self, _name: str, _body: dict[str, Any]) -> dict[str, Any]:
        """InitiateLayerUpload."""
        identity = str(uuid.uuid4())
        self.uploads[identity] = bytearray()
        return {"uploadId": identity, "partSize": 10 * 1024 * 1024}

    def upload_part(self, name: str, body: dict[str, Any]) -> dict[str, Any]:
        """UploadLayerPart, in order."""
        identity = body.get("uploadId", "")
        if identity not in self.uploads:
            raise EcrError("UploadNotFoundException", f"Upload with id '{identity}' could not be found.")
        held = self.uploads[identity]
        if int(body.get("partFirstByte", 0)) != len(held):
            last = len(held) - 1
            raise EcrError(
                "InvalidLayerPartException", "The layer part is not the next one.", lastValidByteReceived=last
            )
        held += base64.b64decode(body.get("layerPartBlob", ""))
        return {
            "registryId": self.world.account,
            "repositoryName": name,
            "uploadId": identity,
            "lastByteReceived": len(held) - 1,
        }

    def complete_upload(self, name: str, body: dict[str, Any]) -> dict[str, Any]:
        """CompleteLayerUpload; the digest must be the content's."""
        identity = body.get("uploadId", "")
        if identity not in self.uploads:
            raise EcrError("UploadNotFoundException", f"Upload with id '{identity}' could not be found.")
        content = bytes(self.uploads.pop(identity))
        digest = digest_of(content)
        if digest not in body.get("layerDigests", []):
            raise EcrError("InvalidLayerException", "The layer digest does not match the content.")
        self.registry.blobs.setdefault(name, {})[digest] = content
        return {
            "registryId": self.world.account,
            "repositoryName": name,
            "uploadId": identity,
            "layerDigest": digest,
        }

    def download_url(self, name: str, body: dict[str, Any]) -> dict[str, Any]:
        """GetDownloadUrlForLayer: a URL on the sandbox itself."""
        digest = str(body.get("layerDigest", ""))
        if self.blob(name, digest) is None:
            raise EcrError(
                "LayersNotFoundException",
                f"The layer '{digest}' does not exist in the repository with name '{name}'",
            )
        return {"downloadUrl": f"{self.base_url()}/_sandbox/blobs/{name}/{digest}", "layerDigest": digest}


def described(image: Image) -> dict[str, Any]:
    """An artifact as an index of referrers lists it: https://github.com/opencontainers/distribution-spec, referrers."""
    parsed = image.parsed()
    found = {"mediaType": image.media_type, "digest": image.digest, "size": len(image.manifest.encode())}
    kind = parsed.get("artifactType") or parsed.get("config", {}).get("mediaType")
    return {**found, "artifactType": kind, "annotations": parsed.get("annotations") or {}}


def _page(items: list[Any], body: dict[str, Any], key: str, default: int) -> dict[str, Any]:
    size = min(int(body.get("maxResults") or default), 1000)
    start = int(base64.b64decode(body["nextToken"])) if body.get("nextToken") else 0
    answer: dict[str, Any] = {key: items[start : start + size]}
    if start + size < len(items):
        answer["nextToken"] = base64.b64encode(str(start + size).encode()).decode()
    return answer
