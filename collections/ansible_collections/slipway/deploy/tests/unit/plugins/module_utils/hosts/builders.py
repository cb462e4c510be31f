# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Releases, hosts and records of hosts for the tests."""

from __future__ import annotations

from typing import Any

from ansible_collections.slipway.deploy.plugins.module_utils.hosts.model import ObservedHost, Release, Runs
from ansible_collections.slipway.deploy.plugins.module_utils.hosts.progress import After

Doc = dict[str, Any]

V1_DIGEST = f"sha256:{'1' * 64}"
V2_DIGEST = f"sha256:{'2' * 64}"
V1 = Release("backend", "backend-v0.1.0", V1_DIGEST, "umigo-artifacts", "dev/backend-v0.1.0/app.jar", branch="dev")
V2 = Release("backend", "backend-v0.2.0", V2_DIGEST, "umigo-artifacts", "dev/backend-v0.2.0/app.jar", branch="dev")
RUNS_V1 = Runs(V1.id, V1.tag, V1_DIGEST, "1", "c1")
RUNS_V2 = Runs(V2.id, V2.tag, V2_DIGEST, "2", "c2")


def observed(name: str = "a", runs: Runs | None = RUNS_V1, **fields: Any) -> ObservedHost:
    """A host that runs."""
    return ObservedHost(name, runs=runs, **{"active": runs is not None, **fields})


def target(name: str, state: str = "planned", before: Runs | None = RUNS_V1, **fields: Any) -> Doc:
    """A record's target."""
    return {
        "name": name,
        "kind": "host",
        "group": "backend",
        "wave": 1000,
        "from": before.to_record() if before else {},
        "to": {"release": V2.id, "tag": V2.tag, "digest": V2.digest},
        "why": ["backend-v0.1.0 → backend-v0.2.0"],
        "state": state,
        "started_at": None,
        "finished_at": None,
        "failure": None,
        "undo": None,
        **fields,
    }


def service(name: str = "bff-service", state: str = "stable") -> Doc:
    """A service's target, as far as hosts are concerned: to be left alone."""
    return {"name": name, "kind": "ecs_service", "wave": 4, "state": state}


def record(*targets: Doc, **fields: Any) -> Doc:
    """A record of these targets."""
    return {"id": "2026-11-20T21-04-11Z-r", "targets": list(targets), "cause": None, "migrations": {}, **fields}


def migration(version: str = "2", *, compatible: bool = True) -> Doc:
    """A migration as ``flyway`` says it."""
    return {"version": version, "description": f"change {version}", "compatible": compatible}


#: What a host may say after its turn, whatever the turn was.
ON_V1 = After(True, V1.id, active=True, configuration="c1")
ON_V2 = After(True, V2.id, active=True, configuration="c2")
STOPPED = After(True, V2.id, active=False, reason="the process ended 20 s after its start (exit code 1)")
GONE = After(False)
