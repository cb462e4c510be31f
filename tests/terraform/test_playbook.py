# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""``playbooks/terraform_plan.yml``, with a plan that Terraform 1.11 made of ``tests/fixtures/terraform/main.tf``."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from ansible_collections.slipway.deploy.plugins.module_utils.common.errors import SlipwayError
from ansible_collections.slipway.deploy.plugins.module_utils.terraform.plan import read_plan
from ansible_collections.slipway.deploy.plugins.module_utils.terraform.run import Planned, make_plan
from tests.support.github import GitHub
from tests.support.pace import scaled
from tests.support.postgres import free_port
from tests.support.project import without_signs

ROOT = Path(__file__).resolve().parents[2]
BIN = Path(sys.executable).parent
FIXTURE = ROOT / "tests" / "fixtures" / "terraform"
BODY = "# Why\r\n\r\nBecause\r\n"
SECRETS = ("Tr0ub4dor-and-3", "n3w-Tr0ub4dor")
DROPPED = ("ANSIBLE_", "AWS_", "GITHUB_", "SLIPWAY_")


@dataclass(frozen=True)
class Place:
    """A project with the environments dev and main, and a pull request."""

    directory: Path
    github: GitHub

    def start(self, environment: str, *words: str, **environ: str) -> subprocess.Popen[str]:
        own = {
            "GITHUB_TOKEN": self.github.token,
            "GITHUB_API_URL": self.github.url,
            "ANSIBLE_HOME": str(self.directory),
        }
        own |= {"GITHUB_REPOSITORY": self.github.repository, "PATH": f"{BIN}:{os.environ['PATH']}"}
        kept = {name: value for name, value in os.environ.items() if not name.startswith(DROPPED)}
        command = [str(BIN / "ansible-playbook"), "playbooks/terraform_plan.yml", "-e", f"env={environment}", *words]
        return subprocess.Popen(
            command,
            cwd=self.directory,
            env=kept | own | environ,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def run(self, environment: str, *words: str, **environ: str) -> tuple[int, str]:
        """Run it to its end."""
        return ended(self.start(environment, *words, **environ))

    @property
    def body(self) -> str:
        """The description."""
        return str(self.github.issues[12]["body"])


def ended(process: subprocess.Popen[str]) -> tuple[int, str]:
    text, _errors = process.communicate(timeout=scaled(120))
    return process.returncode, without_signs(text)


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    """The project; its plan.json is the recorded plan, main.json that of main."""
    shutil.copy(ROOT / "ansible.cfg", tmp_path)
    for name in ("inventories", "playbooks"):
        shutil.copytree(ROOT / name, tmp_path / name, symlinks=True)
    (tmp_path / "collections").symlink_to(ROOT / "collections")
    (tmp_path / "inventories" / "dev" / "aws_ec2.yml").unlink()
    shutil.copytree(tmp_path / "inventories" / "dev", tmp_path / "inventories" / "main")
    text = (FIXTURE / "plan.json").read_text(encoding="utf-8")
    (tmp_path / "plan.json").write_text(text, encoding="utf-8")
    (tmp_path / "main.json").write_text(text.replace('"value": "dev"', '"value": "main"'), encoding="utf-8")
    with GitHub("acme/infrastructure") as github:
        github.add_issue(12, body=BODY)
        yield Place(tmp_path, github)


def test_two_environments_at_once(place: Place) -> None:
    outputs = place.directory / "outputs"
    run = {"GITHUB_OUTPUT": str(outputs), "GITHUB_REF": "refs/pull/12/merge", "GITHUB_RUN_ID": "7"}
    run["GITHUB_SERVER_URL"] = "https://github.com"
    words = ("-e", "plan_commit=3f9c2d1e8a7b6c5d4e3f2a1b0c9d8e7f6a5b4c3d", "-e", "plan_directory=full")
    started = [
        place.start("dev", "-e", "plan_file=plan.json", *words, **run),
        place.start(
            "main", "-e", "plan_file=main.json", "-e", "plan_workspace=acme", *words, GITHUB_REF=run["GITHUB_REF"]
        ),
    ]
    for process in started:
        code, text = ended(process)
        assert code == 0, text
        assert "4 to destroy (1 of them replaced), 1 to forget, 1 to change, 1 to add, 1 to import, 1 moved" in text
        assert not [secret for secret in SECRETS if secret in text]
    assert sorted(re.findall(r"<!-- slipway:terraform:(\S+) -->", place.body)) == ["dev", "main:acme"]
    assert place.body.startswith(BODY)
    block = place.body.split("<!-- slipway:terraform:dev -->")[1].split("<!-- /slipway:terraform:dev -->")[0]
    counts, destroyed = block.index("**4 to destroy"), block.index("-   terraform_data.gone: destroy")
    assert counts < destroyed < block.index("<details>") < block.index('input.size: "small" → "large"')
    link = "[this run](https://github.com/acme/infrastructure/actions/runs/7)"
    assert (
        "commit 3f9c2d1e8a7b · planned 2026-11-30 19:25:28 UTC · Terraform 1.11.4<br>Full plan: the artifact" in block
    )
    assert link in block
    found = dict(line.split("=", 1) for line in outputs.read_text().splitlines())
    full = place.directory / "full" / "terraform-plan-dev.txt"
    assert found == {"changes": "true", "destroy": "4", "artifact": "terraform-plan-dev", "file": str(full)}
    assert (place.directory / "full" / "terraform-plan-main.acme.txt").is_file()
    written = full.read_text(encoding="utf-8")
    assert "line 299" in written
    # Terraform itself shows the password of terraform_data.gone, which its provider copied without a mark.
    assert not [secret for secret in SECRETS if secret in place.body + written]


def test_the_plan_of_another_environment(place: Place) -> None:
    code, text = place.run("dev", "-e", "pull_request=12", "-e", "plan_file=main.json")
    assert code == 2
    said = "main.json: this is not the plan of dev: its environment is 'main', not 'dev'. Name the plan of dev, or say"
    assert said in text
    assert "Traceback" not in text
    assert place.body == BODY
    assert place.github.calls == []
    assert not (place.directory / ".run" / "terraform").exists()


def test_the_full_plan_is_kept_when_github_does_not_answer(place: Place) -> None:
    api = f"http://127.0.0.1:{free_port('127.0.0.1')}"
    words = ("-e", "pull_request=12", "-e", "plan_file=plan.json")
    code, text = place.run("dev", *words, GITHUB_API_URL=api)
    assert code == 2
    full = place.directory / ".run" / "terraform" / "terraform-plan-dev.txt"
    said = f"pull request 12 of acme/infrastructure ({api}): the plan was not written into the description: "
    assert said in text
    assert f"The full plan is {full}. Run it again when that is solved" in text
    assert "line 299" in full.read_text(encoding="utf-8")


def test_a_preview_writes_nothing(place: Place) -> None:
    code, text = place.run("dev", "-e", "plan_file=plan.json", "--check", GITHUB_TOKEN="")
    assert code == 0
    assert "terraform_data.gone: destroy" in text
    assert place.github.calls == []
    assert not (place.directory / ".run" / "terraform").exists()


@pytest.mark.skipif(shutil.which("terraform") is None, reason="Terraform is not installed")
def test_terraform_itself(tmp_path: Path) -> None:
    """Its plan is read, its counts are ours, and what is wrong is its own error."""
    environ = {name: value for name, value in os.environ.items() if not name.startswith("TF_")}
    data = tmp_path / "data"

    def terraform(*words: str) -> str:
        done = subprocess.run(
            ["terraform", *words],
            cwd=tmp_path,
            env={**environ, "TF_DATA_DIR": str(data)},
            capture_output=True,
            text=True,
            check=True,
        )
        return done.stdout

    configurations = ['resource "terraform_data" "gone" {}\n', (FIXTURE / "main.tf").read_text(encoding="utf-8")]
    for configuration in configurations:
        (tmp_path / "main.tf").write_text(configuration, encoding="utf-8")
        made = make_plan(
            Planned(tmp_path, "", (), ("-var=environment=dev",) if "variable" in configuration else (), data), environ
        )
        counts = read_plan(made, "plan.json").counts
        said = terraform("plan", "-input=false", "-no-color", "-out=made")
        found = re.search(r"Plan: (?:(\d+) to import, )?(\d+) to add, (\d+) to change, (\d+) to destroy", said)
        assert found
        assert [int(count or 0) for count in found.groups()] == [
            counts.imported,
            counts.add,
            counts.change,
            counts.destroy,
        ]
        assert not [secret for secret in SECRETS if secret in repr(read_plan(made, "plan.json"))]
        terraform("apply", "-input=false", "made")
    assert not (tmp_path / ".terraform").exists()
    with pytest.raises(SlipwayError, match="there is no workspace acme. It has default"):
        make_plan(Planned(tmp_path, "acme", data=data), environ)
    terraform("workspace", "new", "acme")
    terraform("workspace", "select", "default")
    assert read_plan(make_plan(Planned(tmp_path, "acme", data=data), environ), "plan.json").counts.add == 5
    (tmp_path / "bad.tf").write_text('output "x" {\n  value = var.nope\n}\n', encoding="utf-8")
    said = (
        r"terraform plan in \S+: Reference to undeclared input variable \(on bad.tf line 2, in output \"x\"\)\. Correct"
    )
    with pytest.raises(SlipwayError, match=said):
        make_plan(Planned(tmp_path, data=data), environ)


def test_no_terraform(tmp_path: Path) -> None:
    with pytest.raises(SlipwayError, match=r"terraform init: there is no terraform in the PATH\. Install it, or name"):
        make_plan(Planned(tmp_path), {"PATH": str(tmp_path)})
    with pytest.raises(SlipwayError, match="there is no such directory"):
        make_plan(Planned(tmp_path / "nope"), {})
