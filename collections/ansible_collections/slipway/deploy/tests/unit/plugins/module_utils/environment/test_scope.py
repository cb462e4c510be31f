# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Settings of the whole that are written for one, and extra variables that are about nothing of a run."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.slipway.deploy.plugins.module_utils.environment.known import OF_ENVIRONMENT, OF_GROUP
from ansible_collections.slipway.deploy.plugins.module_utils.environment.scope import check_about, check_same

GROUPS = {"fleet": ["a", "b", "c"], "backend": ["h1", "h2"], "site": []}


def _same(**said: dict[str, Any]) -> list[str]:
    hosts = {host: {"max_parallel": 4, **said.get(host, {})} for host in "abc"}
    return [str(error) for error in check_same("dev", GROUPS, {**hosts, "h1": {}, "h2": {}, **_hosts(said)})]


def _hosts(said: dict[str, dict[str, Any]]) -> dict[str, dict[str, Any]]:
    return {host: more for host, more in said.items() if host.startswith("h")}


def test_what_is_the_same_for_all_passes() -> None:
    assert _same() == []
    assert _same(h1={"backend_branch": "main"}, h2={"backend_branch": "main"}) == []


@pytest.mark.parametrize("name", sorted(OF_ENVIRONMENT))
def test_a_setting_of_the_environment_is_not_one_of_a_service(name: str) -> None:
    (line,) = _same(b={name: 7})
    assert line == (
        f"inventories/dev (host b): {name} is set for b, but it applies to the environment. "
        "Write it in inventories/dev/group_vars/all.yml"
    )


def test_a_setting_of_the_environment_is_not_one_of_a_group() -> None:
    said = {"on_failure": "undo"}
    (line,) = _same(a=said, b=said, c=said, h1={"on_failure": "hold"}, h2={"on_failure": "hold"})
    assert line == (
        "inventories/dev: on_failure differs between the groups fleet and backend, but it applies to the environment. "
        "Write it once, in inventories/dev/group_vars/all.yml"
    )
    assert _same(a=said, b=said, c=said) == []


@pytest.mark.parametrize("name", sorted(OF_GROUP))
def test_a_setting_of_a_group_is_not_one_of_a_host(name: str) -> None:
    (line,) = _same(h2={name: "x"})
    assert line.startswith(f"inventories/dev (host h2): {name} is set for h2, but it applies to the group backend. ")


@pytest.mark.parametrize(
    ("playbook", "extra", "selected", "lines"),
    [
        ("deploy", ["image_tag", "backend_release"], None, []),
        ("deploy", ["image_tag"], ["a"], []),
        (
            "deploy",
            ["image_tag"],
            ["h1"],
            [
                (
                    "-e image_tag: --limit leaves out all services of the group fleet. "
                    "Leave image_tag out, or name them in --limit"
                )
            ],
        ),
        (
            "deploy",
            ["site_release"],
            None,
            ["-e site_release: dev has no hosts in the group site. Leave site_release out"],
        ),
        ("bundle", ["backend_release"], None, []),
        ("logs", ["since"], None, []),
        ("logs", ["since"], ["a", "h1"], []),
        (
            "logs",
            ["since"],
            ["a"],
            [
                (
                    "-e since: logs.yml uses since for hosts, and there are none. Leave it out; "
                    "-e lines=… sets how many lines of a service are shown"
                )
            ],
        ),
        (
            "bootstrap_host",
            [],
            ["a"],
            [("--limit selects nothing that bootstrap_host.yml works on. Name hosts of backend, or leave it out")],
        ),
        (
            "status",
            [],
            ["localhost"],
            ["--limit selects nothing that status.yml works on. Name hosts of fleet or backend, or leave it out"],
        ),
    ],
)
def test_what_a_run_does_not_have(
    playbook: str, extra: list[str], selected: list[str] | None, lines: list[str]
) -> None:
    assert [str(error) for error in check_about(playbook, "dev", extra, GROUPS, selected)] == lines
