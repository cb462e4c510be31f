# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""No text of the command line is executed, by any playbook, at once or when it comes back out of a record."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from ansible_collections.slipway.deploy.plugins.module_utils.environment.known import KNOWN, PLAYBOOKS, RUN
from tests.support.deploys import NEW, Deploys

#: What a run cannot do without.
_NEEDED = ("env", "self", "self_name")
#: What the command line of these tests says itself.
_SAID = ("aws_endpoint_url", "smoke_base_url", "state_store")


def _hostile(directory: Path) -> str:
    """A text that makes a file wherever it is taken for a template."""
    pipe = f"lookup('ansible.builtin.pipe', 'touch {directory}/executed')"
    return f'{{{{ {pipe} }}}} {{% if {pipe} %}}x{{% endif %}} {{# it\'s "quoted" #}}'


def _nothing_happened(deploys: Deploys) -> None:
    assert not (deploys.directory / "executed").exists()


@pytest.mark.parametrize("playbook", sorted(PLAYBOOKS))
def test_no_variable_of_a_playbook_is_executed(deploys: Deploys, playbook: str) -> None:
    text = _hostile(deploys.directory)
    names = [name for name, readers in RUN.items() if playbook in readers and name not in _NEEDED]
    others = [] if playbook == "lock" else sorted(KNOWN - RUN.keys() - {*_SAID, *_NEEDED})
    more = ["-e", '{"self": "backend"}'] if playbook == "codedeploy" else []
    (deploys.directory / "given.json").write_text(json.dumps(dict.fromkeys(others, text)), encoding="utf-8")
    ran = deploys.run(
        f"playbooks/{playbook}.yml", *more, "-e", "@given.json", "-e", json.dumps(dict.fromkeys(names, text))
    )
    assert "Traceback" not in ran.text
    _nothing_happened(deploys)


def test_a_text_stays_what_it_is_in_lock_record_and_history(deploys: Deploys) -> None:
    text = _hostile(deploys.directory)
    assert deploys.run("playbooks/lock.yml", "-e", "state=taken", "-e", f"reason={text}").code == 0
    lock = json.loads((deploys.state / "local/lock.json").read_text(encoding="utf-8"))
    assert text in json.dumps(lock, ensure_ascii=False).replace('\\"', '"')
    locked = deploys.run("deploy.yml", "--limit", "user-service")
    assert locked.code != 0
    assert "lookup('ansible.builtin.pipe'" in locked.text
    assert deploys.run("playbooks/lock.yml", "-e", "state=free").code == 0
    words = ("-e", f"release_title={text}", "-e", f"image_tag={NEW}", "-e", "reason=two words a=b")
    ran = deploys.run("deploy.yml", "--limit", "user-service", *words)
    assert ran.code == 0, ran.text
    assert deploys.record()["title"] == text
    for playbook in ("history", "status", "rollback"):
        assert "Traceback" not in deploys.run(f"playbooks/{playbook}.yml").text
    _nothing_happened(deploys)


def test_a_reason_with_spaces_is_recorded_whole(deploys: Deploys) -> None:
    assert deploys.run("playbooks/lock.yml", "-e", "state=taken reason=why no one may deploy meanwhile").code == 0
    lock = json.loads((deploys.state / "local/lock.json").read_text(encoding="utf-8"))
    assert lock["reason"] == "why no one may deploy meanwhile"
