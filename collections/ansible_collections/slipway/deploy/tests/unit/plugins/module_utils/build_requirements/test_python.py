# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from ansible_collections.slipway.deploy.plugins.module_utils.build_requirements.python import read_python_needs
from ansible_collections.slipway.deploy.plugins.module_utils.common.errors import SlipwayError

PROJECT = """\
[project]
name = "server"
requires-python = ">=3.12"
[project.optional-dependencies]
postgres = ["asyncpg"]
[dependency-groups]
Jobs_Queue = ["rq"]
[[tool.uv.index]]
name = "ours"
url = "https://packages.example.org/simple/"
authenticate = "always"
[[tool.uv.index]]
name = "open"
url = "https://open.example.org/simple/"
"""
UV = {"server/uv.lock": 'version = 1\nrequires-python = ">=3.12, <4"\n', "server/pyproject.toml": PROJECT}
PINNED = {"server/requirements.lock": "httpx==0.28.1\n", "server/pyproject.toml": PROJECT}


def read(files: Mapping[str, str], lock: str, extras: Any = (), groups: Any = ()) -> Any:
    return read_python_needs(files.get, lock, extras, groups)


def test_a_uv_lock_says_its_python_its_tool_and_its_indexes() -> None:
    needs = read(UV, "server/uv.lock", ["postgres"], ["jobs-queue"])
    assert needs.requires == (("server/uv.lock", ">=3.12, <4"),)
    assert needs.uv is True
    assert needs.indexes == ("https://packages.example.org/simple/",)


def test_a_compiled_lock_file_has_its_project_beside_it() -> None:
    needs = read(PINNED, "server/requirements.lock")
    assert (needs.requires, needs.uv) == ((("server/pyproject.toml", ">=3.12"),), False)
    assert read({"requirements.txt": "httpx==0.28.1\n"}, "requirements.txt").requires == ()


@pytest.mark.parametrize(
    ("files", "lock", "extras", "groups", "said"),
    [
        ({}, "server/uv.lock", [], [], "the release has no such file"),
        ({"server/uv.lock": "version = 1"}, "server/uv.lock", [], [], "uv reads it only with its pyproject.toml"),
        (UV, "server/uv.lock", ["postgress"], [], r"no optional dependencies postgress \(it has postgres\)"),
        (UV, "server/uv.lock", [], ["dev"], r"no dependency group dev \(it has jobs-queue\)"),
        (
            PINNED,
            "server/requirements.lock",
            ["postgres"],
            [],
            "apply only to a uv.lock.*Compile it with --extra postgres",
        ),
        ({"server/uv.lock": "version = "}, "server/uv.lock", [], [], "uv reads it only"),
        ({**UV, "server/pyproject.toml": "[project"}, "server/uv.lock", [], [], "it is not TOML"),
        ({"a.txt": "httpx>=1"}, "a.txt", [], [], "does not name one version"),
    ],
)
def test_what_no_host_can_build_is_refused(files: Any, lock: str, extras: Any, groups: Any, said: str) -> None:
    with pytest.raises(SlipwayError, match=said):
        read(files, lock, extras, groups)
