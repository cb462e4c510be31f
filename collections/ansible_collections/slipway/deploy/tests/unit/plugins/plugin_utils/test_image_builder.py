# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The phases of a build: several at once, the tags of the branch last, each step in the manifest."""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from ansible_collections.slipway.deploy.plugins.module_utils.builds.model import INTERRUPTED, Build, Source
from ansible_collections.slipway.deploy.plugins.module_utils.builds.store import Manifest, read_build
from ansible_collections.slipway.deploy.plugins.module_utils.common.errors import SlipwayError
from ansible_collections.slipway.deploy.plugins.module_utils.image.reference import ImageRef
from ansible_collections.slipway.deploy.plugins.module_utils.image_builds.api import Login
from ansible_collections.slipway.deploy.plugins.module_utils.image_builds.build import Outcome, Work
from ansible_collections.slipway.deploy.plugins.module_utils.image_builds.model import Planned, Recipe
from ansible_collections.slipway.deploy.plugins.module_utils.image_builds.tags import Tags
from ansible_collections.slipway.deploy.plugins.module_utils.state.local import LocalStore
from ansible_collections.slipway.deploy.plugins.plugin_utils import image_builder
from ansible_collections.slipway.deploy.plugins.plugin_utils.image_builder import Builder
from ansible_collections.slipway.deploy.plugins.plugin_utils.process import Interrupted

COMMIT = "3f9c2d1e8a7b6c5d4e3f2a1b0c9d8e7f6a5b4c3d"
DIGEST = f"sha256:{'1' * 64}"
TAGS = Tags((COMMIT, "v1.2.0"), ("latest",))


class Factory:
    """Stands in for the engine and the registry; what the builder does with them is what is tested."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, failing: Sequence[str] = ()) -> None:
        self.failing, self.failing_tag = failing, ""
        self.tagged: list[tuple[str, str]] = []
        self.at_once = self.most = 0
        self._lock = threading.Lock()
        # Two builds meet here, if two may run at once.
        self.meeting: threading.Barrier | None = None
        monkeypatch.setattr(image_builder, "begin", lambda _work, _password: None)
        monkeypatch.setattr(image_builder, "build", self.build)
        monkeypatch.setattr(image_builder, "tag", self.tag)

    def build(self, _work: Work, item: Planned) -> Outcome:
        with self._lock:
            self.at_once += 1
            self.most = max(self.most, self.at_once)
        if self.meeting:
            self.meeting.wait(60)
        with self._lock:
            self.at_once -= 1
        if item.recipe.service in self.failing:
            return Outcome(error="no", log="/log")
        return Outcome(DIGEST, "", (COMMIT,))

    def tag(self, _work: Work, recipe: Recipe, _digest: str, tags: Sequence[str]) -> str:
        with self._lock:
            self.tagged += [(recipe.service, tag) for tag in tags]
        return "refused" if self.failing_tag in tags else ""


def planned(names: Sequence[str], steps: Mapping[str, Any] | None = None) -> list[Planned]:
    made = []
    for name in names:
        recipe = Recipe(name, ImageRef(name, "r"), TAGS, "Dockerfile", reasons=("x",))
        step = (steps or {}).get(name, "build")
        missing = {"build": TAGS.all, "tag": ("latest",), "unchanged": ()}[step]
        made.append(Planned(recipe, step, missing, "" if step == "build" else DIGEST))
    return made


def run(tmp_path: Path, items: list[Planned], parallel: int = 2, ecr: Any = None) -> tuple[Build, bool]:
    store = LocalStore(tmp_path)
    manifest = Manifest.create(store, Build("", "dev", "", Source("", "main", COMMIT)))
    console = SimpleNamespace(lines=lambda _lines: None)
    registry = ecr or SimpleNamespace(login=lambda: Login("r", False, "secret"))
    builder = Builder(manifest, cast(Any, console), "podman", cast(Any, registry), tmp_path, parallel, 1.0)
    changed = builder.run(items, ("latest",))
    return read_build(store, "dev", manifest.build.id), changed


@pytest.mark.parametrize("parallel", [1, 2])
def test_no_more_at_once_than_asked_for_and_the_tags_last(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, parallel: int
) -> None:
    factory = Factory(monkeypatch)
    factory.meeting = threading.Barrier(parallel)
    built, changed = run(tmp_path, planned(["a", "b", "c", "d"]), parallel)
    assert factory.most == parallel
    assert [tag for _name, tag in factory.tagged] == ["v1.2.0"] * 4 + ["latest"] * 4
    assert (built.result, changed) == ("built", True)
    assert {(item.result, item.tags, item.digest) for item in built.services.values()} == {("built", TAGS.all, DIGEST)}


def test_one_that_fails_keeps_all_tags_as_they_are_and_the_others_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    factory = Factory(monkeypatch, failing=["b"])
    built, _changed = run(tmp_path, planned(["a", "b", "c"], {"c": "tag"}))
    assert factory.tagged == []
    assert built.result == "failed"
    assert {name: item.result for name, item in built.services.items()} == {
        "a": "built",
        "b": "failed",
        "c": "unchanged",
    }
    assert (built.services["a"].tags, built.services["b"].error, built.services["b"].log) == ((COMMIT,), "no", "/log")


def test_a_stable_tag_that_is_refused_keeps_the_moving_ones(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    factory = Factory(monkeypatch)
    factory.failing_tag = "v1.2.0"
    built, _changed = run(tmp_path, planned(["a", "b"]))
    assert sorted(factory.tagged) == [("a", "v1.2.0"), ("b", "v1.2.0")]
    assert built.result == "failed"
    assert (built.services["a"].error, built.services["a"].digest) == ("refused", DIGEST)


@pytest.mark.parametrize(
    ("steps", "result", "tagged"),
    [
        ({"a": "unchanged", "b": "unchanged"}, "unchanged", []),
        ({"a": "unchanged", "b": "tag"}, "unchanged", [("b", "latest")]),
    ],
)
def test_what_is_there_is_not_built(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, steps: dict[str, str], result: str, tagged: list[Any]
) -> None:
    factory = Factory(monkeypatch)
    built, changed = run(tmp_path, planned(["a", "b"], steps))
    assert (factory.most, factory.tagged) == (0, tagged)
    assert (built.result, changed) == (result, bool(tagged))
    assert built.services["b"].tags == TAGS.all


def test_what_fails_as_a_whole_closes_the_manifest(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    Factory(monkeypatch)

    def refused() -> Login:
        raise SlipwayError("the token has expired")

    with pytest.raises(SlipwayError, match="expired"):
        run(tmp_path, planned(["a"]), ecr=SimpleNamespace(login=refused))
    [found] = (tmp_path / "dev" / "builds").iterdir()
    built = read_build(LocalStore(tmp_path), "dev", found.stem)
    assert (built.result, built.services["a"].result) == ("failed", "not built")


@pytest.mark.parametrize("phase", ["build", "tag"])
def test_the_manifest_says_that_a_signal_ended_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, phase: str) -> None:
    Factory(monkeypatch)

    def end(*_arguments: object) -> None:
        raise Interrupted("stopped by Ctrl-C")

    monkeypatch.setattr(image_builder, phase, end)
    with pytest.raises(Interrupted):
        run(tmp_path, planned(["a"]))
    [found] = (tmp_path / "dev" / "builds").iterdir()
    built = read_build(LocalStore(tmp_path), "dev", found.stem)
    assert (built.result, built.error) == ("failed", INTERRUPTED)
