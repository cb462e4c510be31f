# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The kind ``backend``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ...module_utils.hosts.model import Release
from ..backend_release import find_backend_release, migrates_backend
from ..backend_source import predict_migrations
from ..context import Context
from .model import Found, HostKind


class ThisKind(HostKind):
    """A jar from the artifact bucket, migrated from the sources of its release."""

    def find_release(self, context: Context, verb: str, host: str) -> Found | None:
        """The promoted release, or the one in ``backend_release``."""
        release = find_backend_release(context, verb, host)
        return Found(release) if release is not None else None

    def migrates(self, context: Context, host: str, release: Release) -> bool:
        """Yes, unless ``backend_migrations`` is none, or the release ran here last."""
        return migrates_backend(context, host, release)

    def predict_migrations(self, context: Context, host: str, release: Release) -> Mapping[str, Any] | None:
        """Read the repository."""
        return predict_migrations(context, host, release)
