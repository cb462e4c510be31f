# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The workflow of a service repository, run by act: a merge to main is checked and tagged."""

from __future__ import annotations

from pathlib import Path
from typing import Any, cast

from sandbox.testing import Sandbox
from tests.policy.conftest import Clone, Project, make_clone
from tests.policy.test_conventions import package
from tests.support.act import WITH_REMOTE, Actions, Run
from tests.support.deploys import Deploys

NAME = "skilltracker/api-gateway"


def pushed(project: Project, clone: Clone, before: str, branch: str = "main") -> Run:
    """What runs after a push."""
    # No sandbox: nothing here asks AWS.
    deploys = Deploys(project.place, cast(Sandbox, None))
    actions = Actions(deploys, project.place.parent / "repositories", checkout=WITH_REMOTE)
    actions.variables = {"SLIPWAY_REPOSITORY": "o/devops", "SLIPWAY_ENVIRONMENT": "local", "SLIPWAY_RULES": "gateway"}
    actions.secrets = {"SLIPWAY_TOKEN": "ghp_0"}
    # act would take the commit of its own directory.
    head = clone.git("rev-parse", "HEAD")
    actions.environ = {"ANSIBLE_HOME": project.environ["ANSIBLE_HOME"], "SHA_REF": head}
    if not (project.place / ".github").exists():
        actions.prepare()
        Clone(project.place).git("remote", "add", "origin", f"https://github.com/{NAME}")
        (actions.repositories / "o").mkdir()
        (actions.repositories / "o/devops").symlink_to(project.place)
    event: dict[str, Any] = {
        "ref": f"refs/heads/{branch}",
        "before": before,
        "after": head,
        "repository": {"full_name": NAME, "default_branch": "main"},
    }
    return actions.run("slipway-conventions.yml", "push", event)


def results(run: Run) -> dict[str, str]:
    """The result of each job; act pads their names."""
    return {name.strip(): result for name, result in run.results.items()}


def test_a_merge_to_main(tmp_path: Path, project: Project) -> None:
    clone = make_clone(tmp_path / "repositories" / NAME, project)
    clone.place = clone.place.rename(tmp_path / "clone")
    before = clone.commit("feat: begin", package("1.0.0"))
    clone.commit("fix: {{ 7 * 7 }}", package("1.1.0"))
    clone.push()
    run = pushed(project, clone, before)
    assert results(run) == {"Check": "success", "Tag": "success"}, run.text
    assert "gateway · main · 1.1.0 · 1 commit · passed" in run.text
    assert clone.remote_tags() == {"v1.1.0": clone.git("rev-parse", "HEAD")}

    before = clone.commit("docs: x")
    clone.commit("wip", package("1.0.1"))
    clone.push()
    run = pushed(project, clone, before)
    assert results(run) == {"Check": "failure"}, run.text
    assert "'wip' has no type" in run.text
    assert "the version goes backwards: 1.0.1 comes before 1.1.0, of v1.1.0. Set it to 1.1.1 or a later one" in run.text
    assert list(clone.remote_tags()) == ["v1.1.0"]
