# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Whatever an event has, a rule sees the name of a file."""

from __future__ import annotations

import json
import stat
import tempfile
from pathlib import Path
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.slipway.deploy.extensions.eda.plugins.event_filter.to_file import main

values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


@given(st.dictionaries(st.sampled_from(["payload", "meta", "{{ 7 * 7 }}"]), values))
def test_only_the_file_s_name_is_left(event: dict[str, Any]) -> None:
    with tempfile.TemporaryDirectory() as name:
        found = main(event, f"{name}/events")
        assert set(found) == {"event_file"}
        path = Path(found["event_file"])
        assert path.parent == Path(name).resolve() / "events"
        assert path.stem.isalnum()
        assert json.loads(path.read_text(encoding="utf-8")) == event.get("payload", event)
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700


def test_a_payload_that_is_too_large_is_dropped(tmp_path: Path) -> None:
    assert main({"payload": "x" * 20}, str(tmp_path), most=10) == {"event_dropped": 22}
    assert list(tmp_path.iterdir()) == []
