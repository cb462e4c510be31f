# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The calls to AWS that the fleet needs: one short function per call, answers as botocore returns them.

Nothing else in ``fleet/`` and ``verify/`` touches a client. Errors are translated; a batch's limit is the API's.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from ..aws.client import Clients, pages
from ..aws.errors import calling, error_code
from ..aws.raw import RAW, keep_raw, unknown_fields
from ..common.errors import SlipwayError
from .lookup import image_config, image_tags, is_emulated, resolve_image
from .taskdef import family_of, revision_of

__all__ = ["image_config", "image_tags", "is_emulated", "resolve_image"]

T = TypeVar("T")

SERVICES_A_CALL = 10
TASKS_A_CALL = 100
REVISIONS_A_CALL = 20
REVISIONS_LISTED = 100
TARGETS_A_CALL = 50
PARAMETERS_A_CALL = 50
INSTANCES_A_CALL = 100


def chunks(items: Sequence[T], size: int) -> Iterator[Sequence[T]]:
    """Consecutive parts of at most ``size`` items."""
    for start in range(0, len(items), size):
        yield items[start : start + size]


def caller_account(clients: Clients) -> str:
    """The account number that the credentials belong to."""
    with calling("ask AWS whose credentials these are"):
        return str(clients("sts").get_caller_identity()["Account"])


def describe_services(clients: Clients, cluster: str, names: Sequence[str]) -> tuple[list[Any], dict[str, str]]:
    """At most ten services with their tags, and ECS's reason for each unknown one (``MISSING``)."""
    with calling(f"describe services in cluster {cluster}"):
        answer = clients("ecs").describe_services(cluster=cluster, services=list(names), include=["TAGS"])
    failures = {
        item.get("arn", "").rpartition("/")[2]: item.get("reason", "MISSING") for item in answer.get("failures") or ()
    }
    return answer["services"], failures


def list_services(clients: Clients, cluster: str) -> list[str]:
    """The ARNs of all services of a cluster."""
    with calling(f"list services in cluster {cluster}"):
        found = pages(clients, "ecs", "list_services", cluster=cluster, maxResults=100)
        return [arn for page in found for arn in page["serviceArns"]]


def describe_cluster(clients: Clients, cluster: str) -> str:
    """A cluster's status (``ACTIVE``), or ``MISSING``."""
    with calling(f"describe cluster {cluster}"):
        answer = clients("ecs").describe_clusters(clusters=[cluster])
    return next((str(item["status"]) for item in answer["clusters"]), "MISSING")


def describe_task_definition(
    clients: Clients, arn: str
) -> tuple[dict[str, Any], list[dict[str, str]], tuple[str, ...]]:
    """A task definition as AWS answered it: raw body, tags, and the paths that the installed botocore does not know."""
    client = clients("ecs")
    keep_raw(client, "DescribeTaskDefinition")
    with calling(f"describe task definition {arn}"):
        raw = client.describe_task_definition(taskDefinition=arn, include=["TAGS"])[RAW]
    body = raw["taskDefinition"]
    return body, list(raw.get("tags") or ()), tuple(unknown_in_definition(clients, body))


def unknown_in_definition(clients: Clients, body: Any) -> list[str]:
    """The paths of a raw task definition that the installed botocore does not know."""
    model = clients("ecs").meta.service_model.operation_model("DescribeTaskDefinition")
    return unknown_fields(body, model.output_shape.members["taskDefinition"])


def is_unknown_definition(error: SlipwayError) -> bool:
    """Whether ECS reported that the task definition does not exist (with a generic code)."""
    return error_code(error) in {"ClientException", "InvalidParameterException"} and "ask definition" in str(error)


def unknown_to_register(clients: Clients, kwargs: Any) -> list[str]:
    """The paths of ``kwargs`` that the installed botocore's RegisterTaskDefinition would not send."""
    model = clients("ecs").meta.service_model.operation_model("RegisterTaskDefinition")
    return unknown_fields(kwargs, model.input_shape)


def list_revisions(clients: Clients, family: str, until: int = 0) -> list[str]:
    """ARNs of a family's ACTIVE revisions, newest first: a page, and more while they are newer than ``until``."""
    arns: list[str] = []
    request: dict[str, Any] = {
        "familyPrefix": family,
        "status": "ACTIVE",
        "sort": "DESC",
        "maxResults": REVISIONS_LISTED,
    }
    with calling(f"list revisions of task definition {family}"):
        while True:
            answer = clients("ecs").list_task_definitions(**request)
            arns += [arn for arn in answer["taskDefinitionArns"] if family_of(arn) == family]
            if not answer.get("nextToken") or (arns and revision_of(arns[-1]) <= until) or until == 0:
                return sorted(arns, key=revision_of, reverse=True)
            request["nextToken"] = answer["nextToken"]


def describe_service_revisions(clients: Clients, arns: Sequence[str]) -> dict[str, Any]:
    """At most twenty service revisions by ARN; those that ECS does not return are absent."""
    with calling("describe service revisions"):
        answer = clients("ecs").describe_service_revisions(serviceRevisionArns=list(arns))
    return {item["serviceRevisionArn"]: item for item in answer.get("serviceRevisions", [])}


def service_revisions_if_allowed(clients: Clients, arns: Sequence[str]) -> dict[str, Any]:
    """:func:`describe_service_revisions`, or nothing if the call is denied or unsupported: tasks have the same data."""
    try:
        return describe_service_revisions(clients, arns)
    except SlipwayError:
        return {}


def describe_running_tasks(clients: Clients, cluster: str, service: str) -> list[Any]:
    """The service's tasks with desired status RUNNING: one page (100), enough to know what runs."""
    with calling(f"describe tasks of {service}"):
        client = clients("ecs")
        arns = client.list_tasks(cluster=cluster, serviceName=service, desiredStatus="RUNNING")["taskArns"]
        if not arns:
            return []
        tasks: list[Any] = client.describe_tasks(cluster=cluster, tasks=arns[:TASKS_A_CALL])["tasks"]
        return tasks


def scalable_targets(clients: Clients, resources: Sequence[str]) -> dict[str, tuple[int, int]]:
    """Minimum and maximum of those resources (``service/cluster/name``, at most 50) whose count is autoscaled."""
    with calling("describe scalable targets"):
        asked = {"ServiceNamespace": "ecs", "ScalableDimension": "ecs:service:DesiredCount"}
        found = pages(
            clients, "application-autoscaling", "describe_scalable_targets", ResourceIds=list(resources), **asked
        )
        items = (item for page in found for item in page["ScalableTargets"])
        return {item["ResourceId"]: (item["MinCapacity"], item["MaxCapacity"]) for item in items}


def scalable_targets_if_allowed(clients: Clients, resources: Sequence[str]) -> dict[str, tuple[int, int]]:
    """:func:`scalable_targets`, or nothing if the call fails: it is only for a note in the plan."""
    try:
        return scalable_targets(clients, resources)
    except SlipwayError:
        return {}


def describe_secret(clients: Clients, secret: str) -> dict[str, Any] | None:
    """A secret's metadata without its value, or ``None`` if it does not exist."""
    with calling(f"describe secret {secret}"):
        try:
            answer: dict[str, Any] = clients("secretsmanager").describe_secret(SecretId=secret)
        except Exception as exc:
            if error_code(exc) == "ResourceNotFoundException":
                return None
            raise
    return answer


def existing_parameters(clients: Clients, names: Sequence[str]) -> set[str]:
    """Those of the SSM parameters (at most 50 names) that exist. Their values are not read."""
    with calling("describe SSM parameters"):
        wanted = [{"Key": "Name", "Option": "Equals", "Values": list(names)}]
        found = pages(clients, "ssm", "describe_parameters", ParameterFilters=wanted)
        return {item["Name"] for page in found for item in page["Parameters"]}


def log_group_exists(clients: Clients, name: str) -> bool:
    """Whether a CloudWatch log group of exactly that name exists in the clients' region."""
    with calling(f"describe log group {name}"):
        found = pages(clients, "logs", "describe_log_groups", logGroupNamePrefix=name)
        return any(item["logGroupName"] == name for page in found for item in page["logGroups"])


def object_exists(clients: Clients, bucket: str, key: str) -> bool:
    """Whether an S3 object exists (an environment file); its content is not read."""
    with calling(f"look for s3://{bucket}/{key}"):
        try:
            clients("s3").head_object(Bucket=bucket, Key=key)
        except Exception as exc:
            if error_code(exc) in {"404", "NoSuchKey", "NoSuchBucket", "NotFound"}:
                return False
            raise
    return True


def container_instances(clients: Clients, cluster: str, expressions: Sequence[str] = ()) -> list[dict[str, Any]]:
    """The ACTIVE container instances of a cluster that match all expressions (of placement constraints)."""
    query = {"filter": " and ".join(f"({item})" for item in expressions)} if expressions else {}
    found: list[dict[str, Any]] = []
    with calling(f"list the container instances of cluster {cluster}"):
        listed = pages(clients, "ecs", "list_container_instances", cluster=cluster, status="ACTIVE", **query)
        arns = [arn for page in listed for arn in page["containerInstanceArns"]]
        for part in chunks(arns, INSTANCES_A_CALL):
            answer = clients("ecs").describe_container_instances(cluster=cluster, containerInstances=list(part))
            found += answer["containerInstances"]
    return found


def file_system_exists(clients: Clients, kind: str, identity: str, access_point: str = "") -> bool:
    """Whether a file system (``efs`` or ``fsx``), and its access point if one is named, exists."""
    asked: dict[str, Any] = {"FileSystemId": identity} if kind == "efs" else {"FileSystemIds": [identity]}
    with calling(f"describe file system {identity}"):
        try:
            client = clients(kind)
            found = bool(client.describe_file_systems(**asked)["FileSystems"])
            if found and access_point:
                points = client.describe_access_points(AccessPointId=access_point)["AccessPoints"]
                found = any(item.get("FileSystemId") == identity for item in points)
        except Exception as exc:
            if error_code(exc) in {"FileSystemNotFound", "AccessPointNotFound"}:
                return False
            raise
    return found


@dataclass(frozen=True)
class Denial:
    """An action on a resource that IAM's simulation does not allow.

    :ivar explicit: whether a policy denies it explicitly.
    :ivar missing: the condition keys whose values the simulation would have needed.
    """

    action: str
    resource: str
    explicit: bool
    missing: tuple[str, ...] = ()

    @property
    def is_sure(self) -> bool:
        """Whether it is certainly denied.

        The simulation only knows given condition values, and no resource policies: that of a
        secret may allow what no policy of the role does.
        """
        return self.explicit or not (self.missing or self.action.startswith("secretsmanager:"))

    def __str__(self) -> str:
        return f"{self.action} on {self.resource}"


def simulate(clients: Clients, role: str, actions: Iterable[str], resources: Iterable[str]) -> list[Denial]:
    """What IAM's simulation of ``role`` does not allow."""
    with calling(f"simulate the policy of {role}"):
        asked = {"ActionNames": list(actions), "ResourceArns": list(resources)}
        found = pages(clients, "iam", "simulate_principal_policy", PolicySourceArn=role, **asked)
        return [denial for page in found for result in page["EvaluationResults"] for denial in _denials(result)]


def _denials(result: Mapping[str, Any]) -> Iterator[Denial]:
    """The denials of one result of the simulation: results per resource take precedence over the overall one."""
    missing = tuple(result.get("MissingContextValues") or ())
    for item in result.get("ResourceSpecificResults") or (result,):
        decision = item.get("EvalResourceDecision") or result["EvalDecision"]
        if decision != "allowed":
            yield Denial(
                result["EvalActionName"],
                item.get("EvalResourceName", "*"),
                decision == "explicitDeny",
                tuple(item.get("MissingContextValues") or missing),
            )


def register(clients: Clients, kwargs: dict[str, Any]) -> str:
    """Register a task definition; return its ARN."""
    with calling(f"register a revision of task definition {kwargs['family']}"):
        return str(clients("ecs").register_task_definition(**kwargs)["taskDefinition"]["taskDefinitionArn"])
