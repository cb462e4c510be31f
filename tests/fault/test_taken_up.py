# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What -e resume does besides finishing and undoing: it never deploys anything else, in part, or in check mode."""

from __future__ import annotations

import pytest

from tests.fault.test_killed import hold, reach, recorded, some
from tests.support.deploys import NEW, OLD, SERVICES, Deploys, wait_for


def kill_before_the_first_change(deploys: Deploys) -> None:
    """Kill a deploy that has registered a revision and touched no service."""
    deploys.sandbox.control("faults", {"kind": "latency", "action": "RegisterTaskDefinition", "seconds": 2})
    with deploys.started("deploy.yml") as process:
        wait_for("a revision is registered", lambda: recorded(deploys, some("registering", 1)))
        process.kill()
        process.wait()
    deploys.sandbox.control("faults", {}, "DELETE")


def test_undoing_what_changed_nothing_deploys_nothing(deploys: Deploys) -> None:
    kill_before_the_first_change(deploys)
    undone = deploys.run("deploy.yml", "-e", "resume=undo")
    assert undone.code != 0
    assert "ended before it changed anything: there is nothing to undo" in undone.text
    assert deploys.running() == dict.fromkeys(SERVICES, OLD)
    assert [record["outcome"] for record in deploys.records()] == ["abandoned"]
    assert deploys.lock()["state"] == "free"


def test_finishing_what_changed_nothing_rolls_it_out(deploys: Deploys) -> None:
    kill_before_the_first_change(deploys)
    finished = deploys.run("deploy.yml", "-e", "resume=finish")
    assert finished.code == 0, finished.text
    assert deploys.running() == dict.fromkeys(SERVICES, NEW)
    assert [record["outcome"] for record in deploys.records()] == ["succeeded"]


@pytest.mark.parametrize("choice", ["finish", "undo"])
def test_a_deploy_is_not_taken_up_in_part_nor_in_check_mode(deploys: Deploys, choice: str) -> None:
    point = "while the second wave is in flight"
    hold(deploys, point)
    with deploys.started("deploy.yml") as process:
        reach(deploys, process, point)
        process.kill()
        process.wait()
    before = (deploys.record(), len(deploys.mutations()))

    limited = deploys.run("deploy.yml", "--limit", "user-service", "-e", f"resume={choice}")
    assert limited.code != 0
    assert f"--limit with resume={choice}: the unfinished deploy " in limited.text

    checked = deploys.run("deploy.yml", "--check", "-e", f"resume={choice}")
    assert checked.code == 0, checked.text
    assert "has an unfinished deploy" in checked.text
    assert f"check mode: -e resume={choice} would resume" in checked.text
    assert "Plan and verify" not in checked.text
    assert (deploys.record(), len(deploys.mutations())) == before
