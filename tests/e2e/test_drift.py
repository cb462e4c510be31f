# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Drift: Terraform's edit of a task definition is reported until it is shipped or dismissed, and never erased."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.definitions import widen
from tests.support.deploys import NEW, Deploys
from tests.support.images import build

SERVICE = "sdt-local-user-service"
LIMITED = ("deploy.yml", "--limit", "user-service")


@pytest.fixture
def edited(deploys: Deploys) -> Deploys:
    """A fleet whose user-service has a revision with more memory that nobody shipped."""
    widen(deploys)
    return deploys


def memory(deploys: Deploys) -> Any:
    """The memory of what user-service runs."""
    ecs = deploys.sandbox.client("ecs")
    service = ecs.describe_services(cluster="sdt-local-cluster", services=[SERVICE])["services"][0]
    return ecs.describe_task_definition(taskDefinition=service["taskDefinition"])["taskDefinition"]["memory"]


def test_it_stays_reported_after_a_deploy_made_its_clone_the_head_and_is_then_shipped_alone(edited: Deploys) -> None:
    before = memory(edited)
    first = edited.run("deploy.yml")
    assert first.code == 0, first.text
    assert ":2 differs from running :1" in first.out
    assert "2048" in first.out
    assert edited.running()["user-service"] == NEW
    assert memory(edited) == before
    second = edited.run("deploy.yml", "--check")
    assert ":2 differs from running :3" in second.out

    # The image is the same now.
    shipped = edited.run("deploy.yml", "-e", "ship_drift=true")
    assert shipped.code == 0, shipped.text
    assert [item["name"] for item in edited.record()["targets"]] == ["user-service"]
    assert memory(edited) == "2048"
    assert "nothing to deploy" in edited.run("deploy.yml", "-e", "ship_drift=true").out


def test_it_is_shipped_when_that_is_asked(edited: Deploys) -> None:
    ran = edited.run(*LIMITED, "-e", "ship_drift=user-service")
    assert ran.code == 0, ran.text
    assert memory(edited) == "2048"
    assert "differs from running" not in edited.run("deploy.yml", "--check").out


def test_it_is_dismissed_for_good(edited: Deploys) -> None:
    before = memory(edited)
    ran = edited.run(*LIMITED, "-e", "dismiss_drift=user-service", "-e", '{"reason": "a trial"}')
    assert ran.code == 0, ran.text
    build(edited, "user-service", "77aa11c")
    again = edited.run(*LIMITED)
    assert again.code == 0, again.text
    assert "differs from running" not in again.out
    assert memory(edited) == before


def test_dismissing_what_is_not_there_is_an_error(deploys: Deploys) -> None:
    ran = deploys.run("deploy.yml", "-e", "dismiss_drift=user-service")
    assert ran.code == 2
    assert "user-service has no drift" in ran.text
    assert deploys.mutations() == []
