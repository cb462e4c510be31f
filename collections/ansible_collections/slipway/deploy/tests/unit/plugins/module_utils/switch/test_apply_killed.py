# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A switch that is killed anywhere: the next run heals."""

from __future__ import annotations

from contextlib import suppress

from hypothesis import example, given, settings
from hypothesis import strategies as st

from ansible_collections.slipway.deploy.plugins.module_utils.common.errors import SlipwayError
from ansible_collections.slipway.deploy.plugins.module_utils.switch.decision import started_with

from .simulated import (
    LINK,
    SITE,
    Host,
    Killed,
    deployed,
)

RELEASES = st.sampled_from(["r1", "r2", "r3"])
UNITS = st.sampled_from(["u1", "u2"])
EVENTS = st.sampled_from(["nothing", "crash", "boot", "down"])


@st.composite
def runs(draw: st.DrawFn) -> list[tuple[str, str, str, int | None, str]]:
    """What happens to a host: (what, release, unit, killed before step, what systemd does afterwards)."""
    what = st.sampled_from(["run", "run", "back"])
    kill = st.one_of(st.none(), st.integers(0, 16))
    return draw(st.lists(st.tuples(what, RELEASES, UNITS, kill, EVENTS), min_size=1, max_size=6))


@settings(max_examples=500)
@given(runs(), st.sets(st.sampled_from(["r2", "r3", "u2"])))
@example([("run", "r3", "u1", None, "nothing"), ("run", "r1", "u1", 4, "nothing")], set())
def test_killed_anywhere_the_next_run_heals(
    history: list[tuple[str, str, str, int | None, str]], sick: set[str]
) -> None:
    host = deployed("r1")
    host.sick = sick
    for what, release, unit, kill, event in history:
        host.kill_in = kill
        with suppress(Killed, SlipwayError):
            if what == "run":
                host.run({LINK: release}, release, unit)
            else:
                host.back(leave=release)
        host.kill_in = None
        # A link always points somewhere, and whatever starts next starts with a release.
        assert host.links[LINK] in {"r1", "r2", "r3"}
        if event == "down":
            host.process = None
        elif event != "nothing":
            host.boot() if event == "boot" else host.start()
        known = started_with(host.ledger(), host.observe(host.ledger(), {}))
        assert known is None or known == host.process
    outcome = host.run({LINK: "r3"}, "r3", "u1")
    if "r3" in sick:
        # The old release serves, and it is said.
        assert outcome.state in ("undone", "failed")
        if outcome.state == "undone":
            assert host.healthy()
    else:
        assert outcome.state in ("switched", "unchanged")
        assert host.healthy()
        assert host.links == {LINK: "r3"}
        starts = host.starts
        assert host.run({LINK: "r3"}, "r3", "u1").state == "unchanged"
        assert host.starts == starts
    assert host.process == host.disk()


@settings(max_examples=200)
@given(st.integers(0, 30), RELEASES, st.booleans())
def test_killed_in_a_switch_or_its_undo_the_good_release_can_be_had_back(kill: int, release: str, sick: bool) -> None:
    host = deployed("r0", "r1")
    host.sick = {release} if sick and release != "r1" else set()
    host.kill_in = kill
    with suppress(Killed):
        host.run({LINK: release}, release)
    host.kill_in = None
    assert host.run({LINK: "r1"}, "r1").state in ("switched", "unchanged")
    assert host.process is not None
    assert host.process.links == {LINK: "r1"}
    assert host.healthy()


@settings(max_examples=300, deadline=None)
@given(st.integers(0, 30), RELEASES, RELEASES, st.booleans(), EVENTS)
def test_killed_anywhere_the_web_server_runs_with_what_the_next_run_wants(
    kill: int, release: str, site: str, sick: bool, event: str
) -> None:
    host = Host()
    host.run({LINK: "r1", SITE: "r1"}, "r1")
    host.sick = {release} if sick and release != "r1" else set()
    host.kill_in = kill
    with suppress(Killed):
        host.run({LINK: release, SITE: site}, release)
    host.kill_in = None
    if event in ("crash", "boot"):
        host.boot() if event == "boot" else host.start()
    assert host.run({LINK: "r1", SITE: "r1"}, "r1").state in ("switched", "unchanged")
    assert host.links == {LINK: "r1", SITE: "r1"}
    assert host.web == "r1"
    assert host.process is not None
    assert host.process.links[LINK] == "r1"
    starts = host.starts
    assert host.run({LINK: "r1", SITE: "r1"}, "r1").state == "unchanged"
    assert host.starts == starts
