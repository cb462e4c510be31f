# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Which releases may go: never what runs, what is served, or what to go back to."""

from __future__ import annotations

import json
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.slipway.deploy.plugins.module_utils.files.atomic_directory import (
    MARK,
    SCHEMA,
)
from ansible_collections.slipway.deploy.plugins.module_utils.releases.ledger import (
    BAD,
    GOOD,
    UNPROVEN,
    Entry,
    Ledger,
    Running,
    Snapshot,
)
from ansible_collections.slipway.deploy.plugins.module_utils.releases.pruning import (
    LEAST,
    Found,
    look,
    needed,
    release_in,
    removable,
)

HOME = Path("/srv/site/releases")
LINK = "/srv/site/current"
NAMES = [f"staging-2026110{number}-{number:012x}" for number in range(8)]


def snapshot(name: str, configuration: int = 0) -> Snapshot:
    return Snapshot({LINK: str(HOME / name), "/etc/site/current": f"/etc/site/generations/{configuration}"}, {})


SNAPSHOTS = st.builds(snapshot, st.sampled_from(NAMES), st.integers(0, 2))
LEDGERS = st.builds(
    Ledger,
    st.lists(
        st.builds(Entry, SNAPSHOTS, st.none(), st.sampled_from([GOOD, BAD, UNPROVEN])),
        max_size=8,
        unique_by=lambda entry: (entry.snapshot.links[LINK], entry.snapshot.links["/etc/site/current"]),
    ).map(tuple),
    st.none() | st.builds(Running, st.just("i"), SNAPSHOTS),
    st.none() | SNAPSHOTS,
)
FOUND = st.lists(st.tuples(st.sampled_from(NAMES), st.booleans()), unique_by=lambda item: item[0]).map(
    lambda items: sorted(
        (Found(name, f"2026-11-2{index}" if whole else "") for index, (name, whole) in enumerate(items)),
        key=lambda item: item.completed,
        reverse=True,
    )
)


@given(FOUND, st.integers(-1, 9), LEDGERS, st.none() | st.sampled_from(NAMES))
def test_nothing_that_is_needed_goes(found: list[Found], keep: int, ledger: Ledger, live: str | None) -> None:
    linked = release_in(HOME, LINK, str(HOME / live) if live else None)
    gone = removable(found, keep, {*needed(ledger, HOME), linked})
    stay = [item for item in found if item.name not in gone]
    assert len(set(gone)) == len(gone)
    assert set(gone) <= {item.name for item in found}
    # What is live, what runs, and what is being switched to.
    assert live not in gone
    for wanted in (ledger.running.snapshot if ledger.running else None, ledger.pending):
        assert wanted is None or Path(wanted.links[LINK]).name not in gone
    # The newest good release, and the good release before it, whatever it was configured with.
    good = [entry.snapshot.links[LINK] for entry in ledger.entries if entry.verdict == GOOD]
    for target in list(dict.fromkeys(good))[:2]:
        assert Path(target).name not in gone
    # Enough stay, the newest ones first, and nothing half-done does unless it is needed.
    whole = [item for item in found if item.completed]
    assert len([item for item in stay if item.completed]) >= min(len(whole), max(keep, LEAST))
    oldest_to_go = [item for item in whole if item.name in gone]
    protected = {*needed(ledger, HOME), linked}
    for item in whole:
        if item.name not in gone and item.name not in protected:
            assert all(item.completed >= other.completed for other in oldest_to_go)
    assert all(item.completed or item.name in protected for item in stay)


@given(FOUND, st.integers(-1, 9), LEDGERS, st.none() | st.sampled_from(NAMES))
def test_a_second_time_nothing_goes(found: list[Found], keep: int, ledger: Ledger, live: str | None) -> None:
    protected = {*needed(ledger, HOME), live or ""}
    gone = removable(found, keep, protected)
    assert removable([item for item in found if item.name not in gone], keep, protected) == []


def test_a_release_with_two_configurations_is_one() -> None:
    entries = [Entry(snapshot(NAMES[3], number), verdict=GOOD) for number in (2, 1, 0)]
    older = Entry(snapshot(NAMES[1]), verdict=GOOD)
    assert needed(Ledger((*entries, older)), HOME) == {NAMES[3], NAMES[1]}


def test_a_bad_release_is_not_what_to_go_back_to() -> None:
    verdicts = ((NAMES[4], GOOD), (NAMES[3], BAD), (NAMES[2], UNPROVEN), (NAMES[1], GOOD), (NAMES[0], GOOD))
    entries = tuple(Entry(snapshot(name), verdict=verdict) for name, verdict in verdicts)
    assert needed(Ledger(entries), HOME) == {NAMES[4], NAMES[1]}


def test_which_release_a_link_leads_into() -> None:
    assert release_in(HOME, LINK, "/srv/site/releases/r1") == "r1"
    assert release_in(HOME, LINK, "/srv/site/releases/r1/server") == "r1"
    assert release_in(HOME, LINK, "releases/r1") == "r1"
    assert release_in(HOME, LINK, "/srv/other/releases/r1") == ""
    assert release_in(HOME, LINK, None) == ""


def test_what_is_found(tmp_path: Path) -> None:
    for name, mark in (
        (NAMES[0], {"schema": SCHEMA, "completed": "2026-11-01"}),
        (NAMES[1], {"schema": SCHEMA, "completed": "2026-11-02"}),
        (NAMES[2], {"schema": "another", "completed": "2026-11-03"}),
        ("lost+found", None),
        ("of-a-person", None),
    ):
        (tmp_path / name).mkdir()
        if mark:
            (tmp_path / name / MARK).write_text(json.dumps(mark))
    (tmp_path / "link").symlink_to(NAMES[0])
    (tmp_path / f".{NAMES[0]}.slipway-new").mkdir()
    (tmp_path / f".{NAMES[0]}.archive").write_text("")
    assert look(tmp_path) == [Found(NAMES[1], "2026-11-02"), Found(NAMES[0], "2026-11-01"), Found(NAMES[2], "")]


def test_a_release_that_was_undone_goes_first_unless_it_is_needed() -> None:
    found = [Found(name, f"2026-11-2{9 - number}T00:00:00Z") for number, name in enumerate(("v3", "v2", "v1"))]
    assert removable(found, 5, {"v2"}, "v3") == ["v3"]
    assert removable(found, 5, {"v2", "v3"}, "v3") == []
    assert removable(found, 5, {"v2"}, "v9") == []
    assert removable([Found("v3", ""), *found[1:]], 5, {"v2"}, "v3") == ["v3"]
