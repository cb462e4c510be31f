# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Looks an image up in the registry that its name says: ECR of that account and region, or another one.

The host is the registry. An image that ECR of another account hides, or that a registry does not show without a
login, is not verifiable: it is never looked up under the same name in our own, and never reported as missing.
"""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import urlsplit

from ..aws.client import Clients, client_in, is_loopback
from ..aws.errors import calling, error_code, is_denied
from ..common.errors import SlipwayError
from ..image.reference import ImageRef, ecr_account, parse_image
from ..image.registry import ABSENT, UNKNOWN, Login, read_blob, read_manifest
from .observation import ResolvedImage
from .parse import IMAGE_TYPES, INDEX_TYPES, parse_image_answer

_MISSING = frozenset({"ImageNotFoundException", "InvalidParameterException"})
_UNKNOWN_KEY = frozenset({"UnrecognizedClientException", "InvalidClientTokenId", "InvalidSignatureException"})


def is_emulated(clients: Clients) -> bool:
    """Whether ECS's endpoint is not AWS's."""
    host = urlsplit(str(clients("ecs").meta.endpoint_url)).hostname or ""
    return not host.endswith((".amazonaws.com", ".amazonaws.com.cn", ".amazonaws.eu", ".api.aws"))


def resolve_image(clients: Clients, registry: str, repository: str, version: str) -> ResolvedImage:
    """The image of ``version`` (a tag or a digest) in its registry. One that does not exist has no digest.

    :raises SlipwayError: our own ECR cannot be read.
    """
    name = f"{registry}/{repository}" if registry else repository
    reference = f"{name}@{version}" if version.startswith("sha256:") else f"{name}:{version}"
    try:
        image = parse_image(reference)
    except SlipwayError:
        return ResolvedImage(reference, problem="this is not an image reference")
    if _is_ecr(clients, image):
        return _in_ecr(clients, image, reference)
    return _in_registry(clients, image, reference)


def image_tags(clients: Clients, registry: str, repository: str, digest: str) -> list[str]:
    """All tags of an image in ECR; empty if its registry does not list them."""
    image = parse_image(f"{registry}/{repository}" if registry else repository)
    client, more = _ecr(clients, image) if _is_ecr(clients, image) else (None, {})
    if client is None:
        return []
    with calling(f"read the tags of an image in {repository}"):
        answer = client.describe_images(**more, repositoryName=image.repository, imageIds=[{"imageDigest": digest}])
    return [tag for details in answer["imageDetails"] for tag in details.get("imageTags", [])]


def image_config(clients: Clients, registry: str, repository: str, digest: str) -> str | bytes:
    """A short-lived address of an image's config in ECR; the config itself from another registry.

    :raises SlipwayError: it is unavailable.
    """
    image = parse_image(f"{registry}/{repository}" if registry else repository)
    if not _is_ecr(clients, image):
        return read_blob(image, digest, _login(image))
    client, more = _ecr(clients, image)
    if client is None:
        raise SlipwayError("its region cannot be queried", str(image))
    with calling(f"get the config of an image in {repository}"):
        answer = client.get_download_url_for_layer(**more, repositoryName=image.repository, layerDigest=digest)
    return str(answer["downloadUrl"])


def _is_ecr(clients: Clients, image: ImageRef) -> bool:
    """Whether ECR has it. An emulator's registry has ECR's name before its own name."""
    emulated = ".dkr.ecr." in image.host and is_emulated(clients)
    return emulated or ecr_account(image.host) is not None


def _ecr(clients: Clients, image: ImageRef) -> tuple[Any | None, dict[str, str]]:
    """The client of the image's region, and the registry's account."""
    known = ecr_account(image.host)
    if known is None:
        return clients("ecr"), {}
    account, region = known
    return client_in(clients, "ecr", region), {"registryId": account}


def _in_ecr(clients: Clients, image: ImageRef, reference: str) -> ResolvedImage:
    client, more = _ecr(clients, image)
    if client is None:
        return ResolvedImage(reference, unverifiable="its region cannot be queried")
    by_digest = {"imageDigest": image.digest} if image.digest else {"imageTag": image.version}
    with calling(f"look up image {reference}"):
        try:
            answer = client.batch_get_image(
                **more,
                repositoryName=image.repository,
                imageIds=[by_digest],
                acceptedMediaTypes=[*INDEX_TYPES, *IMAGE_TYPES],
            )
        except Exception as exc:
            if error_code(exc) == "RepositoryNotFoundException":
                place = _elsewhere(clients, image)
                problem = f"repository {image.repository} does not exist{f' in ECR of {place}' if place else ''}"
                return _absent(client, more, image, ResolvedImage(reference, problem=problem))
            if error_code(exc) in _MISSING:
                return _absent(client, more, image, ResolvedImage(reference, problem="no such image"))
            if _elsewhere(clients, image) and (is_denied(exc) or error_code(exc) in _UNKNOWN_KEY):
                why = f"ECR of {_elsewhere(clients, image)} denies access to it ({error_code(exc)})"
                return ResolvedImage(reference, unverifiable=why)
            raise
    found = parse_image_answer(reference, answer)
    return found if found.digest else _absent(client, more, image, found)


def _elsewhere(clients: Clients, image: ImageRef) -> str:
    """``account … in …`` for ECR that is not the environment's own, else nothing."""
    known = ecr_account(image.host)
    if known is None:
        return ""
    account, region = known
    own_region = clients("ecr").meta.region_name
    return f"account {account} in {region}" if region != own_region or account != _own_account(clients) else ""


def _own_account(clients: Clients) -> str:
    try:
        with calling("ask AWS whose credentials these are"):
            return str(clients("sts").get_caller_identity()["Account"])
    except SlipwayError:
        return ""


def _absent(client: Any, more: dict[str, str], image: ImageRef, found: ResolvedImage) -> ResolvedImage:
    """A missing image in ECR, unless a pull-through cache fetches it with the first pull."""
    try:
        with calling("describe the pull-through caches"):
            pages = client.get_paginator("describe_pull_through_cache_rules").paginate(**more)
            rules = [rule for page in pages for rule in page.get("pullThroughCacheRules", ())]
    except Exception:  # noqa: BLE001 - the permission is not needed for anything else: then it is not known of any
        return found
    for rule in rules:
        prefix = str(rule.get("ecrRepositoryPrefix") or "")
        if prefix == "ROOT" or image.repository.startswith(f"{prefix}/"):
            upstream = str(rule.get("upstreamRegistryUrl") or "its upstream")
            why = f"it is not in the pull-through cache yet, which takes it from {upstream}"
            return ResolvedImage(found.reference, unverifiable=why)
    return found


def _in_registry(clients: Clients, image: ImageRef, reference: str) -> ResolvedImage:
    if is_loopback(f"https://{image.host}") and not is_emulated(clients):
        # This name is the machine that a task runs on, not this one.
        why = f"{image.host} is a registry of the container instance itself"
        return ResolvedImage(reference, unverifiable=why)
    answer = read_manifest(image, image.version, _login(image))
    if answer.state == ABSENT:
        return ResolvedImage(reference, problem=f"{image.host} has no such image")
    if answer.state == UNKNOWN:
        return ResolvedImage(reference, unverifiable=answer.why)
    manifest = {
        "imageId": {"imageDigest": answer.digest},
        "imageManifest": json.dumps(answer.document),
        "imageManifestMediaType": answer.media_type,
    }
    return parse_image_answer(reference, {"images": [manifest]})


def _login(image: ImageRef) -> Login:
    """Anonymous. A registry on this machine, as an emulator's, is accessed by HTTP, as container engines do."""
    return Login(insecure=is_loopback(f"https://{image.host}"))
