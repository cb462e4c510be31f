# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The workflow of an infrastructure repository, run by act with the real Terraform, on a GitHub of this machine."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from pathlib import Path
from typing import cast

import pytest

from sandbox.testing import Sandbox
from tests.support.act import Actions
from tests.support.deploys import Deploys, make_deploys
from tests.support.github import GitHub

COMMIT = "3f9c2d1e8a7b6c5d4e3f2a1b0c9d8e7f6a5b4c3d"
MAIN = """
variable "environment" {}
variable "password" {
  default   = "Tr0ub4dor-and-3"
  sensitive = true
}
resource "terraform_data" "db" {
  input = { environment = var.environment, password = var.password }
}
"""


#: Nothing here asks AWS.
WITHOUT_AWS = cast(Sandbox, None)


def make_devops(directory: Path, github: GitHub) -> None:
    """The repository of the project, with the environments dev and main."""
    directory.mkdir(parents=True)
    actions = Actions(make_deploys(directory, WITHOUT_AWS), directory)
    inventories = directory / "inventories"
    (inventories / "dev" / "aws_ec2.yml").unlink()
    shutil.copytree(inventories / "dev", inventories / "main")
    for name in ("dev", "main"):
        settings = {"repository": github.repository, "api": github.url, "plan": [f"-var=environment={name}"]}
        file = inventories / name / "group_vars" / "all.yml"
        file.write_text(f"{file.read_text(encoding='utf-8')}\nterraform_plan: {json.dumps(settings)}\n")
    actions.prepare()


@pytest.mark.skipif(shutil.which("terraform") is None, reason="Terraform is not installed")
def test_a_pull_request_gets_a_plan_of_each_environment(tmp_path: Path) -> None:
    with GitHub("acme/infrastructure") as github:
        github.add_issue(12, body="# Why\r\n")
        repositories = tmp_path / "repositories"
        make_devops(repositories / "acme" / "devops", github)
        directory = tmp_path / "infrastructure"
        directory.mkdir()
        (directory / "main.tf").write_text(MAIN, encoding="utf-8")
        actions = Actions(Deploys(directory, WITHOUT_AWS), repositories)
        actions.prepare()
        remote = ["git", "remote", "add", "origin", "https://github.com/acme/infrastructure"]
        subprocess.run(remote, cwd=directory, check=True)
        actions.secrets |= {"GITHUB_TOKEN": github.token, "SLIPWAY_TOKEN": "unused"}
        actions.variables["SLIPWAY_REPOSITORY"] = "acme/devops"
        head = {"sha": COMMIT, "repo": {"full_name": "acme/infrastructure"}}
        event = {"action": "opened", "number": 12, "pull_request": {"number": 12, "head": head}}
        event["repository"] = {"full_name": "acme/infrastructure"}
        run = actions.run("slipway-terraform.yml", "pull_request", event)
        assert (run.code, len(run.jobs)) == (0, 2), run.text
        body = github.issues[12]["body"]
    assert sorted(re.findall(r"<!-- slipway:terraform:(\S+) -->", body)) == ["dev", "main"]
    assert body.startswith("# Why\r\n")
    assert body.count(f"commit {COMMIT[:12]}") == 2
    assert 'input.environment: "main"' in body
    assert "Tr0ub4dor" not in body + run.text
    # The stand-in of upload-artifact does nothing; the step runs only if there is a file.
    assert run.text.count("Success - Main Keep the full plan") == 2
