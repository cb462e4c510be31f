# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Switches on a simulated host: what is switched, undone, refused; killed anywhere, the next run heals."""

from __future__ import annotations

from contextlib import suppress

import pytest

from ansible_collections.slipway.deploy.plugins.module_utils.common.errors import SlipwayError
from ansible_collections.slipway.deploy.plugins.module_utils.releases.ledger import (
    BAD,
    GOOD,
    Ledger,
    dump,
)

from .simulated import (
    CONFIGURATION,
    LINK,
    SITE,
    UNIT,
    Host,
    Killed,
    deployed,
)


def test_a_first_release() -> None:
    host = Host()
    outcome = host.run({LINK: "r1"}, "r1")
    assert (outcome.state, outcome.reason) == ("switched", "the service does not run")
    assert host.process == host.disk()
    assert host.ledger().entries[0].verdict == GOOD


def test_a_second_run_does_nothing() -> None:
    host = deployed("r1")
    starts, book = host.starts, host.book
    assert host.run({LINK: "r1"}, "r1").state == "unchanged"
    assert (host.starts, host.book) == (starts, book)


def test_a_restart_that_was_asked_for() -> None:
    host = deployed("r1", "r2")
    starts = host.starts
    outcome = host.run({LINK: "r2"}, "r2", force=True)
    assert (outcome.state, outcome.reason, host.starts) == ("switched", "a restart was requested", starts + 1)
    host.sick = {"r2"}
    assert host.run({LINK: "r2"}, "r2", force=True).state == "failed"
    assert host.links[LINK] == "r2", "what was good before is not left because of a restart"


def test_a_second_run_says_that_the_service_does_not_answer() -> None:
    host = deployed("r1")
    host.sick = {"r1"}
    outcome = host.run({LINK: "r1"}, "r1")
    assert outcome.state == "failed"
    assert "nothing was switched" in outcome.reason
    assert host.ledger().entries[0].verdict == GOOD


def test_a_bad_release_is_undone_and_noted() -> None:
    host = deployed("r1")
    host.sick = {"r2"}
    outcome = host.run({LINK: "r2"}, "r2")
    assert (outcome.state, outcome.reason) == ("undone", "it is sick")
    assert outcome.runs is not None
    assert outcome.runs.release is not None
    assert outcome.runs.release.id == "r1"
    assert host.links[LINK] == "r1"
    assert host.healthy()
    assert [(item.release.id, item.verdict) for item in host.ledger().entries if item.release] == [
        ("r1", GOOD),
        ("r2", BAD),
    ]
    assert host.run({LINK: "r1"}, "r1").state == "unchanged"


def test_a_bad_first_release_stays() -> None:
    host = Host(sick={"r1"})
    assert host.run({LINK: "r1"}, "r1").state == "failed"
    assert host.links == {LINK: "r1"}


def test_what_ran_before_slipway_came_is_gone_back_to() -> None:
    host = Host(links={LINK: "old"}, sick={"r1"})
    host.boot()
    assert host.run({LINK: "r1"}, "r1").state == "undone"
    assert host.links == {LINK: "old"}


def test_without_undo_it_stays() -> None:
    host = deployed("r1")
    host.sick = {"r2"}
    assert host.run({LINK: "r2"}, "r2", undo=False).state == "failed"
    assert host.links == {LINK: "r2"}
    assert host.run({LINK: "r1"}, "r1").state == "switched"


def test_a_unit_that_breaks_the_service_is_put_back() -> None:
    host = deployed("r1")
    host.sick = {"u2"}
    assert host.run({LINK: "r1"}, unit="u2").state == "undone"
    assert host.files[UNIT] == "u1"
    assert host.healthy()


def test_changed_configuration_keeps_the_release() -> None:
    host = deployed("r1")
    outcome = host.run({CONFIGURATION: "g1"})
    assert outcome.state == "switched"
    assert outcome.reason == f"what it was started with has changed: {CONFIGURATION}"
    assert outcome.runs is not None
    assert outcome.runs.release is not None
    assert outcome.runs.release.id == "r1"


def test_an_undo_that_fails_is_said() -> None:
    host = deployed("r1")
    host.sick = {"r1", "r2"}
    outcome = host.run({LINK: "r2"}, "r2")
    assert outcome.state == "undo_failed"
    assert "the undo failed" in outcome.reason
    assert host.links == {LINK: "r1"}


OLD, NEW, RENEWED = "/etc/x/generations/old", "/etc/x/generations/new", "/etc/x/generations/renewed"


def configured() -> Host:
    """A host that runs r1 with the old configuration, whose secret is about to be revoked."""
    host = Host()
    host.run({LINK: "r1", CONFIGURATION: OLD}, "r1")
    return host


@pytest.mark.parametrize(
    ("sick", "state", "configuration"),
    [
        pytest.param({"r2", OLD}, "undone", RENEWED, id="the old secret is revoked"),
        pytest.param({"r2"}, "undone", RENEWED, id="it is still good"),
        pytest.param({"r2", RENEWED}, "undone", OLD, id="the old release cannot do with the new value"),
        pytest.param({"r2", OLD, RENEWED}, "undo_failed", OLD, id="with neither"),
    ],
)
def test_an_undo_does_not_bring_a_revoked_secret_back(sick: set[str], state: str, configuration: str) -> None:
    host = configured()
    host.sick = sick
    outcome = host.run({LINK: "r2", CONFIGURATION: NEW}, "r2", returning={CONFIGURATION: RENEWED})
    assert outcome.state == state
    assert host.process is not None
    assert host.process.links == {LINK: "r1", CONFIGURATION: configuration}
    assert outcome.runs is not None
    assert outcome.runs.release is not None
    assert outcome.runs.release.id == "r1"


@pytest.mark.parametrize("sick", [set[str](), {OLD}, {RENEWED}])
def test_a_deploy_that_goes_back_later_does_neither(sick: set[str]) -> None:
    """The smoke check failed, or another host: the way back is asked for, perhaps twice."""
    host = configured()
    host.run({LINK: "r2", CONFIGURATION: NEW}, "r2", returning={CONFIGURATION: RENEWED})
    host.sick = sick
    before = {LINK: "r1", CONFIGURATION: OLD}
    outcome = host.back(before, "r1", returning={CONFIGURATION: RENEWED})
    assert outcome.state == "undone"
    assert host.process is not None
    assert host.process.links == {LINK: "r1", CONFIGURATION: OLD if RENEWED in sick else RENEWED}
    starts = host.starts
    if RENEWED not in sick:
        assert host.back(before, "r1", returning={CONFIGURATION: RENEWED}).state == "unchanged"
        assert host.starts == starts


def test_a_configuration_alone_goes_back_as_it_was() -> None:
    """With the values of now it would be the very one that failed."""
    host = configured()
    host.sick = {NEW}
    assert host.run({CONFIGURATION: NEW}, returning={CONFIGURATION: NEW}).state == "undone"
    assert host.links[CONFIGURATION] == OLD
    host.sick = set()
    assert host.run({CONFIGURATION: NEW}, "r1", returning={CONFIGURATION: NEW}).state == "switched"
    assert host.back({LINK: "r1", CONFIGURATION: OLD}, "r1", returning={CONFIGURATION: NEW}).state == "undone"
    assert host.links[CONFIGURATION] == OLD


def test_a_renewed_configuration_that_is_gone_is_left_out() -> None:
    host = configured()
    host.sick, host.gone = {"r2"}, {RENEWED}
    assert host.run({LINK: "r2", CONFIGURATION: NEW}, "r2", returning={CONFIGURATION: RENEWED}).state == "undone"
    assert host.links == {LINK: "r1", CONFIGURATION: OLD}


def test_what_could_not_be_put_back_is_tried_again() -> None:
    """The database was away: the next run must not find that all is as wanted."""
    host = deployed("r1")
    host.sick = {"r1", "r2"}
    assert host.run({LINK: "r2"}, "r2").state == "undo_failed"
    host.sick = set()
    starts = host.starts
    outcome = host.run({LINK: "r1"}, "r1")
    assert (outcome.state, host.starts) == ("switched", starts + 1)
    assert "did not become ready again" in outcome.reason
    assert host.run({LINK: "r1"}, "r1").state == "unchanged"


def test_a_configuration_that_ran_before_is_switched_to_again() -> None:
    host = configured()
    for configuration in (NEW, OLD, NEW):
        assert host.run({CONFIGURATION: configuration}).state == "switched"
        assert host.process is not None
        assert host.process.links[CONFIGURATION] == configuration


def test_a_full_disk_changes_nothing() -> None:
    host = deployed("r1")
    host.full = True
    with pytest.raises(SlipwayError, match="the disk is full"):
        host.run({LINK: "r2"}, "r2")
    assert host.process == host.disk()
    assert host.links == {LINK: "r1"}


def test_a_full_disk_keeps_no_undo_from_running() -> None:
    host = deployed("r1", "r2")
    host.full = True
    assert host.back(leave="r2").state == "undone"
    assert host.links == {LINK: "r1"}
    assert host.warnings


def test_a_target_that_is_gone_is_refused() -> None:
    host = deployed("r1")
    host.gone = {"r2"}
    with pytest.raises(SlipwayError, match="r2 does not exist"):
        host.run({LINK: "r2"}, "r2")


def test_back_to_the_release_before() -> None:
    host = deployed("r1", "r2", "r3")
    assert host.back(leave="r3").state == "undone"
    assert host.links == {LINK: "r2"}
    assert host.back(leave="r3").state == "unchanged"
    assert host.back().state == "undone"
    assert host.links == {LINK: "r1"}
    with pytest.raises(SlipwayError, match="no older good release"):
        host.back()


def test_back_to_a_named_release() -> None:
    host = deployed("r1", "r2", "r3")
    assert host.back(release="r1").state == "undone"
    assert host.links == {LINK: "r1"}
    with pytest.raises(SlipwayError, match="no good release r9"):
        host.back(release="r9")


def test_back_by_links_needs_no_ledger() -> None:
    host = deployed("r1", "r2")
    host.book = dump(Ledger(), "x")
    assert host.back({LINK: "r1"}).state == "undone"
    assert host.links == {LINK: "r1"}


def test_back_when_another_release_runs_heals_what_a_killed_run_began() -> None:
    host = deployed("r1")
    host.kill_in = 6
    with suppress(Killed):
        host.run({LINK: "r2"}, "r2")
    assert host.back(leave="r9").state in ("undone", "switched", "unchanged")
    assert host.process is not None
    assert host.process.links == {LINK: "r1"}


def test_what_systemd_restarted_by_itself_is_known() -> None:
    host = deployed("r1")
    host.start()
    assert host.run({LINK: "r1"}, "r1").state == "unchanged"
    host.boot()
    assert host.run({LINK: "r1"}, "r1").state == "unchanged"


def test_a_unit_that_was_changed_and_changed_back_around_a_start_is_not_known() -> None:
    host = deployed("r1")
    host.files[UNIT] = "u2"
    host.boot()
    outcome = host.run({LINK: "r1"}, "r1", "u1")
    assert (outcome.state, outcome.reason) == ("switched", "it is not known what the running process was started with")
    assert host.process == host.disk()


def test_a_unit_alone_goes_back_to_the_one_that_ran_with_the_same_links() -> None:
    host = deployed("r1")
    assert host.run({LINK: "r1"}, "r1", unit="u2").state == "switched"
    for state in ("undone", "unchanged"):
        assert host.back({LINK: "r1"}, files={UNIT: "u1"}).state == state
        assert host.files[UNIT] == "u1"
    assert host.process == host.disk()


def test_the_web_server_alone_is_switched_without_a_restart() -> None:
    host = Host()
    host.run({LINK: "r1", SITE: "w1"}, "r1")
    starts = host.starts
    outcome = host.run({LINK: "r1", SITE: "w2"}, "r1")
    assert (outcome.state, host.web, host.starts) == ("switched", "w2", starts)
    assert host.run({LINK: "r1", SITE: "w2"}, "r1").state == "unchanged"
    assert host.back({LINK: "r1", SITE: "w1"}).state == "undone"
    assert (host.web, host.links[SITE], host.starts) == ("w1", "w1", starts)


def test_the_web_server_goes_back_with_the_release() -> None:
    host = Host(sick={"r2"})
    host.run({LINK: "r1", SITE: "w1"}, "r1")
    assert host.run({LINK: "r2", SITE: "w2"}, "r2").state == "undone"
    assert (host.web, host.links) == ("w1", {LINK: "r1", SITE: "w1"})
    host.sick = set()
    assert host.run({LINK: "r2", SITE: "w2"}, "r2").state == "switched"
    assert host.back(leave="r2").state == "undone"
    assert (host.web, host.links) == ("w1", {LINK: "r1", SITE: "w1"})
    assert host.healthy()


def test_a_web_server_that_does_not_take_it_is_undone() -> None:
    host = Host(refused={"w2"})
    host.run({LINK: "r1", SITE: "w1"}, "r1")
    starts = host.starts
    outcome = host.run({LINK: "r1", SITE: "w2"}, "r1")
    assert (outcome.state, outcome.reason) == ("undone", "nginx refuses w2")
    assert (host.web, host.links[SITE], host.starts) == ("w1", "w1", starts)


def test_a_web_server_that_runs_with_something_else_is_put_right() -> None:
    host = Host()
    host.run({LINK: "r1", SITE: "w1"}, "r1")
    host.web, starts = "another", host.starts
    outcome = host.run({LINK: "r1", SITE: "w1"}, "r1")
    assert (outcome.state, outcome.reason) == ("switched", "the web server does not run with this configuration")
    assert (host.web, host.starts) == ("w1", starts)
