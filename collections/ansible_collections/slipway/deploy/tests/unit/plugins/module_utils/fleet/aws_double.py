# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""AWS at the level of HTTP: real botocore clients, whose requests are answered from a table in memory.

botocore validates and serialises each request and parses each answer, so a test that goes through here also proves
that the calls are well-formed. Every call is counted.
"""

from __future__ import annotations

import io
import json
import threading
from collections import Counter
from typing import Any, ClassVar
from urllib.parse import parse_qsl

import botocore.session
from botocore.awsrequest import AWSResponse
from botocore.compat import HTTPHeaders

REGISTRY = "962496666337.dkr.ecr.eu-west-1.amazonaws.com"
ARN = "arn:aws:ecs:eu-west-1:962496666337:task-definition/"
CLUSTER = "sdt-dev-cluster"


class Refusal(Exception):
    """An error that the service answers with."""

    def __init__(self, code: str, message: str = "", status: int = 400) -> None:
        super().__init__(code)
        self.code, self.message, self.status = code, message, status


class _Body(io.BytesIO):
    def stream(self, **_: Any) -> Any:
        yield self.read()


class AwsDouble:
    """State in dictionaries of AWS's own raw shapes; ``refuse`` maps an operation to the error it answers."""

    _current: ClassVar[AwsDouble]
    _clients: ClassVar[dict[str, Any]] = {}
    _lock: ClassVar[threading.Lock] = threading.Lock()
    _session: ClassVar[Any] = botocore.session.Session(session_vars={"profile": (None, None, None, None)})

    def __init__(self) -> None:
        self.services: dict[str, dict[str, Any]] = {}
        self.definitions: dict[str, dict[str, Any]] = {}
        self.tags: dict[str, list[dict[str, str]]] = {}
        self.images: dict[str, dict[str, Any]] = {}
        self.revisions: dict[str, dict[str, Any]] = {}
        self.tasks: dict[str, list[dict[str, Any]]] = {}
        self.scalable: list[dict[str, Any]] = []
        self.secrets: dict[str, dict[str, Any]] = {}
        self.parameters: set[str] = set()
        self.log_groups: set[str] = set()
        self.objects: set[str] = set()
        self.denied: set[tuple[str, str]] = set()
        self.decision = "implicitDeny"
        self.missing_context: tuple[str, ...] = ()
        self.by_resource = False
        self.account = "962496666337"
        self.cluster_status = "ACTIVE"
        self.refuse: dict[str, Refusal] = {}
        self.calls: list[tuple[str, dict[str, Any]]] = []
        AwsDouble._current = self

    def __call__(self, service: str) -> Any:
        """The client of a service: shared by all doubles (making one is slow), answered by the newest."""
        with self._lock:
            if service not in self._clients:
                client = self._session.create_client(
                    service, region_name="eu-west-1", aws_access_key_id="sandbox", aws_secret_access_key="sandbox"
                )
                client.meta.events.register("before-send.*.*", self._answer)
                client.meta.events.register("before-parameter-build.*.*", self._count)
                self._clients[service] = client
        return self._clients[service]

    @staticmethod
    def _answer(**event: Any) -> AWSResponse:
        return AwsDouble._current._send(**event)

    @staticmethod
    def _count(**event: Any) -> None:
        AwsDouble._current._record(**event)

    @property
    def counts(self) -> Counter[str]:
        """How often each operation was called."""
        return Counter(name for name, _params in self.calls)

    def _record(self, params: dict[str, Any], model: Any, **_event: Any) -> None:
        self.calls.append((model.name, dict(params)))

    def _send(self, request: Any, event_name: str, **_event: Any) -> AWSResponse:
        operation = event_name.rpartition(".")[2]
        body = request.body.decode() if isinstance(request.body, bytes) else request.body or ""
        xml = "xml" not in request.headers.get("Content-Type", b"").decode() and not body.startswith("{")
        params = dict(parse_qsl(body)) if xml else json.loads(body)
        if operation == "HeadObject":
            return self._response(request, 200 if request.url.partition(".com/")[2] in self.objects else 404, b"")
        try:
            if operation in self.refuse:
                raise self.refuse[operation]
            answer = getattr(self, f"_{operation}")(params)
        except Refusal as refusal:
            return self._response(request, refusal.status, self._error(refusal, xml))
        content = answer.encode() if xml else json.dumps(answer).encode()
        return self._response(request, 200, content)

    @staticmethod
    def _error(refusal: Refusal, xml: bool) -> bytes:
        if xml:
            return (
                f"<ErrorResponse><Error><Code>{refusal.code}</Code><Message>{refusal.message}</Message></Error>"
                "</ErrorResponse>"
            ).encode()
        return json.dumps({"__type": refusal.code, "message": refusal.message}).encode()

    @staticmethod
    def _response(request: Any, status: int, content: bytes) -> AWSResponse:
        return AWSResponse(request.url, status, HTTPHeaders(), _Body(content))

    # One method an operation, named like it.

    def _GetCallerIdentity(self, _params: dict[str, Any]) -> str:  # noqa: N802
        result = f"<GetCallerIdentityResult><Account>{self.account}</Account></GetCallerIdentityResult>"
        return f"<GetCallerIdentityResponse>{result}</GetCallerIdentityResponse>"

    def _SimulatePrincipalPolicy(self, params: dict[str, Any]) -> str:  # noqa: N802
        def listed(prefix: str) -> list[str]:
            return [value for key, value in params.items() if key.startswith(prefix)]

        keys = "".join(f"<member>{key}</member>" for key in self.missing_context)
        missing = f"<MissingContextValues>{keys}</MissingContextValues>"

        def decided(action: str, resource: str) -> str:
            return self.decision if (action, resource) in self.denied else "allowed"

        def named(action: str, resource: str, decision: str, more: str) -> str:
            return (
                f"<member><EvalActionName>{action}</EvalActionName><EvalResourceName>{resource}</EvalResourceName>"
                f"<EvalDecision>{decision}</EvalDecision>{more}</member>"
            )

        def specific(action: str) -> str:
            return "".join(
                f"<member><EvalResourceName>{resource}</EvalResourceName>"
                f"<EvalResourceDecision>{decided(action, resource)}</EvalResourceDecision>{missing}</member>"
                for resource in listed("ResourceArns")
            )

        results = [
            named(action, resource, decided(action, resource), missing)
            for action in listed("ActionNames")
            for resource in listed("ResourceArns")
        ]
        if self.by_resource:
            results = [
                named(
                    action,
                    "*",
                    "implicitDeny",
                    f"<ResourceSpecificResults>{specific(action)}</ResourceSpecificResults>",
                )
                for action in listed("ActionNames")
            ]
        members = "".join(results)
        result = f"<EvaluationResults>{members}</EvaluationResults><IsTruncated>false</IsTruncated>"
        return (
            f"<SimulatePrincipalPolicyResponse><SimulatePrincipalPolicyResult>{result}"
            "</SimulatePrincipalPolicyResult></SimulatePrincipalPolicyResponse>"
        )

    def _DescribeClusters(self, params: dict[str, Any]) -> Any:  # noqa: N802
        clusters = [{"clusterName": name, "status": self.cluster_status} for name in params["clusters"]]
        return {"clusters": clusters if self.cluster_status else [], "failures": []}

    def _DescribeServices(self, params: dict[str, Any]) -> Any:  # noqa: N802
        assert len(params["services"]) <= 10
        known = [self.services[name] for name in params["services"] if name in self.services]
        prefix = f"arn:aws:ecs:eu-west-1:962496666337:service/{params['cluster']}/"
        missing = [name for name in params["services"] if name not in self.services]
        return {"services": known, "failures": [{"arn": prefix + name, "reason": "MISSING"} for name in missing]}

    def _DescribeTaskDefinition(self, params: dict[str, Any]) -> Any:  # noqa: N802
        arn = params["taskDefinition"]
        if arn not in self.definitions:
            raise Refusal("ClientException", "Unable to describe task definition.")
        return {"taskDefinition": self.definitions[arn], "tags": self.tags.get(arn, [])}

    def _ListTaskDefinitions(self, params: dict[str, Any]) -> Any:  # noqa: N802
        arns = [
            arn
            for arn, body in self.definitions.items()
            if body["family"] == params["familyPrefix"] and body["status"] == params["status"]
        ]
        arns.sort(key=lambda arn: int(arn.rpartition(":")[2]), reverse=params["sort"] == "DESC")
        start = int(params.get("nextToken", 0))
        end = start + params["maxResults"]
        token = {"nextToken": str(end)} if end < len(arns) else {}
        return {"taskDefinitionArns": arns[start:end], **token}

    def _RegisterTaskDefinition(self, params: dict[str, Any]) -> Any:  # noqa: N802
        tags = params.pop("tags", [])
        numbers = [body["revision"] for body in self.definitions.values() if body["family"] == params["family"]]
        revision = max(numbers, default=0) + 1
        arn = f"{ARN}{params['family']}:{revision}"
        self.definitions[arn] = {**params, "taskDefinitionArn": arn, "revision": revision, "status": "ACTIVE"}
        self.tags[arn] = tags
        return {"taskDefinition": self.definitions[arn], "tags": tags}

    def _DescribeServiceRevisions(self, params: dict[str, Any]) -> Any:  # noqa: N802
        found = [self.revisions[arn] for arn in params["serviceRevisionArns"] if arn in self.revisions]
        return {"serviceRevisions": found, "failures": []}

    def _ListTasks(self, params: dict[str, Any]) -> Any:  # noqa: N802
        return {"taskArns": [task["taskArn"] for task in self.tasks.get(params["serviceName"], [])]}

    def _DescribeTasks(self, params: dict[str, Any]) -> Any:  # noqa: N802
        tasks = [task for tasks in self.tasks.values() for task in tasks]
        return {"tasks": [task for task in tasks if task["taskArn"] in params["tasks"]], "failures": []}

    def _BatchGetImage(self, params: dict[str, Any]) -> Any:  # noqa: N802
        wanted = params["imageIds"][0]
        key = f"{params['repositoryName']}:{wanted.get('imageTag') or wanted['imageDigest']}"
        if key in self.images:
            return {"images": [self.images[key]], "failures": []}
        failure = {"failureCode": "ImageNotFound", "failureReason": "Requested image not found", "imageId": wanted}
        return {"images": [], "failures": [failure]}

    def _GetDownloadUrlForLayer(self, params: dict[str, Any]) -> Any:  # noqa: N802
        return {"downloadUrl": self.images["blob-url"]["url"], "layerDigest": params["layerDigest"]}

    def _DescribeScalableTargets(self, params: dict[str, Any]) -> Any:  # noqa: N802
        return {"ScalableTargets": [item for item in self.scalable if item["ResourceId"] in params["ResourceIds"]]}

    def _DescribeSecret(self, params: dict[str, Any]) -> Any:  # noqa: N802
        if params["SecretId"] not in self.secrets:
            raise Refusal("ResourceNotFoundException")
        return self.secrets[params["SecretId"]]

    def _DescribeParameters(self, params: dict[str, Any]) -> Any:  # noqa: N802
        values = params["ParameterFilters"][0]["Values"]
        return {"Parameters": [{"Name": name} for name in values if name in self.parameters]}

    def _DescribeLogGroups(self, params: dict[str, Any]) -> Any:  # noqa: N802
        found = [name for name in sorted(self.log_groups) if name.startswith(params["logGroupNamePrefix"])]
        return {"logGroups": [{"logGroupName": name} for name in found]}

    def _GetLogEvents(self, params: dict[str, Any]) -> Any:  # noqa: N802
        return {"events": [{"timestamp": 0, "message": f"said in {params['logStreamName']}"}]}

    # What tests put into it.

    def add_definition(self, arn: str, tags: dict[str, str] | None = None, status: str = "ACTIVE", **body: Any) -> str:
        """Put a task definition of one container ``app`` under that ARN (or ``family:revision``)."""
        arn = arn if arn.startswith("arn:") else ARN + arn
        family, _colon, revision = arn.rpartition("/")[2].partition(":")
        container = {"name": "app", "image": "nginx", "essential": True, "cpu": 0, **body.pop("container", {})}
        self.definitions[arn] = {
            "taskDefinitionArn": arn,
            "family": family,
            "revision": int(revision),
            "status": status,
            "containerDefinitions": [container, *body.pop("sidecars", [])],
            "registeredAt": 1795225000.0,
            "registeredBy": "arn:aws:iam::962496666337:role/terraform",
            "requiresAttributes": [],
            "compatibilities": ["EC2", "FARGATE"],
            **body,
        }
        self.tags[arn] = [{"key": key, "value": value} for key, value in (tags or {}).items()]
        return arn

    def add_service(self, name: str, task_definition: str, **fields: Any) -> None:
        """Put a stable service with two tasks."""
        desired = fields.get("desiredCount", 2)
        arn = task_definition if task_definition.startswith("arn:") else ARN + task_definition
        deployment = {
            "id": f"ecs-svc/{name}",
            "status": "PRIMARY",
            "taskDefinition": arn,
            "desiredCount": desired,
            "runningCount": desired,
            "rolloutState": "COMPLETED",
            "createdAt": 1795225000.0,
        }
        self.services[name] = {
            "serviceName": name,
            "serviceArn": f"arn:aws:ecs:eu-west-1:962496666337:service/{CLUSTER}/{name}",
            "status": "ACTIVE",
            "taskDefinition": arn,
            "desiredCount": desired,
            "runningCount": desired,
            "pendingCount": 0,
            "deployments": [{**deployment, **fields.pop("deployment", {})}],
            **fields,
        }

    def add_image(self, repository: str, tag: str, digest: str, platforms: dict[str, str] | None = None) -> None:
        """Put an image under a tag and its digest: a manifest list when ``platforms`` (platform → digest) is given."""
        manifest: dict[str, Any] = {"schemaVersion": 2, "config": {"digest": "sha256:" + "c" * 64}}
        media = "application/vnd.oci.image.manifest.v1+json"
        if platforms:
            media = "application/vnd.oci.image.index.v1+json"
            manifest = {
                "manifests": [
                    {"digest": value, "platform": dict(zip(("os", "architecture"), key.split("/"), strict=True))}
                    for key, value in platforms.items()
                ]
            }
        image = {
            "repositoryName": repository,
            "imageId": {"imageDigest": digest, "imageTag": tag},
            "imageManifest": json.dumps(manifest),
            "imageManifestMediaType": media,
        }
        self.images[f"{repository}:{tag}"] = self.images[f"{repository}:{digest}"] = image
