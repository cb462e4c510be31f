# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""How property tests run: the same examples on every machine, however slow it is.

``HYPOTHESIS_PROFILE=explore`` looks for new ones; what it finds becomes an ``@example``.
"""

from __future__ import annotations

import os

from hypothesis import HealthCheck, settings


def load() -> None:
    """Load the profile that the environment names, ``steady`` by default."""
    slow = [HealthCheck.too_slow]
    settings.register_profile("steady", deadline=None, suppress_health_check=slow, derandomize=True, database=None)
    settings.register_profile("explore", deadline=None, suppress_health_check=slow, max_examples=2000)
    settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "steady"))
