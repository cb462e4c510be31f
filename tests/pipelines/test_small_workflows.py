# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The workflows of one job, run by act: the checks of a site, and what ends a deploy that did not end."""

from __future__ import annotations

from tests.support.act import Actions

SITE, DEVOPS = "salitemihret/salitemihret", "salitemihret/devops"


def test_nothing_is_left_to_undo(actions: Actions) -> None:
    given = {"inputs": {"environment": "local", "resume": "undo"}}
    run = actions.run("slipway-recover.yml", "workflow_dispatch", given)
    assert (run.code, run.results) == (1, {"Recover": "failure"}), run.text
    assert "there is no unfinished deploy in local" in run.jobs["Recover"].text


def test_a_push_to_a_site_is_checked(actions: Actions) -> None:
    # act takes the commit from the directory in which it runs, so the site's repository is that of the project.
    for name in (SITE, DEVOPS):
        (actions.repositories / name).parent.mkdir(parents=True, exist_ok=True)
        (actions.repositories / name).symlink_to(actions.directory)
    actions.variables |= {"SLIPWAY_REPOSITORY": DEVOPS, "SLIPWAY_ENVIRONMENT": "local"}
    actions.environ["GITHUB_REPOSITORY"] = SITE
    run = actions.run("slipway-checks.yml", "push", {"ref": "refs/heads/main"})
    assert (run.code, run.results) == (0, {"Check": "success"}), run.text
    assert "local: no gates declared" in run.jobs["Check"].text
