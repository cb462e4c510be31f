# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The kind ``site``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ...module_utils.builds.model import BuiltArtifact
from ...module_utils.hosts.model import Release
from ..context import Context
from ..site_promotion import promoted_site
from ..site_release import built_site_release, find_site_release, migrates_site
from .model import Found, HostKind, PromotedRelease


class ThisKind(HostKind):
    """A tag of the repository, an archive or an image, built on the hosts."""

    def find_release(self, context: Context, verb: str, host: str) -> Found | None:
        """The release in ``site_release``."""
        found = find_site_release(context, verb, host)
        return Found(*found) if found is not None else None

    def built_release(self, context: Context, host: str, built: BuiltArtifact) -> Found:
        """The tag's commit, archive or image, with the digest that the build names."""
        return Found(*built_site_release(context, host, built))

    def promote(
        self, context: Context, source: Context, host: str, release: Mapping[str, Any], tag: str
    ) -> PromotedRelease:
        """The commit, archive or image, under a tag that this environment accepts."""
        return promoted_site(context, source, host, release, tag)

    def migrates(self, context: Context, host: str, release: Release) -> bool:
        """Yes, unless ``site_migrations`` is none, or the release ran here last."""
        return migrates_site(context, host, release)
