# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Releases that are there whole, or not at all."""

from __future__ import annotations

import gzip
import hashlib
import io
import os
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.slipway.deploy.plugins.module_utils.common.errors import SlipwayError
from ansible_collections.slipway.deploy.plugins.module_utils.files import unpack as unpack_module
from ansible_collections.slipway.deploy.plugins.module_utils.files.atomic_directory import MARK, read_mark
from ansible_collections.slipway.deploy.plugins.module_utils.files.unpack import read_plan
from ansible_collections.slipway.deploy.plugins.module_utils.releases.archive_source import shown
from ansible_collections.slipway.deploy.plugins.modules import release_directory as module

from ..files.tars import tar

TREE = (
    ("file", "server/main.py", "print()"),
    ("file", "server/uploads/.gitkeep", ""),
    ("file", "frontend/package.json", "{}"),
)
TAG = "staging-20261108"


@pytest.fixture
def archive(tmp_path: Path) -> Callable[..., dict[str, Any]]:
    """Makes an archive, and gives the module's arguments for it."""

    def make(entries: Any = TREE, body: bytes | None = None, **changed: Any) -> dict[str, Any]:
        content = tar(entries, "gz") if body is None else body
        path = tmp_path / "site.tar.gz"
        path.write_bytes(content)
        digest = hashlib.sha256(content).hexdigest()
        return arguments(tmp_path, archive=str(path), digest=digest, **changed)

    return make


def arguments(tmp_path: Path, **changed: Any) -> dict[str, Any]:
    defaults = {name: spec.get("default") for name, spec in module.ARGUMENTS.items()}
    shared = {"tag": TAG, "root": str(tmp_path / "srv"), "expected": ["server"], "shared": ["server/uploads"]}
    return {**defaults, **shared, **changed}


def releases(tmp_path: Path) -> list[str]:
    place = tmp_path / "srv/releases"
    return sorted(path.name for path in place.iterdir()) if place.is_dir() else []


def test_a_release_of_an_archive(tmp_path: Path, archive: Callable[..., dict[str, Any]]) -> None:
    given = archive()
    foreseen = module.run(given, check=True)
    assert foreseen["made"]
    assert releases(tmp_path) == []
    result = module.run(given, check=False)
    name = f"{TAG}-{given['digest'][:12]}"
    path = tmp_path / "srv/releases" / name
    assert result["path"] == foreseen["path"] == str(path)
    assert result["release"] == {"id": name, "tag": TAG, "digest": f"sha256:{given['digest']}"}
    assert result["links"] == [{"path": str(tmp_path / "srv/current"), "target": str(path)}]
    assert (path / "server/main.py").read_text() == "print()"
    assert (path / "server/uploads").readlink() == tmp_path / "srv/shared/server/uploads"
    assert (path / "server/uploads").is_dir()
    mark = read_mark(path)
    assert mark is not None
    assert (mark["id"], mark["tag"], mark["files"]) == (name, TAG, 3)
    again = module.run(given, check=False)
    assert (again["changed"], again["made"], again["diff"]) == (False, False, {"before": "", "after": ""})
    assert releases(tmp_path) == [name]


def test_a_release_of_a_checkout(tmp_path: Path) -> None:
    checkout = tmp_path / "source"
    checkout.mkdir()
    (checkout / "server").mkdir()
    (checkout / "server/main.py").write_text("print()")
    (checkout / "docs").mkdir()
    (checkout / "docs/secret-plans").write_text("x")
    (checkout / ".gitattributes").write_text("docs export-ignore\n")
    environ = {**os.environ, "GIT_CONFIG_GLOBAL": "/dev/null", "HOME": str(tmp_path)}
    git = ["git", "-c", "user.name=x", "-c", "user.email=x@example.org"]
    for command in (["init", "-q", "."], ["add", "."], ["commit", "-qm", "one"]):
        subprocess.run([*git, *command], cwd=checkout, check=True, env=environ)
    # What is not committed is not in the release.
    (checkout / "server/main.py").write_text("changed")
    head = subprocess.run([*git, "rev-parse", "HEAD"], cwd=checkout, check=True, env=environ, capture_output=True)
    commit = head.stdout.decode().strip()
    result = module.run(arguments(tmp_path, checkout=str(checkout), commit=commit), check=False)
    path = Path(result["path"])
    assert path.name == f"{TAG}-{commit[:12]}"
    assert (path / "server/main.py").read_text() == "print()"
    assert not (path / "docs/secret-plans").exists()
    assert not (path / ".git").exists()
    mark = read_mark(path)
    assert mark is not None
    assert mark["commit"] == result["commit"] == commit
    with pytest.raises(SlipwayError, match="git failed: not a "):
        module.run(arguments(tmp_path, checkout=str(checkout), commit="1" * 40), check=False)
    assert releases(tmp_path) == [path.name]


def test_a_release_of_a_checkout_says_what_git_leaves_out(tmp_path: Path) -> None:
    checkout = tmp_path / "source"
    (checkout / "server/img").mkdir(parents=True)
    (checkout / "server/main.py").write_text("print()")
    (checkout / "server/img/.gitattributes").write_text("# filter=lfs\n*.png filter=lfs diff=lfs merge=lfs -text\n")
    (checkout / ".gitmodules").write_text('[submodule "lib"]\n\tpath = server/lib\n\turl = https://host/lib\n')
    environ = {**os.environ, "GIT_CONFIG_GLOBAL": "/dev/null", "HOME": str(tmp_path)}
    git = ["git", "-c", "user.name=x", "-c", "user.email=x@example.org"]
    link = f"160000,{'1' * 40},server/lib"
    for command in (["init", "-q", "."], ["add", "."], ["update-index", "--add", "--cacheinfo", link]):
        subprocess.run([*git, *command], cwd=checkout, check=True, env=environ)
    subprocess.run([*git, "commit", "-qm", "one"], cwd=checkout, check=True, env=environ)
    head = subprocess.run([*git, "rev-parse", "HEAD"], cwd=checkout, check=True, env=environ, capture_output=True)
    given = arguments(tmp_path, checkout=str(checkout), commit=head.stdout.decode().strip())
    submodules, pointers = module.run(given, check=False)["warnings"]
    assert "the submodules server/lib are empty: git archive leaves them out. Deploy an archive" in submodules
    assert "Git LFS keeps are there as pointers only" in pointers
    assert module.run(given, check=False)["warnings"] == []


REFUSED: dict[str, tuple[dict[str, Any], str]] = {
    "no server": ({"entries": [("file", "a", "x")]}, "there is no server in it"),
    "a mark": ({"entries": [*TREE, ("file", MARK, "{}")]}, "it has a file .slipway-complete"),
    "shared has files": ({"entries": [*TREE, ("file", "server/uploads/a.png", "x")]}, "the release has .*/a.png, and"),
    "shared is a file": ({"entries": [("file", "server/uploads", "x")]}, "the release has server/uploads, and"),
    "above shared is a link": (
        {"entries": [("dir", "other", ""), ("sym", "server", "other")]},
        "server, above the shared path server/uploads, is a symbolic link",
    ),
    "leads out": ({"entries": [*TREE, ("file", "../x", "x")]}, "leads out of the archive"),
    "truncated": ({"body": tar([("file", "server/a", os.urandom(9000).hex())], "gz")[:5000]}, "it ends too early"),
    "no archive": ({"body": b"<html>"}, "it is not a tar archive"),
    "another digest": ({"digest": "0" * 64}, "its digest is sha256:.*, not sha256:000"),
    "no digest": ({"digest": "main"}, "this is not a SHA-256 digest"),
    "another commit": (
        {"body": gzip.compress(tar(TREE, comment="a" * 40)), "commit": "b" * 40},
        "the archive is of the commit aaaa.*, not bbbb",
    ),
    "a short commit": ({"commit": "abc123"}, "'abc123' is not a commit"),
    "a tag that is a path": ({"tag": "../x"}, "cannot be the tag"),
    "a shared path that leads out": ({"shared": ["../x"]}, "is not a relative path"),
    "an absolute shared path": ({"shared": ["/etc"]}, "is not a relative path"),
    "a group that is not there": ({"group": "no-such-group"}, "Create it first"),
    "a URL of files": ({"archive": None, "url": "file:///etc/passwd"}, "it is not an http.s. URL"),
    "a URL with a password": ({"archive": None, "url": "https://x:canary@example.org/a"}, "it has credentials in it"),
    "a URL that nobody serves": (
        {"archive": None, "url": "http://127.0.0.1:1/a.tar.gz?canary"},
        "^http://127.0.0.1:1/a.tar.gz: the server cannot be reached: Connection refused",
    ),
    "a root that is relative": ({"root": "srv"}, "is not an absolute path"),
}


@pytest.mark.parametrize(("changed", "said"), REFUSED.values(), ids=REFUSED)
def test_nothing_is_left_of_what_is_refused(
    tmp_path: Path, archive: Callable[..., dict[str, Any]], changed: dict[str, Any], said: str
) -> None:
    given = {**archive(**{name: changed[name] for name in changed if name in ("entries", "body")}), **changed}
    with pytest.raises(SlipwayError, match=said) as caught:
        module.run(given, check=False)
    assert "\n" not in str(caught.value)
    assert "canary" not in str(caught.value)
    assert releases(tmp_path) == []


def test_a_full_disk_leaves_nothing(
    tmp_path: Path, archive: Callable[..., dict[str, Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    def fill_up(*_arguments: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(unpack_module.shutil, "copyfileobj", fill_up)
    with pytest.raises(SlipwayError, match="cannot unpack it: the disk is full. Free space there"):
        module.run(archive(), check=False)
    assert releases(tmp_path) == []


def test_an_archive_says_its_commit(archive: Callable[..., dict[str, Any]]) -> None:
    assert module.run(archive(body=gzip.compress(tar(TREE, comment="a" * 40))), check=False)["commit"] == "a" * 40


def test_a_release_that_is_not_whole_is_made_again(tmp_path: Path, archive: Callable[..., dict[str, Any]]) -> None:
    path = Path(module.run(archive(), check=False)["path"])
    (path / MARK).write_text("{")
    (path / "half").write_text("x")
    (path.parent / f".{path.name}.slipway-new").mkdir()
    result = module.run(archive(), check=False)
    assert result["made"]
    assert not (path / "half").exists()
    assert releases(tmp_path) == [path.name]


def test_a_live_release_is_never_removed_to_be_made_again(
    tmp_path: Path, archive: Callable[..., dict[str, Any]]
) -> None:
    path = Path(module.run(archive(), check=False)["path"])
    (tmp_path / "srv/current").symlink_to(f"releases/{path.name}")
    (path / MARK).unlink()
    with pytest.raises(SlipwayError, match="what runs is not removed to be made again"):
        module.run(archive(), check=False)
    assert (path / "server/main.py").exists()


def test_a_whole_release_is_never_changed(tmp_path: Path, archive: Callable[..., dict[str, Any]]) -> None:
    path = Path(module.run(archive(), check=False)["path"])
    (path / "server/main.py").write_text("a person's")
    result = module.run(archive(shared=["server/uploads", "server/runtime"]), check=False)
    assert (path / "server/main.py").read_text() == "a person's"
    assert not (path / "server/runtime").exists()
    assert result["changed"]  # The new shared directory is made.
    assert "an existing release is never changed" in result["warnings"][0]


def test_a_shared_directory_stays_as_it_is(tmp_path: Path, archive: Callable[..., dict[str, Any]]) -> None:
    kept = tmp_path / "srv/shared/server/uploads"
    kept.mkdir(parents=True, mode=0o770)
    kept.chmod(0o770)
    (kept / "a.png").write_text("x")
    path = Path(module.run(archive(), check=False)["path"])
    assert (path / "server/uploads/a.png").read_text() == "x"
    assert kept.stat().st_mode & 0o777 == 0o770


def test_a_url_is_shown_without_its_rights() -> None:
    assert shown("https://user:canary@example.org:8443/a/b.tar.gz?X-Amz-Signature=canary") == (
        "https://example.org:8443/a/b.tar.gz"
    )


def test_an_archive_without_names_of_its_directories() -> None:
    content = read_plan(io.BytesIO(tar([("file", "a/b/c", "x")])), "a.tar")
    assert content.has_directory("a/b")
    assert not content.has_directory("a/b/c")
    assert not content.has_directory("a/bb")
