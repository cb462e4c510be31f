# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What runs on a managed host: Python's standard library only, from Python 3.8 on."""

from __future__ import annotations
