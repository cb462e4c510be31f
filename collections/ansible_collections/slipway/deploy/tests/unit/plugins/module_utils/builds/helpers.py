# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Manifests for tests."""

from __future__ import annotations

from ansible_collections.slipway.deploy.plugins.module_utils.builds.model import (
    Build,
    BuiltArtifact,
    BuiltService,
    Gate,
    Sbom,
    Source,
)

COMMIT = "abcdef0" + "1" * 33
DIGEST = f"sha256:{'d' * 64}"
SOURCE = Source("https://git.example.com/umigo/backend.git", "develop", COMMIT)
GATEWAY = BuiltService(
    commit=COMMIT,
    reasons=("common-security/src/Jwt.java → common-security → gateway → api-gateway",),
    result="built",
    image="123456789012.dkr.ecr.eu-central-1.amazonaws.com/umigo/api-gateway",
    digest=DIGEST,
    tags=(COMMIT, "develop"),
    sbom=Sbom("CycloneDX", f"sha256:{'e' * 64}"),
    gates=(Gate("coverage", "pass", "81.2 % of 80 %"), Gate("trivy", "not audited", "no database")),
)
BACKEND = BuiltArtifact(
    kind="backend",
    commit=COMMIT,
    result="built",
    version="0.2.0",
    location="s3://umigo-artifacts/develop/backend-v0.2.0/app.jar",
    digest=DIGEST,
)
BUILD = Build(
    id="20261130T191500Z-abcdef0",
    environment="dev",
    created="2026-11-30T19:15:00Z",
    finished="2026-11-30T19:17:03Z",
    result="built",
    source=SOURCE,
    services={"api-gateway": GATEWAY},
    artifacts={"backend": BACKEND},
    gates=(Gate("npm audit", "fail", "2 high", 2),),
)
