# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A checkout of a repository: which commit a version is, the token, what git says. Python 3.8, except the token."""

from __future__ import annotations
