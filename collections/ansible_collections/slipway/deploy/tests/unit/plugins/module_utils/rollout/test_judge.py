# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Which stopped tasks speak against a deployment, while it rolls out and after it was stable."""

from __future__ import annotations

import pytest

from ansible_collections.slipway.deploy.plugins.module_utils.rollout.judge import counts_as_failure, deaths_after
from ansible_collections.slipway.deploy.plugins.module_utils.rollout.model import Limits, StoppedTask, Target

TARGET = Target("a", 1, "c", "a", "a:1", "d1", "a:2", state="stable", deployment_id="d2", finished_at=100.0)


def stopped(
    code: str = "EssentialContainerExited",
    reason: str = "Essential container in task exited",
    exit_code: int | None = None,
    *,
    by: str = "d2",
    at: float = 101.0,
) -> StoppedTask:
    return StoppedTask("t", by, code, reason, exit_code, stopped_at=at)


@pytest.mark.parametrize(
    ("task", "counts"),
    [
        (stopped(), True),
        (stopped("TaskFailedToStart", "CannotPullContainerError"), True),
        (stopped(by="d1"), False),
        (stopped("UserInitiated"), False),
        (stopped("SpotInterruption", "Your Spot Task was interrupted."), False),
        (stopped("TerminationNotice", "Host EC2 is being terminated"), False),
        (stopped("ServiceSchedulerInitiated", "Scaling activity initiated by (deployment d2)"), False),
    ],
)
def test_which_stopped_tasks_speak_against_a_deployment(task: StoppedTask, counts: bool) -> None:
    assert counts_as_failure(task, "d2") is counts


@pytest.mark.parametrize(
    ("tasks", "died"),
    [
        pytest.param([], 0, id="none"),
        pytest.param([stopped()], 0, id="one that nobody can blame on the image"),
        pytest.param([stopped(exit_code=0)], 0, id="one that ended well"),
        pytest.param([stopped(exit_code=1)], 1, id="one that ended with an error"),
        pytest.param([stopped("ServiceSchedulerInitiated", "Task failed ELB health checks in (tg)")], 1, id="health"),
        pytest.param([stopped()] * 2, 0, id="two"),
        pytest.param([stopped()] * 3, 3, id="as many as the threshold"),
        pytest.param([stopped("SpotInterruption", exit_code=143)] * 3, 0, id="spot interruptions"),
        pytest.param([stopped(exit_code=1, at=99.0)] * 3, 0, id="before it was stable"),
    ],
)
def test_deaths_after_a_deployment_was_stable(tasks: list[StoppedTask], died: int) -> None:
    assert len(deaths_after(TARGET, tasks, Limits(failed_tasks_threshold=3))) == died
