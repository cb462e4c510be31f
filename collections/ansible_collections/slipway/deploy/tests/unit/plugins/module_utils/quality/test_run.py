# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Gates with real commands in a real directory: shells, pytest, ruff, squawk."""

from __future__ import annotations

import json
import os
import sys
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.slipway.deploy.plugins.module_utils.common.errors import SlipwayError
from ansible_collections.slipway.deploy.plugins.module_utils.quality import run
from ansible_collections.slipway.deploy.plugins.module_utils.quality.judge import Outcome
from ansible_collections.slipway.deploy.plugins.module_utils.quality.rows import parse_gates
from ansible_collections.slipway.deploy.plugins.module_utils.quality.run import Checkout, Target, run_gates

BIN = Path(sys.executable).parent
TARGETS = [Target("user-service", "registry/user@sha256:1"), Target("task-service")]
CLEAN = "<testsuite><testcase name='a'/></testsuite>"


def outcomes(source: Path, *rows: dict[str, Any]) -> list[Outcome]:
    gates = parse_gates(list(rows), [target.service for target in TARGETS])
    return run_gates(gates, TARGETS, Checkout(source), date(2026, 11, 30), strict=True)


def sh(script: str, kind: str = "junit", report: str | None = "report.xml", **more: Any) -> dict[str, Any]:
    return {
        "name": "g",
        "kind": kind,
        "command": ["sh", "-c", script],
        **({"report": report} if report else {}),
        **more,
    }


def said(source: Path, *rows: dict[str, Any]) -> list[tuple[str, str]]:
    return [(item.row.verdict, item.result.detail) for item in outcomes(source, *rows)]


def test_a_report_that_the_command_wrote(tmp_path: Path) -> None:
    assert said(tmp_path, sh(f'echo "{CLEAN}" > report.xml')) == [("pass", "1 test")]


@pytest.mark.parametrize(
    ("script", "detail"),
    [
        ("true", "report.xml is of an earlier run"),
        # Its time and its content are the earlier run's, its name is new.
        ("mv report.xml a; cp -p a report.xml", "report.xml is of an earlier run"),
        ("rm report.xml; exit 3", "there is no report report.xml; the command ended with code 3"),
        ("echo oops >&2; exit 4", "report.xml is of an earlier run; the command ended with code 4: oops"),
        ("rm report.xml; ln -s /etc/passwd report.xml", "report.xml is a link to outside of the source"),
        ("echo '<testsuite>' > report.xml", "it is not valid XML"),
        (": > report.xml", "it is not valid XML"),
        ("echo 'password=hunter2' >&2; rm report.xml; exit 1", "password=[redacted]"),
    ],
)
def test_what_is_no_report_of_this_run(tmp_path: Path, script: str, detail: str) -> None:
    report = tmp_path / "report.xml"
    report.write_text(CLEAN)
    os.utime(report, (1_000_000_000, 1_000_000_000))
    ((verdict, why),) = said(tmp_path, sh(script))
    assert verdict == "not audited"
    assert detail in why


def test_a_report_from_the_future_is_of_an_earlier_run(tmp_path: Path) -> None:
    (tmp_path / "report.xml").write_text(CLEAN)
    os.utime(tmp_path / "report.xml", (4_000_000_000, 4_000_000_000))
    assert said(tmp_path, sh("true")) == [("not audited", "report.xml is of an earlier run")]


def test_all_files_of_a_report_count_and_each_must_be_of_this_run(tmp_path: Path) -> None:
    made = "; ".join(f'mkdir -p {name}/target; echo "{CLEAN}" > {name}/target/TEST-a.xml' for name in ("a", "b"))
    gate = sh(made, report="**/target/TEST-*.xml")
    assert said(tmp_path, gate) == [("pass", "2 tests")]
    assert said(tmp_path, {**gate, "command": ["touch", "a/target/TEST-a.xml"]}) == [
        ("not audited", "b/target/TEST-a.xml is of an earlier run")
    ]


def test_a_gate_reads_what_an_earlier_one_wrote(tmp_path: Path) -> None:
    coverage = {"name": "coverage", "kind": "coverage-py", "report": "c.json", "minimum": 80}
    totals = json.dumps({"totals": {"covered_lines": 9, "num_statements": 10}})
    tests = sh(f"echo '{totals}' > c.json; echo \"{CLEAN}\" > report.xml")
    assert [verdict for verdict, _detail in said(tmp_path, tests, coverage)] == ["pass", "pass"]
    # It is an earlier run's now.
    assert said(tmp_path, coverage) == [("not audited", "c.json is of an earlier run")]


@pytest.mark.parametrize(
    ("row", "detail"),
    [
        ({**sh(""), "command": ["no-such-program"]}, "no-such-program is not installed"),
        ({**sh(""), "command": ["./text"]}, "./text cannot be started: permission denied"),
        ({**sh("true"), "directory": "nowhere"}, "the source has no directory nowhere"),
        ({**sh("true"), "directory": "outside"}, "the source has no directory outside"),
        (sh("echo Progress; exec sleep 60", timeout=1), "sh did not end within 1 s"),
        (sh("true", kind="ruff", report=None), "the command printed no report"),
        (sh("head -c 300000 /dev/zero", kind="ruff", report=None), "the command printed more than"),
        (sh("kill -SEGV $$", kind="exit-code", report=None), "was killed by signal 11"),
    ],
)
def test_what_does_not_run_is_not_audited(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, row: dict[str, Any], detail: str
) -> None:
    monkeypatch.setattr(run, "_LARGEST", 100_000)
    (tmp_path / "text").write_text("no program")
    (tmp_path / "outside").symlink_to("/")
    ((verdict, why),) = said(tmp_path, row)
    assert verdict == "not audited"
    assert detail in why


def test_what_a_command_leaves_running_is_stopped(tmp_path: Path) -> None:
    row = sh("sleep 600 & echo $! > pid", kind="exit-code", report=None)
    assert said(tmp_path, row) == [("pass", "ended with code 0")]
    assert not Path(f"/proc/{(tmp_path / 'pid').read_text().strip()}/fd/0").exists()


def test_services_and_images(tmp_path: Path) -> None:
    (tmp_path / "user-service").mkdir()
    (tmp_path / "task-service").mkdir()
    image = {"Results": [{"Class": "os-pkgs"}], "SchemaVersion": 2, "ArtifactType": "container_image"}
    trivy = sh("", kind="trivy", report=None, services="all")
    trivy["command"] = ["sh", "-c", f"test $0 = registry/user@sha256:1; echo '{json.dumps(image)}'", "{image}"]
    build = sh("basename $PWD > name; cat name", kind="exit-code", report=None, services="all", directory="{service}")
    found = outcomes(tmp_path, trivy, {**build, "name": "build"})
    assert [(item.result.gate, item.service, item.row.verdict) for item in found] == [
        ("g", "user-service", "pass"),
        ("g", "task-service", "not audited"),
        ("build", "user-service", "pass"),
        ("build", "task-service", "pass"),
    ]
    assert found[1].result.detail == "no build names an image of task-service"
    assert (tmp_path / "task-service" / "name").read_text() == "task-service\n"


def test_the_environment_of_a_command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_SECRET_ACCESS_KEY", "GITHUB_ENV", "ANSIBLE_CONFIG", "ACTIONS_RUNTIME_TOKEN", "NPM_TOKEN"):
        monkeypatch.setenv(name, "x")
    monkeypatch.setenv("DATABASE_URL", "postgresql://app:hunter2@db/app")
    row = sh("env > env.txt", kind="exit-code", report=None, environment={"MODE": "{{ x }} $(id)"})
    outcomes(tmp_path, row)
    names = dict(line.split("=", 1) for line in (tmp_path / "env.txt").read_text().splitlines() if "=" in line)
    assert names["MODE"] == "{{ x }} $(id)"
    withheld = ("AWS_", "GITHUB_", "ANSIBLE_", "ACTIONS_", "NPM_", "DATABASE_")
    assert not [name for name in names if name.startswith(withheld)]


@pytest.mark.parametrize("named", [["NPM_TOKEN"], {"NPM_TOKEN": None, "MODE": "x"}])
def test_a_gate_gets_the_variables_that_it_names(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, named: Any) -> None:
    monkeypatch.setenv("NPM_TOKEN", "hunter2")
    monkeypatch.setenv("MY_TOKEN", "hunter3")
    row = sh('test "$NPM_TOKEN$MY_TOKEN" = hunter2', kind="exit-code", report=None, environment=named)
    assert said(tmp_path, row) == [("pass", "ended with code 0")]
    monkeypatch.delenv("NPM_TOKEN")
    assert said(tmp_path, row) == [("not audited", "NPM_TOKEN is not set, which its environment names")]


def test_pytest_and_ruff(tmp_path: Path) -> None:
    (tmp_path / "test_it.py").write_text("import os\n\ndef test_a():\n    pass\n\ndef test_b():\n    assert 1 == 2\n")
    (tmp_path / "empty").mkdir()
    tests = {
        "name": "tests",
        "kind": "junit",
        "report": "junit.xml",
        "command": [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--junitxml=junit.xml"],
        "environment": {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"},
    }
    ruff = {
        "name": "ruff",
        "kind": "ruff",
        "command": [str(BIN / "ruff"), "check", "--isolated", "--no-cache", "--select=F", "--output-format=json"],
    }
    found = outcomes(tmp_path, tests, ruff, {**ruff, "name": "none", "command": [*ruff["command"], "empty"]})
    assert [(item.row.verdict, item.count) for item in found] == [("fail", 1), ("fail", 1), ("not audited", 0)]
    assert found[0].result.detail == "1 of 2 tests failed: test_it.test_b"
    assert found[1].result.detail == "1 finding: F401 in test_it.py:1"
    collected = {**tests, "command": [*tests["command"], "-k", "nothing"]}
    assert said(tmp_path, collected) == [("not audited", "no test ran")]


@pytest.mark.parametrize(
    ("statement", "verdict"),
    [
        ("CREATE TABLE a (id bigint PRIMARY KEY);", "pass"),
        ("ALTER TABLE a DROP COLUMN b;", "fail"),
        ("", "not audited"),
    ],
)
def test_the_sql_of_migrations(tmp_path: Path, statement: str, verdict: str) -> None:
    row = sh(f"echo '{statement}'", kind="sql", report=None, fail_on=["ban-drop-column"])
    ((found, why),) = said(tmp_path, row)
    assert found == verdict, why


def test_a_source_that_does_not_exist(tmp_path: Path) -> None:
    with pytest.raises(SlipwayError, match="there is no such directory"):
        Checkout(tmp_path / "nowhere")
