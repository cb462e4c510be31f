# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""pnpm as referee: what ``pnpm --filter "...[commit]"`` selects is always reached, npm's own links are all edges.

More than that is reached where pnpm looks at directories only: the lock file, the catalog and the root's settings.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from ansible_collections.slipway.deploy.plugins.module_utils.changes.api import Base, Repository, detect_changes
from ansible_collections.slipway.deploy.plugins.module_utils.changes.detect import Choices
from ansible_collections.slipway.deploy.plugins.module_utils.changes.services import Service
from ansible_collections.slipway.deploy.plugins.module_utils.git.run import Credentials, Git
from tests.support import pace
from tests.support.deploys import ROOT

FIXTURES = ROOT / "tests/fixtures"
WORKSPACES = ("packages/config", "packages/format", "packages/ui", "apps/admin", "apps/web")
NAMES = {"@skills/config", "@skills/format", "@skills/ui", "admin", "web"}


def run(place: Path, *words: str) -> str:
    environ = {**os.environ, "NPM_CONFIG_UPDATE_NOTIFIER": "false", "CI": "true"}
    limit = 120 * pace.factor()
    done = subprocess.run(words, cwd=place, env=environ, capture_output=True, text=True, check=True, timeout=limit)
    return done.stdout.strip()


def git(place: Path, *words: str) -> str:
    return run(place, "git", "-c", "user.name=a", "-c", "user.email=a@example.org", *words)


def commit(place: Path) -> str:
    git(place, "add", "-A")
    git(place, "commit", "-q", "-m", "work")
    return git(place, "rev-parse", "HEAD")


@pytest.fixture(scope="module")
def pnpm(tmp_path_factory: pytest.TempPathFactory) -> str:
    """pnpm itself, from the registry."""
    place = tmp_path_factory.mktemp("pnpm")
    words = ["npm", "install", "--no-audit", "--no-fund", "--prefix", str(place), "pnpm@10"]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    if done.returncode:
        pytest.skip(f"npm could not install pnpm: {done.stderr.strip().splitlines()[-1:]}")
    return str(place / "node_modules/.bin/pnpm")


@pytest.fixture
def clone(tmp_path: Path) -> Iterator[Path]:
    """The fixture as a repository."""
    place = tmp_path / "source"
    shutil.copytree(FIXTURES / "pnpm", place)
    # Another version of pnpm would refuse.
    edit(place, "package.json", '  "packageManager": "pnpm@10.34.9",\n', "")
    git(place, "init", "-q", "-b", "main")
    commit(place)
    return place


def edit(place: Path, path: str, old: str, new: str) -> None:
    text = (place / path).read_text(encoding="utf-8")
    assert old in text
    (place / path).write_text(text.replace(old, new), encoding="utf-8")


def reached(place: Path, base: str) -> set[str]:
    repository = Repository(Git(place, "the source", Credentials()))
    services = [Service(name, (name,)) for name in sorted(NAMES)]
    bases = {name: Base(base) for name in NAMES}
    found = detect_changes(repository, services, bases, "HEAD", Choices(unclaimed="none"))
    assert not found.everything
    return {item.service for item in found.decisions if item.build}


def a_source(place: Path) -> None:
    edit(place, "packages/format/src/index.js", "ms", "ms/index")


def a_tool(place: Path) -> None:
    edit(place, "packages/config/src/index.js", "{}", "{ a: 1 }")


def a_range(place: Path) -> None:
    edit(place, "apps/admin/package.json", "2.0.0", "2.1.3")


def a_catalog(place: Path) -> None:
    edit(place, "pnpm-workspace.yaml", "ms: ^2.1.0", "ms: ^2.1.3")


def a_locked_version(place: Path) -> None:
    edit(place, "pnpm-lock.yaml", "sha512-6Flz", "sha512-7Flz")


def a_description(place: Path) -> None:
    edit(place, "packages/format/package.json", '"main"', '"description": "It formats.",\n  "main"')


def a_new_workspace(place: Path) -> None:
    (place / "packages/icons").mkdir()
    (place / "packages/icons/package.json").write_text('{"name": "@skills/icons", "version": "1.0.0"}')
    edit(place, "packages/ui/package.json", '"@skills/format"', '"@skills/icons": "workspace:^", "@skills/format"')


@pytest.mark.parametrize(
    ("change", "more", "fewer"),
    [
        (a_source, set(), set()),
        (a_tool, set(), set()),
        (a_range, set(), set()),
        (a_new_workspace, set(), set()),
        # pnpm sees no workspace's directory change.
        (a_catalog, {"@skills/format", "@skills/ui", "web"}, set()),
        (a_locked_version, {"@skills/format", "@skills/ui", "web"}, set()),
        # It sees a file change, and not what the file means.
        (a_description, set(), {"@skills/format", "@skills/ui", "web"}),
    ],
)
def test_what_pnpm_would_build_is_reached(
    clone: Path, pnpm: str, change: Callable[[Path], None], more: set[str], fewer: set[str]
) -> None:
    base = git(clone, "rev-parse", "HEAD")
    change(clone)
    commit(clone)
    listed = run(clone, pnpm, "list", "--recursive", "--depth=-1", "--json", "--filter", f"...[{base}]")
    wanted = {item["name"] for item in json.loads(listed or "[]")} & NAMES
    found = reached(clone, base)
    assert (found - wanted, wanted - found) == (more, fewer)


def test_a_workspace_that_npm_links_to_another_is_reached_with_it(tmp_path: Path) -> None:
    place = tmp_path / "source"
    shutil.copytree(FIXTURES / "npm", place)
    git(place, "init", "-q", "-b", "main")
    base = commit(place)
    listed = json.loads(run(place, "npm", "ls", "--all", "--json", "--package-lock-only"))

    uses = {name: set(item.get("dependencies", {})) for name, item in listed["dependencies"].items()}
    wanted = {"@skills/format"}
    for _step in uses:
        wanted |= {name for name, used in uses.items() if used & wanted}
    edit(place, "packages/format/src/index.js", "ms", "ms/index")
    commit(place)
    services = [Service(name, (name,)) for name in ("@skills/format", "@skills/ui", "admin", "web")]
    repository = Repository(Git(place, "the source", Credentials()))
    found = detect_changes(repository, services, {item.name: Base(base) for item in services}, "HEAD", Choices())
    assert wanted == {"@skills/format", "@skills/ui", "web"} == {item.service for item in found.decisions if item.build}
