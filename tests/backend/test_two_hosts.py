# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Two hosts behind a target group, deployed to one after the other while requests arrive."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.backend.balanced import CLOCK, Balancer, balance, look_for
from tests.backend.place import QUICK, Place, make_place
from tests.support.pace import scaled
from tests.support.prepared import backend_image


@pytest.fixture(scope="module")
def balancer(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Balancer]:
    """Two hosts that serve 0.1.0 through the load balancer; they have never been migrated for."""
    directory = tmp_path_factory.mktemp("two")
    with make_place(directory, "0.1.0", "0.1.1", "0.3.0", count=2, image=backend_image()) as place:
        made = balance(place, register=False)
        place.set_variables(backend_migrations="none", backend_ready_timeout=scaled(180))
        # A host that runs its own bundle comes first and has no turn: counted, it would let both others go at once.
        place.set_variables(backend_serial=[1, 2])
        (place.directory / "inventories" / "dev" / "a_self.yml").write_text(
            yaml.safe_dump({"backend": {"hosts": {"a-self": {"backend_connection": "none"}}}}), encoding="utf-8"
        )
        ran = place.deploy("0.1.0")
        assert ran.code == 0, ran.text
        assert set(made.states().values()) == {"healthy"}, "the first deploy puts its hosts into the target group"
        yield made


def changes_of_targets(place: Place) -> list[str]:
    """The calls that changed the target group's members, in order."""
    calls = [str(call["action"]) for call in place.aws.control("calls")["calls"]]
    return [action for action in calls if action in ("RegisterTargets", "DeregisterTargets")]


def states(place: Place) -> dict[str, str]:
    """The states of the newest record's hosts, by inventory name."""
    return {item["name"]: item["state"] for item in place.record()["targets"]}


def only_here(place: Place, name: str, **variables: Any) -> Path:
    """Variables of one host of the inventory; the file that has them."""
    file = place.directory / "inventories" / "dev" / "host_vars" / f"{name}.yml"
    file.parent.mkdir(exist_ok=True)
    file.write_text(yaml.safe_dump(variables), encoding="utf-8")
    return file


def settle(balancer: Balancer, version: str = "0.1.0") -> tuple[Any, Any]:
    """Have both hosts serve a release through the load balancer, whatever the test before left; the hosts in turn."""
    place = balancer.place
    shutil.rmtree(place.directory / "inventories" / "dev" / "host_vars", ignore_errors=True)
    first, second = place.in_turn()
    if [place.version(host) for host in (first, second)] != [version, version]:
        ran = place.deploy(version)
        assert ran.code == 0, ran.text
    balancer.wait_healthy()
    return first, second


def test_no_request_fails_while_the_release_changes(balancer: Balancer) -> None:
    place = balancer.place
    first, second = settle(balancer)
    place.aws.control("calls", {}, "DELETE")
    with balancer.load() as answers:
        ran = place.deploy("0.1.1")
    assert ran.code == 0, ran.text
    assert answers.failed == []
    assert set(answers.versions) == {"0.1.0", "0.1.1"}

    began, after = place.target(first), place.target(second)
    assert began["finished_at"] <= after["started_at"] + CLOCK, "the first host gates the second"
    assert states(place) == {place.inventory_name(host): "stable" for host in (first, second)}
    assert [place.version(host) for host in (first, second)] == ["0.1.1", "0.1.1"]
    assert set(balancer.states().values()) == {"healthy"}
    assert changes_of_targets(place) == ["DeregisterTargets", "RegisterTargets"] * 2


def test_the_first_host_that_fails_keeps_the_release_from_the_others(balancer: Balancer) -> None:
    place = balancer.place
    first, second = settle(balancer, "0.1.1")
    place.set_variables(backend_ready_timeout=scaled(45))
    pid = place.answers(second, "/api/version")["pid"]
    place.aws.control("calls", {}, "DELETE")
    with balancer.load() as answers:
        ran = place.deploy("0.3.0")
    place.set_variables(backend_ready_timeout=scaled(180))
    assert ran.code != 0, ran.text
    assert "Traceback" not in ran.text
    assert answers.failed == []
    assert set(answers.versions) == {"0.1.1"}
    assert states(place) == {place.inventory_name(first): "undone", place.inventory_name(second): "planned"}
    assert place.record()["outcome"] == "undone"
    assert place.record()["cause"]["target"] == place.inventory_name(first), place.record()["cause"]
    assert place.answers(second, "/api/version")["pid"] == pid, "the second host was restarted"
    assert changes_of_targets(place) == ["DeregisterTargets", "RegisterTargets"]
    assert set(balancer.states().values()) == {"healthy"}


def test_within_the_threshold_a_deploy_with_a_failed_host_is_held(balancer: Balancer) -> None:
    place = balancer.place
    first, second = settle(balancer, "0.1.1")
    # On this host only, the service listens where nobody asks. The first one gates the rest, whatever the threshold.
    only_here(
        place,
        place.inventory_name(second),
        backend_environment={**QUICK, "SERVER_PORT": "8099"},
        backend_ready_url="http://127.0.0.1:8080/actuator/health/readiness",
        backend_ready_timeout=scaled(45),
    )
    place.set_variables(backend_failure_threshold=1)
    ran = place.deploy("0.1.0")
    place.set_variables(backend_failure_threshold=0)
    assert ran.code != 0, ran.text
    assert place.record()["outcome"] == "held"
    assert states(place) == {place.inventory_name(first): "stable", place.inventory_name(second): "undone"}
    assert [place.version(host) for host in (first, second)] == ["0.1.0", "0.1.1"]
    assert f"the deploy failed on {place.inventory_name(second)}" in ran.text
    assert "2 hosts deployed" not in ran.text
    assert set(balancer.states().values()) == {"healthy"}

    shutil.rmtree(place.directory / "inventories" / "dev" / "host_vars")
    pid = place.answers(first, "/api/version")["pid"]
    limited = place.deploy("0.1.0", "--limit", place.inventory_name(second))
    assert limited.code == 0, limited.text
    assert [place.version(host) for host in (first, second)] == ["0.1.0", "0.1.0"]
    assert list(states(place)) == [place.inventory_name(second)]
    assert place.answers(first, "/api/version")["pid"] == pid, "the host that was not selected was restarted"


def test_a_host_that_vanishes_in_its_switch(balancer: Balancer) -> None:
    place = balancer.place
    first, second = settle(balancer, "0.1.0")
    pid = place.answers(second, "/api/version")["pid"]
    with place.started("deploy.yml", backend_release="backend-v0.1.1") as process:
        look_for("its link is switched", lambda: "0.1.1" in first.spec.file("/app/app.jar").linked_to, 240)
        first.vanish()
        output, _none = process.communicate(timeout=scaled(400))
    assert process.returncode != 0, output
    record = place.record()
    assert record["outcome"] == "needs_person", output
    assert states(place) == {place.inventory_name(first): "undo_failed", place.inventory_name(second): "planned"}
    assert f"{place.inventory_name(first)}" in output
    assert "what it runs is not known" in place.target(first)["failure"]["reason"]
    assert place.answers(second, "/api/version") == {"version": "0.1.0", "tag": "backend-v0.1.0", "pid": pid}
    assert place.lock()["state"] == "free"

    away = place.deploy("0.1.0")
    assert away.code != 0
    assert f"{place.inventory_name(first)}: the host cannot be reached" in away.text

    first.reappear()
    again = place.deploy("0.1.0")
    assert again.code == 0, again.text
    assert [place.version(host) for host in (first, second)] == ["0.1.0", "0.1.0"]
    balancer.wait_healthy()


def test_a_host_that_is_not_in_its_target_group_is_put_back_without_a_restart(balancer: Balancer) -> None:
    place = balancer.place
    first, _second = settle(balancer)
    pid = place.answers(first, "/api/version")["pid"]
    balancer.elb.deregister_targets(TargetGroupArn=balancer.arn, Targets=[{"Id": place.instances[first.name]}])
    ran = place.deploy("0.1.0")
    assert ran.code == 0, ran.text
    assert "not in the target group umigo-dev-backend" in ran.text
    assert list(states(place)) == [place.inventory_name(first)]
    assert set(balancer.states().values()) == {"healthy"}
    assert place.answers(first, "/api/version")["pid"] == pid, "it was restarted"


def test_a_target_group_that_does_not_exist_is_said_before_any_change(balancer: Balancer) -> None:
    place = balancer.place
    first, second = settle(balancer)
    place.set_variables(backend_target_group="umigo-none")
    ran = place.deploy("0.1.1", "--check")
    place.set_variables(backend_target_group="umigo-dev-backend")
    assert ran.code != 0
    assert "there is no target group umigo-none" in ran.text
    assert "group_vars/backend.yml" in ran.text
    assert [place.version(host) for host in (first, second)] == ["0.1.0", "0.1.0"]
