# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The approval as a task of the deploy: from the command line, or asked for; what it leaves in record and lock."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from ansible_collections.slipway.deploy.plugins.action import approval
from ansible_collections.slipway.deploy.plugins.module_utils.common.errors import SlipwayError

from ..plugin_utils.run import Doc, OpenWork, context, handing_out, work

TAG = "prod-20261120"


@pytest.fixture(name="ask")
def ask_fixture(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Runs the task over an open record; what the command line says, who may approve, and who runs it."""
    monkeypatch.setenv("GITHUB_ACTOR", "joe")

    def ask(approvers: Any = None, check: bool = False, **extra: Any) -> tuple[Doc, OpenWork]:
        of = context(tmp_path, {"a": {}}, check=check, env="production", **extra)
        of.extra = frozenset(extra)
        document = {"schema": "slipway/record/1", "id": "1", "environment": "production", "targets": []}
        opened = work(of, document)
        monkeypatch.setattr(approval, "work_on", handing_out(opened))
        monkeypatch.setattr(approval, "_has_record", lambda _context: True)
        release_lock: list[Any] = []
        monkeypatch.setattr(approval, "release_lock", release_lock.append)
        module: Any = approval.ActionModule.__new__(approval.ActionModule)
        module.arguments = {"tag": TAG, "approvers": approvers, "releases": {"site": TAG}, "timeout": 5}
        module._task = SimpleNamespace(check_mode=check)
        try:
            return module.act(of), opened
        except SlipwayError:
            module.fail_safe(of)
            assert (opened.journal.record["outcome"], release_lock) == ("abandoned", [of])
            assert "approval" not in opened.journal.record
            raise

    return ask


@pytest.mark.parametrize("approvers", [None, ["maria", "petra"]])
def test_ci_names_who_approved(ask: Any, approvers: Any) -> None:
    url = "https://awx.example.org/#/jobs/412"
    result, opened = ask(approvers, approved_by="maria", approval_ref=url)
    found = opened.journal.record["approval"]
    assert (found["by"], found["how"], found["reference"]) == ("maria", "variable", url)
    assert result == {"changed": False, "approval": found}


@pytest.mark.parametrize(
    ("approvers", "extra", "line"),
    [
        pytest.param(None, {}, f"{TAG} is not approved: there is no terminal to ask at", id="nobody, and no terminal"),
        pytest.param(["joe"], {}, "there is no terminal to ask at", id="who runs it may, but is not asked"),
        pytest.param(["maria"], {}, "joe may not approve a release of production", id="who runs it may not"),
        pytest.param(["maria"], {"approved_by": "joe"}, "-e approved_by: joe may not approve", id="not one of them"),
        pytest.param(None, {"approved_by": ""}, "-e approved_by: the approver's name is empty", id="an unset variable"),
        pytest.param([], {"approved_by": "joe"}, "inventories/production (approvers): the list of", id="nobody may"),
    ],
)
def test_what_is_no_approval_ends_the_deploy(ask: Any, approvers: Any, extra: Doc, line: str) -> None:
    with pytest.raises(SlipwayError) as caught:
        ask(approvers, **extra)
    assert line in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_check_asks_nobody(ask: Any) -> None:
    result, opened = ask(check=True)
    assert result == {"changed": False}
    assert "approval" not in opened.journal.record
