# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""``playbooks/conventions.yml`` as hooks of git, on a branch, and in a workflow."""

from __future__ import annotations

import json
from pathlib import Path

from tests.policy.conftest import Clone, Project, make_clone


def package(version: str) -> dict[str, str]:
    """The file with the version."""
    return {"package.json": json.dumps({"version": version})}


def with_hooks(tmp_path: Path, project: Project, repository: str) -> Clone:
    """A repository as the README says to set it up, with main and develop."""
    clone = make_clone(tmp_path / "a clone", project)
    clone.commit("feat: begin", package("1.0.0"))
    clone.git("tag", "v1.0.0")
    clone.push("main", "v1.0.0")
    clone.git("config", "core.hooksPath", str(project.place / "pipelines/git/hooks"))
    clone.git("config", "slipway.env", "local")
    clone.git("config", "slipway.repository", repository)
    return clone


def test_the_hooks_of_a_service(tmp_path: Path, project: Project) -> None:
    clone = with_hooks(tmp_path, project, "gateway")
    clone.git("checkout", "-q", "-b", "develop")
    clone.commit("chore: next version", package("1.1.0-SNAPSHOT"))
    clone.push("develop")
    clone.git("checkout", "-q", "-b", "feature/$(touch${IFS}executed)")
    refused = clone.try_git("commit", "-q", "--allow-empty", "-m", "{{ 7 * 7 }} `touch executed`")
    assert refused.returncode == 1
    assert "the message: '{{ 7 * 7 }} `touch executed`' has no type. Write <type>: {{ 7 * 7 }}" in refused.stderr
    assert "is not a branch name of gateway. Rename it: git branch -m feature/<TaskID>-touch-ifs-executed" in (
        refused.stderr
    )
    assert "Traceback" not in refused.stderr
    clone.git("branch", "-m", "feature/SDT-4-login")
    assert clone.try_git("commit", "-q", "--allow-empty", "-m", "feat: a login").returncode == 0
    clone.commit("wip", package("0.9.0-SNAPSHOT"))

    refused = clone.try_git("push", "-q", "origin", "HEAD")
    assert refused.returncode == 1
    assert "'wip' has no type" in refused.stderr
    assert "the version goes backwards: 0.9.0-SNAPSHOT comes before 1.1.0-SNAPSHOT" in refused.stderr
    assert "Set it to 1.1.0-SNAPSHOT or a later one" in refused.stderr
    assert "feature/SDT-4-login" not in clone.git("ls-remote", "origin")
    clone.git("reset", "-q", "--hard", "HEAD^")
    assert clone.try_git("push", "-q", "origin", "HEAD", "HEAD:refs/heads/develop").returncode == 0
    assert not [*tmp_path.rglob("executed")]


def test_a_library_in_a_workflow(tmp_path: Path, project: Project) -> None:
    clone = with_hooks(tmp_path, project, "common")
    clone.git("checkout", "-q", "-b", "feature/LIB-3-cache")
    clone.commit("feat: cache", package("1.1.0-SNAPSHOT"))
    clone.git("checkout", "-q", "--detach")
    project.environ |= {"GITHUB_HEAD_REF": "feature/LIB-3-cache", "GITHUB_BASE_REF": "main"}
    refused = project.run("conventions", clone, "common")
    assert refused.code != 0
    assert "the version '1.1.0-SNAPSHOT' is not X.Y.Z-LIB-3-SNAPSHOT" in refused.text
    assert "Set it to 1.1.0-LIB-3-SNAPSHOT" in refused.text
    clone.commit("fix: version", package("1.1.0-LIB-3-SNAPSHOT"))
    ran = project.run("conventions", clone, "common")
    assert ran.code == 0, ran.text
    assert "common · feature/LIB-3-cache · 1.1.0-LIB-3-SNAPSHOT · 2 commits · passed" in ran.out
    refused = project.run("conventions", clone, "common", target="develop", base="0" * 40)
    assert "develop is a branch of Git Flow, and the library common is trunk-based" in refused.text
    refused = project.run("conventions", clone, "common", base="{{ base }}", branch="main")
    assert "there is no commit '{{ base }}'" in refused.text
    # The hosts of this environment are those of EC2, and there are no credentials.
    ran = project.run("conventions", clone, "AWSSmokeTest", env="dev", branch="feature/UM-1-x", target="dev")
    assert ran.code == 0, ran.text
    assert "AWSSmokeTest · feature/UM-1-x · 2 commits · passed" in ran.out
