# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The declared gates: what is refused, in which words."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from ansible_collections.slipway.deploy.plugins.module_utils.common.errors import SlipwayError
from ansible_collections.slipway.deploy.plugins.module_utils.quality.rows import Allowed, parse_gates, parse_not_audited

SERVICES = ["user-service", "task-service"]
RUFF = {"name": "ruff", "kind": "ruff", "command": ["ruff", "check", "--output-format=json"]}
COVERAGE = {"name": "coverage", "kind": "lcov", "report": "lcov.info", "minimum": 80}
ALLOW = {"id": "CVE-2026-1", "until": "2027-01-31", "reason": "no fix"}


def refused(value: Any) -> str:
    with pytest.raises(SlipwayError) as caught:
        parse_gates(value, SERVICES)
    return str(caught.value)


@pytest.mark.parametrize("value", [None, "", []])
def test_no_gates(value: Any) -> None:
    assert parse_gates(value, SERVICES) == ()


def test_what_a_row_says() -> None:
    (trivy,) = parse_gates(
        [
            {
                "name": "trivy",
                "kind": "trivy",
                "command": ["trivy", "image", "{image}"],
                "services": "all",
                "severity": "Medium",
                "allow": [ALLOW, {**ALLOW, "id": "CVE-2", "until": date(2027, 2, 1)}],
                "environment": {"TRIVY_CACHE_DIR": "/var/cache/trivy"},
                "not_audited": "warn",
            }
        ],
        SERVICES,
    )
    assert trivy.services == tuple(SERVICES)
    assert (trivy.severity, trivy.blocks) == ("moderate", False)
    assert trivy.allow == (
        Allowed("CVE-2026-1", date(2027, 1, 31), "no fix"),
        Allowed("CVE-2", date(2027, 2, 1), "no fix"),
    )


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ("ruff", "quality_gates: it is not a list. Write a list of gates"),
        (["ruff"], "quality_gates, gate 1: it is not a mapping"),
        ([{"name": "x"}], "quality_gates, x: it has no kind. Write one of junit"),
        ([{**RUFF, "kind": "ruf"}], "there is no kind of report 'ruf'. Did you mean ruff?"),
        ([{**RUFF, "kind": ["ruff"]}], "there is no kind of report"),
        ([{**RUFF, "comand": ["x"]}], "comand is not a field of a gate of kind ruff. Did you mean command?"),
        ([{**RUFF, "minimum": 80}], "minimum is not a field of a gate of kind ruff"),
        ([{**RUFF, "name": "{{ x }}"}], "it has no valid name"),
        ([{**RUFF, "name": 7}], "name is not a text"),
        ([{**RUFF, "command": "ruff check"}], "command is not a list of texts"),
        ([{**RUFF, "command": ["ruff", 1]}], "command is not a list of texts"),
        ([{**RUFF, "command": []}], "command is empty"),
        ([{"name": "x", "kind": "ruff"}], "it has neither a command nor a report"),
        (
            [{"name": "x", "kind": "npm-audit", "report": "audit.json"}],
            "it has no command. A gate of kind npm-audit needs one",
        ),
        ([{"name": "x", "kind": "exit-code"}], "it has no command"),
        ([{**RUFF, "kind": "exit-code", "report": "a"}], "report is of no use here"),
        ([{**RUFF, "directory": "../other"}], "directory is not a directory below the source"),
        ([{**RUFF, "report": "/tmp/x.json"}], "report is not a pattern of files below the source"),
        ([{**RUFF, "timeout": 0}], "timeout is not a whole number from 1 to 21600"),
        ([{**RUFF, "timeout": True}], "timeout is not a whole number"),
        ([{**RUFF, "severity": "high"}], "there is no severity 'high'. Write one of warning, error"),
        ([{**RUFF, "maximum": -1}], "maximum is not a whole number from 0"),
        ([{**RUFF, "environment": {"A=B": "x"}}], "environment is not a mapping of texts"),
        ([{**RUFF, "environment": "NPM_TOKEN"}], "environment is not a mapping of texts"),
        ([{**RUFF, "environment": ["A=B"]}], "environment is not a list of names"),
        ([{**RUFF, "environment": {"A=B": None}}], "environment is not a mapping of texts"),
        ([{**RUFF, "environment": [1]}], "environment is not a list of names"),
        ([{**RUFF, "services": ["user-servce"]}], "there is no service user-servce. Did you mean user-service?"),
        ([{**RUFF, "services": "all", "artifact": "backend"}], "it is of services and of an artifact"),
        ([{**RUFF, "directory": "{service}"}], "{service} and {image} are of a service"),
        ([{**RUFF, "not_audited": "ignore"}], "quality_gates, ruff: not_audited: 'ignore' is neither fail nor warn"),
        ([RUFF, RUFF], "there are two gates ruff"),
        ([{**COVERAGE, "minimum": None}], "it has no minimum between 0 and 100"),
        ([{**COVERAGE, "minimum": 101}], "it has no minimum between 0 and 100"),
        ([{**COVERAGE, "minimum": "NaN"}], "it has no minimum between 0 and 100"),
        ([{**COVERAGE, "of": "functions"}], "of is 'functions'"),
        ([{**RUFF, "kind": "pip-audit", "severity": "high"}], "severity is not a field of a gate of kind pip-audit"),
        ([{**RUFF, "allow": ["CVE-2026-1"]}], "an item of allow has not exactly id, until and reason"),
        ([{**RUFF, "allow": [{"id": "x", "reason": "y"}]}], "an item of allow has not exactly id, until and reason"),
        ([{**RUFF, "allow": [{**ALLOW, "until": "never"}]}], "the until of CVE-2026-1 is not a date"),
        ([{**RUFF, "allow": [{**ALLOW, "reason": " "}]}], "id or reason of an item of allow is not a text"),
        ([{**RUFF, "kind": "sql", "exclude": ["BAN"]}], "'BAN' is not a rule of squawk"),
    ],
)
def test_what_is_refused(value: Any, said: str) -> None:
    assert said in refused(value)


def test_all_that_is_wrong_is_said_at_once() -> None:
    said = refused([{**RUFF, "timeout": 0}, {**COVERAGE, "minimum": None}])
    assert len(said.splitlines()) == 2


def test_not_audited() -> None:
    assert (parse_not_audited("fail", "x"), parse_not_audited("warn", "x")) == (True, False)
    with pytest.raises(SlipwayError, match="is neither fail nor warn"):
        parse_not_audited(True, "quality_not_audited")
