# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Front ends that are published beside the live one, with the assets of all of them."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest
import yaml

from ansible_collections.slipway.deploy.plugins.module_utils.common.errors import SlipwayError
from ansible_collections.slipway.deploy.plugins.module_utils.files.atomic_directory import MARK
from ansible_collections.slipway.deploy.plugins.module_utils.releases.assets import HASHED, is_hashed, prune_assets
from ansible_collections.slipway.deploy.plugins.modules import front_end_publish as module
from ansible_collections.slipway.deploy.plugins.modules import release_prune

from ..files.tars import tar

FIRST, SECOND, THIRD = (f"staging-2026110{number}-{number:012x}" for number in (1, 2, 3))


def build(tmp_path: Path, files: dict[str, str]) -> Path:
    path = tmp_path / "build.tar"
    path.write_bytes(tar([("file", name, text) for name, text in files.items()]))
    return path


def publish(tmp_path: Path, release: str, files: dict[str, str] | None = None, **more: Any) -> dict[str, Any]:
    given = {name: spec.get("default") for name, spec in module.ARGUMENTS.items()}
    archive = str(build(tmp_path, files)) if files is not None else None
    given.update({"root": str(tmp_path / "www"), "release": release, "archive": archive})
    check = more.pop("check", False)
    return module.run({**given, **more}, check=check)


def page(name: str) -> dict[str, str]:
    return {"index.html": f"<script src=/assets/{name}>", f"assets/{name}": name, "assets/logo-DdP3xK9a.svg": "logo"}


def union(tmp_path: Path) -> list[str]:
    return sorted(str(path.relative_to(tmp_path / "www/assets")) for path in (tmp_path / "www/assets").rglob("*"))


def test_a_front_end_is_published_and_not_switched(tmp_path: Path) -> None:
    files = page("index-BqH2x1sT.js")
    foreseen = publish(tmp_path, FIRST, files, check=True)
    assert foreseen["made"]
    assert not (tmp_path / "www").exists()
    result = publish(tmp_path, FIRST, files)
    path = tmp_path / "www/releases" / FIRST
    assert result["path"] == foreseen["path"] == str(path)
    assert (path / "index.html").stat().st_mode & 0o777 == 0o644
    assert path.stat().st_mode & 0o777 == 0o755
    assert union(tmp_path) == ["index-BqH2x1sT.js", "logo-DdP3xK9a.svg"]
    assert (tmp_path / "www/assets/index-BqH2x1sT.js").samefile(path / "assets/index-BqH2x1sT.js")
    assert not (tmp_path / "www/current").exists()
    assert result["warnings"] == []
    again = publish(tmp_path, FIRST, files)
    assert (again["changed"], again["made"], again["assets_added"]) == (False, False, 0)


def test_a_hardened_host_has_a_umask_that_keeps_others_out(tmp_path: Path) -> None:
    before = os.umask(0o077)
    try:
        publish(tmp_path, FIRST, {"index.html": "x", "assets/fonts/a/inter-BqH2x1sT.woff2": "x"})
    finally:
        os.umask(before)
    private = [path for path in (tmp_path / "www").rglob("*") if not path.stat().st_mode & 0o004]
    assert private == []
    assert (tmp_path / "www").stat().st_mode & 0o777 == 0o755


def test_files_get_the_time_of_their_publication(tmp_path: Path) -> None:
    """Two builds with one fixed time and pages of one size would have one ETag."""
    path = Path(publish(tmp_path, FIRST, page("a-BqH2x1sT.js"))["path"])
    assert (path / "index.html").stat().st_mtime > 1_700_000_100


def test_other_variables_are_another_directory(tmp_path: Path) -> None:
    first = publish(tmp_path, FIRST, page("a-BqH2x1sT.js"), inputs={"VITE_API_BASE": "/api"})
    other = publish(tmp_path, FIRST, page("b-BqH2x1sT.js"), inputs={"VITE_API_BASE": "/v2"})
    assert Path(first["path"]).name == FIRST
    assert Path(other["path"]).parent == Path(first["path"]).parent
    assert Path(other["path"]).name.startswith(f"{FIRST}.")
    for inputs, path in (({"VITE_API_BASE": "/api"}, first["path"]), ({"VITE_API_BASE": "/v2"}, other["path"])):
        again = publish(tmp_path, FIRST, inputs=inputs)
        assert (again["path"], again["made"]) == (path, False)


def test_the_assets_of_all_releases_are_there_until_they_are_pruned(tmp_path: Path) -> None:
    for release, name in ((FIRST, "a-BqH2x1sT.js"), (SECOND, "b-BqH2x1sT.js"), (THIRD, "c-BqH2x1sT.js")):
        publish(tmp_path, release, page(name), activate=True)
    assert union(tmp_path) == ["a-BqH2x1sT.js", "b-BqH2x1sT.js", "c-BqH2x1sT.js", "logo-DdP3xK9a.svg"]
    given = {name: spec.get("default") for name, spec in release_prune.ARGUMENTS.items()}
    www = tmp_path / "www"
    given |= {"directory": str(www / "releases"), "links": [str(www / "current")], "assets": str(www / "assets")}
    from ansible_collections.slipway.deploy.plugins.module_utils.releases.ledger import Ledger

    result = release_prune.run({**given, "keep": 1}, Ledger(), check=False)
    assert result["removed"] == [FIRST]
    assert result["kept"] == [THIRD, SECOND]
    assert result["assets_removed"] == 1
    assert union(tmp_path) == ["b-BqH2x1sT.js", "c-BqH2x1sT.js", "logo-DdP3xK9a.svg"]
    assert not release_prune.run({**given, "keep": 1}, Ledger(), check=False)["changed"]


def test_an_asset_of_another_content_stays_until_its_release_goes(tmp_path: Path) -> None:
    publish(tmp_path, FIRST, page("a-BqH2x1sT.js"))
    other = {**page("a-BqH2x1sT.js"), "assets/a-BqH2x1sT.js": "another", "assets/plain.png": "x"}
    result = publish(tmp_path, SECOND, other)
    assert (tmp_path / "www/assets/a-BqH2x1sT.js").read_text() == "a-BqH2x1sT.js"
    assert "1 assets have the same names as older ones but different content: a-BqH2x1sT.js" in result["warnings"]
    assert any("no hash in their names" in line and "plain.png" in line for line in result["warnings"])
    (tmp_path / "www/releases" / FIRST / MARK).unlink()
    assert prune_assets(tmp_path / "www/releases", tmp_path / "www/assets") == 0
    assert (tmp_path / "www/assets/a-BqH2x1sT.js").read_text() == "another"


def test_a_link_is_switched_when_it_is_asked_for(tmp_path: Path) -> None:
    path = publish(tmp_path, FIRST, page("a-BqH2x1sT.js"), activate=True)["path"]
    assert str((tmp_path / "www/current").readlink()) == path
    publish(tmp_path, SECOND, page("b-BqH2x1sT.js"), activate=True)
    back = publish(tmp_path, FIRST, activate=True)
    assert back["changed"]
    assert str((tmp_path / "www/current").readlink()) == path
    assert not publish(tmp_path, FIRST, activate=True)["changed"]


def test_a_directory_is_published(tmp_path: Path) -> None:
    directory = tmp_path / "dist"
    (directory / "assets").mkdir(parents=True)
    (directory / "index.html").write_text("<html>")
    (directory / "assets/a-BqH2x1sT.js").write_text("a")
    path = Path(publish(tmp_path, FIRST, directory=str(directory))["path"])
    assert (path / "assets/a-BqH2x1sT.js").read_text() == "a"


REFUSED: dict[str, tuple[dict[str, Any], str]] = {
    "no page": ({"files": {"assets/a.js": "x"}}, "the build has no index.html, or an empty one"),
    "empty page": ({"files": {"index.html": ""}}, "the build has no index.html, or an empty one"),
    "page below": ({"files": {"dist/index.html": "x"}}, "the build has no index.html"),
    "nothing given": ({}, "this front end is not published here"),
    "no directory": ({"directory": "/no/such/dist"}, "/no/such/dist: there is no such directory"),
    "no archive": ({"archive": "/no/such.tar"}, "cannot read it: no such file"),
    "a release that is a path": ({"files": {"index.html": "x"}, "release": "../x"}, "is not a relative path"),
    "a hidden release": ({"files": {"index.html": "x"}, "release": ".x"}, "cannot be the name"),
}


@pytest.mark.parametrize(("given", "said"), REFUSED.values(), ids=REFUSED)
def test_nothing_is_left_of_what_is_refused(tmp_path: Path, given: dict[str, Any], said: str) -> None:
    publish(tmp_path, FIRST, page("a-BqH2x1sT.js"), activate=True)
    before = sorted((str(path), os.lstat(path).st_ino) for path in (tmp_path / "www").rglob("*"))
    with pytest.raises(SlipwayError, match=said):
        publish(tmp_path, given.pop("release", SECOND), given.pop("files", None), **given)
    assert sorted((str(path), os.lstat(path).st_ino) for path in (tmp_path / "www").rglob("*")) == before


def test_a_link_in_a_build_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.tar"
    path.write_bytes(tar([("file", "index.html", "x"), ("sym", "a", "index.html")]))
    with pytest.raises(SlipwayError, match="the build has a symbolic link, a"):
        publish(tmp_path, FIRST, archive=str(path))


@pytest.mark.parametrize(
    ("name", "hashed"),
    [
        ("index-BqH2x1sT.js", True),
        ("index-B-x_9aTq.css", True),
        ("vendor-DkXQwErt.js.map", True),
        ("main.8f3a1b2c.chunk.js", True),
        ("main.0b1c2d3e4f5a6b7c8d9e.css", True),
        ("font-5ZQ2XKLA.woff2", True),
        ("logo.png", False),
        ("logo-background.png", False),
        ("icon-arrowLeft.svg", False),
        ("report-20240101.pdf", False),
        ("jquery-3.7.1.min.js", False),
        ("config.json", False),
        ("manifest.webmanifest", False),
        ("BqH2x1sT.js", False),
    ],
)
def test_which_names_change_with_their_content(name: str, hashed: bool) -> None:
    assert is_hashed(name) is hashed


def test_nginx_has_the_same_pattern() -> None:
    defaults = Path(__file__).parents[9] / "roles/nginx_site/defaults/main.yml"
    if not defaults.exists():
        pytest.skip("the collection alone has no roles")
    pattern = yaml.safe_load(defaults.read_text())["nginx_site_hashed"]
    assert pattern == HASHED.pattern.removesuffix("$")
