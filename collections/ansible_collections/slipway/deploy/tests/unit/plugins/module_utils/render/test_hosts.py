# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The screens of deploys with hosts, as they stand in goldens_hosts/, and what they must never claim."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from ansible_collections.slipway.deploy.plugins.module_utils.render.card import card
from ansible_collections.slipway.deploy.plugins.module_utils.render.hosts import HostStatus, host_lines, hosts_table
from ansible_collections.slipway.deploy.plugins.module_utils.render.plan import plan
from ansible_collections.slipway.deploy.plugins.module_utils.render.recap import recap
from ansible_collections.slipway.deploy.plugins.module_utils.render.resume import resume
from ansible_collections.slipway.deploy.plugins.module_utils.render.status import Overview, status
from ansible_collections.slipway.deploy.plugins.module_utils.render.verdict import closing

from ..hosts.builders import RUNS_V1, V2, Doc, migration, target
from . import samples
from .golden import Goldens, Screen

START = samples.STARTED
NAMES = ("umigo-dev-backend-i-0a1", "umigo-dev-backend-i-0b2")
LOST = {
    "state": "done",
    "from": "2",
    "to": "3",
    "pending": [],
    "applied": [migration("3", compatible=False)],
    "restore_to": "2026-11-20T21:04:20+00:00",
    "backup": {"label": "dev-2026-11-20t21-04-11z", "reference": None, "at": "2026-11-20T21:04:15+00:00"},
}
NEVER_READY = {"reason": "it did not become ready within 120 s", "log": ["Caused by: java.net.ConnectException"]}
CAUSE = {"what": NEVER_READY["reason"], "target": NAMES[0], "phase": "rolling_out", "wave": None}


def host(name: str, state: str = "planned", **fields: Any) -> Doc:
    """A host's change; with times as far as it got."""
    times = {"started_at": START + 20, "finished_at": START + 34} if state != "planned" else {}
    if state in ("undone", "undo_failed"):
        times["undo"] = {"started_at": START + 40, "finished_at": START + 52, "detail": ""}
    return target(name, state, RUNS_V1, **{**times, **fields})


def deploy(*hosts: Doc, mixed: bool = False, **fields: Any) -> Doc:
    """A record; without services unless it is mixed."""
    record = samples.planned() if not mixed else samples.succeeded()
    if not mixed:
        record |= {"targets": [], "unchanged": [], "cluster": None, "warnings": [], "title": ""}
        record["verify"] = {"checked": {"artifact": V2.id, "hosts": len(hosts), "migrations": 1}, "unverifiable": []}
    label = f"{record['label']} and {V2.tag}" if mixed else V2.tag
    base = {**record, "targets": [*record["targets"], *hosts], "label": label, "id": f"2026-11-20T21-04-11Z-{V2.tag}"}
    return {**base, **fields}


def ended(outcome: str, *hosts: Doc, **fields: Any) -> Doc:
    return deploy(*hosts, **{"phase": "closed", "outcome": outcome, "finished_at": START + 60, **fields})


PLANNED = deploy(*map(host, NAMES))
UNCHANGED = [{"name": name, "kind": "host", "group": "backend", "why": "same release"} for name in NAMES]
SUCCEEDED = ended("succeeded", *(host(name, "stable") for name in NAMES))
UNDONE = ended("undone", host(NAMES[0], "undone", failure=NEVER_READY), host(NAMES[1]), cause=CAUSE)
UNDONE_SCHEMA = {**UNDONE, "migrations": {**LOST, "applied": [migration("3")]}}
STUCK = host(NAMES[1], "undo_failed", undo={"started_at": START, "finished_at": START, "detail": "the host is gone"})
NEEDS_PERSON = ended("needs_person", host(NAMES[0], "undone", failure=NEVER_READY), STUCK, cause=CAUSE)
NO_RETURN = ended(
    "needs_person", host(NAMES[0], "failed", failure=NEVER_READY), host(NAMES[1]), cause=CAUSE, migrations=LOST
)
LEFT = {"what": f"the deploy failed on {NAMES[1]} (the host is gone)", "target": NAMES[1], "phase": "rolling_out"}
HELD = ended(
    "held",
    host(NAMES[0], "stable"),
    host(NAMES[1], "failed", failure={"reason": "the host is gone"}),
    cause=LEFT,
    hold=LEFT,
)
MIXED = ended("succeeded", host(NAMES[0], "stable"), mixed=True)
MIXED_FAILED = ended("undone", host(NAMES[0], "undone", failure=NEVER_READY), mixed=True, cause=CAUSE)
MIXED_FAILED["targets"] = [
    {**item, "state": "undone", "undo": {"task_definition": item["from"]["task_definition"]}}
    if item["kind"] == "ecs_service"
    else item
    for item in MIXED_FAILED["targets"]
]
OPEN = deploy(host(NAMES[0], "updating"), host(NAMES[1]), phase="switching")
OPEN_NO_RETURN = {**OPEN, "migrations": LOST}
MIGRATING = deploy(host(NAMES[0]), phase="migrating", migrations={**LOST, "state": "running"})
PUT_BACK = ended(
    "held",
    host(NAMES[0], "stable"),
    host(NAMES[1], "undone", failure=NEVER_READY),
    cause={**LEFT, "what": f"the deploy failed on {NAMES[1]} ({NEVER_READY['reason']})"},
    hold=LEFT,
)
STATUS = [
    HostStatus(NAMES[0], "pass", "backend-v0.2.0", "3", active=True),
    HostStatus(NAMES[1], "fail", "backend-v0.1.0", "3", active=False, detail="the service does not run"),
    HostStatus("umigo-dev-backend-i-0c3", "unknown", detail="the host cannot be reached"),
]


def _status(record: Doc | None, running: bool = False, fleet: int = 0) -> Screen:
    overview = Overview("dev", "", fleet, START + 90, "free", running=running, record=record, hosts=3)
    return lambda width: status(overview, [], width, STATUS)


SCREENS: dict[str, Screen] = {
    "plan": lambda width: plan(PLANNED, START, width, "lock free"),
    "plan-mixed": lambda width: plan(
        {**samples.planned(), "targets": [*samples.planned()["targets"], host(NAMES[0])]}, START, width
    ),
    "plan-unchanged": lambda width: plan({**PLANNED, "targets": [], "unchanged": UNCHANGED}, START, width),
    "plan-first": lambda width: plan(deploy(target(NAMES[0], before=None, why=["nothing runs yet"])), START, width),
    "plan-rollback": lambda width: plan({**PLANNED, "kind": "rollback"}, START, width),
    "recap": lambda width: recap(SUCCEEDED, width),
    "recap-mixed": lambda width: recap(MIXED, width),
    "recap-undone": lambda width: recap(UNDONE, width),
    "card-undone": lambda width: card(UNDONE, width),
    "card-undone-schema": lambda width: card(UNDONE_SCHEMA, width),
    "card-mixed": lambda width: card(MIXED_FAILED, width),
    "card-needs-person": lambda width: card(NEEDS_PERSON, width),
    "card-no-return": lambda width: card(NO_RETURN, width),
    "card-held": lambda width: card(HELD, width),
    "card-put-back": lambda width: card(PUT_BACK, width),
    "resume": lambda width: resume(OPEN, START + 600, width),
    "resume-no-return": lambda width: resume(OPEN_NO_RETURN, START + 600, width),
    "resume-migrating": lambda width: resume(MIGRATING, START + 600, width),
    "status": _status(SUCCEEDED),
    "status-open": _status(OPEN),
    "status-migrating": _status(MIGRATING),
    "status-mixed": _status(MIXED, fleet=12),
}
GOLDENS = Goldens(Path(__file__).parent / "goldens_hosts", SCREENS, (None, 80))


@pytest.mark.parametrize("width", GOLDENS.widths)
@pytest.mark.parametrize("name", SCREENS)
def test_screen_is_as_its_golden(name: str, width: int | None) -> None:
    shown, golden = GOLDENS.compared(name, width)
    assert shown == golden


def test_no_golden_is_left_over() -> None:
    there, wanted = GOLDENS.files()
    assert there == wanted


@pytest.mark.parametrize("name", SCREENS)
def test_no_screen_calls_a_host_a_service(name: str) -> None:
    if "mixed" not in name:
        text = "\n".join(SCREENS[name](None))
        assert "1 service" not in text
        assert "services" not in text


@pytest.mark.parametrize(
    ("record", "sentence"),
    [
        pytest.param(SUCCEEDED, "dev: 2 hosts deployed to backend-v0.2.0 in 1 min.", id="succeeded"),
        pytest.param({**SUCCEEDED, "kind": "rollback"}, "dev: 2 hosts rolled back to", id="rolled back"),
        pytest.param(MIXED, "dev: 3 services and 1 host deployed to", id="mixed"),
        pytest.param(UNDONE, "dev is as it was before this deploy.", id="undone"),
        pytest.param(UNDONE_SCHEMA, "but for its schema, which stays at version 3", id="but for the schema"),
        pytest.param(
            {**UNDONE, "migrations": {"state": "running", "pending": [migration("3")]}},
            "but for its schema: how far it was migrated is not known",
            id="nobody knows how far",
        ),
        pytest.param(NEEDS_PERSON, f"dev needs a person: {NAMES[1]} could not be undone.", id="stuck"),
        pytest.param(NO_RETURN, "is not declared backward-compatible, so no host was undone.", id="no return"),
        pytest.param(HELD, "nothing was undone (backend_failure_threshold)", id="within the threshold"),
        pytest.param(PUT_BACK, f"{NAMES[1]} back on what ran before", id="put back by itself"),
        pytest.param(OPEN, "is not known yet", id="open"),
    ],
)
def test_closing_sentence(record: Doc, sentence: str) -> None:
    assert sentence in closing(record)
    assert ("as it was before" in closing(record)) is (record["outcome"] == "undone")


def test_a_release_is_not_held_by_on_failure_when_a_host_was_put_back() -> None:
    assert "nothing was undone" not in closing(PUT_BACK)
    assert "on_failure" not in closing(PUT_BACK)


@pytest.mark.parametrize(
    ("item", "lines"),
    [
        (host("a", "stable"), ["✔ a  backend-v0.1.0 → backend-v0.2.0  14 s"]),
        (host("a"), ["· a  backend-v0.1.0 → backend-v0.2.0"]),
        (
            host("a", "undone", failure=NEVER_READY),
            ["↺ a  backend-v0.2.0 → backend-v0.1.0  12 s  undone", "  it did not become ready within 120 s"],
        ),
        ({**STUCK, "name": "a"}, ["✘ a  backend-v0.2.0 → backend-v0.1.0  0 s  not undone", "  the host is gone"]),
        (target("a", before=None), ["· a  nothing → backend-v0.2.0"]),
    ],
)
def test_a_host_after_its_turn(item: Doc, lines: list[str]) -> None:
    assert host_lines(item) == lines


def test_control_characters_of_a_host_do_not_reach_the_terminal() -> None:
    evil = {"reason": "\x1b[31mred", "log": []}
    assert "\x1b" not in "".join(host_lines(host("a\x1b", "failed", failure=evil)))
    assert "\x1b" not in "".join(hosts_table([HostStatus("a\x1b", "fail", "v\x1b", detail="d\x1b")]))


def test_without_hosts_there_is_no_table() -> None:
    assert hosts_table([]) == []
