# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Rolling updates, stopping and rolling them back, and the tasks, on the engine."""

from __future__ import annotations

import pytest

from tests.sandbox.simulated import Simulation


@pytest.fixture
def ecs() -> Simulation:
    return Simulation()


def test_a_new_service_becomes_steady(ecs: Simulation) -> None:
    made = ecs.create(desired=2)["service"]
    assert made["deployments"][0]["rolloutState"] == "IN_PROGRESS"
    found = ecs.service()
    assert (found["runningCount"], found["pendingCount"], found["desiredCount"]) == (2, 0, 2)
    assert found["deployments"][0]["rolloutState"] == "COMPLETED"
    assert ecs.events()[-1] == "(service s) has reached a steady state."
    assert [one["status"] for one in ecs.service_deployments()] == ["SUCCESSFUL"]


def test_an_update_replaces_the_tasks(ecs: Simulation) -> None:
    ecs.create()
    before = ecs.primary()["id"]
    target = ecs.define("app:2")
    answer = ecs.update(taskDefinition=target)
    assert [one["status"] for one in answer["deployments"]] == ["PRIMARY", "ACTIVE"]
    assert answer["deployments"][0]["id"] != before
    ecs.run(1)
    assert ecs.service()["runningCount"] == 2
    assert ecs.service()["pendingCount"] == 2
    ecs.settle()
    found = ecs.service()
    assert found["taskDefinition"] == target
    assert [one["id"] for one in found["deployments"]] == [answer["deployments"][0]["id"]]
    assert {one["taskDefinitionArn"] for one in ecs.tasks()} == {target}
    assert {one["startedBy"] for one in ecs.tasks()} == {answer["deployments"][0]["id"]}
    deployment = answer["deployments"][0]["id"]
    assert f"(service s) (deployment {deployment}) deployment completed." in ecs.events()
    old = ecs.tasks("STOPPED")
    assert {one["stopCode"] for one in old} == {"ServiceSchedulerInitiated"}
    assert {one["stoppedReason"] for one in old} == {f"Scaling activity initiated by (deployment {deployment})"}


def test_the_time_of_an_update_is_begin_plus_start_plus_steady(ecs: Simulation) -> None:
    ecs.create()
    ecs.engine.set_timings("s", {"begin": 0.5, "start": 7.0, "steady": 0.5})
    ecs.update(taskDefinition=ecs.define("app:2"))
    ecs.run(7.9)
    assert ecs.primary()["rolloutState"] == "IN_PROGRESS"
    ecs.run(0.2)
    assert ecs.primary()["rolloutState"] == "COMPLETED"
    made = ecs.service_deployments()[0]
    assert made["finishedAt"] - made["createdAt"] == pytest.approx(8.0)


def test_the_same_definition_without_force_starts_nothing(ecs: Simulation) -> None:
    definition = ecs.define()
    ecs.create(definition)
    before = ecs.primary()["id"]
    assert ecs.update(taskDefinition=definition)["deployments"][0]["id"] == before
    assert ecs.update(taskDefinition="f:1", desiredCount=3)["deployments"][0]["id"] == before
    assert ecs.update(taskDefinition=definition, forceNewDeployment=True)["deployments"][0]["id"] != before


def test_a_tag_is_resolved_when_the_deployment_starts(ecs: Simulation) -> None:
    ecs.create(ecs.define("app:latest"))
    revision = ecs.service_deployments()[0]["targetServiceRevision"]["arn"]
    found = ecs.call("DescribeServiceRevisions", serviceRevisionArns=[revision])["serviceRevisions"][0]
    assert found["containerImages"][0]["image"] == "app:latest"
    assert found["containerImages"][0]["imageDigest"] == ecs.tasks()[0]["containers"][0]["imageDigest"]


def test_a_newer_update_supersedes_one_in_flight(ecs: Simulation) -> None:
    ecs.create()
    ecs.engine.set_timings("s", {"start": 30})
    second = ecs.update(taskDefinition=ecs.define("app:2"))["deployments"][0]["id"]
    ecs.run(5)
    ecs.engine.set_timings("s", {"start": 3})
    third = ecs.update(taskDefinition=ecs.define("app:3"))["deployments"][0]["id"]
    ecs.run(1)
    assert [one["id"] for one in ecs.service()["deployments"] if one["status"] == "PRIMARY"] == [third]
    ecs.settle()
    assert [one["id"] for one in ecs.service()["deployments"]] == [third]
    assert [one["status"] for one in ecs.service_deployments()] == ["SUCCESSFUL", "STOPPED", "SUCCESSFUL"]
    assert not [one for one in ecs.tasks() if one["startedBy"] == second]


@pytest.mark.parametrize("wait", [0.0, 1.5])
def test_stop_with_rollback(ecs: Simulation, wait: float) -> None:
    good = ecs.define("app:1")
    ecs.create(good, deploymentConfiguration={})
    ecs.update(taskDefinition=ecs.define("app:2"))
    ecs.run(wait)
    made = ecs.service_deployments()[0]
    assert made["status"] == ("IN_PROGRESS" if wait else "PENDING")
    ecs.call("StopServiceDeployment", serviceDeploymentArn=made["serviceDeploymentArn"], stopType="ROLLBACK")
    assert ecs.service_deployments()[0]["status"] == "ROLLBACK_REQUESTED"
    ecs.run(1)
    assert ecs.service_deployments()[0]["status"] == "ROLLBACK_IN_PROGRESS"
    ecs.settle()
    assert ecs.service_deployments()[0]["status"] == "ROLLBACK_SUCCESSFUL"
    assert ecs.service()["taskDefinition"] == good
    arn = made["serviceDeploymentArn"]
    assert ecs.refused("StopServiceDeployment", serviceDeploymentArn=arn).code == "ConflictException"
    missing = ecs.refused("StopServiceDeployment", serviceDeploymentArn=arn + "x")
    assert missing.code == "ServiceDeploymentNotFoundException"


def test_stop_with_abort(ecs: Simulation) -> None:
    ecs.create()
    ecs.update(taskDefinition=ecs.define("app:2"))
    ecs.run(1)
    arn = ecs.service_deployments()[0]["serviceDeploymentArn"]
    ecs.call("StopServiceDeployment", serviceDeploymentArn=arn, stopType="ABORT")
    assert ecs.service_deployments()[0]["status"] == "STOP_REQUESTED"
    ecs.run(1)
    assert ecs.service_deployments()[0]["status"] == "STOPPED"


@pytest.mark.parametrize(("works", "status"), [(True, "ROLLBACK_SUCCESSFUL"), (False, "ROLLBACK_FAILED")])
def test_rolling_back_to_an_inactive_definition(ecs: Simulation, works: bool, status: str) -> None:
    good = ecs.define("app:1")
    ecs.create(good)
    ecs.engine.rollback_to_inactive = works
    ecs.call("DeregisterTaskDefinition", taskDefinition=good)
    ecs.update(taskDefinition=ecs.define("app:2"))
    ecs.run(1)
    arn = ecs.service_deployments()[0]["serviceDeploymentArn"]
    ecs.call("StopServiceDeployment", serviceDeploymentArn=arn)
    ecs.run(20)
    assert ecs.service_deployments()[0]["status"] == status


@pytest.mark.parametrize(("fewest", "most", "desired"), [(0, 100, 2), (50, 100, 2), (100, 150, 4), (50, 200, 3)])
def test_the_percentages_hold(ecs: Simulation, fewest: int, most: int, desired: int) -> None:
    configuration = {"minimumHealthyPercent": fewest, "maximumPercent": most}
    ecs.create(desired=desired, deploymentConfiguration=configuration)
    target = ecs.define("app:2")
    ecs.update(taskDefinition=target)
    ecs.settle()
    assert ecs.primary()["rolloutState"] == "COMPLETED"
    assert {one["taskDefinitionArn"] for one in ecs.tasks()} == {target}


def test_percentages_that_leave_no_room_are_said(ecs: Simulation) -> None:
    ecs.create(desired=1, deploymentConfiguration={"minimumHealthyPercent": 50, "maximumPercent": 100})
    ecs.update(taskDefinition=ecs.define("app:2"))
    ecs.run(30)
    assert ecs.primary()["rolloutState"] == "IN_PROGRESS"
    assert any("was unable to stop or start tasks during a deployment" in one for one in ecs.events())


def test_scaling_up_down_and_to_zero(ecs: Simulation) -> None:
    ecs.create(desired=1)
    before = ecs.primary()["id"]
    for desired in (3, 1, 0):
        ecs.update(desiredCount=desired)
        ecs.run(10)
        assert ecs.service()["runningCount"] == desired
    assert ecs.primary()["id"] == before
    ecs.break_image("app:2", fail="crash")
    ecs.update(taskDefinition=ecs.define("app:2"))
    ecs.settle()
    assert ecs.primary()["rolloutState"] == "COMPLETED"


def test_a_daemon_runs_one_task_per_instance(ecs: Simulation) -> None:
    ecs.create(schedulingStrategy="DAEMON", deploymentConfiguration={})
    assert ecs.service()["desiredCount"] == 2
    assert len(ecs.tasks()) == 2
    ecs.update(taskDefinition=ecs.define("app:2"))
    ecs.settle()
    assert ecs.primary()["rolloutState"] == "COMPLETED"
    assert ecs.refused("UpdateService", cluster="c", service="s", desiredCount=1).code == "InvalidParameterException"


def test_a_task_that_dies_is_replaced(ecs: Simulation) -> None:
    ecs.create(desired=2)
    victim = ecs.tasks()[0]["taskArn"]
    stopped = ecs.call("StopTask", cluster="c", task=victim, reason="because")["task"]
    assert (stopped["stopCode"], stopped["stoppedReason"]) == ("UserInitiated", "because")
    ecs.run(10)
    assert len(ecs.tasks()) == 2
    assert victim not in [one["taskArn"] for one in ecs.tasks()]
    ecs.run(3700)
    assert ecs.tasks("STOPPED") == []
    assert ecs.call("DescribeTasks", cluster="c", tasks=[victim])["failures"][0]["reason"] == "MISSING"


def test_the_states_of_a_task_in_order(ecs: Simulation) -> None:
    ecs.create(desired=1)
    task = ecs.tasks()[0]["taskArn"]
    ecs.update(taskDefinition=ecs.define("app:2"))
    seen: dict[str, list[str]] = {}
    for _ in range(600):
        ecs.run(0.01)
        for one in ecs.tasks() + ecs.tasks("STOPPED"):
            states = seen.setdefault(one["taskArn"], [])
            if one["lastStatus"] not in states:
                states.append(one["lastStatus"])
    up = ["PROVISIONING", "PENDING", "ACTIVATING", "RUNNING"]
    down = ["RUNNING", "DEACTIVATING", "STOPPING", "DEPROVISIONING", "STOPPED"]
    assert seen.pop(task) == down
    assert list(seen.values()) == [up]


def test_reads_are_stale_for_a_moment(ecs: Simulation) -> None:
    ecs.create()
    ecs.engine.set_timings("s", {"stale": 0.5})
    before = ecs.primary()["id"]
    made = ecs.update(forceNewDeployment=True)["deployments"][0]["id"]
    assert ecs.primary()["id"] == before
    assert len(ecs.call("ListServiceDeployments", cluster="c", service="s")["serviceDeployments"]) == 1
    ecs.run(0.6)
    assert ecs.primary()["id"] == made
    assert len(ecs.call("ListServiceDeployments", cluster="c", service="s")["serviceDeployments"]) == 2


def test_answers_to_bad_requests(ecs: Simulation) -> None:
    good = ecs.define("app:1")
    ecs.create(good)
    ecs.define("app:2")
    ecs.call("DeregisterTaskDefinition", taskDefinition="f:2")
    inactive = ecs.refused("UpdateService", cluster="c", service="s", taskDefinition="f:2")
    assert (inactive.code, inactive.message) == ("ClientException", "TaskDefinition is inactive")
    assert ecs.refused("UpdateService", cluster="c", service="s", taskDefinition="f:9").code == "ClientException"
    assert ecs.refused("UpdateService", cluster="c", service="x").code == "ServiceNotFoundException"
    assert ecs.refused("UpdateService", cluster="x", service="s").code == "ClusterNotFoundException"
    assert ecs.refused("DeleteService", cluster="c", service="s").code == "InvalidParameterException"
    many = [f"s{number}" for number in range(11)]
    assert ecs.refused("DescribeServices", cluster="c", services=many).code == "InvalidParameterException"
    both = {"minimumHealthyPercent": 100, "maximumPercent": 100}
    wrong = ecs.refused("UpdateService", cluster="c", service="s", deploymentConfiguration=both)
    assert wrong.code == "InvalidParameterException"
    again = ecs.refused("CreateService", cluster="c", serviceName="s", taskDefinition=good, desiredCount=1)
    assert again.message == "Creation of service was not idempotent."
    found = ecs.call("DescribeServices", cluster="c", services=["s", "nope"])
    assert found["failures"] == [{"arn": ecs.engine.arn("service/c/nope"), "reason": "MISSING"}]


def test_a_deleted_service_drains_and_is_inactive(ecs: Simulation) -> None:
    ecs.create()
    assert ecs.call("DeleteService", cluster="c", service="s", force=True)["service"]["status"] == "DRAINING"
    ecs.run(5)
    assert ecs.service()["status"] == "INACTIVE"
    assert ecs.call("ListServices", cluster="c")["serviceArns"] == []
    assert ecs.refused("UpdateService", cluster="c", service="s").code == "ServiceNotActiveException"


@pytest.mark.parametrize("controller", ["CODE_DEPLOY", "EXTERNAL"])
def test_other_controllers_refuse_updates_of_the_definition(ecs: Simulation, controller: str) -> None:
    ecs.create(deploymentController={"type": controller})
    assert ecs.service()["deployments"] == []
    error = ecs.refused("UpdateService", cluster="c", service="s", taskDefinition=ecs.define("app:2"))
    assert error.code == "InvalidParameterException"
    assert f"with a {controller} deployment controller" in error.message
    assert ecs.update(desiredCount=3)["desiredCount"] == 3


def test_listing_tasks_by_filters(ecs: Simulation) -> None:
    ecs.create(desired=2)
    deployment = ecs.primary()["id"]
    assert len(ecs.call("ListTasks", cluster="c", startedBy=deployment)["taskArns"]) == 2
    assert len(ecs.call("ListTasks", cluster="c", family="f")["taskArns"]) == 2
    assert ecs.call("ListTasks", cluster="c", family="g")["taskArns"] == []
    assert len(ecs.call("ListTasks", cluster="c", maxResults=1)["taskArns"]) == 1
    both = ecs.refused("ListTasks", cluster="c", startedBy=deployment, serviceName="s")
    assert both.code == "InvalidParameterException"
    assert ecs.refused("ListTasks", cluster="c", serviceName="nope").code == "ServiceNotFoundException"


def test_a_task_of_its_own_runs_and_ends(ecs: Simulation) -> None:
    ecs.engine.set_timings(None, {"run": 2.0})
    ecs.define()
    network = {"awsvpcConfiguration": {"subnets": ["subnet-1"]}}
    found = ecs.call("RunTask", cluster="c", taskDefinition="f", launchType="FARGATE", networkConfiguration=network)
    arn = found["tasks"][0]["taskArn"]
    ecs.run(20)
    ended = ecs.call("DescribeTasks", cluster="c", tasks=[arn])["tasks"][0]
    assert (ended["lastStatus"], ended["containers"][0]["exitCode"]) == ("STOPPED", 0)
    ecs.call("DeregisterTaskDefinition", taskDefinition="f:1")
    refused = ecs.refused("RunTask", cluster="c", taskDefinition="f:1", networkConfiguration=network)
    assert refused.code == "InvalidParameterException"
