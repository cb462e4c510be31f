# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The required fields of the answer to each call. Pure.

botocore's service models name no required field of an answer, and an answer that was cut short on its way (a proxy, an
emulator, an outage) parses well: an empty list of images would read as "there is no image". So every call that Slipway
makes is listed here with the fields that AWS always gives; :mod:`.complete` asks again for an answer without them.

A requirement is a path: ``service.status``; ``services[]`` is a list that must be there, ``images[+]`` one that must
not be empty, ``tags[?]`` one that may be absent; what follows holds for each element. ``a | b``: one of them.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, TypeAlias

Answer: TypeAlias = Mapping[str, Any]
Check: TypeAlias = Callable[[Answer, Answer], str]
"""Given the call's parameters and its answer: the path of what is missing, or ``""``."""

_SEGMENT = re.compile(r"([\w-]+)((?:\[[+?]?\])?)")
_SERVICE = (
    "{}.serviceName",
    "{}.status",
    "{}.desiredCount",
    "{}.runningCount",
    "{}.pendingCount",
    "{}.tags[?].key",
    "{}.deployments[?].id",
    "{}.deployments[?].status",
    "{}.deployments[?].taskDefinition | {}.taskSets[+]",
    "{}.deployments[?].desiredCount",
    "{}.deployments[?].runningCount",
    "{}.deployments[?].createdAt",
)
_TASK_DEFINITION = (
    "taskDefinition.taskDefinitionArn",
    "taskDefinition.family",
    "taskDefinition.revision",
    "taskDefinition.status",
    "taskDefinition.containerDefinitions[+].name",
    "taskDefinition.containerDefinitions[+].image",
    "taskDefinition.containerDefinitions[+].environment[?].name",
    "taskDefinition.containerDefinitions[+].secrets[?].name",
    "taskDefinition.containerDefinitions[+].secrets[?].valueFrom",
    "taskDefinition.volumes[?].name",
    "tags[?].key",
)

REQUIRED: Mapping[tuple[str, str], tuple[str, ...]] = {
    ("ecs", "DescribeServices"): tuple(item.format("services[]", "services[]") for item in _SERVICE),
    ("ecs", "UpdateService"): tuple(item.format("service", "service") for item in _SERVICE),
    ("ecs", "ListServices"): ("serviceArns[]",),
    ("ecs", "DescribeClusters"): ("clusters[?].status", "clusters[?].clusterName"),
    ("ecs", "DescribeTaskDefinition"): _TASK_DEFINITION,
    ("ecs", "RegisterTaskDefinition"): ("taskDefinition.taskDefinitionArn",),
    ("ecs", "ListTaskDefinitions"): ("taskDefinitionArns[]",),
    ("ecs", "DescribeServiceRevisions"): (
        "serviceRevisions[?].serviceRevisionArn",
        "serviceRevisions[?].taskDefinition",
    ),
    ("ecs", "ListServiceDeployments"): (
        "serviceDeployments[].serviceDeploymentArn",
        "serviceDeployments[].status",
        "serviceDeployments[].targetServiceRevisionArn",
    ),
    ("ecs", "StopServiceDeployment"): ("serviceDeploymentArn",),
    ("ecs", "ListTasks"): ("taskArns[]",),
    ("ecs", "DescribeTasks"): (
        "tasks[?].taskArn",
        "tasks[?].lastStatus",
        "tasks[?].taskDefinitionArn",
        "tasks[?].containers[?].name",
    ),
    ("ecs", "ListContainerInstances"): ("containerInstanceArns[]",),
    ("ecs", "DescribeContainerInstances"): ("containerInstances[+].attributes[+].name",),
    ("ecr", "BatchGetImage"): (
        "images[+] | failures[+].failureCode",
        "images[?].imageId.imageDigest",
        "images[?].imageManifest",
        "failures[?].failureCode",
    ),
    ("ecr", "BatchCheckLayerAvailability"): ("layers[?].layerDigest", "layers[?].layerAvailability"),
    ("ecr", "InitiateLayerUpload"): ("uploadId", "partSize"),
    ("ecr", "UploadLayerPart"): ("lastByteReceived",),
    ("ecr", "CompleteLayerUpload"): ("layerDigest",),
    ("ecr", "PutImage"): ("image.imageId.imageDigest",),
    ("ecr", "ListImageReferrers"): ("referrers[].digest",),
    ("ecr", "DescribeRepositories"): (
        "repositories[].repositoryName",
        "repositories[].imageTagMutability",
        "repositories[].imageTagMutabilityExclusionFilters[?].filter",
    ),
    ("ecr", "CreateRepository"): ("repository.repositoryName",),
    ("ecr", "PutImageTagMutability"): ("repositoryName", "imageTagMutability"),
    ("ecr", "GetLifecyclePolicy"): ("lifecyclePolicyText",),
    ("ecr", "PutLifecyclePolicy"): ("repositoryName", "lifecyclePolicyText"),
    ("ecr", "GetAuthorizationToken"): (
        "authorizationData[+].authorizationToken",
        "authorizationData[+].proxyEndpoint",
    ),
    ("ecr", "DescribeImages"): ("imageDetails[+].imageDigest",),
    ("ecr", "GetDownloadUrlForLayer"): ("downloadUrl",),
    ("ecr", "DescribePullThroughCacheRules"): ("pullThroughCacheRules[]",),
    ("codeartifact", "GetAuthorizationToken"): ("authorizationToken",),
    ("codeartifact", "GetRepositoryEndpoint"): ("repositoryEndpoint",),
    ("codeartifact", "DescribePackageVersion"): ("packageVersion.status",),
    ("codeartifact", "ListPackageVersionAssets"): ("assets[?].name", "assets[?].hashes.SHA-256"),
    ("codeartifact", "ListPackageVersions"): ("versions[?].version", "versions[?].status"),
    # What it holds is checked below.
    ("codeartifact", "DeletePackageVersions"): (),
    ("efs", "DescribeFileSystems"): ("FileSystems[+].FileSystemId",),
    ("efs", "DescribeAccessPoints"): ("AccessPoints[+].FileSystemId",),
    ("fsx", "DescribeFileSystems"): ("FileSystems[+].FileSystemId",),
    ("sts", "GetCallerIdentity"): ("Account",),
    ("iam", "SimulatePrincipalPolicy"): (
        "EvaluationResults[+].EvalActionName",
        "EvaluationResults[+].EvalDecision",
        "EvaluationResults[+].ResourceSpecificResults[?].EvalResourceName",
    ),
    ("application-autoscaling", "DescribeScalableTargets"): (
        "ScalableTargets[].ResourceId",
        "ScalableTargets[].MinCapacity",
        "ScalableTargets[].MaxCapacity",
    ),
    ("secretsmanager", "DescribeSecret"): ("ARN", "Name"),
    ("secretsmanager", "GetSecretValue"): ("SecretString | SecretBinary",),
    ("ssm", "DescribeParameters"): ("Parameters[].Name",),
    ("ssm", "GetParametersByPath"): ("Parameters[].Name", "Parameters[].Value", "Parameters[].Type"),
    ("ssm", "GetParameter"): ("Parameter.Value",),
    ("ssm", "PutParameter"): ("Version",),
    ("logs", "DescribeLogGroups"): ("logGroups[].logGroupName",),
    ("logs", "GetLogEvents"): ("events[]",),
    ("s3", "HeadObject"): ("ContentLength", "ETag"),
    ("s3", "GetObject"): ("ETag",),
    ("s3", "PutObject"): ("ETag",),
    ("s3", "ListObjectsV2"): ("KeyCount", "IsTruncated", "Contents[?].Key"),
    ("elbv2", "DescribeTargetHealth"): (
        "TargetHealthDescriptions[].Target.Id",
        "TargetHealthDescriptions[].TargetHealth.State",
    ),
    ("elbv2", "DescribeLoadBalancers"): ("LoadBalancers[+].LoadBalancerArn", "LoadBalancers[+].DNSName"),
    ("elbv2", "DescribeListeners"): ("Listeners[].Protocol", "Listeners[].Port"),
    ("elbv2", "DescribeTargetGroups"): ("TargetGroups[+].TargetGroupArn", "TargetGroups[+].TargetGroupName"),
    ("elbv2", "DescribeTargetGroupAttributes"): ("Attributes[+].Key", "Attributes[+].Value"),
}

#: Fields that AWS rarely omits: if one is missing, the call is repeated once and its answer accepted.
EXPECTED: Mapping[tuple[str, str], tuple[str, ...]] = {
    # A secret without a value has none.
    ("secretsmanager", "DescribeSecret"): ("VersionIdsToStages",),
    # Existence checks: "not found" is an answer, but is worth a second call.
    ("logs", "DescribeLogGroups"): ("logGroups[+]",),
    ("ssm", "DescribeParameters"): ("Parameters[+]",),
    ("ecr", "DescribeRepositories"): ("repositories[+]",),
    # The versions of a package may all have been deleted.
    ("codeartifact", "ListPackageVersions"): ("versions[+]",),
}


def _accounted(parameter: str, found: str, names: Sequence[str], failure: str = "arn") -> Check:
    """Everything requested is in the answer, or listed as missing."""

    def check(parameters: Answer, answer: Answer) -> str:
        known = {str(item.get(name)) for item in answer.get(found) or () for name in names}
        known |= {str(item.get(failure)) for item in answer.get("failures") or ()}
        known |= {name.rpartition("/")[2] for name in known}
        for wanted in parameters.get(parameter) or ():
            if str(wanted).rpartition("/")[2] not in known:
                return f"{found}[] (or failures[]) for {wanted}"
        return ""

    return check


def _primaries(_parameters: Answer, answer: Answer) -> str:
    """An active service of ECS's own controller always has a PRIMARY deployment."""
    services = answer["services"] if "services" in answer else [answer.get("service") or {}]
    for service in services:
        controller = (service.get("deploymentController") or {}).get("type") or "ECS"
        if service.get("status") != "ACTIVE" or controller != "ECS":
            continue
        if not service.get("taskDefinition"):
            return f"services[].taskDefinition for {service.get('serviceName')}"
        if not any(item.get("status") == "PRIMARY" for item in service.get("deployments") or ()):
            return f"services[].deployments[] with status PRIMARY for {service.get('serviceName')}"
    return ""


def _manifests(_parameters: Answer, answer: Answer) -> str:
    for image in answer.get("images") or ():
        try:
            whole = isinstance(json.loads(image["imageManifest"]), dict)
        except (ValueError, RecursionError):
            whole = False
        if not whole:
            return "images[].imageManifest as a whole JSON document"
    return ""


def _each_image(parameters: Answer, answer: Answer) -> str:
    """Each image that was asked for is there, or a failure: a tag of which nothing is said would seem free."""
    wanted = parameters.get("imageIds") or ()
    known = [item.get("imageId") or {} for name in ("images", "failures") for item in answer.get(name) or ()]
    if len(wanted) == 1 and answer.get("failures"):
        return ""
    for one in wanted:
        if not any(one.items() <= item.items() for item in known):
            return f"images[] (or failures[]) for {' '.join(map(str, one.values()))}"
    return ""


def _layer_sizes(_parameters: Answer, answer: Answer) -> str:
    for layer in answer.get("layers") or ():
        if layer["layerAvailability"] == "AVAILABLE" and layer.get("layerSize") is None:
            return f"layers[].layerSize for {layer['layerDigest']}"
    return ""


def _exclusions(_parameters: Answer, answer: Answer) -> str:
    """A rule with exclusions has some."""
    for item in answer["repositories"]:
        excluding = str(item["imageTagMutability"]).endswith("_WITH_EXCLUSION")
        if excluding and not item.get("imageTagMutabilityExclusionFilters"):
            return f"repositories[].imageTagMutabilityExclusionFilters for {item['repositoryName']}"
    return ""


def _first_assets(parameters: Answer, answer: Answer) -> str:
    """A published version, the only kind that is asked about, has files; a last page may be empty."""
    return "" if answer.get("assets") or parameters.get("nextToken") else "assets[]"


def _deleted(parameters: Answer, answer: Answer) -> str:
    """Each version was deleted, or not and why."""
    done, failed = answer.get("successfulVersions") or {}, answer.get("failedVersions") or {}
    for version in parameters.get("versions") or ():
        if not (done.get(version) or (failed.get(version) or {}).get("errorCode")):
            return f"successfulVersions (or failedVersions with errorCode) for {version}"
    return ""


def _stages(_parameters: Answer, answer: Answer) -> str:
    """Only versions with a stage are listed, and a secret with a value has one."""
    versions = answer.get("VersionIdsToStages")
    if versions is None:
        return ""
    whole = versions and all(stages and all(stages) for stages in versions.values())
    return "" if whole else "VersionIdsToStages with the stages of each version"


def _all_keys(_parameters: Answer, answer: Answer) -> str:
    if int(answer["KeyCount"]) > len(answer.get("Contents") or ()) + len(answer.get("CommonPrefixes") or ()):
        return "Contents[]"
    return "NextContinuationToken" if answer["IsTruncated"] and not answer.get("NextContinuationToken") else ""


CHECKS: Mapping[tuple[str, str], tuple[Check, ...]] = {
    ("ecs", "DescribeServices"): (_accounted("services", "services", ("serviceName", "serviceArn")), _primaries),
    ("ecs", "UpdateService"): (_primaries,),
    ("ecs", "DescribeClusters"): (_accounted("clusters", "clusters", ("clusterName", "clusterArn")),),
    ("ecs", "DescribeTasks"): (_accounted("tasks", "tasks", ("taskArn",)),),
    ("ecs", "DescribeServiceRevisions"): (
        _accounted("serviceRevisionArns", "serviceRevisions", ("serviceRevisionArn",)),
    ),
    ("ecr", "BatchGetImage"): (_manifests, _each_image),
    ("ecr", "BatchCheckLayerAvailability"): (
        _accounted("layerDigests", "layers", ("layerDigest",), "layerDigest"),
        _layer_sizes,
    ),
    ("ecr", "DescribeRepositories"): (_exclusions,),
    ("codeartifact", "ListPackageVersionAssets"): (_first_assets,),
    ("codeartifact", "DeletePackageVersions"): (_deleted,),
    ("s3", "ListObjectsV2"): (_all_keys,),
    ("secretsmanager", "DescribeSecret"): (_stages,),
}


def missing(service: str, operation: str, parameters: Answer, answer: Answer, attempt: int = 2) -> str:
    """The path of the first required field that is missing; ``""`` for a complete answer.

    :param attempt: the number of this answer to the same call; the first must also have what AWS nearly always returns.
    """
    key = (service, operation)
    required = REQUIRED.get(key, ())
    for requirement in (*required, *(EXPECTED.get(key, ()) if attempt == 1 else ())):
        if path := _unmet(requirement, answer):
            return path
    if path := next(_nulls(answer, ""), ""):
        return path
    return next((path for check in CHECKS.get(key, ()) if (path := check(parameters, answer))), "")


def _unmet(requirement: str, answer: Answer) -> str:
    paths = [_absent(path.strip().split("."), answer, "") for path in requirement.split("|")]
    return "" if "" in paths else " or ".join(paths)


def _absent(segments: Sequence[str], value: Any, path: str) -> str:
    """The path of an unmet requirement, or ``""``."""
    if not segments:
        return path if value == "" else ""
    ((name, kind),) = _SEGMENT.findall(segments[0])
    here = f"{path}.{name}" if path else name
    found = value.get(name) if isinstance(value, Mapping) else None
    if found is None:
        return "" if kind == "[?]" else here
    if not kind:
        return _absent(segments[1:], found, here)
    if not isinstance(found, list):
        return here
    if not found and kind == "[+]":
        return f"{here}[]"
    return next((lost for i, item in enumerate(found) if (lost := _absent(segments[1:], item, f"{here}[{i}]"))), "")


def _nulls(value: Any, path: str) -> Iterator[str]:
    """The paths of null list elements: AWS never returns one."""
    if isinstance(value, Mapping):
        for name, item in value.items():
            yield from _nulls(item, f"{path}.{name}" if path else str(name))
    elif isinstance(value, list):
        for index, item in enumerate(value):
            if item is None:
                yield f"{path}[{index}]"
            else:
                yield from _nulls(item, f"{path}[{index}]")
