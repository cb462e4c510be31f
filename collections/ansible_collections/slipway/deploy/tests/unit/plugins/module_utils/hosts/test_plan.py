# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What has to change on which host, and why."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.slipway.deploy.plugins.module_utils.common.errors import SlipwayErrors
from ansible_collections.slipway.deploy.plugins.module_utils.hosts.model import (
    HostPlan,
    ObservedHost,
    Release,
    Runs,
)
from ansible_collections.slipway.deploy.plugins.module_utils.hosts.plan import (
    configuration_words,
    plan_hosts,
    record_targets,
    record_unchanged,
)

from .builders import RUNS_V1, RUNS_V2, V1, V2, V2_DIGEST, observed

GOLDENS = sorted((Path(__file__).parent / "goldens").glob("*.json"))
CHANGED = {"changed": ("SPRING_REDIS_HOST",), "added": ("JAVA_OPTS",)}


def planned(*hosts: ObservedHost, force: bool = False) -> HostPlan:
    return plan_hosts(V2, hosts, {host.name for host in hosts}, force=force)


@pytest.mark.parametrize(
    ("host", "why"),
    [
        pytest.param(observed(), ["backend-v0.1.0 → backend-v0.2.0"], id="another release"),
        pytest.param(observed(runs=None), ["nothing runs yet"], id="a new host"),
        pytest.param(observed(runs=RUNS_V2), [], id="the same"),
        pytest.param(observed(runs=RUNS_V2, active=False), ["the service does not run"], id="it died"),
        pytest.param(
            observed(runs=RUNS_V2, outside="umigo-dev"), ["not in the target group umigo-dev"], id="nobody asks it"
        ),
        pytest.param(observed(runs=None, outside="umigo-dev"), ["nothing runs yet"], id="new, not in its group"),
        pytest.param(
            observed(active=False), ["backend-v0.1.0 → backend-v0.2.0", "the service does not run"], id="both"
        ),
        pytest.param(
            observed(runs=RUNS_V2, configuration=CHANGED, configuration_changes=True),
            ["configuration: SPRING_REDIS_HOST changed, JAVA_OPTS added"],
            id="a setting",
        ),
        pytest.param(
            observed(runs=RUNS_V2, configuration_changes=True), ["configuration: changed"], id="settings without names"
        ),
        pytest.param(
            observed(runs=RUNS_V2, unit=("x.service", "x.socket")),
            ["unit: x.service, x.socket changed"],
            id="more memory for the same release",
        ),
        pytest.param(observed(runs=None, unit=("x.service",)), ["nothing runs yet"], id="a new host has no unit"),
        pytest.param(
            observed(runs=RUNS_V2, differs="what it was started with has changed: /etc/x/current"),
            ["what it was started with has changed: /etc/x/current"],
            id="the process was started with something else",
        ),
        pytest.param(
            observed(runs=RUNS_V2, configuration=CHANGED, configuration_changes=True, differs="it has changed: /etc/x"),
            ["configuration: SPRING_REDIS_HOST changed, JAVA_OPTS added"],
            id="a setting, said once",
        ),
        pytest.param(observed(runs=None, configuration_changes=True), ["nothing runs yet"], id="new, not reconfigured"),
        pytest.param(
            observed(runs=Runs("backend-v0.2.0-aaaaaaaaaaaa", "backend-v0.2.0", "sha256:aa")),
            ["backend-v0.2.0 was built again"],
            id="a tag of another jar",
        ),
        pytest.param(observed(runs=Runs("old", digest=None)), ["old → backend-v0.2.0"], id="a digest nobody knows"),
        pytest.param(observed(runs=Runs("backend-rc-2222", "backend-rc", V2_DIGEST)), [], id="the same jar, renamed"),
    ],
)
def test_reasons(host: ObservedHost, why: list[str]) -> None:
    plan = planned(host)
    assert [list(change.why) for change in plan.changes] == ([why] if why else [])
    assert [reason for _host, reason in plan.unchanged] == ([] if why else ["same release, same configuration"])


def test_force_is_one_more_reason() -> None:
    assert planned(observed(runs=RUNS_V2), force=True).changes[0].why == ("forced",)
    assert planned(observed(), force=True).changes[0].why == ("backend-v0.1.0 → backend-v0.2.0", "forced")


def test_a_host_outside_the_limit_stays_whatever_is_wrong_with_it() -> None:
    hosts = [observed("a"), ObservedHost("b", error="the host cannot be reached")]
    plan = plan_hosts(V2, hosts, {"a"})
    assert [change.name for change in plan.changes] == ["a"]
    assert [(host.name, why) for host, why in plan.unchanged] == [("b", "not selected")]


def test_all_that_cannot_be_looked_at_are_named_at_once() -> None:
    hosts = [
        ObservedHost("a", error="the host cannot be reached: no route"),
        observed("b"),
        ObservedHost("c", error="java 11 is too old, 17 is needed. Install it"),
    ]
    with pytest.raises(SlipwayErrors) as caught:
        planned(*hosts)
    first, second = str(caught.value).splitlines()
    assert first == "a: the host cannot be reached: no route. Fix it, or leave it out by --limit"
    # One that says itself what would be right is given no second remedy.
    assert second.rstrip(".") == "c: java 11 is too old, 17 is needed. Install it"


def test_order_is_the_inventory_s() -> None:
    plan = planned(observed("z"), observed("a", runs=RUNS_V2), observed("m"))
    assert [change.name for change in plan.changes] == ["z", "m"]


@pytest.mark.parametrize(
    ("names", "words"),
    [
        pytest.param({}, "changed", id="unknown"),
        pytest.param({"changed": ()}, "changed", id="nothing named"),
        pytest.param({"removed": ("A",)}, "A removed", id="one"),
        pytest.param({"changed": tuple("ABCDEFG")}, "A, B, C, D, E and 2 more changed", id="many"),
    ],
)
def test_configuration_in_words(names: dict[str, tuple[str, ...]], words: str) -> None:
    assert configuration_words(ObservedHost("a", configuration=names)) == words


def _host(document: dict[str, Any]) -> ObservedHost:
    runs = Runs.from_host(document.pop("runs", None))
    return ObservedHost(**document, runs=runs)


@pytest.mark.parametrize("path", GOLDENS, ids=lambda path: path.stem)
def test_record_is_the_golden_one(path: Path) -> None:
    """What is wanted and what was seen give exactly this. ``SLIPWAY_GOLDENS=write`` writes what came out."""
    golden = json.loads(path.read_text())
    given = json.loads(path.read_text())["given"]
    release = Release.from_record("backend", given["release"])
    plan = plan_hosts(release, [_host(item) for item in given["observed"]], given["selected"])
    document = {"targets": record_targets(plan), "unchanged": record_unchanged(plan)}
    found = json.loads(json.dumps(document))
    if os.environ.get("SLIPWAY_GOLDENS") == "write":
        path.write_text(json.dumps({**golden, "expected": found}, indent=1, ensure_ascii=False) + "\n")
    assert found == json.loads(path.read_text())["expected"]


@pytest.mark.parametrize("release", [V1, V2])
def test_a_release_is_read_back_as_it_was_written(release: Release) -> None:
    assert Release.from_record("backend", json.loads(json.dumps(release.to_record()))) == release
    assert release.id == f"{release.tag}-{release.digest[7:19]}"


@pytest.mark.parametrize("document", [None, {}, {"release": None}, {"release": ""}])
def test_a_host_on_which_nothing_ever_ran(document: dict[str, Any] | None) -> None:
    assert Runs.from_host(document) is None


def test_what_runs_is_read_back_as_it_was_written() -> None:
    assert Runs.from_host(RUNS_V1.to_record()) == RUNS_V1
