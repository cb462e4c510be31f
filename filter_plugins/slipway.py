# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The collection's filters under their short names, for templates of an inventory."""

from __future__ import annotations

from ansible_collections.slipway.deploy.plugins.filter.gathered import FilterModule

__all__ = ["FilterModule"]
