# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Where a rollback of hosts goes when the state store has no record any more."""

from __future__ import annotations

import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from ansible_collections.slipway.deploy.plugins.module_utils.common.errors import SlipwayError
from ansible_collections.slipway.deploy.plugins.module_utils.releases.ledger import (
    Entry,
    Ledger,
    Release,
    Running,
    Snapshot,
)
from ansible_collections.slipway.deploy.plugins.module_utils.state.store import open_store
from ansible_collections.slipway.deploy.plugins.module_utils.switch.decision import Observed
from ansible_collections.slipway.deploy.plugins.module_utils.switch.messages import standing
from ansible_collections.slipway.deploy.plugins.plugin_utils.rollback_goal import find_goal, without_records

CURRENT = "/srv/x/current"


def snapshot(tag: str) -> Snapshot:
    return Snapshot({CURRENT: f"/srv/x/releases/{tag}"}, {})


def shown(*tags: str, schema: str = "3", disk: str = "") -> dict[str, Any]:
    """What service_release shows of a host that runs the first of some releases."""
    entries = tuple(
        Entry(snapshot(tag), Release(f"{tag}-abc", tag, "commit:1", "4" if tag == tags[0] else schema), "good")
        for tag in tags
    )
    ledger = Ledger(entries, Running("i", snapshot(tags[0])))
    observed = Observed(active=True, invocation="i", disk=snapshot(disk or tags[0]), gone=frozenset(), touched=False)
    # As it comes back from the host.
    said: dict[str, Any] = json.loads(json.dumps(standing(ledger, observed)))
    return said


def context(tmp_path: Path, said: dict[str, Any], **settings: Any) -> Any:
    return SimpleNamespace(
        settings=SimpleNamespace(**{"to": None, "force_schema": False, **settings}),
        store=open_store(str(tmp_path), None),  # type: ignore[arg-type]
        environment="staging",
        hosts_by_kind={"site": ["site-1"]},
        selected_hosts=frozenset({"site-1"}),
        said=lambda _host, _name: said,
        desired=list,
    )


def test_the_ledger_says_what_ran_before(tmp_path: Path) -> None:
    of = context(tmp_path, shown("v2", "v1", schema="4"))
    goal = find_goal(of)
    assert (goal.release, goal.label) == (None, "v1")
    assert goal.runs["@site"]["tag"] == "v1"
    (warning,) = without_records(of, goal)
    assert warning.endswith("has no record of staging: the release to roll back to is taken from the hosts' ledgers")
    assert find_goal(context(tmp_path, shown("v3", "v2", "v1", schema="4"), to="v1")).label == "v1"


def test_another_schema_has_to_be_known_to_fit(tmp_path: Path) -> None:
    with pytest.raises(SlipwayError, match="v1 was deployed with schema 3, and the schema is at 4 now") as caught:
        find_goal(context(tmp_path, shown("v2", "v1")))
    assert "-e force_schema=true" in str(caught.value)
    assert find_goal(context(tmp_path, shown("v2", "v1"), force_schema=True)).label == "v1"


def test_without_records_and_ledgers_there_is_nothing(tmp_path: Path) -> None:
    for said in (shown("v1"), {}):
        with pytest.raises(SlipwayError, match="staging has no release to go back to"):
            find_goal(context(tmp_path, said))


def test_a_link_that_was_moved_by_hand_is_told() -> None:
    assert shown("v2", "v1")["differs"] == []
    assert shown("v2", "v1", disk="v1")["differs"] == [CURRENT]
