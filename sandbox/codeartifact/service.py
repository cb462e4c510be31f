# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The door: which requests are CodeArtifact's, and their answers."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Callable
from typing import Any

from sandbox.codeartifact import maven, npm
from sandbox.codeartifact.api import REGISTRIES, Api
from sandbox.codeartifact.requests import operation_of, read_request
from sandbox.codeartifact.store import Account, CodeArtifactError

Response = tuple[int, list[tuple[str, str]], bytes]
_REGISTRY = re.compile(
    rf"{REGISTRIES}(?P<region>[^/]+)/(?P<domain>[^/]+)-(?P<owner>\d{{12}})/(?P<format>maven|npm)/(?P<repository>[^/]+)/"
)
_ACTIONS = {
    ("maven", "PUT"): "PutMavenAsset",
    ("maven", "GET"): "GetMavenAsset",
    ("maven", "HEAD"): "GetMavenAsset",
    ("npm", "PUT"): "PublishNpmPackage",
    ("npm", "GET"): "GetNpmPackage",
}


def is_registry(path: str) -> bool:
    """Whether a path is a registry's: these requests are not signed."""
    return path.startswith(REGISTRIES)


def action_of(method: str, path: str) -> str:
    """The name of a request's action, for faults and the journal."""
    if not is_registry(path):
        return operation_of(method, path)
    found = _REGISTRY.match(path)
    return _ACTIONS.get((found["format"], method), f"{method}Registry") if found else f"{method}Registry"


class CodeArtifact:
    """The service of one account.

    :param endpoint: returns the sandbox's own address.
    """

    def __init__(self, account: str, clock: Callable[[], float], endpoint: Callable[[], str]) -> None:
        self._account = Account(account, clock)
        self._endpoint = endpoint

    def clear(self) -> None:
        """Empty everything."""
        self._account.clear()

    def respond(self, region: str, environ: dict[str, Any]) -> Response:
        """Answer a request."""
        method, path, body = environ["REQUEST_METHOD"], environ["PATH_INFO"], environ["sandbox.body"]
        try:
            if is_registry(path):
                return self._registry(method, path, body, environ.get("HTTP_AUTHORIZATION", ""))
            name = operation_of(method, path)
            api = Api(self._account, region, self._endpoint())
            given = read_request(method, path, environ["QUERY_STRING"], body) if api.knows(name) else {}
            return _json(200, api.respond(name, given))
        except CodeArtifactError as error:
            headers = [("x-amzn-ErrorType", error.code)]
            if error.status == 401:
                headers.append(("WWW-Authenticate", 'Basic realm="CodeArtifact"'))
            status, own, content = _json(error.status, {"message": error.message})
            return status, [*own, *headers], content

    def _registry(self, method: str, path: str, body: bytes, authorization: str) -> Response:
        found = _REGISTRY.match(path)
        if found is None:
            raise CodeArtifactError("ResourceNotFoundException", "There is no such registry.")
        kind, rest = found["format"], path[found.end() :]
        with self._account.lock:
            domain = self._account.domain(found["region"], found["domain"], found["owner"])
            self._account.check_token(domain, _token(authorization))
            repository = self._account.repository(domain, found["repository"])
            if method == "PUT":
                (maven if kind == "maven" else npm).put(repository, rest, body, self._account.clock())
                return _json(200 if kind == "npm" else 201, {})
            if method not in ("GET", "HEAD"):
                raise CodeArtifactError("UnsupportedOperationException", f"The sandbox does not know {method} here.")
            if kind == "maven":
                return 200, [("Content-Type", "application/octet-stream")], maven.get(repository, rest)
            content = npm.get(repository, rest, f"{self._endpoint()}{found[0]}")
            return 200, [("Content-Type", "application/json")], content


def _token(authorization: str) -> str:
    """The token of a request: npm sends it as it is, Maven as the password of the user ``aws``."""
    kind, _space, value = authorization.partition(" ")
    if kind == "Bearer":
        return value
    try:
        user, _colon, password = base64.b64decode(value).decode().partition(":")
    except ValueError:
        return ""
    return password if kind == "Basic" and user == "aws" else ""


def _json(status: int, document: dict[str, Any]) -> Response:
    return status, [("Content-Type", "application/json")], json.dumps(document).encode()
