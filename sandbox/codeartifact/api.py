# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The API's operations that the sandbox knows; others are refused."""

from __future__ import annotations

import base64
from collections.abc import Callable, Mapping
from typing import Any

from sandbox.codeartifact.store import (
    ARCHIVED,
    DISPOSED,
    LONGEST,
    PUBLISHED,
    SHORTEST,
    UNLISTED,
    Account,
    CodeArtifactError,
    Coordinates,
    Domain,
    Repository,
    Version,
    hashes_of,
)

#: The path below which the registries are.
REGISTRIES = "/d.codeartifact/"
_FORMATS = ("maven", "npm")
_PAGE = 50
Given = Mapping[str, Any]


class Api:
    """One method for each operation; it gets the members of the request and returns those of the answer."""

    def __init__(self, account: Account, region: str, endpoint: str) -> None:
        self._account = account
        self._region = region
        self._endpoint = endpoint
        self._handlers: dict[str, Callable[[Given], dict[str, Any]]] = {
            "CreateDomain": self.create_domain,
            "DescribeDomain": lambda given: {"domain": self._shown_domain(self._domain(given))},
            "CreateRepository": self.create_repository,
            "DescribeRepository": lambda given: {"repository": self._shown(self._domain(given), self._of(given))},
            "GetAuthorizationToken": self.get_token,
            "GetRepositoryEndpoint": self.get_endpoint,
            "ListPackageVersions": self.list_versions,
            "DescribePackageVersion": self.describe_version,
            "ListPackageVersionAssets": self.list_assets,
            "DeletePackageVersions": self.delete_versions,
            "UpdatePackageVersionsStatus": self.update_status,
        }

    def respond(self, action: str, given: Given) -> dict[str, Any]:
        """The answer of an operation. Raises CodeArtifactError."""
        handler = self._handlers.get(action)
        if handler is None:
            raise CodeArtifactError("UnsupportedOperationException", f"The sandbox does not know {action}.")
        with self._account.lock:
            return handler(given)

    def knows(self, action: str) -> bool:
        """Whether the sandbox has this operation."""
        return action in self._handlers

    def _domain(self, given: Given) -> Domain:
        return self._account.domain(self._region, given["domain"], given.get("domainOwner"))

    def _of(self, given: Given) -> Repository:
        return self._account.repository(self._domain(given), given["repository"])

    def _arn(self, kind: str, name: str) -> str:
        return f"arn:aws:codeartifact:{self._region}:{self._account.account}:{kind}/{name}"

    def create_domain(self, given: Given) -> dict[str, Any]:
        """CreateDomain."""
        key = (self._region, given["domain"])
        if key in self._account.domains:
            raise CodeArtifactError("ConflictException", f"Domain {key[1]} already exists.")
        self._account.domains[key] = Domain(key[1], self._account.clock())
        return {"domain": self._shown_domain(self._account.domains[key])}

    def _shown_domain(self, domain: Domain) -> dict[str, Any]:
        return {
            "name": domain.name,
            "owner": self._account.account,
            "arn": self._arn("domain", domain.name),
            "status": "Active",
            "createdTime": domain.created,
            "repositoryCount": len(domain.repositories),
        }

    def create_repository(self, given: Given) -> dict[str, Any]:
        """CreateRepository; without upstreams."""
        domain, name = self._domain(given), given["repository"]
        if given.get("upstreams"):
            raise CodeArtifactError("UnsupportedOperationException", "The sandbox does not know upstreams.")
        if name in domain.repositories:
            raise CodeArtifactError("ConflictException", f"Repository {name} already exists.")
        domain.repositories[name] = Repository(name, given.get("description", ""), self._account.clock())
        return {"repository": self._shown(domain, domain.repositories[name])}

    def _shown(self, domain: Domain, repository: Repository) -> dict[str, Any]:
        return {
            "name": repository.name,
            "administratorAccount": self._account.account,
            "domainName": domain.name,
            "domainOwner": self._account.account,
            "arn": self._arn("repository", f"{domain.name}/{repository.name}"),
            "description": repository.description,
            "upstreams": [],
            "externalConnections": [],
            "createdTime": repository.created,
        }

    def get_token(self, given: Given) -> dict[str, Any]:
        """GetAuthorizationToken: for 15 minutes to 12 hours, or (0) as long as the caller's own credentials."""
        seconds = given.get("durationSeconds", LONGEST)
        if seconds != 0 and not SHORTEST <= seconds <= LONGEST:
            raise CodeArtifactError("ValidationException", f"durationSeconds must be 0, or {SHORTEST} to {LONGEST}")
        token, expires = self._account.give_token(self._domain(given), seconds or LONGEST)
        return {"authorizationToken": token, "expiration": expires}

    def get_endpoint(self, given: Given) -> dict[str, Any]:
        """GetRepositoryEndpoint: the registries are on the sandbox's own port."""
        domain, repository = self._domain(given), self._of(given)
        if given["format"] not in _FORMATS:
            raise CodeArtifactError("UnsupportedOperationException", "The sandbox knows Maven and npm only.")
        host = f"{self._region}/{domain.name}-{self._account.account}"
        return {"repositoryEndpoint": f"{self._endpoint}{REGISTRIES}{host}/{given['format']}/{repository.name}/"}

    def list_versions(self, given: Given) -> dict[str, Any]:
        """ListPackageVersions."""
        package = _coordinates(given)
        found = [
            {"version": name, "revision": one.revision, "status": one.status, "origin": {"originType": "INTERNAL"}}
            for name, one in sorted(self._of(given).versions(package).items())
            if given.get("status") in (None, one.status)
        ]
        return {**_named(package, "package"), **_page(found, given, "versions")}

    def describe_version(self, given: Given) -> dict[str, Any]:
        """DescribePackageVersion."""
        package, name = _coordinates(given), given["packageVersion"]
        one = self._of(given).version(package, name)
        shown = {
            **_named(package, "packageName"),
            "displayName": package[2],
            "version": name,
            "publishedTime": one.published,
            "revision": one.revision,
            "status": one.status,
            "origin": {"originType": "INTERNAL"},
        }
        return {"packageVersion": shown}

    def list_assets(self, given: Given) -> dict[str, Any]:
        """ListPackageVersionAssets."""
        package, name = _coordinates(given), given["packageVersion"]
        one = self._of(given).version(package, name)
        assets = [
            {"name": asset, "size": len(content), "hashes": hashes_of(content)}
            for asset, content in sorted(one.assets.items())
        ]
        own = {"version": name, "versionRevision": one.revision}
        return {**_named(package, "package"), **own, **_page(assets, given, "assets")}

    def delete_versions(self, given: Given) -> dict[str, Any]:
        """DeletePackageVersions: what is deleted may be published again."""
        package = _coordinates(given)

        def delete(versions: dict[str, Version], name: str) -> str:
            del versions[name]
            return "Deleted"

        return self._each(given, package, delete)

    def update_status(self, given: Given) -> dict[str, Any]:
        """UpdatePackageVersionsStatus."""
        target = given["targetStatus"]
        if target not in (ARCHIVED, PUBLISHED, UNLISTED):
            raise CodeArtifactError("ValidationException", f"targetStatus cannot be {target}")

        def update(versions: dict[str, Version], name: str) -> str:
            versions[name].status = target
            return str(target)

        return self._each(given, _coordinates(given), update)

    def _each(
        self, given: Given, package: Coordinates, change: Callable[[dict[str, Version], str], str]
    ) -> dict[str, Any]:
        versions = self._of(given).versions(package)
        done: dict[str, Any] = {}
        failed: dict[str, Any] = {}
        for name in given["versions"]:
            one = versions.get(name)
            if one is None:
                failed[name] = {"errorCode": "NOT_FOUND", "errorMessage": "The version does not exist."}
            elif given.get("expectedStatus") not in (None, one.status):
                failed[name] = {"errorCode": "MISMATCHED_STATUS", "errorMessage": f"The status is {one.status}."}
            elif given.get("versionRevisions", {}).get(name) not in (None, one.revision):
                failed[name] = {"errorCode": "MISMATCHED_REVISION", "errorMessage": "The revision is another."}
            elif one.status == DISPOSED:
                failed[name] = {"errorCode": "NOT_ALLOWED", "errorMessage": "The version is disposed."}
            else:
                done[name] = {"revision": one.revision, "status": change(versions, name)}
        return {"successfulVersions": done, "failedVersions": failed}


def _coordinates(given: Given) -> Coordinates:
    return given["format"], given.get("namespace", ""), given["package"]


def _named(package: Coordinates, name: str) -> dict[str, str]:
    kind, namespace, own = package
    return {"format": kind, name: own, **({"namespace": namespace} if namespace else {})}


def _page(items: list[dict[str, Any]], given: Given, key: str) -> dict[str, Any]:
    size = given.get("maxResults", _PAGE)
    try:
        start = int(base64.b64decode(given.get("nextToken", "") or base64.b64encode(b"0")))
    except ValueError:
        raise CodeArtifactError("ValidationException", "The next token is invalid.") from None
    answer: dict[str, Any] = {key: items[start : start + size]}
    if start + size < len(items):
        answer["nextToken"] = base64.b64encode(str(start + size).encode()).decode()
    return answer
