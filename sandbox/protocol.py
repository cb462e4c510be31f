# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Which service and action a request is for, and errors in that service's protocol."""

from __future__ import annotations

import json
import re
import uuid
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qs

from sandbox.codeartifact.service import action_of, is_registry

SCOPE = re.compile(r"Credential=([^/]+)/\d+/([^/]+)/([^/]+)/aws4_request")
TARGETS = {
    "AmazonEC2ContainerServiceV20141113": "ecs",
    "AmazonEC2ContainerRegistry_V20150921": "ecr",
    "Logs_20140328": "logs",
    "secretsmanager": "secretsmanager",
    "AmazonSSM": "ssm",
    "AnyScaleFrontendService": "application-autoscaling",
}
S3_VERBS = {"GET": "Get", "PUT": "Put", "HEAD": "Head", "DELETE": "Delete", "POST": "Post"}


@dataclass(frozen=True)
class Call:
    """A request, classified: ``action`` is the API's operation name (S3's is made of the verb)."""

    service: str
    action: str
    region: str
    access_key: str
    body: bytes
    json_protocol: bool
    path: str = ""

    def json(self) -> dict[str, Any]:
        """The body of a JSON request, or an empty object."""
        try:
            found = json.loads(self.body or b"{}")
        except ValueError:
            return {}
        return found if isinstance(found, dict) else {}

    def form(self) -> dict[str, str]:
        """The body of a query request."""
        return {key: values[0] for key, values in parse_qs(self.body.decode("utf-8", "replace")).items()}


def classify(environ: dict[str, Any], default_region: str) -> Call:
    """Read the service from the signature's scope or the target header, and the action from either protocol."""
    body: bytes = environ.get("sandbox.body", b"")
    path = environ.get("PATH_INFO", "/")
    match = SCOPE.search(environ.get("HTTP_AUTHORIZATION", ""))
    key, region, service = match.groups() if match else ("", default_region, "")
    if service == "codeartifact" or is_registry(path):
        name = action_of(environ["REQUEST_METHOD"], path)
        return Call("codeartifact", name, region, key, body, True, path)
    target = environ.get("HTTP_X_AMZ_TARGET", "")
    if target:
        prefix, _, action = target.rpartition(".")
        return Call(TARGETS.get(prefix, service or prefix), action, region, key, body, True, environ["PATH_INFO"])
    if service == "s3" or (not body.startswith((b"Action=", b"Version=")) and b"Action=" not in body[:2000]):
        named = path.strip("/")
        kind = "Object" if "/" in named else "Bucket" if named else "Buckets"
        verb = S3_VERBS.get(environ["REQUEST_METHOD"], environ["REQUEST_METHOD"])
        return Call(service or "s3", f"{verb}{kind}", region, key, body, False, environ["PATH_INFO"])
    form = {name: values[0] for name, values in parse_qs(body.decode("utf-8", "replace")).items()}
    return Call(service, form.get("Action", ""), region, key, body, False, environ["PATH_INFO"])


def expired(environ: dict[str, Any], now: float) -> bool:
    """Whether the request's address has expired."""
    query = {name: values[0] for name, values in parse_qs(environ.get("QUERY_STRING", "")).items()}
    try:
        if "X-Amz-Expires" in query:
            signed = datetime.strptime(query["X-Amz-Date"], "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
            return now > signed.timestamp() + float(query["X-Amz-Expires"])
        return "AWSAccessKeyId" in query and now > float(query["Expires"])
    except (KeyError, ValueError):
        return False


def error(call: Call, status: int, code: str, message: str) -> tuple[int, list[tuple[str, str]], bytes]:
    """An error response in the protocol of the call's service."""
    request = str(uuid.uuid4())
    if call.json_protocol:
        content = json.dumps({"__type": code, "message": message}).encode()
        return status, [("Content-Type", "application/x-amz-json-1.1"), ("x-amzn-RequestId", request)], content
    if call.service == "s3":
        text = f"<Error><Code>{code}</Code><Message>{message}</Message><RequestId>{request}</RequestId></Error>"
        return status, [("Content-Type", "application/xml"), ("x-amz-request-id", request)], text.encode()
    if call.service == "registry":
        content = json.dumps({"errors": [{"code": code, "message": message}]}).encode()
        return status, [("Content-Type", "application/json")], content
    kind = "Sender" if status < 500 else "Receiver"
    text = (
        f"<ErrorResponse><Error><Type>{kind}</Type><Code>{code}</Code><Message>{message}</Message></Error>"
        f"<RequestId>{request}</RequestId></ErrorResponse>"
    )
    return status, [("Content-Type", "text/xml"), ("x-amzn-RequestId", request)], text.encode()
