# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Every screen as it stands in goldens/. ``SLIPWAY_GOLDENS=write`` writes them anew, to be read in the diff."""

from __future__ import annotations

from pathlib import Path

import pytest

from ansible_collections.slipway.deploy.plugins.module_utils.fleet.planned import UNPINNED
from ansible_collections.slipway.deploy.plugins.module_utils.render.card import card
from ansible_collections.slipway.deploy.plugins.module_utils.render.checks import health, smoke
from ansible_collections.slipway.deploy.plugins.module_utils.render.plan import plan
from ansible_collections.slipway.deploy.plugins.module_utils.render.progress import events, frame
from ansible_collections.slipway.deploy.plugins.module_utils.render.recap import recap
from ansible_collections.slipway.deploy.plugins.module_utils.render.resume import resume

from . import samples
from .golden import Goldens, Screen

NOW = samples.STARTED + 72


def _drifted() -> samples.Doc:
    record = samples.planned()
    record["warnings"] = ["user-service: revision :19 was made outside Slipway and is not shipped"]
    record["verify"]["unverifiable"] = [
        "the execution role's right to read sdt-dev-db (no iam:SimulatePrincipalPolicy)"
    ]
    record["targets"][0] |= {"desired": 0, "exercised": False}
    record["targets"][1]["expected_seconds"] = None
    record["unchanged"][0]["why"] = "not in --limit"
    return record


def _unpinned() -> samples.Doc:
    record = samples.planned()
    for item in record["targets"]:
        revision = item["from"]["task_definition"].rpartition(":")[2]
        item["notes"] = [*item["notes"], f"running :{revision} {UNPINNED}"]
    return record


def _rollback() -> samples.Doc:
    record = samples.planned()
    return {**record, "kind": "rollback", "label": samples.OLD, "of": record["previous"], "title": ""}


def _cancelled() -> samples.Doc:
    record = samples.undone()
    record["cause"] = {"what": "stopped by Ctrl-C", "target": None, "phase": "rolling_out", "wave": 4}
    return samples.changed(record, "user-service", failure=None)


def _refused() -> samples.Doc:
    record = {**samples.planned(), "phase": "closed", "outcome": "undone", "finished_at": samples.STARTED + 3}
    record["cause"] = {"what": "the lock was lost", "target": None, "phase": "rolling_out", "wave": None}
    return record


def _unhealthy() -> samples.Doc:
    record = samples.undone()
    what = "user-service is not healthy: 1 of its tasks are missing"
    record["cause"] = {"what": what, "target": "user-service", "phase": "checking", "wave": 4}
    record = samples.checks(samples.changed(record, "user-service", failure=None))
    record["health"][2] |= {"verdict": "fail", "running": 1, "detail": "1 of its tasks are missing"}
    record["health"][5] |= {"verdict": "unknown", "detail": "a deployment is in progress"}
    return record


def _flapping() -> samples.Doc:
    record = samples.checks(samples.succeeded())
    record["health"][4] |= {
        "verdict": "warn",
        "running": 0,
        "desired": 0,
        "detail": "not exercised: desired count is 0",
    }
    record["health"][7] |= {"verdict": "unknown", "detail": "a deployment is in progress"}
    record["smoke"][1] |= {"verdict": "inconclusive", "attempts": 6, "detail": "no answer within 5 s"}
    return record


def _events(_width: int | None) -> list[str]:
    states = [None, samples.planned(), samples.rolling(), samples.failing(), samples.undone()]
    times = [NOW - 60, NOW, NOW + 20, NOW + 60]
    pairs = zip(states, states[1:], times, strict=False)
    return [line for before, after, now in pairs if after for line in events(before, after, now)]


SCREENS: dict[str, Screen] = {
    "plan": lambda width: plan(samples.planned(), NOW, width, "lock free"),
    "plan-drift": lambda width: plan(_drifted(), NOW, width, "lock free"),
    "plan-unpinned": lambda width: plan(_unpinned(), NOW, width, "lock free"),
    "plan-unchanged": lambda width: plan(samples.unchanged(), NOW, width, "lock free"),
    "plan-rollback": lambda width: plan(_rollback(), NOW, width, "lock free"),
    "plan-1200": lambda width: plan(samples.fleet(1200), NOW, width),
    "frame": lambda width: frame(samples.rolling(), NOW, width, 29),
    "frame-undoing": lambda width: frame(samples.failing(), NOW + 20, width, 29),
    "frame-no-room": lambda width: frame(samples.fleet(40), NOW, width, 12),
    "events": _events,
    "card": lambda width: card(samples.undone(), width),
    "card-held": lambda width: card(samples.held(), width),
    "card-needs-person": lambda width: card(samples.needs_person(), width),
    "card-cancelled": lambda width: card(_cancelled(), width),
    "card-refused": lambda width: card(_refused(), width),
    "card-unhealthy": lambda width: card(_unhealthy(), width),
    "card-open": lambda width: card(samples.failing(), width),
    "recap": lambda width: recap(samples.succeeded(), width),
    "recap-unchanged": lambda width: recap(samples.unchanged(), width),
    "recap-undone": lambda width: recap(samples.undone(), width),
    "recap-unwell": lambda width: recap(_flapping(), width),
    "resume": lambda width: resume(samples.rolling(), NOW + 600, width),
    "resume-undoing": lambda width: resume(samples.failing(), NOW + 600, width),
    "checks": lambda width: [*health(samples.held(), width), *smoke(samples.held(), width)],
}


GOLDENS = Goldens(Path(__file__).parent / "goldens", SCREENS, (None, 100, 80))


@pytest.mark.parametrize("width", GOLDENS.widths)
@pytest.mark.parametrize("name", SCREENS)
def test_screen_is_as_its_golden(name: str, width: int | None) -> None:
    shown, golden = GOLDENS.compared(name, width)
    assert shown == golden


def test_no_golden_is_left_over() -> None:
    there, wanted = GOLDENS.files()
    assert there == wanted


@pytest.mark.parametrize("name", SCREENS)
def test_no_screen_has_trailing_spaces_or_colour(name: str) -> None:
    for width in (None, 100, 80, 40):
        for line in SCREENS[name](width):
            assert line == line.rstrip()
            assert "\x1b" not in line


def test_a_deploy_of_twelve_services_stays_under_sixty_lines() -> None:
    record = samples.fleet(12)
    lines = len(plan(record, NOW))
    for item in samples.fleet(12)["targets"]:
        for state, start, end in (("in_flight", NOW, None), ("stable", NOW, NOW + 30)):
            after = samples.changed(record, item["name"], state=state, started_at=start, finished_at=end, revision=50)
            lines += len(events(record, after, NOW))
            record = after
    record = samples.checks({**record, "phase": "closed", "outcome": "succeeded", "finished_at": NOW + 60})
    assert lines + len(recap(record)) < 60
