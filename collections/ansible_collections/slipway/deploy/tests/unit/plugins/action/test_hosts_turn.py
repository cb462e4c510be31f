# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The turns of hosts and database, as the playbook's plays take them, over a record in a store."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from ansible_collections.slipway.deploy.plugins.action import hosts_turn, migration_turn
from ansible_collections.slipway.deploy.plugins.module_utils.common.errors import SlipwayError
from ansible_collections.slipway.deploy.plugins.module_utils.lock.model import LockLost
from ansible_collections.slipway.deploy.plugins.plugin_utils.action import SlipwayAction

from ..module_utils.hosts.builders import RUNS_V1, RUNS_V2, V2, migration, record, target
from ..plugin_utils.run import Doc, OpenWork, context, handing_out, work

ON_V2 = {"__after": {"runs": RUNS_V2.to_record(), "active": True}}
ON_V1 = {"__after": {"runs": RUNS_V1.to_record(), "active": True}}
NEVER_READY = {"__turn_failed": {"failed": True, "reason": "it never\nbecame ready", "log": ["boom"]}}
STAGED = {"__staged": {"ping": "pong"}}
PLANNED = {"state": "planned", "pending": [migration()], "restore_to": None}
MIGRATED = {"state": "done", "applied": [migration()]}


class Run:
    """One run over one record: each step is a task of its own."""

    def __init__(self, directory: Path, monkeypatch: pytest.MonkeyPatch, document: Doc, **hosts: Doc) -> None:
        self.directory, self.monkeypatch, self.hosts = directory, monkeypatch, hosts
        self.kinds: dict[str, dict[str, Doc]] = {}
        document = {"schema": "slipway/record/1", "releases": {"backend": V2.to_record()}, **document}
        self.work: OpenWork = work(context(directory, hosts), document)

    def step(self, action: Any, step: str, *batch: str, **said: Doc) -> Doc:
        """Carry a step out for a batch, with what the tasks before it registered."""
        hosts = {name: {**own, **said.get(name, {})} for name, own in self.hosts.items()}
        kinds = {
            kind: {name: {**own, **said.get(name, {})} for name, own in of.items()} for kind, of in self.kinds.items()
        }
        everyone = hosts | {name: own for of in kinds.values() for name, own in of.items()}
        of = context(self.directory, hosts, kinds=kinds, selected=list(batch or everyone))
        self.work.context = of
        self.monkeypatch.setattr(action, "work_on", handing_out(self.work))
        module: SlipwayAction = action.ActionModule.__new__(action.ActionModule)
        given = everyone[of.here]
        module.arguments = {
            "step": step,
            "succeeded": "__backed_up" in given,
            "result": given.get("slipway_backup") or given.get("__migrated") or {},
            "failure": given.get("__backup_failed") or given.get("__migration_failed") or {},
        }
        return module.act(of)

    def hosts_turn(self, step: str, *batch: str, **said: Doc) -> Doc:
        """A step of hosts."""
        return self.step(hosts_turn, step, *batch, **said)

    @property
    def record(self) -> Doc:
        """The record as it is."""
        return self.work.journal.record

    @property
    def states(self) -> dict[str, str]:
        """How far each host is."""
        return {item["name"]: item["state"] for item in self.record["targets"]}


@pytest.fixture(name="begin")
def begin_fixture(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Begins a run over a record of hosts."""

    def begin(document: Doc, **hosts: Doc) -> Run:
        names = [item["name"] for item in document["targets"]]
        return Run(tmp_path, monkeypatch, document, **{**{name: {} for name in names}, **hosts})

    return begin


def test_forward(begin: Any) -> None:
    run = begin(record(target("a"), target("b")))
    assert run.hosts_turn("stage")["hosts"] == ["a", "b"]
    assert run.hosts_turn("staged", a=STAGED, b=STAGED)["hosts"] == ["a", "b"]
    assert run.hosts_turn("switch", "a")["hosts"] == ["a"]
    assert (run.states, run.record["phase"]) == ({"a": "updating", "b": "planned"}, "switching")
    run.hosts_turn("switched", "a", a=ON_V2)
    run.hosts_turn("switch", "b")
    assert run.hosts_turn("switched", "b", b=ON_V2)["services"] == {"a": "stable", "b": "stable"}
    assert run.record["phase"] == "checking"
    assert run.record["cause"] is None


def test_a_host_that_cannot_be_staged_turns_all_back_before_the_first_switch(begin: Any) -> None:
    run = begin(record(target("a"), target("b")))
    failed = {"__stage_failed": {"failed": True, "msg": "no space\nleft on device"}}
    assert run.hosts_turn("staged", a=STAGED, b=failed)["hosts"] == []
    assert run.record["cause"] == {
        "what": "no space left on device",
        "target": "b",
        "phase": "staging",
        "wave": None,
    }
    assert run.hosts_turn("switch", "a")["hosts"] == []
    assert run.hosts_turn("undo", "b", "a")["hosts"] == []
    assert run.states == {"a": "planned", "b": "planned"}


@pytest.mark.parametrize("said", [{}, {"__staged": {"unreachable": True, "msg": "no route"}}])
def test_so_does_one_that_is_gone(begin: Any, said: Doc) -> None:
    run = begin(record(target("a"), target("b")))
    run.hosts_turn("staged", a=STAGED, b=said)
    assert run.record["cause"]["target"] == "b"


def test_the_first_host_gates_the_rest_and_goes_back(begin: Any) -> None:
    run = begin(record(target("a"), target("b")))
    run.hosts_turn("switch", "a")
    run.hosts_turn("switched", "a", a={**ON_V1, **NEVER_READY})
    assert run.states["a"] == "undone"
    assert run.record["targets"][0]["failure"]["log"] == ["boom"]
    assert run.record["cause"]["what"] == "it never became ready"
    assert run.hosts_turn("switch", "b")["hosts"] == []


def test_back_in_the_order_of_the_play(begin: Any) -> None:
    run = begin(record(target("a", "stable"), target("b", "failed"), target("c"), cause={"what": "smoke"}))
    result = run.hosts_turn("undo", "c", "b", "a")
    assert result["hosts"] == ["b", "a"]
    assert [link["path"] for link in result["links"]["a"]] == ["/app/app.jar", "/etc/umigo-backend/current"]
    run.hosts_turn("undone", "c", "b", "a", a=ON_V1, b={})
    assert run.states == {"a": "undone", "b": "undo_failed", "c": "planned"}


def test_nothing_goes_back_after_a_migration_that_the_old_release_cannot_live_with(begin: Any) -> None:
    lost = {"state": "done", "applied": [migration("3", compatible=False)]}
    run = begin(record(target("a", "stable"), target("b"), migrations=lost))
    assert (
        run.hosts_turn("switch", "b")["kinds"]["backend"]["lost"] == "migration 3 is not declared backward-compatible"
    )
    run.hosts_turn("switched", "b", b=NEVER_READY)
    assert run.record["cause"] is not None
    assert run.hosts_turn("undo", "b", "a")["hosts"] == []


@pytest.mark.parametrize("step", ["stage", "switch"])
def test_a_lost_lock_forbids_further_mutation(begin: Any, step: str) -> None:
    run = begin(record(target("a")))
    run.work.lost = LockLost("the lock was lost")
    with pytest.raises(LockLost):
        run.hosts_turn(step)
    assert run.states == {"a": "planned"}


def test_a_lost_lock_does_not_keep_a_host_s_end_from_the_record(begin: Any) -> None:
    run = begin(record(target("a", "updating")))
    run.work.lost = LockLost("the lock was lost")
    run.hosts_turn("switched", a=ON_V2)
    assert run.states == {"a": "stable"}


@pytest.mark.parametrize("state", ["planned", "running"])
def test_nothing_is_switched_while_it_is_not_recorded_how_the_migration_ended(begin: Any, state: str) -> None:
    run = begin(record(target("a"), migrations={"state": state, "pending": [migration()]}))
    with pytest.raises(SlipwayError, match="the record does not say how the migration ended"):
        run.hosts_turn("switch")
    assert run.states == {"a": "planned"}
    assert run.record["cause"] is None, "it is taken up again, not turned back"


def test_a_run_that_was_asked_to_stop_begins_no_host(begin: Any) -> None:
    run = begin(record(target("a", "stable"), target("b")))
    run.work.cancel = type("Stopped", (), {"why": staticmethod(lambda: "stopped by Ctrl-C")})()
    assert run.hosts_turn("switch", "b")["hosts"] == []
    assert run.record["cause"]["what"] == "stopped by Ctrl-C"
    assert run.hosts_turn("undo", "b", "a")["hosts"] == ["a"]


def test_a_host_that_left_the_inventory_does_not_stop_the_others(begin: Any) -> None:
    run = begin(record(target("gone", "undo_failed"), target("a", "stable"), cause={"what": "x"}))
    del run.hosts["gone"]
    assert [*run.hosts_turn("undo", "a")["links"]] == ["a"]


class TestMigration:
    """Once, between staging and the first switch."""

    def test_it_is_recorded_before_it_begins(self, begin: Any) -> None:
        run = begin(record(target("a"), migrations=PLANNED))
        assert run.step(migration_turn, "begin")["due"] is True
        found = run.record["migrations"]
        assert (found["state"], found["restore_to"] is not None, run.work.guarded) == ("running", True, 1)
        said = {"applied": [migration()], "pending": [migration()], "schema_after": "2", "started_at": "then"}
        run.step(migration_turn, "end", a={"__migrated": said})
        found = run.record["migrations"]
        assert (found["state"], found["to"], found["restore_to"]) == ("done", "2", "then")
        assert run.record["cause"] is None

    @pytest.mark.parametrize(
        "kept", [{"migrations": {"state": "none"}}, {"migrations": MIGRATED}, {"cause": {"what": "x"}}]
    )
    def test_there_may_be_nothing_to_do(self, begin: Any, kept: Doc) -> None:
        run = begin(record(target("a"), **{"migrations": PLANNED, **kept}))
        assert run.step(migration_turn, "begin")["due"] is False
        assert run.step(migration_turn, "end")["due"] is False

    @pytest.mark.parametrize(
        ("said", "what", "state"),
        [
            pytest.param(
                {"__migration_failed": {"failed": True, "msg": "syntax\nerror", "begun": True}},
                "the migration failed: syntax error",
                "failed",
                id="it failed",
            ),
            pytest.param(
                {"__migration_failed": {"failed": True, "msg": "no route", "begun": False}},
                "the migration failed: no route",
                "planned",
                id="before it began",
            ),
            pytest.param({}, "the host that runs the migration cannot be reached", "failed", id="nothing was said"),
            pytest.param(
                {"__migrated": {"unreachable": True, "msg": "x"}},
                "the host that runs the migration cannot be reached",
                "failed",
                id="gone",
            ),
        ],
    )
    def test_a_failure_turns_back(self, begin: Any, said: Doc, what: str, state: str) -> None:
        run = begin(record(target("a"), migrations={**PLANNED, "state": "running"}))
        run.step(migration_turn, "end", a=said)
        assert what in run.record["cause"]["what"]
        assert run.record["migrations"]["state"] == state
        assert run.hosts_turn("switch")["hosts"] == []


class TestBackup:
    """Before the migration, by the hook that the inventory declares."""

    @pytest.fixture(name="hook")
    def hook_fixture(self, tmp_path: Path) -> Doc:
        file = tmp_path / "backup.yml"
        file.write_text("- ansible.builtin.debug:\n")
        return {"backend_backup_hook": "backup.yml", "inventory_dir": str(tmp_path)}

    def test_it_is_recorded_with_what_the_hook_says(self, begin: Any, hook: Doc) -> None:
        run = begin(record(target("a"), migrations=PLANNED), a=hook)
        told = run.step(migration_turn, "back_up")
        assert (told["due"], told["label"], told["release"]) == (True, "dev-2026-11-20t21-04-11z-r", V2.tag)
        assert told["hook"] == f"{hook['inventory_dir']}/backup.yml"
        assert (run.record["phase"], run.work.guarded) == ("backing_up", 1)
        said = {"__backed_up": {"label": told["label"]}, "slipway_backup": {"reference": "/srv/x.dump"}}
        run.step(migration_turn, "backed_up", a=said)
        found = run.record["migrations"]
        assert (found["backup"]["reference"], found["backup"]["at"][:4]) == ("/srv/x.dump", "1970")
        assert run.step(migration_turn, "back_up")["due"] is False, "it is taken once"
        assert run.step(migration_turn, "begin")["due"] is True
        assert run.record["migrations"]["backup"] == found["backup"]

    def test_one_that_was_killed_is_taken_again_under_another_name(self, begin: Any, hook: Doc) -> None:
        run = begin(record(target("a"), migrations=PLANNED), a=hook)
        first = run.step(migration_turn, "back_up")["label"]
        assert run.step(migration_turn, "back_up")["label"] == f"{first}-2"

    @pytest.mark.parametrize("own", [{}, {"backend_backup_hook": ""}, {"backend_backup_hook": None}])
    def test_without_a_hook_nothing_is_done(self, begin: Any, own: Doc) -> None:
        run = begin(record(target("a"), migrations=PLANNED), a=own)
        assert run.step(migration_turn, "back_up")["due"] is False
        assert run.record["migrations"] == PLANNED

    @pytest.mark.parametrize(
        ("said", "what"),
        [
            ({"__backup_failed": {"failed": True, "msg": "no\nspace."}}, "no space"),
            (
                {"__backup_failed": {"msg": "non-zero return code", "stderr": "x\npg_dump: error: no route\n"}},
                "non-zero return code: pg_dump: error: no route",
            ),
            ({}, "the hook did not finish"),
        ],
    )
    def test_without_a_backup_there_is_no_migration(self, begin: Any, hook: Doc, said: Doc, what: str) -> None:
        run = begin(record(target("a"), migrations=PLANNED), a=hook)
        run.step(migration_turn, "back_up")
        run.step(migration_turn, "backed_up", a=said)
        remedy = "Correct backend_backup_hook, or what it needs, then run this again"
        assert run.record["cause"]["what"] == f"the backup before the migration failed: {what}. {remedy}"
        assert run.step(migration_turn, "begin")["due"] is False
        assert (run.record["migrations"]["state"], "at" in run.record["migrations"]["backup"]) == ("planned", False)
        assert run.hosts_turn("switch")["hosts"] == []
        assert run.states == {"a": "planned"}

    def test_a_lost_lock_forbids_it(self, begin: Any, hook: Doc) -> None:
        run = begin(record(target("a"), migrations=PLANNED), a=hook)
        run.work.lost = LockLost("the lock was lost")
        with pytest.raises(LockLost):
            run.step(migration_turn, "back_up")
        assert run.record["migrations"] == PLANNED


class TestSeveralKinds:
    """One record, each kind with its own release and database."""

    def begin(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, **fields: Any) -> Run:
        releases = {"backend": V2.to_record(), "site": {**V2.to_record(), "tag": "staging-1"}}
        document = record(target("a"), target("s", group="site"), releases=releases, **fields)
        run = Run(tmp_path, monkeypatch, document, a={})
        run.kinds = {"site": {"s": {}}}
        return run

    def test_a_turn_says_what_each_kind_should_run(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        lost = {"state": "done", "to": "3", "applied": [migration("3", compatible=False)]}
        run = self.begin(tmp_path, monkeypatch, migrations={"backend": lost, "site": {"state": "none", "to": "0007"}})
        told = run.hosts_turn("stage")["kinds"]
        assert {kind: (of["release"]["tag"], of["schema"], of["hosts"]) for kind, of in told.items()} == {
            "backend": (V2.tag, "3", ["a"]),
            "site": ("staging-1", "0007", ["s"]),
        }
        assert (told["site"]["lost"], "migration 3" in told["backend"]["lost"]) == (None, True)

    def test_each_kind_migrates_its_own_database(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        run = self.begin(tmp_path, monkeypatch, migrations={"backend": PLANNED, "site": PLANNED})
        assert run.step(migration_turn, "begin", "s")["due"]
        assert {kind: of["state"] for kind, of in run.record["migrations"].items()} == {
            "backend": "planned",
            "site": "running",
        }
        run.step(migration_turn, "end", "s", s={"__migrated": {"applied": [migration()], "schema_after": "2"}})
        assert run.record["migrations"]["site"]["state"] == "done"
        with pytest.raises(SlipwayError, match="does not say how the migration ended"):
            run.hosts_turn("switch", "s")
        assert run.step(migration_turn, "begin", "a")["due"]
        run.step(migration_turn, "end", "a", a={"__migration_failed": {"msg": "no disk", "begun": False}})
        assert run.record["cause"]["target"] == "a"
        assert run.record["migrations"]["backend"]["state"] == "planned"

    def test_a_failed_migration_keeps_the_next_from_its_begin(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        run = self.begin(tmp_path, monkeypatch, migrations={"backend": PLANNED, "site": PLANNED})
        run.step(migration_turn, "begin", "a")
        run.step(migration_turn, "end", "a", a={"__migration_failed": {"msg": "no disk", "begun": False}})
        assert not run.step(migration_turn, "begin", "s")["due"]
