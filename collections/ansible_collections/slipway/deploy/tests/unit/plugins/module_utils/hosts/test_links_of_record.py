# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The links that a record's host goes back to, in the eyes of that host's own ledger."""

from __future__ import annotations

import pytest

from ansible_collections.slipway.deploy.plugins.module_utils.hosts.progress import links_before, release_before
from ansible_collections.slipway.deploy.plugins.module_utils.releases.ledger import (
    BAD,
    GOOD,
    Entry,
    Ledger,
    Release,
    Running,
    Snapshot,
)
from ansible_collections.slipway.deploy.plugins.module_utils.switch.decision import Observed, decide_back

from .builders import RUNS_V1, V1, V2, target

KNOWN = Release(**release_before(target("a")))
UNIT = "/etc/systemd/system/umigo-backend.service"
WAY_BACK = {item["path"]: item["target"] for item in links_before(target("a"), "umigo-backend")}
FORWARD = {path: link.replace(V1.id, V2.id).replace("c1", "c2") for path, link in WAY_BACK.items()}


def release(links: dict[str, str], unit: str, identity: str, verdict: str = GOOD) -> Entry:
    return Entry(Snapshot(links, {UNIT: unit}), Release(identity), verdict)


@pytest.mark.parametrize("unit", ["as before", "another"])
def test_a_host_goes_back_to_its_release_and_the_unit_it_ran_with(unit: str) -> None:
    new = release(FORWARD, unit, V2.id)
    ledger = Ledger((new, release(WAY_BACK, "as before", V1.id)), Running("i", new.snapshot))
    decision = decide_back(ledger, Observed(True, "i", new.snapshot), WAY_BACK)
    assert decision.to.release is not None
    assert decision.to.release.id == RUNS_V1.release
    assert decision.to.snapshot == Snapshot(WAY_BACK, {UNIT: "as before"})
    assert decision.restart
    assert decision.leaves == new


def test_a_unit_that_never_got_ready_is_not_gone_back_to() -> None:
    new = release(FORWARD, "another", V2.id)
    bad = release(WAY_BACK, "broken", V1.id, BAD)
    ledger = Ledger((new, bad, release(WAY_BACK, "as before", V1.id)), Running("i", new.snapshot))
    assert decide_back(ledger, Observed(True, "i", new.snapshot), WAY_BACK).to.snapshot.files == {UNIT: "as before"}


def test_a_host_whose_ledger_is_lost_goes_where_the_record_says() -> None:
    decision = decide_back(Ledger(), Observed(True, "i", Snapshot(FORWARD, {UNIT: "another"})), WAY_BACK, KNOWN)
    assert decision.to.snapshot == Snapshot(WAY_BACK, {UNIT: "another"})
    assert decision.to.release == KNOWN
