# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Records of a site's deploys, for the tests of what is shown of them."""

from __future__ import annotations

from typing import Any

from .samples import STARTED

Doc = dict[str, Any]
TAG, COMMIT = "prod-20261120", "8851ec0d5f1c2b3a4956778899aabbccddeeff00"
TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"


def row(name: str, kind: str = "http", verdict: str = "green", detail: str = "", **fields: Any) -> Doc:
    """A row of a checklist."""
    when = "2026-11-20T21:06:02+00:00"
    base = {"name": name, "kind": kind, "host": None, "verdict": verdict, "detail": detail}
    return {**base, "took": 0.043, "checked_at": when, **fields}


def smoke(check: str, **fields: Any) -> Doc:
    """A smoke check of the first host."""
    base = {"name": "site-1", "check": check, "verdict": "pass", "attempts": 1, "status": 200, "latency": 0.041}
    return {**base, "detail": "", "trace_id": TRACE, **fields}


def planned() -> Doc:
    """Two hosts change."""
    release = {"release": f"{TAG}-{COMMIT[:12]}", "tag": TAG, "commit": COMMIT, "digest": f"commit:{COMMIT}"}
    targets = [
        {
            "kind": "host",
            "group": "site",
            "name": name,
            "wave": 1,
            "state": "planned",
            "from": {"release": "prod-20261113-0123456789ab", "tag": "prod-20261113"},
            "to": {"release": release["release"], "tag": TAG},
            "started_at": None,
            "finished_at": None,
        }
        for name in ("site-1", "site-2")
    ]
    return {
        "schema": "slipway/record/1",
        "id": f"2026-11-20T21-04-11Z-{TAG}",
        "environment": "production",
        "kind": "deploy",
        "label": TAG,
        "title": "",
        "reason": "",
        "actor": {"user": "maria", "host": "ci-412", "url": "https://ci.example.org/runs/412"},
        "started_at": STARTED,
        "finished_at": None,
        "previous": None,
        "phase": "planned",
        "outcome": None,
        "cause": None,
        "settings": {},
        "targets": targets,
        "unchanged": [],
        "releases": {"site": release},
        "migrations": {
            "state": "planned",
            "from": "a1b2c3",
            "to": "d4e5f6",
            "pending": [{"version": "d4e5f6", "description": "members get a parish", "compatible": True}],
            "applied": [],
            "restore_to": None,
        },
        "approval": {"by": "petra", "how": "variable", "at": "2026-11-20T21:03:40+00:00"},
        "notes": {"source": "docs/releases/prod-20261120.md", "digest": "sha256:00"},
        "health": [],
        "smoke": [],
        "notifications": {},
    }


def succeeded() -> Doc:
    """All of it went well."""
    record = planned()
    for item in record["targets"]:
        item |= {"state": "stable", "running": 1, "started_at": STARTED + 20, "finished_at": STARTED + 50}
    migrations = {**record["migrations"], "state": "done", "pending": [], "applied": record["migrations"]["pending"]}
    migrations["backup"] = {
        "label": f"production-2026-11-20t21-04-11z-{TAG}",
        "reference": "/var/backups/salitemihret",
        "at": "2026-11-20T21:04:31+00:00",
    }
    health = [
        {"name": item["name"], "verdict": "pass", "running": 1, "desired": 1, "detail": ""}
        for item in record["targets"]
    ]
    return {
        **record,
        "phase": "closed",
        "outcome": "succeeded",
        "finished_at": STARTED + 122,
        "migrations": migrations,
        "health": health,
        "smoke": [smoke("health"), smoke("login"), smoke("members", attempts=2)],
        "checklist": [
            row("health", detail="status 200"),
            row("alerts", "sentry", detail="no new issue of level error or fatal since 21:04:11", took=0.31),
            row("queue", "redis_queue", detail="0 waiting", took=0.004),
            row("service", "systemd", detail="active (running)", host="site-1"),
            row("service", "systemd", detail="active (running)", host="site-2"),
        ],
        "coverage_url": "https://codecov.example.org/gh/o/r/commit/8851ec0",
    }


def held() -> Doc:
    """The checklist is not green."""
    record = {**succeeded(), "outcome": "held"}
    what = "checklist: queue is red: 12 waiting, fewer than 10 are allowed"
    record["cause"] = {"what": what, "target": None, "phase": "checking", "wave": None}
    record["checklist"][1] |= {"verdict": "unknown", "detail": "Sentry limits the rate of requests"}
    record["checklist"][2] |= {"verdict": "red", "detail": "12 waiting, fewer than 10 are allowed"}
    return record
