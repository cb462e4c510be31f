# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""An answer of AWS's that is cut short is asked for again and then named, for every call that Slipway makes."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import botocore.session
import pytest
from botocore import xform_name

from ansible_collections.slipway.deploy.plugins import module_utils
from ansible_collections.slipway.deploy.plugins.module_utils.aws import complete
from ansible_collections.slipway.deploy.plugins.module_utils.aws.answers import REQUIRED, missing
from ansible_collections.slipway.deploy.plugins.module_utils.aws.errors import IncompleteAnswer
from ansible_collections.slipway.deploy.plugins.module_utils.common.errors import SlipwayError

from .calls import CALLS, DEFINITION, SERVICE, Call
from .wire import Wire, shortened

#: Calls whose answers hold nothing.
EMPTY_ANSWERS = {"DeregisterTargets", "RegisterTargets"}
WRONG = re.compile(r"should not happen|does not exist|[Pp]ush|has no version\b|there is no|MISSING")


#: Those of a build.
TAGS = ("c", "develop", "v1")
#: Making clients takes longer than all else.
WIRE = Wire({})


@pytest.fixture(autouse=True)
def no_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(complete, "PAUSES", (0.0, 0.0, 0.0))


@pytest.mark.parametrize("call", CALLS, ids=lambda call: call.name)
def test_a_whole_answer_is_taken_at_once(call: Call) -> None:
    call.make(WIRE.clients(call.answers))
    assert WIRE.asked
    assert set(WIRE.asked) <= set(call.answers)
    assert len(WIRE.asked) <= len(call.answers) + 1


@pytest.mark.parametrize("call", CALLS, ids=lambda call: call.name)
def test_an_answer_cut_short_is_never_misread(call: Call) -> None:
    for operation, answer in call.answers.items():
        for how, cut in shortened(answer):
            error = _error_of(call, {**call.answers, operation: cut})
            assert not WRONG.search(str(error)), (how, str(error))
            if isinstance(error, IncompleteAnswer):
                assert f"{error.service}:{operation}" in str(error), how
                assert not error.lost or WIRE.asked.count(operation) > len(complete.PAUSES), how


def _error_of(call: Call, answers: dict[str, Any]) -> SlipwayError | None:
    """What a call ends in; nothing but an answer or an error for a person is let pass."""
    try:
        call.make(WIRE.clients(answers))
    except SlipwayError as error:
        return error
    return None


@pytest.mark.parametrize("call", CALLS, ids=lambda call: call.name)
def test_an_answer_that_is_whole_the_second_time_is_taken(call: Call) -> None:
    expected = call.make(WIRE.clients(call.answers))
    clients = WIRE.clients(call.answers)
    WIRE.once.update({operation: _half(answer) for operation, answer in call.answers.items()})
    assert call.make(clients) == expected


def _half(answer: Any) -> Any:
    return next((cut for how, cut in shortened(answer) if how == "the half"), None)


@pytest.mark.parametrize(
    ("operation", "answer", "says"),
    [
        ("DescribeServices", {"services": [], "failures": []}, "services[] (or failures[]) for a"),
        ("DescribeServices", {"failures": []}, "services"),
        (
            "DescribeServices",
            {"services": [{**SERVICE, "deployments": []}]},
            "services[].deployments[] with status PRIMARY for a",
        ),
        (
            "DescribeServices",
            {"services": [{name: value for name, value in SERVICE.items() if name != "runningCount"}]},
            "services[0].runningCount",
        ),
        ("DescribeServices", {"services": [None], "failures": []}, "services[0].serviceName"),
    ],
)
def test_the_call_and_the_field_are_named(operation: str, answer: Any, says: str) -> None:
    call = next(item for item in CALLS if operation in item.answers)
    with pytest.raises(IncompleteAnswer) as caught:
        call.make(WIRE.clients({operation: answer}))
    assert str(caught.value).startswith(
        f"cannot describe services in cluster c: AWS's answer to ecs:{operation} is incomplete: it has no {says}. "
    )


def test_neither_image_nor_failure_is_no_missing_image() -> None:
    call = next(item for item in CALLS if item.name == "image")
    with pytest.raises(IncompleteAnswer, match=r"ecr:BatchGetImage is incomplete: it has no images\[\] or failures"):
        call.make(WIRE.clients({"BatchGetImage": {"images": [], "failures": []}}))
    gone = {"failures": [{"failureCode": "ImageNotFound", "failureReason": "Requested image not found"}]}
    assert call.make(WIRE.clients({"BatchGetImage": gone})).problem == "Requested image not found"


def test_a_tag_of_which_nothing_is_said_is_not_free() -> None:
    call = next(item for item in CALLS if item.name == "tags of a build")
    for name in ("images", "failures"):
        short = {**call.answers["BatchGetImage"], name: []}
        with pytest.raises(IncompleteAnswer, match=r"it has no images\[\] \(or failures\[\]\) for (c|v1)\."):
            call.make(WIRE.clients({**call.answers, "BatchGetImage": short}))
    unknown = {
        "images": [],
        "failures": [{"imageId": {"imageTag": tag}, "failureCode": "ImageNotFound"} for tag in TAGS],
    }
    assert not call.make(WIRE.clients({**call.answers, "BatchGetImage": unknown})).tags
    unknown["failures"][1]["failureCode"] = "KmsError"
    with pytest.raises(SlipwayError, match="app: ECR does not return its images: KmsError"):
        call.make(WIRE.clients({**call.answers, "BatchGetImage": unknown}))


@pytest.mark.parametrize(
    ("service", "operation", "parameters", "answer", "lost"),
    [
        (
            "ecr",
            "BatchCheckLayerAvailability",
            {"layerDigests": ["a", "b"]},
            {"layers": [{"layerDigest": "a", "layerAvailability": "UNAVAILABLE"}]},
            "layers[] (or failures[]) for b",
        ),
        (
            "ecr",
            "BatchCheckLayerAvailability",
            {"layerDigests": ["a"]},
            {"layers": [{"layerDigest": "a", "layerAvailability": "AVAILABLE"}]},
            "layers[].layerSize for a",
        ),
        (
            "ecr",
            "BatchCheckLayerAvailability",
            {"layerDigests": ["a"]},
            {"layers": [], "failures": [{"layerDigest": "a", "failureCode": "MissingLayerDigest"}]},
            "",
        ),
        ("ecr", "DescribeRepositories", {}, {"repositories": []}, ""),
        ("codeartifact", "ListPackageVersionAssets", {}, {"assets": []}, "assets[]"),
        ("codeartifact", "ListPackageVersionAssets", {"nextToken": "2"}, {"assets": []}, ""),
        ("codeartifact", "ListPackageVersionAssets", {}, {"assets": [{"name": "a"}]}, "assets[0].hashes"),
        ("codeartifact", "ListPackageVersions", {}, {}, ""),
        (
            "codeartifact",
            "DeletePackageVersions",
            {"versions": ["1"]},
            {"successfulVersions": {}},
            "successfulVersions (or failedVersions with errorCode) for 1",
        ),
        (
            "codeartifact",
            "DeletePackageVersions",
            {"versions": ["1"]},
            {"failedVersions": {"1": {"errorCode": "NOT_FOUND"}}},
            "",
        ),
    ],
)
def test_what_registries_always_say(
    service: str, operation: str, parameters: dict[str, Any], answer: dict[str, Any], lost: str
) -> None:
    assert missing(service, operation, parameters, answer) == lost


def test_what_is_said_to_be_missing_is_an_answer() -> None:
    call = next(item for item in CALLS if item.name == "services")
    services, failures = call.make(
        WIRE.clients({"DescribeServices": {"services": [], "failures": [{"arn": "x/c/a", "reason": "MISSING"}]}})
    )
    assert (services, failures) == ([], {"a": "MISSING"})


def test_a_secret_that_has_no_value_yet_is_asked_for_once_more() -> None:
    call = next(item for item in CALLS if item.name == "secret")
    assert "VersionIdsToStages" not in call.make(WIRE.clients({"DescribeSecret": {"ARN": "s", "Name": "s"}}))
    assert WIRE.asked == ["DescribeSecret"] * 2


@pytest.mark.parametrize("versions", [{}, {"1": []}, {"1": [""]}])
def test_a_secrets_version_without_a_stage_is_no_answer(versions: dict[str, Any]) -> None:
    call = next(item for item in CALLS if item.name == "secret")
    answer = {"ARN": "s", "Name": "s", "VersionIdsToStages": versions}
    with pytest.raises(IncompleteAnswer, match="secretsmanager:DescribeSecret is incomplete: it has no VersionIdsTo"):
        call.make(WIRE.clients({"DescribeSecret": answer}))


def test_services_of_other_controllers_and_states_have_no_primary() -> None:
    for change in ({"status": "DRAINING"}, {"deploymentController": {"type": "CODE_DEPLOY"}}):
        answer = {"services": [{**SERVICE, **change, "deployments": []}], "failures": []}
        assert missing("ecs", "DescribeServices", {"services": ["a"]}, answer) == ""


def test_null_is_in_no_list_of_aws() -> None:
    body = DEFINITION["taskDefinition"]
    answer = {"taskDefinition": {**body, "requiresCompatibilities": ["EC2", None]}}  # type: ignore[dict-item]
    assert missing("ecs", "DescribeTaskDefinition", {}, answer) == "taskDefinition.requiresCompatibilities[1]"


def test_every_call_is_listed_and_tried() -> None:
    session = botocore.session.get_session()
    known = {
        xform_name(operation): operation
        for service in {service for service, _operation in REQUIRED}
        for operation in session.get_service_model(service).operation_names
    }
    used: set[str] = set()
    for path in Path(module_utils.__path__[0]).parent.rglob("*.py"):
        text = path.read_text(encoding="utf-8")
        if "client" in text or "s3" in text:
            methods = re.findall(r"\.([a-z_0-9]+)\(", text) + re.findall(r'get_paginator\("([a-z_0-9]+)"', text)
            methods += re.findall(r'pages\(\s*clients, "[a-z0-9-]+", "([a-z_0-9]+)"', text)
            used |= {known[name] for name in methods if name in known}
    listed = {operation for _service, operation in REQUIRED}
    assert used - EMPTY_ANSWERS == listed
    assert listed == {operation for call in CALLS for operation in call.answers}
