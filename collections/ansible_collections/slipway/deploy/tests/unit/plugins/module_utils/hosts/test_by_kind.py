# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A record of several kinds of host: what is known of each, and what a failure of one means for the others."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.slipway.deploy.plugins.module_utils.hosts import backup, progress
from ansible_collections.slipway.deploy.plugins.module_utils.hosts.by_kind import by_kind, of_kind, with_kind
from ansible_collections.slipway.deploy.plugins.module_utils.hosts.migrations import (
    has_begun,
    is_settled,
    known_schema,
    moved_since,
)
from ansible_collections.slipway.deploy.plugins.module_utils.notify import metadata
from ansible_collections.slipway.deploy.plugins.module_utils.record.schema import check_shape
from ansible_collections.slipway.deploy.plugins.module_utils.render.card import backup_words, next_steps
from ansible_collections.slipway.deploy.plugins.module_utils.render.resume import resume
from ansible_collections.slipway.deploy.plugins.module_utils.render.verdict import closing

from .builders import GONE, ON_V2, STOPPED, V2, Doc, migration, record, target

GOOD, BAD = migration("2"), migration("3", compatible=False)
BOTH = {"backend": V2.to_record(), "site": {**V2.to_record(), "tag": "staging-1", "digest": "commit:1"}}
DONE = {"state": "done", "from": "1", "to": "2", "applied": [GOOD]}
LOST = {"state": "done", "from": "2", "to": "3", "applied": [BAD], "restore_to": "then"}


def both(*targets: Doc, **fields: Any) -> Doc:
    """A record of a backend and a site."""
    return record(*targets, **{"releases": BOTH, "environment": "dev", "outcome": None, "phase": "switching", **fields})


def hosts(backend: str = "stable", site: str = "stable") -> tuple[Doc, Doc]:
    return target("b", backend), target("s", site, group="site")


class TestMigrations:
    """Of which database a record speaks."""

    def test_of_one_kind_there_is_one_document(self) -> None:
        one = record(releases={"site": {}}, migrations=DONE)
        assert by_kind(one) == {"site": DONE}
        assert (of_kind(one, "site"), of_kind(one, "backend")) == (DONE, {})
        assert with_kind(one, "site", LOST) == LOST

    def test_of_several_there_is_one_for_each(self) -> None:
        two = both(migrations={"backend": DONE})
        assert by_kind(two) == {"backend": DONE}
        assert (of_kind(two, "backend"), of_kind(two, "site")) == (DONE, {})
        assert with_kind(two, "site", LOST) == {"backend": DONE, "site": LOST}

    def test_one_that_began_is_enough_and_all_have_to_be_over(self) -> None:
        two = both(migrations={"backend": DONE, "site": {"state": "planned"}})
        assert (has_begun(two), is_settled(two)) == (True, False)
        assert is_settled(both(migrations={"backend": DONE, "site": {"state": "none"}}))
        assert not has_begun(both(migrations={"site": {"state": "planned"}}))

    def test_the_schema_is_that_of_the_kinds_own_database(self) -> None:
        newest_first = [
            both(migrations={"backend": LOST}),
            record(releases={"site": {}}, migrations={**DONE, "to": "0007"}),
            record(releases={"backend": {}}, migrations=DONE),
        ]
        assert [known_schema(newest_first, kind) for kind in ("backend", "site")] == ["3", "0007"]

    def test_the_way_back_is_barred_by_its_own_migrations_only(self) -> None:
        newest_first = [
            both(migrations={"site": LOST}, outcome="succeeded"),
            record(releases={"backend": V2.to_record()}, outcome="succeeded"),
        ]
        assert moved_since(newest_first, V2).versions == ()

    def test_a_record_says_of_which_kind_it_is_damaged(self) -> None:
        whole = {**both(), "kind": "deploy"}
        check_shape({**whole, "migrations": {"backend": DONE, "site": LOST}})
        with pytest.raises(ValueError, match=r"^migrations\.site\.to is 3, not a text"):
            check_shape({**whole, "migrations": {"backend": DONE, "site": {"to": 3}}})
        with pytest.raises(ValueError, match=r"^migrations\.to is 3, not a text"):
            check_shape({**whole, "releases": {"site": BOTH["site"]}, "migrations": {"to": 3}})

    def test_a_backup_is_named_after_the_kind(self) -> None:
        planned = {"state": "planned", "pending": [GOOD]}
        two = both(migrations={"backend": planned, "site": planned})
        labels = [backup.begun(two, "now", kind=kind)["backup"]["label"] for kind in ("backend", "site")]
        assert labels == ["dev-2026-11-20t21-04-11z-r-backend", "dev-2026-11-20t21-04-11z-r-site"]


class TestUndo:
    """A failure takes all kinds back, but for those whose database went too far."""

    def test_a_failure_of_one_takes_the_other_back(self) -> None:
        begun = progress.begin(both(*hosts(site="planned")), ["s"], 1.0)
        ended = progress.end(begun, {"s": STOPPED}, {"backend": 1, "site": 0}, 2.0)
        assert ended["cause"]["target"] == "s"
        assert progress.to_undo(ended) == ["b", "s"]

    def test_each_kind_has_a_threshold_and_a_first_host_of_its_own(self) -> None:
        # The backend's health proves nothing of the site.
        begun = progress.begin(both(*hosts(site="planned")), ["s"], 1.0)
        assert progress.end(begun, {"s": STOPPED}, {"backend": 0, "site": 1}, 2.0)["cause"]
        proven = both(*hosts(), target("t", "updating", group="site"))
        assert progress.end(proven, {"t": GONE}, {"backend": 0, "site": 1}, 2.0)["cause"] is None
        assert progress.end(proven, {"t": GONE}, {"backend": 1, "site": 0}, 2.0)["cause"]
        assert progress.end(proven, {"t": ON_V2}, {}, 2.0)["cause"] is None

    def test_what_its_database_left_behind_stays(self) -> None:
        two = both(*hosts(), migrations={"backend": LOST, "site": DONE}, cause={"what": "x"})
        assert progress.to_undo(two) == ["s"]
        assert progress.point_of_no_return(two) == "migration 3 of backend is not declared backward-compatible"
        assert [progress.point_of_no_return(two, kind) is None for kind in ("backend", "site")] == [False, True]
        assert progress.needs_person(two)

    def test_what_a_person_is_told(self) -> None:
        two = both(
            *hosts(site="undone"),
            migrations={"backend": LOST, "site": {**DONE, "backup": {"label": "l", "at": "then", "reference": "r"}}},
            cause={"what": "x", "target": None},
        )
        said = closing({**two, "outcome": "needs_person"})
        assert said == (
            "dev needs a person: migration 3 of backend is not declared backward-compatible, so no host of backend was"
            " undone."
        )
        restore, back = next_steps({**two, "outcome": "needs_person"})
        assert restore.startswith("restore the database of backend to then, just before")
        assert back.endswith("-e force_schema=true")
        assert backup_words(two) == "l taken at then: r"
        card = " ".join(" ".join(resume({**two, "started_at": 0.0}, 10.0)).split())
        assert "puts no host of backend back, because migration 3 of backend" in card
        undone = closing({**both(*hosts("undone", "undone"), migrations={"backend": DONE}), "outcome": "undone"})
        assert "but for the schema of backend, which stays at version 2 (backward-compatible)" in undone


def test_messages_name_the_schema() -> None:
    two = both(*hosts(), migrations={"backend": DONE, "site": LOST}, notes={"site": {"source": "tag"}})
    said = metadata.migrations(two)
    assert said.index("**Schema of backend:** 1 → 2") < said.index("**Schema of site:** 2 → 3")
    assert "migrations of site applied: 3 change 3" in metadata.lines(two)
    assert "**Release notes:** tag" in metadata.facts(two)
