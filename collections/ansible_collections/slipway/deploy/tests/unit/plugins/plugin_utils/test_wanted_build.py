# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""``-e build=…``: which build is meant, and what is refused before the lock."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.slipway.deploy.plugins.module_utils.builds.model import Build, build_key, serialise
from ansible_collections.slipway.deploy.plugins.module_utils.common.errors import SlipwayError
from ansible_collections.slipway.deploy.plugins.module_utils.state.local import LocalStore
from ansible_collections.slipway.deploy.plugins.plugin_utils import wanted_build
from ansible_collections.slipway.deploy.plugins.plugin_utils.context import Context
from ansible_collections.slipway.deploy.plugins.plugin_utils.wanted_build import choose_build, chosen_build

from ..module_utils.builds.helpers import BACKEND, BUILD, GATEWAY
from .run import Doc, context

SERVICES: dict[str, Doc] = {"api-gateway": {}, "bff": {}}
OWN = {
    "ecs_cluster": "c",
    "ecr_registry": GATEWAY.image.partition("/")[0],
    "image_repository_prefix": "umigo/",
}
LATER = replace(BUILD, id="20261130T191600Z-abcdef0", created="2026-11-30T19:16:00Z", result="failed")


def of(tmp_path: Path, build: str, **own: Any) -> Context:
    found = context(tmp_path, {"a": {}}, fleet=SERVICES, build=build, **OWN, **own)
    found._task_vars["groups"]["priority_1"] = list(SERVICES)  # type: ignore[index]
    return found


def put(tmp_path: Path, build: Build) -> None:
    LocalStore(tmp_path).write(build_key(build.environment, build.id), serialise(build), expect=None)


def refused(run: Context) -> str:
    with pytest.raises(SlipwayError) as raised:
        choose_build(run)
    return str(raised.value)


@pytest.fixture(autouse=True)
def environments(monkeypatch: pytest.MonkeyPatch) -> None:
    """The project has a second environment, which shares the state store."""
    monkeypatch.setattr(wanted_build, "_other_environments", lambda _context: ["staging"])


def test_a_build_by_its_id_and_the_newest(tmp_path: Path) -> None:
    put(tmp_path, BUILD)
    assert choose_build(of(tmp_path, BUILD.id)) == BUILD
    assert choose_build(of(tmp_path, "latest")) == BUILD
    assert chosen_build(of(tmp_path, BUILD.id), BUILD.id) == BUILD
    assert chosen_build(of(tmp_path, BUILD.id), "") is None


def test_the_newest_is_not_replaced_by_an_older_one_that_is_good(tmp_path: Path) -> None:
    put(tmp_path, BUILD)
    put(tmp_path, LATER)
    assert refused(of(tmp_path, "latest")).startswith(f"-e build: build {LATER.id} failed")


def test_what_is_not_a_build_of_the_environment(tmp_path: Path) -> None:
    assert "dev has no build yet. Build first: " in refused(of(tmp_path, "latest"))
    put(tmp_path, replace(BUILD, environment="staging"))
    assert f"build {BUILD.id} is of staging, not of dev" in refused(of(tmp_path, BUILD.id))
    assert "dev has no build '../staging/builds/x'" in refused(of(tmp_path, "../staging/builds/x"))


def test_a_limit_that_leaves_out_all_of_it(tmp_path: Path) -> None:
    put(tmp_path, BUILD)
    assert "--limit leaves out everything that build" in refused(of(tmp_path, BUILD.id, selected=["bff"]))
    assert choose_build(of(tmp_path, BUILD.id, selected=["bff", "a"])) == BUILD
    put(tmp_path, replace(BUILD, services={**BUILD.services, "gone": GATEWAY}, artifacts={"x": BACKEND}))
    assert "service gone is in build" in refused(of(tmp_path, BUILD.id))
    assert choose_build(of(tmp_path, BUILD.id, selected=["api-gateway"]))


def test_one_variable_says_what_is_deployed(tmp_path: Path) -> None:
    put(tmp_path, BUILD)
    run = of(tmp_path, BUILD.id)
    run.__dict__["extra"] = frozenset({"build", "image_tag", "backend_release"})
    said = refused(run).splitlines()
    assert len(said) == 2
    assert said[0].startswith("-e image_tag: image_tag and build both say what is deployed")
