# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The calls to ECR that a build needs."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Sequence
from dataclasses import replace
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from ..aws.client import Clients, client_in, is_loopback
from ..aws.errors import calling, error_code
from ..common.errors import SlipwayError
from ..fleet.lookup import is_emulated
from ..fleet.parse import IMAGE_TYPES, INDEX_TYPES
from ..image.reference import ecr_account
from .engines import USER
from .model import CYCLONEDX, LIFECYCLE, Repository, Seen

_ABSENT = "ImageNotFound"


class Login(NamedTuple):
    """A login to the registry's protocol.

    :ivar host: its address: the registry's name, or an emulator's own.
    :ivar insecure: by HTTP, on this machine.
    """

    host: str
    insecure: bool
    password: str

    @property
    def basic(self) -> str:
        """The login as HTTP has it."""
        return base64.b64encode(f"{USER}:{self.password}".encode()).decode()


class Ecr:
    """ECR of a registry.

    :param registry: its host name.
    :raises SlipwayError: it is not ECR, or its region cannot be queried.
    """

    def __init__(self, clients: Clients, registry: str, where: str) -> None:
        known = ecr_account(registry)
        if known is None:
            remedy = "Write <account>.dkr.ecr.<region>.amazonaws.com"
            raise SlipwayError(f"{registry[:80]!r} is not a registry of ECR", where, remedy)
        account, region = known
        client = client_in(clients, "ecr", region)
        if client is None:
            raise SlipwayError("its region cannot be queried", registry)
        self.registry = registry
        self._account = account
        self._client = client
        self._emulated = is_emulated(clients)

    def repositories(self) -> dict[str, Repository]:
        """All repositories by name, without their lifecycle policies."""
        with calling("describe the repositories of ECR"):
            pages = self._client.get_paginator("describe_repositories").paginate(
                registryId=self._account, PaginationConfig={"PageSize": 1000}
            )
            return {item["repositoryName"]: _repository(item) for page in pages for item in page["repositories"]}

    def has_lifecycle(self, name: str) -> bool:
        """Whether a repository has a lifecycle policy."""
        with calling(f"get the lifecycle policy of {name}"):
            try:
                self._client.get_lifecycle_policy(registryId=self._account, repositoryName=name)
            except Exception as error:
                if error_code(error) != "LifecyclePolicyNotFoundException":
                    raise
                return False
        return True

    def create(self, name: str, excluded: Sequence[str]) -> None:
        """Create a repository. If there is one, it gets the rule about its tags."""
        with calling(f"create the repository {name}"):
            try:
                self._client.create_repository(registryId=self._account, repositoryName=name, **_rule(excluded))
            except Exception as error:
                # Another run was faster; or this one, and the answer was lost.
                if error_code(error) != "RepositoryAlreadyExistsException":
                    raise
                self.set_rule(name, excluded)

    def set_rule(self, name: str, excluded: Sequence[str]) -> None:
        """Make the tags of a repository immutable, but for those."""
        with calling(f"make the tags of {name} immutable"):
            self._client.put_image_tag_mutability(registryId=self._account, repositoryName=name, **_rule(excluded))

    def set_lifecycle(self, name: str) -> None:
        """Give a repository a lifecycle policy."""
        with calling(f"put the lifecycle policy of {name}"):
            text = json.dumps(LIFECYCLE)
            self._client.put_lifecycle_policy(registryId=self._account, repositoryName=name, lifecyclePolicyText=text)

    def see(self, repository: Repository | None, commit: str, tags: Sequence[str]) -> Seen:
        """What a repository has of these tags, and the bill of materials of the commit's image.

        :raises SlipwayError: ECR does not say whether it has one of them.
        """
        if repository is None:
            return Seen()
        name = repository.name
        with calling(f"look up the images of {name}"):
            answer = self._client.batch_get_image(
                registryId=self._account,
                repositoryName=name,
                imageIds=[{"imageTag": tag} for tag in tags],
                # Without these ECR may convert a manifest, and answer with the digest of that.
                acceptedMediaTypes=[*INDEX_TYPES, *IMAGE_TYPES],
            )
        other = next((item for item in answer.get("failures") or () if item.get("failureCode") != _ABSENT), None)
        if other is not None:
            why = other.get("failureReason") or other["failureCode"]
            raise SlipwayError(f"ECR does not return its images: {why}", name, "Run this again")
        images = answer.get("images") or ()
        found = {str(item["imageId"]["imageTag"]): str(item["imageId"]["imageDigest"]) for item in images}
        sbom = self._sbom(name, found[commit]) if commit in found else ""
        return Seen(replace(repository, lifecycle=self.has_lifecycle(name)), found, sbom)

    def _sbom(self, name: str, digest: str) -> str:
        with calling(f"list the artifacts about {name}@{digest}"):
            answer = self._client.list_image_referrers(
                registryId=self._account,
                repositoryName=name,
                subjectId={"imageDigest": digest},
                filter={"artifactTypes": [CYCLONEDX]},
            )
        return next((str(item["digest"]) for item in answer["referrers"]), "")

    def login(self) -> Login:
        """A login for the registry, valid for twelve hours."""
        with calling("get a login for the registry"):
            answer = self._client.get_authorization_token()["authorizationData"][0]
        try:
            user, _colon, password = base64.b64decode(answer["authorizationToken"]).decode().partition(":")
        except (binascii.Error, UnicodeDecodeError):
            user, password = "", ""
        if user != USER or not password:
            raise SlipwayError("ECR's login is not one", self.registry, "Run this again")
        # The password of an own endpoint is only sent there: an emulator's registry is at its own address.
        parts = urlsplit(str(answer["proxyEndpoint"])) if self._emulated else urlsplit(f"https://{self.registry}")
        insecure = parts.scheme == "http"
        if insecure and not is_loopback(parts.geturl()):
            raise SlipwayError("the registry has no encryption", parts.netloc, "Check aws_endpoint_url")
        return Login(parts.netloc, insecure, password)


def _rule(excluded: Sequence[str]) -> dict[str, Any]:
    if not excluded:
        return {"imageTagMutability": "IMMUTABLE"}
    return {
        "imageTagMutability": "IMMUTABLE_WITH_EXCLUSION",
        "imageTagMutabilityExclusionFilters": [{"filterType": "WILDCARD", "filter": tag} for tag in excluded],
    }


def _repository(item: Any) -> Repository:
    filters = item.get("imageTagMutabilityExclusionFilters") or ()
    return Repository(
        str(item["repositoryName"]), str(item["imageTagMutability"]), tuple(str(one["filter"]) for one in filters)
    )
