# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Calls of registries, of images and of packages, and AWS's answers to them."""

from __future__ import annotations

import base64
import json
import tempfile
from pathlib import Path
from typing import Any

from ansible_collections.slipway.deploy.plugins.module_utils.aws.client import Clients
from ansible_collections.slipway.deploy.plugins.module_utils.builds.api import EcrRepository
from ansible_collections.slipway.deploy.plugins.module_utils.fleet import api as fleet_api
from ansible_collections.slipway.deploy.plugins.module_utils.image.reference import ImageRef
from ansible_collections.slipway.deploy.plugins.module_utils.image_builds.api import Ecr
from ansible_collections.slipway.deploy.plugins.module_utils.image_builds.model import Repository
from ansible_collections.slipway.deploy.plugins.module_utils.publish.api import CodeArtifact
from ansible_collections.slipway.deploy.plugins.module_utils.publish.model import Package, Target

from .call import CALLER, DIGEST, REGISTRY, Call

MANIFEST = {"schemaVersion": 2, "config": {"digest": DIGEST}}
IMAGE = {
    "images": [{"imageId": {"imageDigest": DIGEST, "imageTag": "1"}, "imageManifest": json.dumps(MANIFEST)}],
    "failures": [],
}


def _repository(clients: Clients) -> EcrRepository:
    return EcrRepository(clients, ImageRef("app", REGISTRY))


def _upload(clients: Clients) -> None:
    with tempfile.TemporaryDirectory() as directory:
        path = Path(directory, "blob")
        path.write_bytes(b"layer")
        _repository(clients).upload(DIGEST, path)


def _see(clients: Clients) -> Any:
    return _ecr(clients).see(Repository("app", "IMMUTABLE"), "c", ("c", "develop", "v1"))


def _ecr(clients: Clients) -> Ecr:
    return Ecr(clients, REGISTRY, "here")


def _registry(clients: Clients) -> CodeArtifact:
    return CodeArtifact(clients("codeartifact"), Target("domain", "repository"))


def _access(clients: Clients) -> tuple[str, str]:
    return _registry(clients).token(), _registry(clients).endpoint("npm")


REGISTRY_CALLS = (
    Call(
        "image",
        lambda clients: fleet_api.resolve_image(clients, REGISTRY, "app", "1"),
        {"BatchGetImage": IMAGE},
    ),
    Call(
        "tags",
        lambda clients: fleet_api.image_tags(clients, REGISTRY, "app", DIGEST),
        {"DescribeImages": {"imageDetails": [{"imageDigest": DIGEST, "imageTags": ["1"]}]}},
    ),
    Call(
        "layer",
        lambda clients: fleet_api.image_config(clients, REGISTRY, "app", DIGEST),
        {"GetDownloadUrlForLayer": {"downloadUrl": "https://x", "layerDigest": DIGEST}},
    ),
    Call(
        "image that is not there",
        lambda clients: fleet_api.resolve_image(clients, REGISTRY, "app", "1").unverifiable,
        {
            "BatchGetImage": {"images": [], "failures": [{"failureCode": "ImageNotFound"}]},
            "GetCallerIdentity": CALLER,
            "DescribePullThroughCacheRules": {
                "pullThroughCacheRules": [{"ecrRepositoryPrefix": "ROOT", "upstreamRegistryUrl": "public.ecr.aws"}]
            },
        },
    ),
    Call(
        "tags of a build",
        _see,
        {
            "BatchGetImage": {
                "images": [
                    {"imageId": {"imageDigest": DIGEST, "imageTag": tag}, "imageManifest": json.dumps(MANIFEST)}
                    for tag in ("c", "develop")
                ],
                "failures": [{"imageId": {"imageTag": "v1"}, "failureCode": "ImageNotFound"}],
            },
            "ListImageReferrers": {"referrers": [{"digest": DIGEST, "mediaType": "m"}]},
            "GetLifecyclePolicy": {"repositoryName": "app", "lifecyclePolicyText": "{}"},
        },
    ),
    Call(
        "repositories",
        lambda clients: _ecr(clients).repositories(),
        {
            "DescribeRepositories": {
                "repositories": [
                    {
                        "repositoryName": "app",
                        "imageTagMutability": "IMMUTABLE_WITH_EXCLUSION",
                        "imageTagMutabilityExclusionFilters": [{"filterType": "WILDCARD", "filter": "develop"}],
                    }
                ]
            }
        },
    ),
    Call(
        "create a repository",
        lambda clients: _ecr(clients).create("app", ["develop"]),
        {"CreateRepository": {"repository": {"repositoryName": "app"}}},
    ),
    Call(
        "rule about tags",
        lambda clients: _ecr(clients).set_rule("app", []),
        {"PutImageTagMutability": {"repositoryName": "app", "imageTagMutability": "IMMUTABLE"}},
    ),
    Call(
        "lifecycle policy",
        lambda clients: _ecr(clients).set_lifecycle("app"),
        {"PutLifecyclePolicy": {"repositoryName": "app", "lifecyclePolicyText": "{}"}},
    ),
    Call(
        "login",
        lambda clients: _ecr(clients).login(),
        {
            "GetAuthorizationToken": {
                "authorizationData": [
                    {
                        "authorizationToken": base64.b64encode(b"AWS:password").decode(),
                        "proxyEndpoint": "http://127.0.0.1:9",
                    }
                ]
            }
        },
    ),
    Call(
        "sizes of layers",
        lambda clients: _repository(clients).sizes([DIGEST, "sha256:b"]),
        {
            "BatchCheckLayerAvailability": {
                "layers": [
                    {"layerDigest": DIGEST, "layerAvailability": "AVAILABLE", "layerSize": 5},
                    {"layerDigest": "sha256:b", "layerAvailability": "UNAVAILABLE"},
                ],
                "failures": [],
            }
        },
    ),
    Call(
        "upload a layer",
        _upload,
        {
            "InitiateLayerUpload": {"uploadId": "u", "partSize": 10},
            "UploadLayerPart": {"uploadId": "u", "lastByteReceived": 4},
            "CompleteLayerUpload": {"uploadId": "u", "layerDigest": DIGEST},
        },
    ),
    Call(
        "put an image",
        lambda clients: _repository(clients).put(json.dumps(MANIFEST), "m", DIGEST, "v1"),
        {"PutImage": {"image": {"imageId": {"imageDigest": DIGEST, "imageTag": "v1"}}}},
    ),
    Call(
        "access to packages",
        _access,
        {
            "GetAuthorizationToken": {"authorizationToken": "token"},
            "GetRepositoryEndpoint": {"repositoryEndpoint": "https://registry.example.org/npm/repository/"},
        },
    ),
    Call(
        "package",
        lambda clients: _registry(clients).held(Package("npm", "acme", "ui", "1.0.0")),
        {
            "DescribePackageVersion": {"packageVersion": {"version": "1.0.0", "status": "Published"}},
            "ListPackageVersionAssets": {"assets": [{"name": "package.tgz", "hashes": {"SHA-256": "a"}}]},
        },
    ),
    Call(
        "delete a package",
        lambda clients: _registry(clients).delete(Package("maven", "com.acme", "common", "1.0-SNAPSHOT")),
        {
            "ListPackageVersions": {"versions": [{"version": "1.0-SNAPSHOT", "status": "Published"}]},
            "DeletePackageVersions": {
                "successfulVersions": {"1.0-SNAPSHOT": {"revision": "r", "status": "Deleted"}},
                "failedVersions": {},
            },
        },
    ),
)
