# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Records of hosts that deploy themselves, and what a booting host finds in all records."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from ansible_collections.slipway.deploy.plugins.module_utils.record.hosts import (
    HostJournal,
    host_record_key,
    host_records,
    last_good_release,
)
from ansible_collections.slipway.deploy.plugins.module_utils.record.journal import Journal
from ansible_collections.slipway.deploy.plugins.module_utils.record.model import SCHEMA, record_id
from ansible_collections.slipway.deploy.plugins.module_utils.state.model import Conflict
from ansible_collections.slipway.deploy.plugins.module_utils.state.store import Store, open_store


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return open_store(str(tmp_path / "state"), pytest.fail)


def make(identity: str, tag: str | None = None, outcome: str | None = "succeeded", **more: Any) -> dict[str, Any]:
    releases = {"backend": {"tag": tag, "digest": f"sha256:{tag}"}} if tag else {}
    return {
        "schema": SCHEMA,
        "id": identity,
        "environment": "dev",
        "phase": "closed" if outcome else "open",
        "targets": [],
        "outcome": outcome,
        "releases": releases,
        **more,
    }


def tag_of(store: Store) -> str | None:
    found = last_good_release(store, "dev", "backend")
    return str(found["tag"]) if found else None


def test_a_deploy_of_some_hosts_is_not_what_a_new_one_boots(store: Store) -> None:
    ran = {"backend": {"tag": "v1", "digest": "sha256:v1", "release": "v1-1"}}
    Journal.open(store, make("2026-11-20T10-00-00Z-v1", releases=ran))
    left = {"name": "b", "kind": "host", "group": "backend", "why": "not selected", "release": "v1-1"}
    limited = {"backend": {"tag": "v2", "digest": "sha256:v2", "release": "v2-2"}}
    first, second = "2026-11-20T10-00-00Z-v1", "2026-11-20T11-00-00Z-v2"
    Journal.open(store, make(second, releases=limited, unchanged=[left], previous=first))
    assert tag_of(store) == "v1"
    rest = {**left, "why": "same release, same configuration", "release": "v2-2"}
    Journal.open(store, make("2026-11-20T12-00-00Z-v2", releases=limited, unchanged=[rest], previous=second))
    assert tag_of(store) == "v2"


def test_an_event_finds_the_record_of_the_one_before(store: Store) -> None:
    identity = record_id(store.now(), "d-AB12")
    HostJournal.open(store, "h1", make(identity, outcome=None))
    HostJournal.open(store, "h1", make(record_id(store.now(), "d-OTHER"), outcome=None))
    found = HostJournal.find(store, "dev", "h1", "d-AB12")
    assert found is not None
    found.write({**found.record, "phase": "later"})
    again = HostJournal.find(store, "dev", "h1", "d-AB12")
    assert again is not None
    assert again.record["phase"] == "later"
    assert HostJournal.find(store, "dev", "h2", "d-AB12") is None
    assert HostJournal.find(store, "dev", "h1", "AB12") is None


def test_two_events_cannot_mix(store: Store) -> None:
    first = HostJournal.open(store, "h1", make(record_id(store.now(), "d-1"), outcome=None))
    second = HostJournal.find(store, "dev", "h1", "d-1")
    assert second is not None
    second.write({**second.record, "phase": "theirs"})
    with pytest.raises(Conflict):
        first.write({**first.record, "phase": "mine"})


def test_a_booting_host_finds_the_newest_good_release_whoever_recorded_it(store: Store) -> None:
    assert tag_of(store) is None
    Journal.open(store, make("2026-11-20T10-00-00Z-a", "backend-v0.1.0"))
    assert tag_of(store) == "backend-v0.1.0"
    HostJournal.open(store, "h1", make("2026-11-20T11-00-00Z-d-1", "backend-v0.2.0"))
    assert tag_of(store) == "backend-v0.2.0"
    previous = {"previous": "2026-11-20T10-00-00Z-a"}
    Journal.open(store, make("2026-11-20T12-00-00Z-b", "backend-v0.3.0", **previous))
    assert tag_of(store) == "backend-v0.3.0"


@pytest.mark.parametrize("outcome", [None, "undone", "needs_person", "abandoned"])
def test_a_deploy_that_is_not_or_did_not_end_well_is_nothing_to_boot(store: Store, outcome: str | None) -> None:
    Journal.open(store, make("2026-11-20T10-00-00Z-a", "backend-v0.1.0"))
    Journal.open(store, make("2026-11-20T11-00-00Z-b", "backend-v0.2.0", outcome, previous="2026-11-20T10-00-00Z-a"))
    HostJournal.open(store, "h1", make("2026-11-20T12-00-00Z-d-1", "backend-v0.2.0", outcome))
    assert tag_of(store) == "backend-v0.1.0"


def test_a_deploy_without_the_group_is_passed_over(store: Store) -> None:
    Journal.open(store, make("2026-11-20T10-00-00Z-a", "backend-v0.1.0"))
    Journal.open(store, make("2026-11-20T11-00-00Z-b", previous="2026-11-20T10-00-00Z-a"))
    assert tag_of(store) == "backend-v0.1.0"


def test_a_damaged_record_does_not_keep_a_host_from_booting(store: Store) -> None:
    Journal.open(store, make("2026-11-20T10-00-00Z-a", "backend-v0.1.0"))
    store.write(host_record_key("dev", "h1", "2026-11-20T11-00-00Z-d-1"), b"{", expect=None)
    assert tag_of(store) == "backend-v0.1.0"


def test_a_hosts_records_are_newest_first(store: Store) -> None:
    for hour in ("10", "11", "12"):
        HostJournal.open(store, "h1", make(f"2026-11-20T{hour}-00-00Z-d"))
    assert [record["id"][11:13] for record in host_records(store, "dev", "h1")] == ["12", "11", "10"]
