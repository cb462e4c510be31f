# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The screens of status, history and logs as they stand in goldens_verbs/. ``SLIPWAY_GOLDENS=write`` writes them."""

from __future__ import annotations

from pathlib import Path

import pytest

from ansible_collections.slipway.deploy.plugins.module_utils.checks.status import ServiceStatus
from ansible_collections.slipway.deploy.plugins.module_utils.common.text import display_width
from ansible_collections.slipway.deploy.plugins.module_utils.fleet.model import Event
from ansible_collections.slipway.deploy.plugins.module_utils.logs.model import (
    ContainerLog,
    Recorded,
    ServiceLogs,
    Source,
    Task,
)
from ansible_collections.slipway.deploy.plugins.module_utils.render.history import history, releases
from ansible_collections.slipway.deploy.plugins.module_utils.render.logs import logs
from ansible_collections.slipway.deploy.plugins.module_utils.render.status import Overview, status
from ansible_collections.slipway.deploy.plugins.module_utils.render.when import ago, moment, stamp

from . import samples
from .golden import Goldens, Screen

NOW = samples.STARTED + 1200
FREE = "dev is not locked (last by maria@ci-412 until 21:06)"
HELD = "dev is locked by maria@ci-412 since 21:04 (deploy), expires 21:26, alive 4 s ago"


def service(name: str, number: int = 0) -> ServiceStatus:
    """A service that is well."""
    return ServiceStatus(
        name=name,
        condition="well",
        task_definition=samples.arn(name, 18 + number),
        tag=samples.NEW,
        digest="sha256:" + f"{number:04x}" * 16,
        running=2,
        desired=2,
        rollout="completed",
        healthy=2,
        registered=2,
    )


def fleet(count: int) -> list[ServiceStatus]:
    """Twelve services by name, or more by number."""
    names = (
        [name for name, _wave, _port in samples.SERVICES] if count == 12 else [f"service-{n:04}" for n in range(count)]
    )
    return [service(name, number) for number, name in enumerate(names)]


def troubled() -> list[ServiceStatus]:
    """One of each condition."""
    items = fleet(12)
    changed = {
        "api-gateway": {"condition": "moving", "detail": "a deployment is in progress", "rollout": "in progress"},
        "user-service": {
            "condition": "failing",
            "detail": "its deployment failed: ECS deployment circuit breaker: tasks failed to start.",
            "rollout": "failed",
            "running": 0,
            "healthy": 0,
        },
        "task-service": {
            "condition": "unknown",
            "detail": "the health of target group x could not be read",
            "healthy": None,
        },
        "payment-service": {"drift": "family head :26 differs from running :25 (memory 512 → 1024 not shipped)"},
        "practice-service": {
            "condition": "idle",
            "detail": "not exercised: desired count is 0",
            "running": 0,
            "desired": 0,
        },
    }
    missing = ServiceStatus(
        "feedback-service", "failing", "there is no service sdt-dev-feedback-service in cluster c (MISSING)"
    )
    return [
        missing if item.name == missing.name else ServiceStatus(**{**vars(item), **changed.get(item.name, {})})
        for item in items
    ]


def large() -> list[ServiceStatus]:
    """1,200 services, two of which fail."""
    items = fleet(1200)
    for number in (700, 1100):
        items[number] = ServiceStatus(
            **{**vars(items[number]), "condition": "failing", "running": 1, "detail": "1 of its tasks are missing"}
        )
    return items


def overview(
    record: samples.Doc | None = None, *, lock: str = FREE, running: bool = False, fleet: int = 12
) -> Overview:
    """What stands above the table."""
    return Overview("dev", "sdt-dev-cluster", fleet, NOW, lock, running, record)


def chain(*records: samples.Doc) -> list[samples.Doc]:
    """Records newest first, with ids by age and each with the one before as its previous."""
    ids = [f"2026-11-{20 - age:02}T21-04-11Z-{record['label']}" for age, record in enumerate(records)]
    return [
        {**record, "id": identity, "previous": before}
        for record, identity, before in zip(records, ids, [*ids, None][1:], strict=True)
    ]


def old(label: str, revision: int) -> samples.Doc:
    """A release that went well, of another label and with other revisions."""
    record = samples.succeeded()
    targets = [
        {**item, "to": {**item["to"], "task_definition": samples.arn(item["name"], revision)}}
        for item in record["targets"]
    ]
    return {**record, "label": label, "title": "", "targets": targets}


def _history(*records: samples.Doc, entries: int = 20) -> Screen:
    return lambda width: history(releases(chain(*records), "dev", entries, 50), width)


def _rolled_back() -> samples.Doc:
    return {**old(samples.OLD, 12), "kind": "rollback", "of": f"2026-11-18T21-04-11Z-{samples.OLD}"}


FAILED = Task(
    "8f3a1b2c" * 4, samples.arn("user-service", 20), "failed", NOW - 62, "Essential container in task exited", 1
)
PULL = Task("77aa0b1c" * 4, samples.arn("user-service", 20), "failed", NOW - 90, "CannotPullContainerError: not found")
RUNNING = Task("05cb67cf" * 4, samples.arn("user-service", 18), "running", NOW - 90_000, health="HEALTHY")
SICK = Task("66cb67cf" * 4, samples.arn("user-service", 18), "running", NOW - 30, health="UNHEALTHY")
STARTING = Task("99cb67cf" * 4, samples.arn("user-service", 18), "starting", 0.0)
REPLACED = Task(
    "11cb67cf" * 4, samples.arn("user-service", 17), "replaced", NOW - 900, "Scaling activity initiated by x"
)
SOURCE = Source("user-service", "/ecs/sdt/dev/user-service", f"ecs/user-service/{FAILED.id}")
EVENTS = (
    Event(
        "1",
        NOW - 80,
        "(service sdt-dev-user-service) registered 1 targets in (target-group arn:aws:elasticloadbalancing:"
        "eu-west-1:962496666337:targetgroup/sdt-dev-user-service/1b6a5ab078d3ba6b)",
    ),
    Event("2", NOW - 70, "(service sdt-dev-user-service) has reached a steady state."),
    Event("3", NOW - 60, "(service sdt-dev-user-service) has reached a steady state."),
)
CRASHED = ServiceLogs(
    "user-service",
    running=1,
    desired=2,
    rollout="FAILED",
    tasks=(*(FAILED,) * 4, PULL, RUNNING, SICK, STARTING, REPLACED),
    events=EVENTS,
    logs=(ContainerLog(SOURCE, FAILED.id, (f"21:22:08 {'Application run failed ' * 8}", "21:22:08     at com.Main")),),
)
WELL = ServiceLogs(
    "task-service",
    running=1,
    desired=1,
    rollout="COMPLETED",
    tasks=(RUNNING,),
    logs=(
        ContainerLog(SOURCE, RUNNING.id, problem="the log group does not exist: nothing that its tasks wrote was kept"),
        ContainerLog(
            Source("proxy", problem="x"), RUNNING.id, problem="its log driver is splunk, not awslogs: look there"
        ),
    ),
    recorded=Recorded("2026-11-20T21-04-11Z-3f9c2d1", "Essential container in task exited", 1, ("21:06:02 it failed",)),
)
GONE = ServiceLogs("old-service", "there is no service sdt-dev-old-service in cluster sdt-dev-cluster")
SILENT = ServiceLogs("cron-service")

#: What the record of a deploy of a build says of it.
BUILD = {"id": f"20261120T205901Z-{samples.NEW}", "branch": "develop", "commit": samples.NEW * 5 + "3f9c2"}

SCREENS: dict[str, Screen] = {
    "status": lambda width: status(overview(samples.succeeded()), fleet(12), width),
    "status-of-a-build": lambda width: status(overview({**samples.succeeded(), "build": BUILD}), fleet(12)[:2], width),
    "status-troubled": lambda width: status(overview(samples.undone()), troubled(), width),
    "status-unfinished": lambda width: status(overview(samples.rolling()), fleet(12)[:1], width),
    "status-running": lambda width: status(overview(samples.rolling(), lock=HELD, running=True), fleet(12)[:1], width),
    "status-held": lambda width: status(overview(samples.held()), fleet(12)[:1], width),
    "status-new": lambda width: status(overview(lock="dev is not locked"), fleet(12)[:2], width),
    "status-1200": lambda width: status(overview(samples.succeeded(), fleet=1200), large(), width),
    "history": _history(samples.undone(), samples.unchanged(), samples.succeeded(), old(samples.OLD, 12)),
    "history-rolled-back": _history(_rolled_back(), samples.succeeded(), old(samples.OLD, 12), old("1111111", 11)),
    "history-held": _history(samples.held(), old(samples.OLD, 12)),
    "history-unfinished": _history(samples.rolling(), old(samples.OLD, 12)),
    "history-first": _history(samples.succeeded()),
    "history-none-good": _history(samples.undone()),
    "history-more": _history(samples.succeeded(), old(samples.OLD, 12), old("1111111", 11), entries=2),
    "history-of-a-build": _history({**samples.succeeded(), "build": BUILD}, old(samples.OLD, 12)),
    "history-empty": _history(),
    "logs": lambda width: logs([CRASHED, WELL, GONE, SILENT], NOW, width, hidden=1188),
}


GOLDENS = Goldens(Path(__file__).parent / "goldens_verbs", SCREENS, (None, 100))


@pytest.mark.parametrize("width", GOLDENS.widths)
@pytest.mark.parametrize("name", SCREENS)
def test_screen_is_as_its_golden(name: str, width: int | None) -> None:
    shown, golden = GOLDENS.compared(name, width)
    assert shown == golden


def test_no_golden_is_left_over() -> None:
    there, wanted = GOLDENS.files()
    assert there == wanted


@pytest.mark.parametrize("name", SCREENS)
def test_no_line_has_trailing_spaces_colour_or_too_many_columns(name: str) -> None:
    for width in (None, 100, 80):
        for line in SCREENS[name](width):
            assert line == line.rstrip()
            assert "\x1b" not in line
            # What is to be copied is never broken: commands, names of streams, log lines.
            copied = "playbook" in line or line.startswith(("    ", "  log"))
            assert copied or width is None or display_width(line) <= width, line


def test_a_large_fleet_fits_on_a_screen() -> None:
    lines = status(overview(samples.succeeded(), fleet=1200), large())
    assert len(lines) < 60
    assert lines[4].startswith("✘ service-0700")


def test_what_comes_from_outside_cannot_move_the_cursor() -> None:
    evil = "\x1b[2Jx\r\n"
    record = {**samples.succeeded(), "title": evil, "actor": {"user": evil, "host": "h"}}
    item = ServiceStatus(**{**vars(service(evil)), "condition": "failing", "detail": evil, "drift": evil})
    crash = Task("id", "x:1", "failed", 1.0, evil)
    found = ServiceLogs(evil, tasks=(crash,), events=(Event("1", 1.0, evil),), recorded=Recorded(evil, evil))
    for lines in (
        status(overview(record, lock=evil), [item]),
        history(releases([record], evil, 5, 50)),
        logs([found, ServiceLogs("x", evil)], NOW),
    ):
        assert all(char.isprintable() for line in lines for char in line)


@pytest.mark.parametrize(
    ("at", "moment_of", "stamp_of", "ago_of"),
    [
        (NOW - 4, "21:24 UTC", "21:24:07", "4 s ago"),
        (NOW - 125, "21:22 UTC", "21:22:06", "2 min ago"),
        (NOW - 86_400, "2026-11-19 21:24 UTC", "2026-11-19 21:24:11", "24 h ago"),
        (NOW - 200_000, "2026-11-18 13:50 UTC", "2026-11-18 13:50:51", "2 days ago"),
        (NOW + 3, "21:24 UTC", "21:24:14", "0 s ago"),
    ],
)
def test_moments(at: float, moment_of: str, stamp_of: str, ago_of: str) -> None:
    assert (moment(at, NOW), stamp(at, NOW), ago(at, NOW)) == (moment_of, stamp_of, ago_of)
