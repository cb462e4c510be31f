# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""How a deploy of hosts is said to have ended."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from ansible_collections.slipway.deploy.plugins.action import deploy_close
from ansible_collections.slipway.deploy.plugins.plugin_utils.context import Context
from ansible_collections.slipway.deploy.plugins.plugin_utils.files import Held

from ..module_utils.hosts.builders import V2, migration, record, target
from ..plugin_utils.run import Doc, OpenWork, Screen, context, handing_out, work

CAUSE = {"what": "it never became ready", "target": "a", "phase": "rolling_out", "wave": None}
FAILED = {"failure": {"reason": "it never became ready"}}
LOST = {"state": "done", "applied": [migration("3", compatible=False)]}
BEGUN = {"state": "running", "pending": [migration("3")]}


class Finishing(Screen):
    """A terminal whose live table ends."""

    def finish(self) -> None:
        """End it."""


@pytest.fixture(name="close")
def close_fixture(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Closes a record; the result and the work."""
    monkeypatch.setattr(deploy_close, "release_lock", lambda _context: None)
    monkeypatch.setattr(deploy_close, "notify", lambda *_arguments: None)
    monkeypatch.setattr(Context, "files", SimpleNamespace(load=lambda: Held("dev", "t", record="r")))

    def close(document: Doc, stopped: str | None = None) -> tuple[Doc, OpenWork]:
        of = context(tmp_path, {"a": {}, "b": {}, "c": {}})
        base = {"schema": "slipway/record/1", "releases": {"backend": V2.to_record()}, "started_at": 1.0}
        item = work(of, {**base, **document}, stopped)
        item.console = Finishing()
        monkeypatch.setattr(deploy_close, "work_on", handing_out(item))
        module: Any = deploy_close.ActionModule.__new__(deploy_close.ActionModule)
        return module.act(of), item

    return close


@pytest.mark.parametrize(
    ("document", "outcome"),
    [
        pytest.param(record(), "unchanged", id="nothing to do"),
        pytest.param(record(target("a", "stable")), "succeeded", id="all new"),
        pytest.param(record(target("a", "stable"), migrations=LOST), "succeeded", id="with a migration"),
        pytest.param(record(target("a", "undone", **FAILED), target("b"), cause=CAUSE), "undone", id="all back"),
        pytest.param(record(target("a", "undo_failed"), cause=CAUSE), "needs_person", id="stuck"),
        pytest.param(
            record(target("a", "failed"), target("b", "stable"), cause=CAUSE, migrations=LOST),
            "needs_person",
            id="nothing goes back after that migration",
        ),
        pytest.param(
            record(target("a"), cause=CAUSE, migrations={**LOST, "state": "failed"}), "needs_person", id="half-migrated"
        ),
        pytest.param(record(target("a"), cause=CAUSE, migrations=BEGUN), "undone", id="compatible: all back"),
        pytest.param(
            record(target("a", "stable"), target("b", "undone", **FAILED)), "held", id="one failed within the threshold"
        ),
        pytest.param(record(target("a", "stable"), hold=CAUSE), "held", id="smoke is not sure"),
        pytest.param(record(target("a", "stable"), target("b")), None, id="one had no turn"),
        pytest.param(record(target("a", "updating")), None, id="one is half-done"),
        pytest.param(record(target("a", "undoing"), cause=CAUSE), None, id="one is half-way back"),
        pytest.param(record(target("a", "stable"), cause=CAUSE), None, id="one did not go back yet"),
    ],
)
def test_outcome(close: Any, document: Doc, outcome: str | None) -> None:
    result, item = close(document)
    assert (result["outcome"], item.journal.record["outcome"]) == (outcome, outcome)
    assert result["hosts"] == [target["name"] for target in document["targets"]]
    if outcome is None:
        assert (
            "is unfinished. Resume it: ansible-playbook deploy.yml -e env=dev -e resume=finish or ansible"
            in item.console.said[0]
        )
    elif outcome not in ("succeeded", "unchanged"):
        assert item.journal.record["cause"] is not None


def test_asked_to_stop_before_a_host_s_turn_is_no_success(close: Any) -> None:
    result, _item = close(record(target("a", "stable"), target("b")), "stopped by Ctrl-C")
    assert (result["outcome"], result["cause"]) == (None, "stopped by Ctrl-C")


def test_asked_to_stop_when_nothing_was_switched(close: Any) -> None:
    result, _item = close(record(target("a"), target("b")), "stopped by Ctrl-C")
    assert result["outcome"] == "undone"
