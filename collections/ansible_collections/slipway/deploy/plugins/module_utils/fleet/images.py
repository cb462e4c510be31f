# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""References to container images, as the fleet uses them. See :mod:`..image.reference`."""

from __future__ import annotations

from ..image.reference import ImageRef, ecr_account, is_digest, is_tag, parse_image, short_digest

__all__ = ["ImageRef", "ecr_account", "is_digest", "is_tag", "parse_image", "short_digest"]
