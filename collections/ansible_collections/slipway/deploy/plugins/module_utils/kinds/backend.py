# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Hosts that run a JVM service: a verified jar, migrated by Flyway. Pure."""

from __future__ import annotations

from .model import Kind

BACKEND = Kind(
    "backend",
    texts=("module", "ready_url"),
    of_group=("module",),
    default_port=8080,
)
