# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Which release the bundle of a backend host has, and what comes with it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from ansible_collections.slipway.deploy.plugins.module_utils.artifact.model import Artifact
from ansible_collections.slipway.deploy.plugins.module_utils.bundle.archive import Entry
from ansible_collections.slipway.deploy.plugins.module_utils.common.errors import SlipwayError
from ansible_collections.slipway.deploy.plugins.module_utils.versions.model import Version
from ansible_collections.slipway.deploy.plugins.plugin_utils import backend_bundle
from ansible_collections.slipway.deploy.plugins.plugin_utils.backend_bundle import bundled_backend

from .run import context

DIGEST = f"sha256:{'0a' * 32}"
GIVEN = {"release": "", "branch": "", "bucket": "b", "checkout": "", "migrates": True, "locations": ["classpath:db"]}
PROMOTED = Version("backend-v0.1.0", "0.1.0", DIGEST, "main", "main/backend-v0.1.0/app.jar", "c", "i", "now", "maria")


@pytest.fixture(autouse=True)
def _sources(monkeypatch: pytest.MonkeyPatch) -> None:
    """S3, the project's git and Maven are not asked."""

    def resolve(_s3: Any, bucket: str, tag: str, *, branch: str | None, **_rest: Any) -> Artifact:
        return Artifact(bucket, f"{branch}/{tag}/app.jar", branch or "any", tag, DIGEST, 1)

    monkeypatch.setattr(backend_bundle, "resolve_artifact", resolve)
    monkeypatch.setattr(backend_bundle.fetch, "commit_of", lambda _root: "3f9c2d1")
    monkeypatch.setattr(backend_bundle.fetch, "flyway", lambda _root, _cache: {"flyway/flyway": Entry(b"")})
    monkeypatch.setattr(backend_bundle.fetch, "fetch_jar", lambda *_arguments: Path("app.jar"))
    found = {"migrations/V1__a.sql": Entry(b""), "migrations/V2.1__b.sql": Entry(b"")}
    monkeypatch.setattr(backend_bundle.fetch, "migrations_of_jar", lambda _jar, _locations: found)


def bundled(tmp_path: Path, promoted: Version | None = None, **given: Any) -> tuple[dict[str, Any], set[str]]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(backend_bundle, "read_version", lambda *_arguments: promoted)
        of = context(tmp_path, {"a": {}})
        of.__dict__["clients"] = lambda _service: None
        release, parts = bundled_backend(of, {**GIVEN, **given}, tmp_path, tmp_path / "cache")
    return release.document(), set(parts)


def test_the_release_that_is_named(tmp_path: Path) -> None:
    release, parts = bundled(tmp_path, PROMOTED, release=" backend-v0.2.0 ", branch="main")
    assert release == {
        "format": "slipway/bundled-release/1",
        "group": "backend",
        "environment": "dev",
        "release": "backend-v0.2.0-0a0a0a0a0a0a",
        "tag": "backend-v0.2.0",
        "branch": "main",
        "bucket": "b",
        "key": "main/backend-v0.2.0/app.jar",
        "digest": DIGEST,
        "version": "0.2.0",
        "commit": "",
        "infra_commit": "3f9c2d1",
        "schema": "2.1",
    }
    assert parts == {"flyway/flyway", "migrations/V1__a.sql", "migrations/V2.1__b.sql"}


def test_the_release_that_is_promoted(tmp_path: Path) -> None:
    release, _parts = bundled(tmp_path, PROMOTED)
    assert (release["tag"], release["version"], release["commit"]) == ("backend-v0.1.0", "0.1.0", "c")
    assert release["key"] == "main/backend-v0.1.0/app.jar"


def test_without_migrations_there_is_no_flyway(tmp_path: Path) -> None:
    release, parts = bundled(tmp_path, PROMOTED, migrates=False)
    assert (release["schema"], parts) == ("", set())


def test_without_a_release_both_ways_to_one_are_named(tmp_path: Path) -> None:
    with pytest.raises(SlipwayError, match=r"none is promoted in dev. Name one: .* backend_release=.* backend_tag="):
        bundled(tmp_path)
