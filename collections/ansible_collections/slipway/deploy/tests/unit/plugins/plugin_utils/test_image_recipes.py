# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""How the inventory says that images are built, and what it may not say."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from ansible_collections.slipway.deploy.plugins.module_utils.changes.detect import Decision, Detection
from ansible_collections.slipway.deploy.plugins.module_utils.common.errors import SlipwayError
from ansible_collections.slipway.deploy.plugins.module_utils.image_builds.model import Recipe
from ansible_collections.slipway.deploy.plugins.module_utils.image_builds.tags import DEFAULT
from ansible_collections.slipway.deploy.plugins.plugin_utils import image_recipes
from ansible_collections.slipway.deploy.plugins.plugin_utils.image_recipes import check_engine, find_engine, recipes
from ansible_collections.slipway.deploy.tests.unit.plugins.module_utils.changes.builders import at, pom

PLACE = "skilltracker-services/user-service"
FILES = {
    "pom.xml": pom("root", parent=None, packaging="pom", modules=[PLACE], version="1.2.0"),
    f"{PLACE}/pom.xml": pom("user-service", path="../../pom.xml", version="1.2.0"),
    f"{PLACE}/Dockerfile": "FROM scratch",
    "docker/Dockerfile": "FROM scratch",
    "web/package.json": '{"name": "web", "version": "2.0.0"}',
    "web/Dockerfile": "FROM scratch",
}


def recipe(variables: Mapping[str, Any], name: str = "user-service", branch: str = "main") -> Recipe:
    """The recipe of one service."""
    own = {"ecr_registry": "1.dkr.ecr", "image_repository_prefix": "sdt/dev/", **variables}
    context = SimpleNamespace(services=[name, "other"], environment="dev", host=lambda _name: own)
    found = Detection(
        (Decision(name, True, ("x", name)), Decision("other", False), Decision("site", True)), "", (), (), ()
    )
    made = recipes(cast(Any, context), found, at(FILES), DEFAULT, branch, FILES.__getitem__)
    assert len(made) == 1
    return made[0]


def test_the_defaults_are_the_seeds() -> None:
    made = recipe({})
    assert (made.dockerfile, made.context, made.version) == (f"{PLACE}/Dockerfile", ".", "1.2.0")
    assert (str(made.image), made.reasons) == ("1.dkr.ecr/sdt/dev/user-service", ("x → user-service",))
    assert made.tags.all[1:] == ("v1.2.0", "latest")
    web = recipe({"image_repository": "acme/web"}, name="web")
    assert (web.version, web.dockerfile, web.image.repository) == ("2.0.0", "web/Dockerfile", "acme/web")


def test_what_the_inventory_says() -> None:
    said = {
        "build_dockerfile": "./docker/Dockerfile",
        "build_context": "docker/",
        "build_command": ["mvn", "-B"],
        "build_sbom": "target/bom.json",
        "build_args": {"MODULE": "user-service"},
        "build_platform": "linux/arm64/v8",
    }
    made = recipe(said)
    assert (made.dockerfile, made.context, made.command) == ("docker/Dockerfile", "docker", ("mvn", "-B"))
    assert (made.sbom, made.arguments, made.platform) == (
        "target/bom.json",
        {"MODULE": "user-service"},
        "linux/arm64/v8",
    )


@pytest.mark.parametrize(
    ("variables", "said"),
    [
        ({"build_dockerfile": "Dockerfile"}, "user-service: .* has no Dockerfile. Write build_dockerfile"),
        ({"build_dockerfile": "../Dockerfile"}, "'../Dockerfile' is not a path inside the checkout"),
        ({"build_dockerfile": 7}, "build_dockerfile is not a text"),
        ({"build_context": "nothing"}, "has no directory nothing. Write build_context"),
        ({"build_context": "/etc"}, "'/etc' is not a path inside the checkout"),
        ({"build_sbom": "/etc/passwd"}, "'/etc/passwd' is not a path inside the checkout"),
        ({"build_command": "mvn package"}, "build_command is not a list of words"),
        ({"build_command": [1]}, "build_command is not a list of words"),
        ({"build_args": ["A=1"]}, "build_args is not a mapping of texts"),
        ({"build_args": {"A": 1}}, "build_args is not a mapping of texts"),
        ({"build_args": {"A=B": "1"}}, "build_args: 'A=B' is no name of an ARG"),
        ({"build_platform": "arm"}, "build_platform is no platform. Write it as linux/arm64"),
    ],
)
def test_what_is_refused(variables: dict[str, Any], said: str) -> None:
    with pytest.raises(SlipwayError, match=said) as refused:
        recipe(variables)
    assert "inventories/dev (host user-service)" in str(refused.value)


@pytest.mark.parametrize(
    ("programs", "asked", "found"),
    [
        (("podman", "buildah", "docker"), "", "podman"),
        (("buildah", "docker"), "", "buildah"),
        (("docker",), "", "docker"),
        (("podman", "docker"), "docker", "docker"),
    ],
)
def test_the_engine_is_the_one_that_is_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, programs: tuple[str, ...], asked: str, found: str
) -> None:
    for name in programs:
        (tmp_path / name).write_text("#!/bin/sh\nexit 0\n")
        (tmp_path / name).chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}")
    assert find_engine(asked, "build_engine") == found


def test_engines_that_are_not_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "docker").write_text("#!/bin/sh\nexit 1\n")
    (tmp_path / "docker").chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}")
    for name, said in (("", "none of podman, buildah, docker is there"), ("docker", "docker is not there")):
        with pytest.raises(SlipwayError, match=said):
            find_engine(name, "build_engine")
    for name, said in (("kaniko", "Write one of podman, buildah, docker"), ("dcoker", "docker")):
        with pytest.raises(SlipwayError, match=f"build_engine: there is no engine '{name}'. .*{said}"):
            check_engine(name, "build_engine")
    assert [check_engine(name, "build_engine") for name in ("", "podman", "docker")] == ["", "podman", "docker"]


def test_as_many_processors_as_this_process_may_use(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "sched_getaffinity", lambda _process: {0, 3})
    assert image_recipes.cores() == 2
