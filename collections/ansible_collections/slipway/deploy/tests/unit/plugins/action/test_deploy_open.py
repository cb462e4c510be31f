# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What a run does with a deploy of hosts that an earlier one left unfinished."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from ansible_collections.slipway.deploy.plugins.action import deploy_open
from ansible_collections.slipway.deploy.plugins.module_utils.common.errors import SlipwayError
from ansible_collections.slipway.deploy.plugins.module_utils.record.journal import Journal, newest
from ansible_collections.slipway.deploy.plugins.plugin_utils.context import Context

from ..module_utils.hosts.builders import migration, record, target
from ..plugin_utils.run import Doc, Screen, context

INCOMPATIBLE = {"state": "running", "pending": [migration("3", compatible=False)]}


@pytest.fixture(name="run")
def run_fixture(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Opens a deploy of host `a` over an unfinished record; what the action returns, and the record then."""
    for name in ("_take", "start_heartbeat", "check_clock"):
        owner = deploy_open.ActionModule if name == "_take" else deploy_open
        monkeypatch.setattr(owner, name, lambda *_arguments: None)
    monkeypatch.setattr(Context, "check_account", lambda _self: None)
    monkeypatch.setattr(Context, "files", SimpleNamespace(sweep=lambda: None, load=lambda: None))
    monkeypatch.setattr(deploy_open, "declared_jobs", lambda *_arguments: None)
    monkeypatch.setattr(deploy_open, "store_clock", lambda _context: lambda: 100.0)
    monkeypatch.setattr(deploy_open, "Console", lambda _clock: Screen())

    def run(document: Doc, resume: str = "", check: bool = False, of: Context | None = None) -> tuple[Doc, Doc]:
        of = of or context(tmp_path, {"a": {}}, check=check, **({"resume": resume} if resume else {}))
        base = {"schema": "slipway/record/1", "environment": "dev", "phase": "rolling_out", "outcome": None}
        Journal.open(of.store, {**base, "previous": None, **document})
        module: Any = deploy_open.ActionModule.__new__(deploy_open.ActionModule)
        module.arguments = {"kind": "deploy"}
        module._task = SimpleNamespace(check_mode=check)
        result = module.act(of)
        journal = newest(of.store, "dev")
        assert journal is not None
        return result, journal.record

    return run


def test_a_deploy_that_touched_nothing_is_abandoned(run: Any) -> None:
    result, left = run(record(target("a"), migrations={"state": "planned", "pending": [migration()]}))
    assert (result["resumed"], left["outcome"]) == ("", "abandoned")


@pytest.mark.parametrize("state", ["running", "done", "failed"])
def test_one_whose_migration_began_is_not(run: Any, state: str) -> None:
    with pytest.raises(SlipwayError, match="is unfinished") as caught:
        run(record(target("a"), migrations={**INCOMPATIBLE, "state": state}))
    assert "-e resume=finish or ansible-playbook deploy.yml -e env=dev -e resume=undo" in str(caught.value)


def test_finish(run: Any) -> None:
    result, left = run(record(target("a", "updating"), migrations=INCOMPATIBLE), "finish")
    assert (result["resumed"], left["cause"], left["outcome"]) == ("finish", None, None)
    assert left["migrations"] == INCOMPATIBLE


@pytest.mark.parametrize(
    ("required", "kind", "approval", "finished"),
    [
        (True, "deploy", None, False),
        (True, "deploy", {"by": "maria"}, True),
        (True, "rollback", None, True),
        (False, "deploy", None, True),
    ],
)
def test_what_nobody_approved_is_not_finished(
    run: Any, tmp_path: Path, required: bool, kind: str, approval: Any, finished: bool
) -> None:
    shared = {"env": "dev", "state_store": str(tmp_path), "site_approval_required": required, "resume": "finish"}
    of = Context(
        {
            "inventory_hostname": "a",
            "env": "dev",
            "ansible_check_mode": False,
            "hostvars": {"a": shared},
            "groups": {"site": ["a"], "backend": [], "fleet": []},
            "ansible_play_hosts_all": ["a"],
        }
    )
    document = record(target("a", group="site"), kind=kind, **({"approval": approval} if approval else {}))
    if not finished:
        with pytest.raises(SlipwayError, match="there is nothing to finish"):
            run(document, of=of)
        assert newest(of.store, "dev").record["outcome"] == "abandoned"  # type: ignore[union-attr]
        return
    assert run(document, of=of)[0]["resumed"] == "finish"


def test_undo(run: Any) -> None:
    result, left = run(record(target("a", "stable")), "undo")
    assert (result["resumed"], left["cause"]["phase"]) == ("undo", "resuming")


@pytest.mark.parametrize(("choice", "state"), [("finish", "failed"), ("undo", "undo_failed")])
def test_a_host_that_was_replaced_does_not_keep_the_environment_locked_for_ever(
    run: Any, choice: str, state: str
) -> None:
    result, left = run(record(target("i-gone", "updating"), target("a", "stable")), choice)
    assert result["resumed"] == choice
    assert left["targets"][0]["state"] == state
    assert left["targets"][1]["state"] == "stable"


def test_a_host_that_is_only_left_out_does(run: Any, tmp_path: Path) -> None:
    of = context(tmp_path, {"a": {}, "b": {}}, selected=["a"], resume="finish")
    Journal.open(
        of.store,
        {
            **record(target("b", "updating")),
            "schema": "slipway/record/1",
            "environment": "dev",
            "phase": "rolling_out",
            "outcome": None,
            "previous": None,
        },
    )
    module: Any = deploy_open.ActionModule.__new__(deploy_open.ActionModule)
    module.arguments = {"kind": "deploy"}
    module._task = SimpleNamespace(check_mode=False)
    with pytest.raises(SlipwayError, match="is also of b"):
        module.act(of)


def test_there_is_nothing_to_resume(run: Any) -> None:
    with pytest.raises(SlipwayError) as caught:
        run(record(target("a"), outcome="succeeded"), "finish")
    assert str(caught.value) == (
        "-e resume=finish: there is no unfinished deploy in dev. "
        "Leave resume out: ansible-playbook deploy.yml -e env=dev"
    )


def test_check_mode_changes_no_record(run: Any) -> None:
    document = record(target("i-gone", "updating"))
    result, left = run(document, "finish", check=True)
    assert (result["resumed"], left["targets"]) == ("finish", document["targets"])
