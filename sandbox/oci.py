# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""ECR's registry protocol, ``/v2/…``: its login and its rules, in front of a real registry.

What is pushed is known to ECR's API and to ECS, and images that the sandbox made itself can be pulled.
https://docs.aws.amazon.com/AmazonECR/latest/userguide/registry_auth.html, and the distribution specification.
"""

from __future__ import annotations

import base64
import binascii
import json
import re
from typing import Any, NamedTuple

from sandbox.distribution import Answer, Distribution
from sandbox.ecr import Ecr, EcrError, described
from sandbox.images import INDEXES, digest_of
from sandbox.protocol import Call

Response = tuple[int, list[tuple[str, str]], bytes]
_PATH = re.compile(r"/v2/(?P<name>[a-z0-9._/-]+)/(?P<kind>manifests|blobs|referrers|tags)/(?P<rest>.*)")
_CODES = {
    "RepositoryNotFoundException": (404, "NAME_UNKNOWN"),
    "ImageTagAlreadyExistsException": (400, "TAG_INVALID"),
    "ReferencedImagesNotFoundException": (404, "MANIFEST_BLOB_UNKNOWN"),
}
_PASSED = ("content-type", "accept", "range", "content-range")
_KINDS = {"manifests": "Manifest", "blobs": "Blob", "referrers": "Referrers", "tags": "Tags"}
_VERBS = {"GET": "Get", "HEAD": "Head", "PUT": "Put", "POST": "Post", "PATCH": "Patch", "DELETE": "Delete"}


class _Request(NamedTuple):
    method: str
    path: str
    query: str
    headers: dict[str, str]
    body: bytes
    host: str


def call_of(environ: dict[str, Any], region: str) -> Call:
    """The request as the journal and the faults see it: of the service ``registry``, as ``PutManifest``."""
    match = _PATH.fullmatch(environ["PATH_INFO"])
    kind = _KINDS[match["kind"]] if match else "Version"
    action = f"{_VERBS.get(environ['REQUEST_METHOD'], '')}{kind}"
    return Call("registry", action, region, "", environ["sandbox.body"], False, environ["PATH_INFO"])


class Oci:
    """The protocol in front of one region's ECR."""

    def __init__(self, ecr: Ecr, distribution: Distribution) -> None:
        self._ecr = ecr
        self._distribution = distribution
        ecr.pushed = self._pushed

    def respond(self, environ: dict[str, Any]) -> Response:
        """Answer a request."""
        given = {"content-type": "CONTENT_TYPE"}
        headers = {name: environ.get(given.get(name) or f"HTTP_{name.upper().replace('-', '_')}") for name in _PASSED}
        request = _Request(
            environ["REQUEST_METHOD"],
            environ["PATH_INFO"],
            environ["QUERY_STRING"],
            {name: value for name, value in headers.items() if value},
            environ["sandbox.body"],
            environ.get("HTTP_HOST", ""),
        )
        end = self._ecr.tokens.get(_password(environ.get("HTTP_AUTHORIZATION", "")))
        if end is not None and end <= self._ecr.clock():
            return _error(403, "DENIED", "Your authorization token has expired. Reauthenticate and try again.")
        if end is None:
            challenge = f'Basic realm="https://{request.host}/",service="ecr.amazonaws.com"'
            return 401, [("WWW-Authenticate", challenge), ("Content-Type", "text/plain")], b"Not Authorized\n"
        if request.path == "/v2/":
            return 200, [("Docker-Distribution-Api-Version", "registry/2.0")], b""
        match = _PATH.fullmatch(request.path)
        if match is None:
            return _error(404, "UNSUPPORTED", "The operation is unsupported.")
        try:
            return self._answer(request, match["name"], match["kind"], match["rest"])
        except EcrError as error:
            return _error(*_CODES.get(error.code, (400, error.code)), error.message)

    def _answer(self, request: _Request, name: str, kind: str, rest: str) -> Response:
        self._ecr.check_repository(name)
        if kind == "tags":
            tags = sorted(tag for one in self._ecr.registry.repository(name).values() for tag in one.tags)
            return _json({"name": name, "tags": tags})
        if kind == "referrers":
            found = [described(one) for one in self._ecr.registry.referrers(name, rest)]
            return _json({"schemaVersion": 2, "mediaType": INDEXES[1], "manifests": found}, INDEXES[1])
        if kind == "blobs":
            return self._blob(request, name, rest)
        if request.method == "PUT":
            return self._put_manifest(request, name, rest)
        if request.method in ("GET", "HEAD"):
            return self._manifest(request, name, rest)
        return _error(405, "UNSUPPORTED", "The operation is unsupported.")

    def _forward(self, request: _Request) -> Answer:
        path = f"{request.path}?{request.query}" if request.query else request.path
        return self._distribution.ask(request.method, path, request.headers, request.body)

    def _manifest(self, request: _Request, name: str, reference: str) -> Response:
        key = "imageDigest" if reference.startswith("sha256:") else "imageTag"
        found = self._ecr.registry.find(name, {key: reference})
        if found is None:
            return _error(404, "MANIFEST_UNKNOWN", "Requested image not found")
        headers = [("Content-Type", found.media_type), ("Docker-Content-Digest", found.digest)]
        content = found.manifest.encode()
        return 200, [*headers, ("Content-Length", str(len(content)))], b"" if request.method == "HEAD" else content

    def _put_manifest(self, request: _Request, name: str, reference: str) -> Response:
        tag = "" if reference.startswith("sha256:") else reference
        with self._ecr.registry.lock:
            if tag:
                self._ecr.check_tag(name, tag, digest_of(request.body))
            answer = self._forward(request)
            if answer.status != 201:
                return answer.status, answer.headers, answer.body
            media_type = request.headers.get("content-type", "")
            image = self._ecr.registry.put(name, request.body.decode(), media_type, tag or None, self._ecr.clock())
        more = [("OCI-Subject", image.subject)] if image.subject else []
        return 201, [*answer.headers, *more], b""

    def _pushed(self, name: str, digest: str) -> bytes | None:
        """A blob for ECR's own API: who verifies or copies an image reads it there."""
        if not self._distribution.runs:
            return None
        found = self._distribution.ask("GET", f"/v2/{name}/blobs/{digest}", {}, b"")
        return found.body if found.status == 200 else None

    def _blob(self, request: _Request, name: str, digest: str) -> Response:
        # What ECR's API was given, and what the sandbox made itself.
        held = self._ecr.registry.blobs.get(name, {}).get(digest)
        if held is not None and request.method in ("GET", "HEAD"):
            headers = [("Content-Type", "application/octet-stream"), ("Docker-Content-Digest", digest)]
            return 200, [*headers, ("Content-Length", str(len(held)))], b"" if request.method == "HEAD" else held
        answer = self._forward(request)
        return answer.status, answer.headers, answer.body


def _password(authorization: str) -> str:
    """The password of the one user that ECR knows."""
    kind, _space, text = authorization.partition(" ")
    try:
        user, _colon, password = base64.b64decode(text).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        return ""
    return password if kind.lower() == "basic" and user == "AWS" else ""


def _json(document: Any, kind: str = "application/json") -> Response:
    return 200, [("Content-Type", kind)], json.dumps(document).encode()


def _error(status: int, code: str, message: str) -> Response:
    return (
        status,
        [("Content-Type", "application/json")],
        json.dumps({"errors": [{"code": code, "message": message}]}).encode(),
    )
