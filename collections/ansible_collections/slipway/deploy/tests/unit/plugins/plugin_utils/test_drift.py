# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The drift that people dismissed, as the state store keeps it."""

from __future__ import annotations

from pathlib import Path

import pytest

from ansible_collections.slipway.deploy.plugins.module_utils.common.errors import SlipwayError
from ansible_collections.slipway.deploy.plugins.module_utils.state.local import LocalStore
from ansible_collections.slipway.deploy.plugins.plugin_utils.drift import dismissals


@pytest.mark.parametrize("body", [b"[3", b"[3]", b"3", b"\xff"])
def test_a_list_that_cannot_be_read_is_said_where_it_is(tmp_path: Path, body: bytes) -> None:
    store = LocalStore(tmp_path)
    store.write("dev/dismissed-drift.json", body, expect=None)
    with pytest.raises(SlipwayError) as caught:
        dismissals(store, "dev")
    assert str(caught.value) == (
        f"{store.url}/dev/dismissed-drift.json: the list of dismissed drift is damaged. Correct it, or remove it"
    )
