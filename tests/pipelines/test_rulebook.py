# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The rulebook and what it runs: no text of an event is an extra variable or is executed."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

import yaml

from tests.support.deploys import BIN, ROOT
from tests.support.source import commit, git

PLACE = ROOT / "pipelines" / "rulebook"


def test_a_rule_hands_over_nothing_of_an_event_but_the_name_of_its_file() -> None:
    (rules,) = yaml.safe_load((PLACE / "slipway.yml").read_text(encoding="utf-8"))
    (source,) = rules["sources"]
    assert list(source["filters"][-1]) == ["slipway.deploy.to_file"]
    for rule in rules["rules"]:
        given = rule["action"]["run_playbook"]["extra_vars"]
        assert given == {"event_file": "{{ event.event_file }}", "project": "{{ project }}"}


#: Stands in for ansible-playbook in a project: it notes how it was called, and decides like the router.
PLAYBOOK = """#!/bin/sh
echo "$* | ${SLIPWAY_REF:-} ${SLIPWAY_REPOSITORY:-}" >>calls
case "$1" in
  playbooks/route.yml) cat route >"$GITHUB_OUTPUT" ;;
  playbooks/build.yml | playbooks/publish.yml) echo build=b-1 >"$GITHUB_OUTPUT" ;;
esac
"""


def carry_out(tmp_path: Path, workflow: str) -> tuple[int, list[str]]:
    """The exit code, and the commands that were run, for an event that the router sends to this pipeline."""
    source = tmp_path / "git" / "acme" / "app"
    source.mkdir(parents=True, exist_ok=True)
    if not (source / ".git").exists():
        git(source, "init", "-q", "-b", "develop")
    head = commit(source, {"file": workflow})
    project = tmp_path / "project"
    (project / ".venv" / "bin").mkdir(parents=True, exist_ok=True)
    program = project / ".venv" / "bin" / "ansible-playbook"
    program.write_text(PLAYBOOK)
    program.chmod(0o755)
    found = {"workflow": workflow, "environment": "dev", "repository": "acme/app", "ref": "refs/heads/develop"}
    found |= {"commit": head, "force_full_build": "false"}
    (project / "route").write_text("".join(f"{name}={value}\n" for name, value in found.items()))
    (project / "calls").write_text("")
    event = tmp_path / f"{workflow}.json"
    event.write_text("{}")
    command = [str(BIN / "ansible-playbook"), "-i", str(PLACE / "localhost.yml"), str(PLACE / "merged.yml")]
    command += ["-e", f"event_file={event}", "-e", f"project={project}", "-e", f"source_url=file://{tmp_path}/git/"]
    kept = {name: value for name, value in os.environ.items() if not name.startswith("ANSIBLE_")}
    done = subprocess.run(command, cwd=tmp_path, env=kept, capture_output=True, text=True, check=False)
    calls = (project / "calls").read_text().replace(f"{event}.d", "WORK")
    return done.returncode, calls.splitlines() or [done.stdout]


def test_an_accepted_event_is_carried_out_by_the_commands_of_a_person(tmp_path: Path) -> None:
    code, calls = carry_out(tmp_path, "backend")
    assert (code, calls[1:]) == (
        0,
        [
            "playbooks/publish.yml -e env=dev -e source_path=WORK/source | refs/heads/develop acme/app",
            "playbooks/quality_gates.yml -e env=dev -e source_path=WORK/source -e build=b-1 |  ",
            "deploy.yml -e env=dev -e build=b-1 |  ",
            "playbooks/status.yml -e env=dev |  ",
        ],
    ), calls
    code, calls = carry_out(tmp_path, "site")
    assert (code, calls) == (2, ["playbooks/route.yml |  "])


def test_a_hostile_event_is_refused_by_the_router(tmp_path: Path) -> None:
    mark = tmp_path / "mark"
    text = f"{{{{ lookup('ansible.builtin.pipe', 'touch {mark}') }}}}"
    change = {"repository": text, "ref": f"refs/heads/{text}", "commit": f"$(touch {mark})"}
    event = tmp_path / "event.json"
    event.write_text(json.dumps({"client_payload": {"change": change}}), encoding="utf-8")
    command = [str(BIN / "ansible-playbook"), "-i", str(PLACE / "localhost.yml"), str(PLACE / "merged.yml")]
    command += ["-e", f"event_file={event}", "-e", f"project={ROOT}"]
    # ansible-rulebook starts it in a directory of its own, without the project's settings.
    kept = {name: value for name, value in os.environ.items() if not name.startswith("ANSIBLE_")}
    environ = {**kept, "ANSIBLE_HOME": str(tmp_path / "home")}
    done = subprocess.run(command, cwd=tmp_path, env=environ, capture_output=True, text=True, check=False)
    assert done.returncode == 2, done.stdout + done.stderr
    assert "is not safe to pass on" in done.stdout + done.stderr
    assert "Fetch the source" not in done.stdout
    assert not mark.exists()
