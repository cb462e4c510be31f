# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Commands that can be copied: whole, quoted, and right for the directory that the user is in."""

from __future__ import annotations

import shlex
from collections.abc import Iterator

import pytest

from ansible_collections.slipway.deploy.plugins.module_utils.common import command as module
from ansible_collections.slipway.deploy.plugins.module_utils.common.command import (
    again,
    command,
    here,
    listing,
    name_environment,
    resume_commands,
    started_from,
    waiting,
)


@pytest.fixture(autouse=True)
def _nothing_started() -> Iterator[None]:
    before = list(module._run)
    module._run[:] = [module._Run()]
    yield
    module._run[:] = before


def test_it_is_whole_and_quoted() -> None:
    said = command("lock", "dev", "--limit", "a,b", state="broken", reason="the runner's gone; $(date)")
    assert shlex.split(said) == [
        *("ansible-playbook", "playbooks/lock.yml", "-e", "env=dev", "-e", "state=broken"),
        *("-e", "reason=the runner's gone; $(date)", "--limit", "a,b"),
    ]
    assert command("deploy", "dev", resume="finish") == "ansible-playbook deploy.yml -e env=dev -e resume=finish"
    assert resume_commands("dev", "undo") == "ansible-playbook deploy.yml -e env=dev -e resume=undo"
    assert command("rollback", "dev", to="…") == "ansible-playbook playbooks/rollback.yml -e env=dev -e to=…"


@pytest.mark.parametrize(
    ("playbook", "directory", "deploy", "status"),
    [
        ("deploy.yml", "/p", "deploy.yml", "playbooks/status.yml"),
        ("playbooks/status.yml", "/p", "deploy.yml", "playbooks/status.yml"),
        ("status.yml", "/p/playbooks", "../deploy.yml", "../playbooks/status.yml"),
        ("/p/playbooks/status.yml", "/home", "../p/deploy.yml", "../p/playbooks/status.yml"),
        ("../my project/deploy.yml", "/home", "'../my project/deploy.yml'", "'../my project/playbooks/status.yml'"),
    ],
)
def test_it_works_where_the_user_is(playbook: str, directory: str, deploy: str, status: str) -> None:
    started_from(playbook, directory, "dev")
    assert command("deploy", "dev") == f"ansible-playbook {deploy} -e env=dev"
    assert command("status", "dev") == f"ansible-playbook {status} -e env=dev"


def test_a_playbook_of_the_collection_is_named_as_such() -> None:
    started_from("slipway.deploy.deploy", "/home", "dev", "api")
    assert command("lock", "dev") == "ansible-playbook slipway.deploy.lock -e env=dev"
    assert again(resume="undo") == "ansible-playbook slipway.deploy.deploy -e env=dev -e resume=undo --limit api"
    assert waiting("dev", 5) == "ansible-playbook slipway.deploy.deploy -e env=dev -e lock_wait=5 --limit api"


def test_without_an_environment_its_place_is_shown() -> None:
    assert name_environment() == "use -e env=…"
    assert here("rollback", to="…") == "ansible-playbook playbooks/rollback.yml -e env=… -e to=…"
    assert resume_commands("", "undo") == "ansible-playbook deploy.yml -e env=… -e resume=undo"
    assert listing() == "ansible-inventory --graph -e env=…"
    started_from("../deploy.yml", "/p/playbooks", limit="a,!b")
    assert name_environment() == "run ansible-playbook ../deploy.yml -e env=… --limit 'a,!b'"
    assert name_environment("dev") == "run ansible-playbook ../deploy.yml -e env=dev --limit 'a,!b'"


def test_the_environment_of_the_run_is_named() -> None:
    started_from("", "/p", "dev", "a")  # a module alone
    assert here("deploy", "--limit", "b", image_tag="b=…") == (
        "ansible-playbook deploy.yml -e env=dev -e image_tag=b=… --limit b"
    )
    assert again(to="x") == "-e to=x"
    assert listing() == "ansible-inventory --graph -e env=dev"
    assert resume_commands("", "undo").endswith(" -e env=dev -e resume=undo")
    # A playbook of the user's own is where it is.
    started_from("my/check.yml", "/p", "dev")
    assert again(to="x") == "ansible-playbook my/check.yml -e env=dev -e to=x"


def test_the_same_again_keeps_the_limit() -> None:
    assert again(force_schema="true") == "-e force_schema=true"
    started_from("playbooks/rollback.yml", "/p", "dev", "user-service")
    wanted = "ansible-playbook playbooks/rollback.yml -e env=dev -e force_schema=true --limit user-service"
    assert again(force_schema="true") == wanted
    assert again("--limit", "b").endswith(" --limit b")
    assert waiting("dev", 600).startswith("ansible-playbook playbooks/rollback.yml -e env=dev -e lock_wait=600")
    started_from("playbooks/lock.yml", "/p", "dev")
    assert waiting("dev", 600) == "ansible-playbook deploy.yml -e env=dev -e lock_wait=600"
