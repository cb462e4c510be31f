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

PLACE = ROOT / "pipelines" / "rulebook"


def test_a_rule_hands_over_nothing_of_an_event_but_the_name_of_its_file() -> None:
    (rules,) = yaml.safe_load((PLACE / "slipway.yml").read_text(encoding="utf-8"))
    (source,) = rules["sources"]
    assert list(source["filters"][-1]) == ["slipway.deploy.to_file"]
    for rule in rules["rules"]:
        given = rule["action"]["run_playbook"]["extra_vars"]
        assert given == {"event_file": "{{ event.event_file }}", "project": "{{ project }}"}


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
