# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Whole deploys by the real ansible-playbook."""

from __future__ import annotations

import pytest

# Its assertions show what was printed, as those of the tests do.
pytest.register_assert_rewrite("tests.e2e.bad_input")
