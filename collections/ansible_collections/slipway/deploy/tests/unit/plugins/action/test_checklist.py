# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The checklist of an open deploy, and what a host is asked for it."""

from __future__ import annotations

import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from ansible_collections.slipway.deploy.plugins.action import checklist, checklist_host, checklist_test
from ansible_collections.slipway.deploy.plugins.module_utils.common.errors import SlipwayError
from ansible_collections.slipway.deploy.plugins.module_utils.record.journal import Journal
from ansible_collections.slipway.deploy.plugins.plugin_utils import checking
from ansible_collections.slipway.deploy.plugins.plugin_utils.checklist import refuse_unreadable_rows
from ansible_collections.slipway.deploy.plugins.plugin_utils.context import Context

from ..plugin_utils.run import Doc, OpenWork, context, handing_out, work

GREEN = {"name": "near", "kind": "command", "argv": ["true"]}
RED = {"name": "near", "kind": "command", "argv": ["sh", "-c", "echo no room; exit 1"]}
THERE = {"name": "there", "kind": "command", "argv": ["true"], "via": "host"}
UNIT = {"name": "service", "kind": "systemd"}
QUEUE = {"name": "queue", "kind": "redis_queue", "key": "q", "url": {"env": "REDIS_URL"}, "via": "host"}
UP = {"loaded": True, "active": "active", "sub": "running", "restarts": 0, "took": 0.01}
RECORD = {"id": "r", "targets": [], "started_at": 1795208651.0}


def site(tmp_path: Path, rows: Any, *, hosts: tuple[str, ...] = ("site-1",), **said: Any) -> Context:
    """A site whose hosts answered this."""
    answered = {"__checklist": {"answers": said}} if said else {}
    of = context(tmp_path, {name: dict(answered) for name in hosts}, backend_checklist=rows, backend_service="crm")
    of.__dict__["check_account"] = lambda: None
    return of


def gone_through(of: Context, monkeypatch: pytest.MonkeyPatch, **record: Any) -> tuple[OpenWork, Doc]:
    """The record after the checklist, and the task's result."""
    item = work(of, {**RECORD, **record})
    monkeypatch.setattr(checking, "work_on", handing_out(item))
    module: Any = checklist.ActionModule.__new__(checklist.ActionModule)
    return item, module.act(of)


def test_all_green(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    item, result = gone_through(site(tmp_path, [GREEN, UNIT], service=UP), monkeypatch)
    record = item.journal.record
    assert [(row["name"], row["host"], row["verdict"]) for row in record["checklist"]] == [
        ("near", None, "green"),
        ("service", "site-1", "green"),
    ]
    assert result["checklist"] == record["checklist"]
    assert "hold" not in record
    assert "cause" not in record
    screen: Any = item.console
    assert [line.split()[:2] for line in screen.said] == [["✔", "near"], ["✔", "service"]]


@pytest.mark.parametrize(
    ("rows", "said", "what"),
    [
        ([GREEN, {**RED, "name": "disk"}], {}, "checklist: disk is red: no room"),
        ([UNIT], {}, "checklist: service is unknown: the host gave no answer"),
        ([UNIT, RED], {}, "checklist: near is red: no room"),
        ([UNIT], {"service": {"error": "systemd does not answer"}}, "checklist: service is unknown: systemd does not"),
    ],
)
def test_what_is_not_green_holds_and_undoes_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, rows: Any, said: Doc, what: str
) -> None:
    item, _result = gone_through(site(tmp_path, rows, **said), monkeypatch)
    assert item.journal.record["hold"]["what"].startswith(what)
    assert "cause" not in item.journal.record


@pytest.mark.parametrize("record", [{"cause": {"what": "x"}}, {"hold": {"what": "x"}}])
def test_a_release_that_goes_back_or_is_held_is_not_asked_about(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, record: Doc
) -> None:
    item, _result = gone_through(site(tmp_path, [RED]), monkeypatch, **record)
    assert "checklist" not in item.journal.record


def test_a_checklist_that_is_declared_wrongly_holds(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    item, _result = gone_through(site(tmp_path, [{"name": "x", "kind": "sentri"}]), monkeypatch)
    assert "cannot be checked: inventories/dev: backend_checklist[0].kind" in item.journal.record["hold"]["what"]


@pytest.mark.parametrize("rows", [None, []])
def test_no_checklist_is_nothing_to_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, rows: Any) -> None:
    item, result = gone_through(site(tmp_path, rows), monkeypatch)
    assert result["checklist"] == []
    assert "checklist" not in item.journal.record


def test_what_cannot_be_read_is_said_before_anything_changes(tmp_path: Path) -> None:
    with pytest.raises(SlipwayError, match="url of queue: the environment variable REDIS_URL is not set"):
        refuse_unreadable_rows(site(tmp_path, [QUEUE]))
    refuse_unreadable_rows(site(tmp_path, [GREEN]))
    refuse_unreadable_rows(site(tmp_path, None))


@pytest.mark.parametrize("later", ["unchanged", "abandoned"])
def test_issues_are_new_since_the_newest_deploy_that_changed_something(tmp_path: Path, later: str) -> None:
    of = site(tmp_path, [GREEN])
    previous = None
    for number, outcome in enumerate(("succeeded", "succeeded", later), 1):
        record = {"id": f"2026-11-2{number}T21-04-11Z-r", "schema": "slipway/record/1", "environment": "dev"}
        record |= {"phase": "closed", "kind": "deploy", "targets": [], "previous": previous, "finished_at": number}
        Journal.open(of.store, {**record, "outcome": outcome, "started_at": number})
        previous = record["id"]
    assert checklist_test._since(of) == 2


class TestOnTheHost:
    """What a host is asked."""

    @pytest.fixture(name="asked")
    def asked_fixture(self, monkeypatch: pytest.MonkeyPatch) -> Any:
        """Runs the action; what the host is asked and what the task says."""
        monkeypatch.setenv("REDIS_URL", "redis://:s3cret@127.0.0.1/0")

        def ask(of: Context, check_mode: bool = False, found: Doc | None = None) -> tuple[list[Doc], Doc]:
            sent: list[Doc] = []

            def on_host(payload: list[Doc]) -> Doc:
                sent.extend(payload)
                return found or {"answers": [{"value": number} for number in range(len(sent))]}

            module: Any = checklist_host.ActionModule.__new__(checklist_host.ActionModule)
            module._task = SimpleNamespace(check_mode=check_mode)
            module.on_host = on_host
            return sent, module.act(of)

        return ask

    def test_rows_that_are_asked_on_hosts_in_one_go(self, asked: Any, tmp_path: Path) -> None:
        sent, result = asked(site(tmp_path, [GREEN, UNIT, QUEUE, THERE]))
        assert [(item["kind"], item.get("unit"), item.get("url")) for item in sent] == [
            ("systemd", "crm", None),
            ("redis", "crm", "redis://:s3cret@127.0.0.1/0"),
            ("command", None, None),
        ]
        assert result["answers"] == {"service": {"value": 0}, "queue": {"value": 1}, "there": {"value": 2}}
        assert "s3cret" not in json.dumps(result)

    def test_nothing_is_asked_where_no_row_is_for_the_host(self, asked: Any, tmp_path: Path) -> None:
        assert asked(site(tmp_path, [GREEN])) == ([], {"changed": False, "answers": {}})

    def test_no_program_is_run_in_check_mode(self, asked: Any, tmp_path: Path) -> None:
        sent, result = asked(site(tmp_path, [UNIT, THERE]), check_mode=True)
        assert [item["kind"] for item in sent] == ["systemd"]
        assert result["answers"]["there"] == {"error": "no program is run in check mode"}

    def test_a_secret_that_cannot_be_read_is_an_answer(
        self, asked: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.delenv("REDIS_URL")
        sent, result = asked(site(tmp_path, [QUEUE, UNIT]))
        assert [item["kind"] for item in sent] == ["systemd"]
        assert "REDIS_URL is not set" in result["answers"]["queue"]["error"]

    def test_a_service_without_a_name(self, asked: Any, tmp_path: Path) -> None:
        of = context(tmp_path, {"site-1": {}}, backend_checklist=[UNIT], backend_service="")
        _sent, result = asked(of)
        assert "the name of the service is not known" in result["answers"]["service"]["error"]

    def test_a_host_that_fails_says_so(self, asked: Any, tmp_path: Path) -> None:
        failed = {"failed": True, "msg": "no Python"}
        assert asked(site(tmp_path, [UNIT]), found=failed)[1] == failed
