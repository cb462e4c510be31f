# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Text from outside on the ways out that a person and a workflow's log see, with each of Ansible's callbacks."""

from __future__ import annotations

import json
import re
import unicodedata
from dataclasses import replace
from pathlib import Path

import pytest

from tests.support.deploys import Deploys, Ran
from tests.support.images import build

HOSTILE = (
    "x\x1b[31mred \x1b]0;title\x07 \u202egnp.exe \u200b \x9b2J ##[set-output name=a;]b\n::error::no\r::add-mask::c"
)
CALLBACKS = {
    "operator": {},
    "operator -v": {"ANSIBLE_VERBOSITY": "1"},
    "default": {"ANSIBLE_STDOUT_CALLBACK": "ansible.builtin.default"},
    "yaml": {"ANSIBLE_STDOUT_CALLBACK": "ansible.builtin.default", "ANSIBLE_CALLBACK_RESULT_FORMAT": "yaml"},
    "json": {"ANSIBLE_STDOUT_CALLBACK": "ansible.posix.json"},
}


def obeyed(text: str) -> list[str]:
    """What of a text a terminal or a workflow's log would obey."""
    found = [char for char in text if unicodedata.category(char) in ("Cc", "Cf", "Zl", "Zp") and char not in "\n\t"]
    found += re.findall(r"##(?:vso)?\[", text)
    return found + re.findall(r"(?m)^[^\S\n]*::[^\S\n]*[A-Za-z].*?::.*", text)


def plain(ran: Ran) -> None:
    assert ran.text.strip(), ran
    assert obeyed(ran.text) == [], ran.text


@pytest.mark.parametrize("callback", CALLBACKS)
def test_a_lock_s_reason_and_what_is_echoed(deploys: Deploys, callback: str) -> None:
    with_callback = replace(deploys, environ={**deploys.environ, **CALLBACKS[callback], "GITHUB_ACTOR": HOSTILE})
    plain(with_callback.run("playbooks/lock.yml", "-e", "state=taken", "-e", json.dumps({"reason": HOSTILE})))
    for verb, *arguments in (
        ("playbooks/status.yml",),
        ("playbooks/lock.yml",),
        ("deploy.yml", "--limit", "user-service"),
        ("playbooks/status.yml", "--limit", HOSTILE.replace(":", ".")),
        ("playbooks/status.yml", "-e", json.dumps({"env": HOSTILE})),
    ):
        plain(with_callback.run(verb, *arguments))


def test_a_failed_deploy_and_its_summary(deploys: Deploys, tmp_path: Path) -> None:
    build(deploys, "user-service", "bad0000", fail="crash", exit_code=3)
    deploys.sandbox.control("services/sdt-local-user-service", {"log_lines": [HOSTILE]})
    title = {"release_title": HOSTILE, "reason": HOSTILE, "summary_file": str(tmp_path / "summary.md")}
    failed = deploys.run("deploy.yml", "--limit", "user-service", "-e", json.dumps(title))
    assert failed.code == 2
    assert "gnp.exe" in failed.out
    plain(failed)
    summary = (tmp_path / "summary.md").read_text(encoding="utf-8")
    assert "gnp.exe" in summary
    # The signs in front of the headline are two characters, the second of which chooses a coloured picture.
    assert obeyed(summary) == []
    for verb in ("status", "history", "logs"):
        plain(deploys.run(f"playbooks/{verb}.yml"))


def test_a_record_that_is_nested_too_deeply_is_said_in_a_line(deploys: Deploys) -> None:
    assert deploys.run("deploy.yml", "--limit", "user-service").code == 0
    (record,) = (deploys.state / "local" / "releases").iterdir()
    record.write_text('{"a":' * 100_000, encoding="utf-8")
    for verb in ("status", "history"):
        ran = deploys.run(f"playbooks/{verb}.yml")
        assert ran.code == 2, ran.text
        assert "nested too deeply" in ran.text
        assert "Traceback" not in ran.text
        assert "RecursionError" not in ran.text
