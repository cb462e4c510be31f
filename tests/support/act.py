# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Runs the shipped workflows with act, on this machine instead of in containers.

The repository is a copy of the project with the workflows where a user copies them to. What the runner would download
is replaced: ``actions/checkout`` clones a repository of this machine; ``setup-python``, ``configure-aws-credentials``
and ``upload-artifact`` do nothing. act knows neither concurrency nor environments nor OIDC.
"""

from __future__ import annotations

import json
import re
import shutil
import signal
import subprocess
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.support.deploys import BIN, LIMIT_SECONDS, ROOT, Deploys, wait_for

SHIPPED = ROOT / "pipelines" / "github"
#: An action of others, as all of them must be named: by commit, with its version.
USES = re.compile(r"uses: ([\w.-]+/[\w.-]+)@([0-9a-f]{40}) # v[\d.]+$", re.MULTILINE)
#: Requests to a registry, and what ECR asks IAM for them.
PULL_AND_PUSH = {
    "registry:GetVersion": "",
    "registry:HeadBlob": "ecr:BatchCheckLayerAvailability",
    "registry:PostBlob": "ecr:InitiateLayerUpload",
    "registry:PatchBlob": "ecr:UploadLayerPart",
    "registry:PutBlob": "ecr:CompleteLayerUpload",
    "registry:GetBlob": "ecr:GetDownloadUrlForLayer",
    "registry:PutManifest": "ecr:PutImage",
    "registry:HeadManifest": "ecr:BatchGetImage",
    "registry:GetManifest": "ecr:BatchGetImage",
}
#: Requests to S3 whose action of IAM has another name.
OF_S3 = {"s3:HeadObject": "s3:GetObject", "s3:GetBucket": "s3:ListBucket"}
_CHECKOUT = """
name: checkout
inputs:
  repository: {{default: ""}}
  ref: {{default: ""}}
  path: {{default: "."}}
  token: {{default: ""}}
  fetch-depth: {{default: "1"}}
  persist-credentials: {{default: "true"}}
runs:
  using: composite
  steps:
    - shell: bash
      if: {condition}
      env:
        URL: ${{{{ env.SLIPWAY_TEST_REPOSITORIES }}}}/${{{{ inputs.repository }}}}
        REF: ${{{{ inputs.ref }}}}
        DEST: ${{{{ inputs.path }}}}
      run: {command}
"""
#: A checkout of another repository; those of the own one are there.
OF_OTHERS = _CHECKOUT.format(
    condition="inputs.repository != ''",
    command="""git init -q "$DEST"
        && git -C "$DEST" fetch -q "$URL" '+refs/heads/*:refs/remotes/origin/*'
        && git -C "$DEST" checkout -q --detach "${REF:-origin/main}\"""",
)
#: A checkout that leaves a remote, as the real one does.
WITH_REMOTE = _CHECKOUT.format(
    condition="true",
    command="""git clone -q "$URL" "$DEST" && git -C "$DEST" checkout -q --detach "${REF:-HEAD}\"""",
)
_NOTHING = "name: nothing\nruns:\n  using: composite\n  steps:\n    - run: 'true'\n      shell: bash\n"


@dataclass
class Job:
    """A job of a run: ``success``, ``failure``, or ``""`` if it did not end; and what it printed."""

    result: str = ""
    lines: list[str] = field(default_factory=list)

    @property
    def text(self) -> str:
        """What it printed."""
        return "\n".join(self.lines)


@dataclass
class Run:
    """How a run of a workflow ended; its jobs by their names, without those that were skipped."""

    code: int
    text: str
    jobs: dict[str, Job] = field(default_factory=dict)

    @property
    def results(self) -> dict[str, str]:
        """The result of each job that ran."""
        return {name: job.result for name, job in self.jobs.items()}


@dataclass
class Actions:
    """A repository with the workflows; ``repositories`` holds those of others, as ``owner/name``."""

    deploys: Deploys
    repositories: Path
    environ: dict[str, str] = field(default_factory=dict)
    secrets: dict[str, str] = field(default_factory=dict)
    variables: dict[str, str] = field(default_factory=dict)
    checkout: str = OF_OTHERS

    @property
    def directory(self) -> Path:
        """The repository."""
        return self.deploys.directory

    def prepare(self) -> None:
        """Copy the workflows, and commit everything: act needs a repository of git."""
        github = self.directory / ".github"
        shutil.copytree(SHIPPED / "workflows", github / "workflows")
        shutil.copytree(SHIPPED / "actions", github / "actions")
        for path in (github / "workflows").iterdir():
            path.write_text(without_queue(path.read_text(encoding="utf-8")), encoding="utf-8")
        (self.directory / "scripts").mkdir()
        setup = self.directory / "scripts" / "setup.sh"
        setup.write_text(f"#!/bin/sh\nln -sfn {BIN.parent} .venv\n", encoding="utf-8")
        setup.chmod(0o755)
        for words in (["init", "-q", "-b", "main"], ["add", "-A"], ["commit", "-q", "-m", "work"]):
            identity = ["-c", "user.name=a", "-c", "user.email=a@example.org"]
            subprocess.run(["git", *identity, *words], cwd=self.directory, check=True, capture_output=True)

    def command(self, workflow: str, event: str, payload: Mapping[str, Any]) -> list[str]:
        """act's command line for an event."""
        place = self.directory.parent
        (place / "event.json").write_text(json.dumps(payload), encoding="utf-8")
        (place / "secrets").write_text("".join(f"{name}={value}\n" for name, value in self.secrets.items()))
        words = [str(BIN / "act"), event, "-e", str(place / "event.json"), "-W", f".github/workflows/{workflow}"]
        words += ["--json", "-P", "ubuntu-24.04=-self-hosted", "--action-offline-mode", "--no-cache-server"]
        words += ["--artifact-server-addr", "127.0.0.1", "--cache-server-addr", "127.0.0.1"]
        words += ["--secret-file", str(place / "secrets")]
        for name, commit in used():
            words += ["--local-repository", f"{name}@{commit}={self._stand_in(name)}"]
        given = {**self.environ, "SLIPWAY_TEST_REPOSITORIES": str(self.repositories)}
        words += [part for pair in given.items() for part in ("--env", "=".join(pair))]
        return words + [part for pair in self.variables.items() for part in ("--var", "=".join(pair))]

    def run(
        self,
        workflow: str,
        event: str,
        payload: Mapping[str, Any],
        cancel: tuple[str, Callable[[], bool]] | None = None,
    ) -> Run:
        """Run a workflow to its end.

        :param cancel: a condition, and what it is; when it holds, the run is cancelled.
        """
        # A runner of GitHub is new for each job.
        shutil.rmtree(self.directory.parent / ".cache", ignore_errors=True)
        process = subprocess.Popen(
            self.command(workflow, event, payload),
            cwd=self.directory,
            env={**self.deploys.environment(), "HOME": str(self.directory.parent)},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        try:
            if cancel is not None:
                wait_for(*cancel)
                process.send_signal(signal.SIGINT)
            text = process.communicate(timeout=LIMIT_SECONDS)[0]
        finally:
            process.kill()
        return read_run(process.returncode, text)

    def _stand_in(self, name: str) -> Path:
        place = self.directory.parent / "actions" / name
        place.mkdir(parents=True, exist_ok=True)
        text = self.checkout if name == "actions/checkout" else _NOTHING
        (place / "action.yml").write_text(text, encoding="utf-8")
        return place


def allowed(*roles: str) -> set[str]:
    """The actions that the shipped policies of these roles allow."""
    found: set[str] = set()
    for role in roles:
        document = json.loads((SHIPPED / "iam" / f"{role}.json").read_text(encoding="utf-8"))
        found.update(action for statement in document["Statement"] for action in statement["Action"])
    return found


def called(deploys: Deploys) -> set[str]:
    """The actions of IAM for what was asked of the sandbox since its journal was reset."""
    counts = deploys.sandbox.control("calls")["counts"]
    named = {{**PULL_AND_PUSH, **OF_S3}.get(call, call) for call in counts}
    return named - {"", "sts:GetCallerIdentity"}


def used() -> list[tuple[str, str]]:
    """The actions of others that the workflows use."""
    texts = [path.read_text(encoding="utf-8") for path in sorted(SHIPPED.rglob("*.yml"))]
    return sorted({found for text in texts for found in USES.findall(text)})


def read_run(code: int, text: str) -> Run:
    """The run, from act's log in JSON."""
    run = Run(code, "")
    shown: list[str] = []
    for line in text.splitlines():
        try:
            entry = json.loads(line)
        except ValueError:
            shown.append(line)
            continue
        job = str(entry.get("job") or "").rpartition("/")[2].strip()
        message = str(entry.get("msg", "")).rstrip("\n")
        shown.append(f"[{job}] {message}")
        if job and entry.get("jobResult") != "skipped":
            kept = run.jobs.setdefault(job, Job())
            kept.lines.append(message)
            kept.result = str(entry.get("jobResult") or kept.result)
    run.text = "\n".join(shown)
    return run


def without_queue(text: str) -> str:
    """A workflow without GitHub's key of May 2026 that act and actionlint do not know yet."""
    return text.replace("  queue: max\n", "")
