# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Whether a role may make a request: its identity policies over the resources that each action is checked against.

Requests with the keys of AssumeRole are checked; all others are the account's root. Sessions' own policies, permissions
boundaries and resource policies are not evaluated.
Source: https://docs.aws.amazon.com/service-authorization/latest/reference/ (one page per service).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple
from urllib.parse import parse_qs, unquote

from sandbox import iam
from sandbox.protocol import Call, error

Response = tuple[int, list[tuple[str, str]], bytes]
ANY = "*"
#: Actions that nothing has to allow.
FREE = {("sts", "GetCallerIdentity")}
#: Actions that know no resources: only ``*`` allows them.
UNSCOPED = {
    "ecs": {"DescribeTaskDefinition", "ListTaskDefinitions", "DeregisterTaskDefinition", "ListClusters"},
    "ecr": {"GetAuthorizationToken"},
    "logs": {"DescribeLogGroups"},
    "ssm": {"DescribeParameters"},
    "secretsmanager": {"ListSecrets"},
    "application-autoscaling": {"DescribeScalableTargets"},
    "elasticloadbalancing": {
        *("DescribeTargetHealth", "DescribeLoadBalancers", "DescribeTargetGroups", "DescribeListeners"),
        *("DescribeRules", "DescribeTargetGroupAttributes", "DescribeTags"),
    },
}
S3_ACTIONS = {
    "GetObject": "GetObject",
    "HeadObject": "GetObject",
    "PutObject": "PutObject",
    "DeleteObject": "DeleteObject",
}
HTTP_DENIED = {True: (400, "AccessDeniedException"), False: (403, "AccessDenied")}


class Need(NamedTuple):
    """What a request needs: an action on a resource, with the values of condition keys."""

    action: str
    resource: str
    context: Mapping[str, str] = {}


@dataclass(frozen=True)
class Place:
    """Where a request goes, for its resources' ARNs.

    :ivar secret: the ARN of a secret by its name or ARN.
    """

    account: str
    region: str
    secret: Callable[[str], str] = field(repr=False)

    def arn(self, service: str, rest: str) -> str:
        """An ARN in this account and region; an ARN stays as it is."""
        return rest if rest.startswith("arn:") else f"arn:aws:{service}:{self.region}:{self.account}:{rest}"


class Unknown(Exception):
    """The sandbox does not know which resources an action is checked against."""


def needs(call: Call, query: str, place: Place) -> Iterator[Need]:
    """What a request needs; all of it must be allowed.

    :raises Unknown: the action is not known here.
    """
    if (call.service, call.action) in FREE:
        return
    action = f"{call.service}:{call.action}"
    if call.action in UNSCOPED.get(call.service, ()):
        yield Need(action, ANY)
        return
    found = _SERVICES.get(call.service)
    if found is None:
        raise Unknown(action)
    yield from found(call, query, place, action)


#: ECS's actions by the resources that they are checked against: a kind, and the field that names them.
_OF_SERVICE = ("DescribeServices", "UpdateService", "DeleteService", "ListServiceDeployments")
_OF_DEPLOYMENT = ("DescribeServiceDeployments", "StopServiceDeployment", "DescribeServiceRevisions")
_IN_CLUSTER = {
    "DescribeTasks": ("task", "tasks"),
    "DescribeContainerInstances": ("container-instance", "containerInstances"),
}
_TAGS = ("TagResource", "UntagResource", "ListTagsForResource")


def _ecs(call: Call, _query: str, place: Place, action: str) -> Iterator[Need]:
    body = call.json()
    if call.action in _OF_DEPLOYMENT:
        yield from _deployments(body, action)
    elif call.action == "RegisterTaskDefinition":
        yield from _register(body, place, action)
    elif call.action == "DescribeClusters":
        for value in body.get("clusters") or ["default"]:
            yield Need(action, place.arn("ecs", f"cluster/{str(value).rpartition('/')[2]}"))
    elif call.action in _TAGS:
        yield Need(action, str(body.get("resourceArn")))
    else:
        yield from _clustered(call.action, body, place, action)


def _clustered(name: str, body: Mapping[str, Any], place: Place, action: str) -> Iterator[Need]:
    """Actions that have the condition key ``ecs:cluster``."""
    cluster = str(body.get("cluster") or "default").rpartition("/")[2]
    context = {"ecs:cluster": place.arn("ecs", f"cluster/{cluster}")}
    if name == "ListTasks":
        yield Need(action, place.arn("ecs", f"container-instance/{cluster}/*"), context)
        return
    if name == "ListServices":
        yield Need(action, ANY, context)
        return
    kind, key = ("service", "services") if name in _OF_SERVICE else _IN_CLUSTER.get(name, ("", ""))
    if not kind:
        raise Unknown(action)
    for value in map(str, body.get(key) or [body.get("service")]):
        yield Need(
            action, value if value.startswith("arn:") else place.arn("ecs", f"{kind}/{cluster}/{value}"), context
        )


def _deployments(body: Mapping[str, Any], action: str) -> Iterator[Need]:
    """Deployments and revisions of services: these, and the services."""
    several = body.get("serviceDeploymentArns") or body.get("serviceRevisionArns")
    for value in map(str, several or [body.get("serviceDeploymentArn")]):
        yield Need(action, value)
        # …:service-deployment/cluster/service/id
        head, _slash, rest = value.partition("/")
        yield Need(action, f"{head.rpartition(':')[0]}:service/{rest.rpartition('/')[0]}")


def _register(body: Mapping[str, Any], place: Place, action: str) -> Iterator[Need]:
    family = place.arn("ecs", f"task-definition/{body.get('family')}:*")
    yield Need(action, family)
    if body.get("tags"):
        yield Need("ecs:TagResource", family, {"ecs:CreateAction": "RegisterTaskDefinition"})
    for key in ("executionRoleArn", "taskRoleArn"):
        if body.get(key):
            role = str(body[key])
            arn = role if role.startswith("arn:") else f"arn:aws:iam::{place.account}:role/{role}"
            yield Need("iam:PassRole", arn, {"iam:PassedToService": "ecs-tasks.amazonaws.com"})


def _ecr(call: Call, _query: str, place: Place, action: str) -> Iterator[Need]:
    body = call.json()
    names = body.get("repositoryNames") or [body.get("repositoryName")]
    for name in names:
        yield Need(action, place.arn("ecr", f"repository/{name or ANY}"))


def _s3(call: Call, query: str, _place: Place, _action: str) -> Iterator[Need]:
    bucket, _slash, key = unquote(call.path.strip("/")).partition("/")
    values = {name: found[0] for name, found in parse_qs(query, keep_blank_values=True).items()}
    if key and call.action in S3_ACTIONS and not {"acl", "tagging", "uploads", "uploadId"} & set(values):
        yield Need(f"s3:{S3_ACTIONS[call.action]}", f"arn:aws:s3:::{bucket}/{key}")
    elif bucket and not key and (call.action == "HeadBucket" or "list-type" in values):
        context = {f"s3:{name}": values[name] for name in ("prefix", "delimiter", "max-keys") if name in values}
        yield Need("s3:ListBucket", f"arn:aws:s3:::{bucket}", context)
    else:
        raise Unknown(f"s3:{call.action}?{query}")


def _secrets(call: Call, _query: str, place: Place, action: str) -> Iterator[Need]:
    name = str(call.json().get("SecretId"))
    yield Need(action, place.secret(name))


def _ssm(call: Call, _query: str, place: Place, action: str) -> Iterator[Need]:
    body = call.json()
    for name in body.get("Names") or [body.get("Name") or body.get("Path")]:
        yield Need(action, place.arn("ssm", f"parameter/{str(name).strip('/')}"))


def _logs(call: Call, _query: str, place: Place, action: str) -> Iterator[Need]:
    body = call.json()
    name = str(body.get("logGroupName") or body.get("logGroupIdentifier"))
    stream = str(body.get("logStreamName") or "")
    yield Need(action, place.arn("logs", f"log-group:{name}:log-stream:{stream}"))


def _iam(call: Call, _query: str, _place: Place, action: str) -> Iterator[Need]:
    form = call.form()
    arn = form.get("PolicySourceArn") or form.get("RoleName")
    if not arn:
        raise Unknown(action)
    yield Need(action, arn)


def _sts(call: Call, _query: str, _place: Place, action: str) -> Iterator[Need]:
    yield Need(action, call.form().get("RoleArn", ANY))


_SERVICES: dict[str, Callable[[Call, str, Place, str], Iterator[Need]]] = {
    "ecs": _ecs,
    "ecr": _ecr,
    "s3": _s3,
    "secretsmanager": _secrets,
    "ssm": _ssm,
    "logs": _logs,
    "iam": _iam,
    "sts": _sts,
}


class Authorization:
    """Checks the requests of roles.

    :param backend: moto's back end of a service.
    """

    def __init__(self, account: str, backend: Callable[[str], Any]) -> None:
        self._account = account
        self._backend = backend

    def refuse(self, call: Call, query: str) -> Response | None:
        """The answer to a request that is not allowed, ``None`` if it is. The caller holds moto's lock."""
        session = self._session(call)
        if session is None:
            return None
        policies = iam.policies_of(self._role(session))
        place = Place(self._account, call.region, self._secret)
        try:
            for need in needs(call, query, place):
                verdict = iam.decide(policies, need.action, need.resource, need.context)
                if verdict != "allowed":
                    return self._denied(call, session, need, verdict)
        except Unknown as unknown:
            what = f"The sandbox does not know the resources that {unknown} is checked against"
            return error(call, 501, "NotImplemented", what)
        return None

    def hidden(self, call: Call) -> Response | None:
        """The answer in place of "not found": without s3:ListBucket a missing object is a denied one.

        A GetObject has no prefix, so that a statement with a condition on ``s3:prefix`` does not apply.
        """
        session = self._session(call)
        if session is None or call.service != "s3" or call.action not in ("GetObject", "HeadObject"):
            return None
        bucket = f"arn:aws:s3:::{call.path.strip('/').partition('/')[0]}"
        if iam.decide(iam.policies_of(self._role(session)), "s3:ListBucket", bucket, {}) == "allowed":
            return None
        return self._denied(call, session, Need("s3:ListBucket", bucket), "implicitDeny")

    def _session(self, call: Call) -> Any:
        if not call.access_key.startswith("ASIA"):
            return None
        return self._backend("sts").get_assumed_role_from_access_key(call.access_key)

    def _role(self, session: Any) -> Any:
        roles = self._backend("iam").roles.values()
        return next(role for role in roles if role.arn == session.role_arn)

    def _secret(self, name: str) -> str:
        if name.startswith("arn:"):
            return name
        secrets: Any = self._backend("secretsmanager").secrets
        found = dict.get(secrets, name)
        return str(found.arn) if found is not None else f"arn:aws:secretsmanager:::secret:{name}"

    @staticmethod
    def _denied(call: Call, session: Any, need: Need, verdict: str) -> Response:
        why = (
            "with an explicit deny in an identity-based policy"
            if verdict == "explicitDeny"
            else f"because no identity-based policy allows the {need.action} action"
        )
        message = f"User: {session.arn} is not authorized to perform: {need.action} on resource: {need.resource} {why}"
        return error(call, *HTTP_DENIED[call.json_protocol], message)
