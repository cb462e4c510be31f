# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Records in the states that a deploy goes through, for the tests of what is shown."""

from __future__ import annotations

import copy
from typing import Any

#: 2026-11-20T21:04:11Z
STARTED = 1795208651.0
ACCOUNT = "962496666337"
NEW = "3f9c2d1"
OLD = "8d20c11"
SERVICES = (
    ("config-server", 1, 8888),
    ("discovery-server", 2, 8761),
    ("api-gateway", 3, 8080),
    ("bff-service", 4, 8081),
    ("user-service", 4, 8082),
    ("task-service", 4, 8083),
    ("analytics-service", 4, 8084),
    ("payment-service", 4, 8085),
    ("gamification-service", 4, 8086),
    ("practice-service", 4, 8087),
    ("feedback-service", 4, 8088),
    ("notification-service", 4, 8089),
)

Doc = dict[str, Any]


def arn(name: str, revision: int) -> str:
    """A task definition's ARN."""
    return f"arn:aws:ecs:eu-west-1:{ACCOUNT}:task-definition/sdt-dev-{name}:{revision}"


def image(name: str, tag: str, digest: str) -> Doc:
    """An image as a record holds it."""
    full = f"sha256:{digest.ljust(64, '0')}"
    registry = f"{ACCOUNT}.dkr.ecr.eu-west-1.amazonaws.com"
    return {"image": f"{registry}/sdt/dev/{name}@{full}", "tag": tag, "digest": full}


def target(name: str, wave: int, port: int, revision: int, digests: tuple[str, str], **extra: Any) -> Doc:
    """A planned change of one service."""
    base: Doc = {
        "kind": "ecs_service",
        "name": name,
        "wave": wave,
        "cluster": "sdt-dev-cluster",
        "service": f"sdt-dev-{name}",
        "container": name,
        "port": port,
        "from": {
            "task_definition": arn(name, revision),
            "deployment_id": f"ecs-svc/{revision}",
            **image(name, OLD, digests[0]),
        },
        "to": {"task_definition": None, **image(name, NEW, digests[1])},
        "clone_of": arn(name, revision),
        "force": False,
        "why": ["image"],
        "notes": [],
        "desired": 2,
        "exercised": True,
        "expected_seconds": 40.0,
        "state": "planned",
        "deployment_id": None,
        "service_deployment": None,
        "started_at": None,
        "finished_at": None,
        "running": 0,
        "failure": None,
        "undo": None,
    }
    return {**base, **extra}


def unchanged_beside(targets: list[Doc]) -> list[Doc]:
    """The services that are none of these."""
    changed = {item["name"] for item in targets}
    return [
        {
            "name": name,
            "service": f"sdt-dev-{name}",
            "wave": wave,
            "port": port,
            "why": "same image",
            "image_tag": NEW,
            "digest": f"sha256:{'ab' * 32}",
            "task_definition": arn(name, 7),
        }
        for name, wave, port in SERVICES
        if name not in changed
    ]


def planned() -> Doc:
    """Three of twelve services change."""
    why = ["image", "sdt-dev-api-gateway:41 → new revision"]
    targets = [
        target("api-gateway", 3, 8080, 41, ("77be", "c40a"), why=why),
        target("payment-service", 4, 8085, 12, ("10fd", "5b2e"), expected_seconds=70.0),
        target(
            "user-service",
            4,
            8082,
            18,
            ("e2aa", "9f01"),
            notes=["family head :19 differs from running :18 (memory 512 → 1024 not shipped)"],
            expected_seconds=55.0,
        ),
    ]
    return {
        "schema": "slipway/record/1",
        "id": f"2026-11-20T21-04-11Z-{NEW}",
        "environment": "dev",
        "kind": "deploy",
        "label": NEW,
        "title": "Retry payments on 502",
        "reason": "",
        "actor": {"user": "maria", "host": "ci-412", "url": "https://ci.example.org/runs/412"},
        "started_at": STARTED,
        "finished_at": None,
        "account_id": ACCOUNT,
        "region": "eu-west-1",
        "cluster": "sdt-dev-cluster",
        "registry": f"{ACCOUNT}.dkr.ecr.eu-west-1.amazonaws.com",
        "previous": f"2026-11-19T09-12-00Z-{OLD}",
        "of": None,
        "phase": "planned",
        "outcome": None,
        "cause": None,
        "settings": {"max_parallel": 4, "stabilise_timeout": 600, "failed_tasks_threshold": 3, "on_failure": "undo"},
        "targets": targets,
        "unchanged": unchanged_beside(targets),
        "warnings": [],
        "verify": {
            "checked": {"images": 3, "secrets": 7, "log_groups": 3},
            "platforms": ["linux/amd64"],
            "unverifiable": [],
        },
        "health": [],
        "endpoint": None,
        "smoke": [],
        "notifications": {},
    }


def named(record: Doc, name: str) -> Doc:
    """The record's target of that name."""
    return next(item for item in record["targets"] if item["name"] == name)


def changed(record: Doc, name: str, **fields: Any) -> Doc:
    """A copy of the record in which a target's fields are others; ``revision`` sets the registered revision."""
    copied = copy.deepcopy(record)
    item = named(copied, name)
    revision = fields.pop("revision", None)
    if revision is not None:
        item["to"]["task_definition"] = arn(name, revision)
    item.update(fields)
    return copied


def rolling() -> Doc:
    """The gateway is stable, two services of wave 4 are in flight."""
    record = {**planned(), "phase": "rolling_out"}
    record = changed(
        record,
        "api-gateway",
        revision=42,
        state="stable",
        running=2,
        started_at=STARTED + 4,
        finished_at=STARTED + 45,
    )
    record = changed(
        record,
        "payment-service",
        revision=13,
        state="in_flight",
        running=1,
        started_at=STARTED + 50,
        event="(service sdt-dev-payment-service) has started 1 tasks",
    )
    return changed(
        record,
        "user-service",
        revision=20,
        state="in_flight",
        started_at=STARTED + 50,
        failure={"reason": "Essential container in task exited", "exit_code": 1, "stopped": 1, "log": [], "events": []},
    )


def failing() -> Doc:
    """The user service has failed, the others are on their way back."""
    record = {**rolling(), "phase": "undoing"}
    what = "3 of its tasks stopped"
    record["cause"] = {"what": what, "target": "user-service", "phase": "rolling_out", "wave": 4}
    record = changed(
        record,
        "user-service",
        state="stopping",
        finished_at=STARTED + 88,
        failure={
            "reason": "Essential container in task exited",
            "exit_code": 1,
            "stopped": 3,
            "log": [
                "21:06:02 Caused by: java.net.UnknownHostException: sdt-dev-db",
                "21:06:02 Application run failed",
            ],
            "events": [],
        },
        undo={"task_definition": arn("user-service", 18), "equivalent_of": None, "started_at": STARTED + 89},
    )
    return changed(
        record,
        "payment-service",
        state="undoing",
        undo={"task_definition": arn("payment-service", 12), "equivalent_of": None, "started_at": STARTED + 90},
    )


def undone() -> Doc:
    """The failed deploy, everything back."""
    record = {**failing(), "phase": "closed", "outcome": "undone", "finished_at": STARTED + 140}
    for name, revision, start, end in (
        ("payment-service", 12, 90, 109),
        ("api-gateway", 41, 110, 131),
        ("user-service", 18, 89, 106),
    ):
        undo = {"task_definition": arn(name, revision), "equivalent_of": None}
        undo |= {"started_at": STARTED + start, "finished_at": STARTED + end}
        record = changed(record, name, state="undone", undo=undo)
    return record


def checks(record: Doc) -> Doc:
    """The record with health and smoke, all well."""
    health = [
        {"name": item["name"], "verdict": "pass", "running": 2, "desired": 2, "detail": ""}
        for item in (*record["targets"], *record["unchanged"])
    ]
    smoke = [
        {
            "name": item["name"],
            "check": "health",
            "verdict": "pass",
            "status": 200,
            "latency": 0.041,
            "attempts": 1,
            "detail": "",
        }
        for item in record["targets"]
    ]
    return {**record, "health": health, "smoke": smoke, "endpoint": "http://sdt-dev-alb.example.org"}


def succeeded() -> Doc:
    """Everything went out."""
    record = {**checks(rolling()), "phase": "closed", "outcome": "succeeded", "finished_at": STARTED + 122}
    record = changed(record, "payment-service", state="stable", running=2, finished_at=STARTED + 117, event="")
    return changed(record, "user-service", state="stable", running=2, finished_at=STARTED + 103, failure=None)


def held() -> Doc:
    """A smoke check failed and the environment's policy is to hold."""
    record = {**succeeded(), "outcome": "held"}
    record["settings"] = {**record["settings"], "on_failure": "hold"}
    what = "smoke check login failed: status 500 instead of 200"
    record["cause"] = {"what": what, "target": "user-service", "phase": "checking", "wave": 4}
    record["smoke"][2] |= {"check": "login", "verdict": "fail", "status": 500, "detail": "status 500 instead of 200"}
    return record


def needs_person() -> Doc:
    """An undo failed."""
    record = {**undone(), "outcome": "needs_person"}
    undo = {**named(record, "api-gateway")["undo"], "detail": "the old revision does not stabilise either"}
    return changed(record, "api-gateway", state="undo_failed", undo=undo)


def unchanged() -> Doc:
    """Nothing to deploy."""
    record = planned()
    items = [
        {"name": name, "service": f"sdt-dev-{name}", "wave": wave, "port": port, "why": "same image", "image_tag": NEW}
        for name, wave, port in SERVICES
    ]
    record |= {"targets": [], "unchanged": items, "phase": "closed", "outcome": "unchanged"}
    return {**record, "finished_at": STARTED + 2, "verify": {"checked": {}, "unverifiable": []}}


def fleet(count: int) -> Doc:
    """A plan in which ``count`` services change."""
    record = planned()
    record["targets"] = [
        target(f"service-{number:04d}", 1 + number % 4, 8000, number, ("aaaa", "bbbb")) for number in range(count)
    ]
    return {**record, "unchanged": []}
