# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The run of a deploy to two hosts killed at each of its points: what serves goes on, and the next run ends it right.

The tests build on one another: each says which release it finds and which it leaves.
"""

from __future__ import annotations

import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.backend.balanced import CLOCK, Balancer, balance, look_for
from tests.backend.place import Place, make_place
from tests.support.load import ask as request
from tests.support.pace import scaled
from tests.support.prepared import backend_image

REACH_SECONDS = 300.0
UNFINISHED = "is unfinished"


@pytest.fixture(scope="module")
def balancer(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Balancer]:
    """Two hosts of a load balancer; nothing runs on them yet."""
    directory = tmp_path_factory.mktemp("killed")
    with make_place(directory, "0.1.0", "0.1.1", "0.2.0", "0.6.0", count=2, image=backend_image()) as place:
        made = balance(place, register=False)
        # Migrations only where they are the subject: each takes Maven's time.
        place.set_variables(backend_migrations="none", backend_ready_timeout=scaled(180))
        yield made


def serves(balancer: Balancer) -> str:
    """The release that answers through the load balancer."""
    return str(request(balancer.place.aws.alb + "/api/version")["version"])


def versions(place: Place) -> list[str]:
    """The release of each host, in turn."""
    return [place.version(host) for host in place.in_turn()]


def start_and_reach(place: Place, version: str, point: Callable[[], bool], number: signal.Signals) -> str:
    """Begin a deploy, send it a signal at a point, and wait for its end; what it printed."""
    before = len(place.records())
    with place.started("deploy.yml", backend_release=f"backend-v{version}") as process:
        look_for("the record is open", lambda: _ended(process) or len(place.records()) > before, REACH_SECONDS)
        look_for("the deploy is there", lambda: _ended(process) or point(), REACH_SECONDS)
        assert process.poll() is None, process.stdout and process.stdout.read()
        process.send_signal(number)
        output, _none = process.communicate(timeout=scaled(REACH_SECONDS))
    assert process.returncode != 0
    return str(output)


def _ended(process: subprocess.Popen[str]) -> bool:
    return process.poll() is not None


def state_of(place: Place, index: int) -> str:
    """What the newest record says of one host."""
    return str(place.target(place.in_turn()[index])["state"])


def runs(place: Place, index: int, version: str) -> Callable[[], bool]:
    """Whether a host's link leads to a release."""
    host = place.in_turn()[index]
    link = host.spec.file("/app/app.jar")
    return lambda: state_of(place, index) == "updating" and version in link.linked_to


def migrating(place: Place) -> bool:
    """Whether the newest record says that its migrations run."""
    return bool(place.record()["migrations"].get("state") == "running")


def ask(place: Place, version: str) -> str:
    """The next run, which finds the unfinished deploy and does nothing; what it said."""
    began = time.time()
    asked = place.deploy(version)
    assert asked.code != 0
    assert UNFINISHED in asked.text, asked.text
    assert "-e resume=undo" in asked.text
    assert "Traceback" not in asked.text
    changes = ("RegisterTargets", "DeregisterTargets")
    assert not [c for c in place.aws.control("calls")["calls"] if c["action"] in changes and c["at"] > began]
    return asked.text


def test_killed_while_the_release_is_staged(balancer: Balancer) -> None:
    """Nothing → 0.1.0: nothing has begun, so the next run simply deploys."""
    place = balancer.place
    first = place.in_turn()[0]
    releases = first.spec.file("/app/releases")
    start_and_reach(place, "0.1.0", lambda: "0.1.0" in str(releases.exists and releases.listdir()), signal.SIGKILL)
    assert not first.spec.file("/app/app.jar").exists
    assert balancer.states() == {}

    again = place.deploy("0.1.0")
    assert again.code == 0, again.text
    assert "ended before it changed anything" in again.text
    assert [record["outcome"] for record in place.records()] == ["abandoned", "succeeded"]
    assert versions(place) == ["0.1.0", "0.1.0"]
    assert serves(balancer) == "0.1.0"


def test_killed_between_drain_and_switch_then_finished(balancer: Balancer) -> None:
    """0.1.0 → 0.1.1."""
    place = balancer.place
    first, second = place.in_turn()
    balancer.wait_healthy()
    start_and_reach(place, "0.1.1", lambda: balancer.states().get(first.name) != "healthy", signal.SIGKILL)
    assert serves(balancer) == "0.1.0"
    assert place.version(second) == "0.1.0"

    finished = place.deploy("0.1.1", resume="finish")
    assert finished.code == 0, finished.text
    assert place.record()["outcome"] == "succeeded"
    assert versions(place) == ["0.1.1", "0.1.1"]
    assert balancer.states() == {first.name: "healthy", second.name: "healthy"}
    assert not place.locked()


def test_killed_in_the_second_switch_then_undone(balancer: Balancer) -> None:
    """0.1.1 stays: the host that was switched before goes back as well, after the one that was being switched."""
    place = balancer.place
    first, second = place.in_turn()
    balancer.wait_healthy()
    start_and_reach(place, "0.1.0", runs(place, 1, "0.1.0"), signal.SIGKILL)
    assert serves(balancer) == "0.1.0"

    said = ask(place, "0.1.1")
    assert f"{place.inventory_name(first)} to" in said
    assert place.inventory_name(second) in said
    undone = place.deploy("0.1.1", resume="undo")
    assert undone.code == 0, undone.text
    assert place.record()["outcome"] == "undone", undone.text
    assert versions(place) == ["0.1.1", "0.1.1"]
    assert place.target(second)["undo"]["finished_at"] <= place.target(first)["undo"]["started_at"] + CLOCK
    assert balancer.states() == {first.name: "healthy", second.name: "healthy"}
    assert not place.locked()


def test_ctrl_c_in_a_switch_brings_everything_back(balancer: Balancer) -> None:
    """0.1.1 stays, without another run."""
    place = balancer.place
    first, second = place.in_turn()
    balancer.wait_healthy()
    output = start_and_reach(place, "0.1.0", runs(place, 0, "0.1.0"), signal.SIGINT)
    assert versions(place) == ["0.1.1", "0.1.1"], output
    record: dict[str, Any] = place.record()
    assert (record["outcome"], record["phase"]) == ("undone", "closed"), output
    assert state_of(place, 1) == "planned"
    assert balancer.states() == {first.name: "healthy", second.name: "healthy"}
    assert not place.locked()


def test_killed_in_the_migration_then_finished(balancer: Balancer) -> None:
    """0.1.1 → 0.2.0, whose migration may or may not have been carried out when the run was gone."""
    place = balancer.place
    place.set_variables(backend_migrations=None)
    start_and_reach(place, "0.2.0", lambda: migrating(place), signal.SIGKILL)
    assert versions(place) == ["0.1.1", "0.1.1"]

    said = ask(place, "0.2.0")
    assert "migration" in said
    finished = place.deploy("0.2.0", resume="finish")
    assert finished.code == 0, finished.text
    assert place.record()["outcome"] == "succeeded"
    assert place.record()["migrations"]["state"] == "done"
    assert versions(place) == ["0.2.0", "0.2.0"]
    assert place.answers(place.members[0], "/api/customers") is not None


def test_killed_in_a_compatible_migration_then_undone(balancer: Balancer) -> None:
    """0.2.0 stays; the database keeps what it was given, which 0.2.0 can read."""
    place = balancer.place
    start_and_reach(place, "0.6.0", lambda: migrating(place), signal.SIGKILL)
    undone = place.deploy("0.6.0", resume="undo")
    assert undone.code == 0, undone.text
    assert place.record()["outcome"] == "undone", undone.text
    assert versions(place) == ["0.2.0", "0.2.0"]
    assert {item["state"] for item in place.record()["targets"]} == {"planned"}
    assert not place.locked()
