# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What several tests of this topic do."""

from __future__ import annotations

from ansible_collections.slipway.deploy.plugins.module_utils.state.model import Stored
from ansible_collections.slipway.deploy.plugins.module_utils.state.store import Store


def held(store: Store, key: str) -> Stored:
    """The value of a key that must exist."""
    stored = store.read(key)
    assert stored is not None, f"{key} does not exist"
    return stored
