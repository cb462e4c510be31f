# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The kind ``backend``."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ...module_utils.builds.model import BuiltArtifact
from ...module_utils.bundle.archive import Entry
from ...module_utils.bundle.content import Release as BundledRelease
from ...module_utils.common.errors import SlipwayError
from ...module_utils.git.pom import maven_version
from ...module_utils.git.repository import Repository
from ...module_utils.hosts.model import Release
from ...module_utils.versions.tag import Tag, check_maven
from ..backend_bundle import bundled_backend
from ..backend_promotion import promoted_backend
from ..backend_release import built_backend_release, find_backend_release, migrates_backend
from ..backend_source import predict_migrations
from ..context import Context
from .model import Found, HostKind, PromotedRelease


class ThisKind(HostKind):
    """A jar from the artifact bucket, migrated from the sources of its release."""

    def find_release(self, context: Context, verb: str, host: str) -> Found | None:
        """The promoted release, or the one in ``backend_release``."""
        release = find_backend_release(context, verb, host)
        return Found(release) if release is not None else None

    def built_release(self, context: Context, host: str, built: BuiltArtifact) -> Found:
        """The jar at the place and with the digest that the build names."""
        return Found(built_backend_release(context, host, built))

    def promote(
        self, context: Context, source: Context, host: str, release: Mapping[str, Any], tag: str
    ) -> PromotedRelease:
        """The jar, in the bucket of this environment."""
        if tag:
            raise SlipwayError("a promotion keeps the tag of the backend", "-e backend_release", "Leave it out")
        return promoted_backend(context, source, host, release)

    def migrates(self, context: Context, host: str, release: Release) -> bool:
        """Yes, unless ``backend_migrations`` is none, or the release ran here last."""
        return migrates_backend(context, host, release)

    def predict_migrations(self, context: Context, host: str, release: Release) -> Mapping[str, Any] | None:
        """Read the repository."""
        return predict_migrations(context, host, release)

    def check_promotion(self, tag: Tag, repository: Repository, module: str) -> None:
        """Maven's version is the tag's."""
        commit = repository.resolve()
        path = "/".join(part for part in (module.strip("/"), "pom.xml") if part)
        where = f"{path} at {commit[:12]}"
        check_maven(tag, maven_version(repository.file(commit, path), where), where)

    def bundled(
        self, context: Context, given: Mapping[str, Any], root: Path, cache: Path
    ) -> tuple[BundledRelease, Mapping[str, Entry]]:
        """The migrations of the jar or of a checkout, and Flyway."""
        return bundled_backend(context, given, root, cache)
