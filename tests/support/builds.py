# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Manifests of builds in the state store of a test's project."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from ansible_collections.slipway.deploy.plugins.module_utils.builds.model import (
    Build,
    BuiltArtifact,
    BuiltService,
    Source,
    build_key,
    serialise,
)
from ansible_collections.slipway.deploy.plugins.module_utils.builds.store import Manifest
from ansible_collections.slipway.deploy.plugins.module_utils.state.local import LocalStore
from ansible_collections.slipway.deploy.plugins.module_utils.state.store import Store
from tests.support.deploys import Deploys

COMMIT = hashlib.sha1(b"a commit", usedforsecurity=False).hexdigest()
BUILD = Build(
    id=f"20261130T191500Z-{COMMIT[:7]}",
    environment="local",
    created="2026-11-30T19:15:00Z",
    finished="2026-11-30T19:17:03Z",
    result="built",
    source=Source("https://git.example.org/backend.git", "develop", COMMIT),
)


def build_images(deploys: Deploys, *names: str, environment: str = "local") -> dict[str, BuiltService]:
    """Build an image of :data:`COMMIT` for each service; what a build's manifest says of them."""
    found = {}
    for name in names:
        repository = f"sdt/{environment}/{name}"
        body: Mapping[str, Any] = {"repository": repository, "tag": COMMIT, "labels": {"name": name}}
        digest = str(deploys.sandbox.control("images", dict(body))["digest"])
        image = f"000000000000.dkr.ecr.eu-west-1.amazonaws.com/{repository}"
        reason = f"common-security/src/Jwt.java → common-security → {name}"
        found[name] = BuiltService(COMMIT, (reason,), "built", image, digest, (COMMIT, "develop"))
    return found


def write_build(deploys: Deploys, build: Build, **changes: Any) -> str:
    """Write a manifest into the state store; its id."""
    made = replace(build, **changes)
    LocalStore(deploys.state).write(build_key(made.environment, made.id), serialise(made), expect=None)
    return made.id


def finished_build(
    store: Store,
    environment: str,
    artifacts: Mapping[str, BuiltArtifact],
    services: Mapping[str, BuiltService] | None = None,
) -> str:
    """Write a manifest as a build does, for an environment with hosts; its id."""
    begun = Build("", environment, "", BUILD.source, services=dict(services or {}), artifacts=dict(artifacts))
    manifest = Manifest.create(store, begun)
    manifest.finish(replace(manifest.build, result="built"))
    return manifest.build.id


def jar(deploys: Deploys, bucket: str, content: bytes, tag: str = "backend-v0.2.0") -> BuiltArtifact:
    """Upload a jar; what a build's manifest says of it."""
    key = f"develop/{tag}/app.jar"
    deploys.sandbox.client("s3").put_object(Bucket=bucket, Key=key, Body=content, ChecksumAlgorithm="SHA256")
    digest = f"sha256:{hashlib.sha256(content).hexdigest()}"
    return BuiltArtifact("backend", COMMIT, "built", "0.2.0", f"s3://{bucket}/{key}", digest)
