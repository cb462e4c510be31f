# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Which extra variables are known."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from ansible_collections.slipway.deploy.plugins.module_utils.environment.known import (
    FREE,
    KNOWN,
    PLAYBOOKS,
    RUN,
    check_known,
)

ROOT = Path(__file__).resolve().parents[9]


@pytest.mark.parametrize(
    ("name", "playbook", "line"),
    [
        (
            "image_tga",
            "deploy",
            ("-e image_tga: image_tga is not a variable of deploy.yml or of the environment. Did you mean image_tag?"),
        ),
        ("to", "deploy", "-e to: deploy.yml does not use to. It is a variable of rollback.yml"),
        ("max_paralel", "deploy", None),
        (
            "zzz",
            "status",
            (
                "-e zzz: zzz is not a variable of status.yml or of the environment. "
                "A variable of your own needs a value in the environment's group_vars"
            ),
        ),
    ],
)
def test_the_line_says_what_is_meant(name: str, playbook: str, line: str | None) -> None:
    error = check_known(name, playbook, ())
    assert error is not None
    assert line is None or str(error) == line


@pytest.mark.parametrize(
    "name",
    [
        *("image_tag", "max_parallel", "ansible_user", "mine", "jvm_service_port"),
        # What AWX and Semaphore add to every job.
        *("awx_job_id", "awx_user_name", "awx_webhook_payload", "tower_job_template_name", "semaphore_vars"),
    ],
)
def test_what_is_known_passes(name: str) -> None:
    assert check_known(name, "deploy", {"mine"}, {"jvm_service_port"}) is None


def test_a_playbook_of_the_users_own_has_variables_of_its_own() -> None:
    assert check_known("anything", None, ()) is None


def test_the_playbooks_are_those_that_exist() -> None:
    assert {path.stem for path in (ROOT / "playbooks").glob("*.yml")} == PLAYBOOKS


def test_every_variable_that_a_playbook_or_a_page_names_is_known() -> None:
    pages = [ROOT / "README.md", *(ROOT / "runbooks").rglob("*.md"), *(ROOT / "playbooks").glob("*.yml")]
    said = {name for page in pages for name in re.findall(r"""-e '?\\{?"?([a-z_]+)[=":]""", page.read_text("utf-8"))}
    defaults = re.compile(r"(?:\{\{|[(\[ ])([a-z][a-z_]+) \| default\(")
    used = {name for page in (ROOT / "playbooks").glob("*.yml") for name in defaults.findall(page.read_text("utf-8"))}
    options = {path.name for path in (ROOT / "roles").iterdir()}
    unknown = {name for name in said | used if name not in KNOWN and not name.startswith(("ansible_", *options))}
    assert unknown <= {"first"}
    assert set(RUN) <= KNOWN
    assert FREE <= KNOWN
