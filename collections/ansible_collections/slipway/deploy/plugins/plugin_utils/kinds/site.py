# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The kind ``site``."""

from __future__ import annotations

from ...module_utils.hosts.model import Release
from ..context import Context
from ..site_release import find_site_release, migrates_site
from .model import Found, HostKind


class ThisKind(HostKind):
    """A tag of the repository, an archive or an image, built on the hosts."""

    def find_release(self, context: Context, verb: str, host: str) -> Found | None:
        """The release in ``site_release``."""
        found = find_site_release(context, verb, host)
        return Found(*found) if found is not None else None

    def migrates(self, context: Context, host: str, release: Release) -> bool:
        """Yes, unless ``site_migrations`` is none, or the release ran here last."""
        return migrates_site(context, host, release)
