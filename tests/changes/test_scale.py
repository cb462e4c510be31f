# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""10,000 commits and 200 modules are compared within a second of CPU, with as many questions to git as a few are."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from ansible_collections.slipway.deploy.plugins.module_utils.changes.api import Base, Repository, detect_changes
from ansible_collections.slipway.deploy.plugins.module_utils.changes.detect import Choices
from ansible_collections.slipway.deploy.plugins.module_utils.changes.services import Service
from ansible_collections.slipway.deploy.plugins.module_utils.git.run import Credentials, Git
from ansible_collections.slipway.deploy.tests.unit.plugins.module_utils.changes.builders import dependency, pom, root
from tests.support import pace

_SECONDS = 1.0
_SOURCES = 20


def _files(modules: int) -> dict[str, str]:
    """A reactor whose modules use the three before them, with managed versions and plugins that all inherit."""
    managed = "".join(
        f"<dependency>{dependency(f'library-{number}', f'${{v{number}}}', group='org.example')}</dependency>"
        for number in range(modules)
    )
    properties = "".join(f"<v{number}>1.{number}</v{number}>" for number in range(modules))
    plugins = "".join(
        f"<plugin><groupId>org.example</groupId><artifactId>p{number}</artifactId><version>${{v{number}}}</version>"
        f"<configuration><a>${{project.basedir}}/x</a></configuration></plugin>"
        for number in range(20)
    )
    more = (
        f"<properties>{properties}</properties><dependencyManagement><dependencies>{managed}</dependencies>"
        f"</dependencyManagement><build><plugins>{plugins}</plugins></build>"
    )
    files = {"pom.xml": root([f"m{number}" for number in range(modules)], more)}
    for number in range(modules):
        before = [f"m{other}" for other in range(max(0, number - 3), number)]
        libraries = [
            dependency(f"library-{(number * 7 + item) % modules}", "", group="org.example") for item in range(10)
        ]
        files[f"m{number}/pom.xml"] = pom(f"m{number}", needs=[*before, *libraries])
        for source in range(_SOURCES):
            files[f"m{number}/src/main/java/S{source}.java"] = f"class S{source} {{}}"
    return files


def _stream(commits: int, modules: int) -> str:
    """What ``git fast-import`` reads: the modules, then edits of one source each, the root's pom last."""
    files = _files(modules)
    parts: list[str] = []

    def commit(changed: dict[str, str]) -> None:
        parts.append("commit refs/heads/main\ncommitter a <a@example.org> 1700000000 +0000\ndata 0\n")
        for path, text in changed.items():
            parts.append(f"M 100644 inline {path}\ndata {len(text.encode())}\n{text}\n")

    commit(files)
    for number in range(commits - 2):
        commit({f"m{number % modules}/src/main/java/S0.java": f"class S0 {{ int a = {number}; }}"})
    commit({"pom.xml": files["pom.xml"].replace("<v7>1.7<", "<v7>2.7<")})
    return "".join(parts)


def _taken(place: Path, commits: int, modules: int) -> tuple[float, int, int]:
    """The CPU seconds of an answer, the runs of git, and the services that it reaches."""
    subprocess.run(["git", "init", "-q", "--bare", "-b", "main", str(place)], check=True)
    stream = _stream(commits, modules).encode()
    subprocess.run(["git", "-C", str(place), "fast-import", "--quiet"], input=stream, check=True)
    base = subprocess.run(
        ["git", "-C", str(place), "rev-list", "--max-parents=0", "main"], capture_output=True, check=True, text=True
    ).stdout.strip()
    asked: list[tuple[str, ...]] = []

    class Counted(Git):
        def ask(self, *arguments: str, codes: object = (0,), stdin: str = "") -> tuple[int, str]:
            asked.append(arguments)
            return super().ask(*arguments, codes=codes, stdin=stdin)  # type: ignore[arg-type]

    services = [Service(f"m{number}", (f"m{number}",)) for number in range(modules)]
    before = sum(os.times()[:4])
    repository = Repository(Counted(place, "the source", Credentials()))
    found = detect_changes(repository, services, {item.name: Base(base) for item in services}, "main", Choices())
    return sum(os.times()[:4]) - before, len(asked), sum(item.build for item in found.decisions)


@pytest.fixture(scope="module")
def large(tmp_path_factory: pytest.TempPathFactory) -> tuple[float, int, int]:
    return _taken(tmp_path_factory.mktemp("large") / "git", 10_000, 200)


def test_ten_thousand_commits_and_two_hundred_modules(large: tuple[float, int, int]) -> None:
    seconds, _asked, reached = large
    assert reached == 200
    assert seconds <= _SECONDS * pace.factor()


def test_git_is_asked_as_often_for_any_history(large: tuple[float, int, int], tmp_path: Path) -> None:
    _seconds, asked, _reached = large
    _seconds, fewer, _reached = _taken(tmp_path / "git", 20, 10)
    assert asked == fewer
    assert asked <= 10
