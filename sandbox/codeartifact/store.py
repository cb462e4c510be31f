# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Domains, repositories, packages and their versions, and the rules about what may be published again."""

from __future__ import annotations

import hashlib
import secrets
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

PUBLISHED, UNFINISHED, UNLISTED, ARCHIVED, DISPOSED = "Published", "Unfinished", "Unlisted", "Archived", "Disposed"
HASHES = {"MD5": "md5", "SHA-1": "sha1", "SHA-256": "sha256", "SHA-512": "sha512"}
_STATUS = {
    "ValidationException": 400,
    "Unauthorized": 401,
    "ResourceNotFoundException": 404,
    "ConflictException": 409,
    "UnsupportedOperationException": 501,
}
#: Seconds: AWS's limits for a token.
SHORTEST, LONGEST = 900, 43200
# Format, namespace and name.
Coordinates = tuple[str, str, str]


class CodeArtifactError(Exception):
    """An error of the service.

    :param code: as the API names it; its status is that of the registries too.
    """

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message

    @property
    def status(self) -> int:
        """The HTTP status."""
        return _STATUS[self.code]


@dataclass
class Version:
    """A version of a package.

    :ivar manifest: what npm says of it.
    """

    status: str
    published: float
    assets: dict[str, bytes] = field(default_factory=dict)
    manifest: dict[str, Any] = field(default_factory=dict)
    revision: str = field(default_factory=lambda: secrets.token_urlsafe(32))

    def put(self, name: str, content: bytes) -> None:
        """Add an asset. The same again is accepted, other content is a conflict, whatever the status."""
        if self.status in (ARCHIVED, DISPOSED):
            raise CodeArtifactError("ConflictException", f"The package version is {self.status}.")
        if self.assets.get(name, content) != content:
            raise CodeArtifactError("ConflictException", f"Asset {name} already exists with different content.")
        if name not in self.assets:
            self.assets[name] = content
            self.revision = secrets.token_urlsafe(32)


@dataclass
class Repository:
    """A repository: its packages' versions, and npm's tags."""

    name: str
    description: str
    created: float
    packages: dict[Coordinates, dict[str, Version]] = field(default_factory=dict)
    tags: dict[Coordinates, dict[str, str]] = field(default_factory=dict)

    def version(self, package: Coordinates, name: str) -> Version:
        """One version. Raises CodeArtifactError."""
        found = self.packages.get(package, {}).get(name)
        if found is None:
            raise CodeArtifactError("ResourceNotFoundException", f"Package version {name} does not exist.")
        return found

    def versions(self, package: Coordinates) -> dict[str, Version]:
        """All versions of a package. Raises CodeArtifactError."""
        found = self.packages.get(package)
        if not found:
            raise CodeArtifactError("ResourceNotFoundException", f"Package {package[2]} does not exist.")
        return found

    def begin(self, package: Coordinates, name: str, now: float) -> Version:
        """A version to add assets to: a new one is unfinished."""
        return self.packages.setdefault(package, {}).setdefault(name, Version(UNFINISHED, now))


@dataclass
class Domain:
    """A domain in one region."""

    name: str
    created: float
    repositories: dict[str, Repository] = field(default_factory=dict)


class Account:
    """All domains of the account, by region and name, and the tokens that were given."""

    def __init__(self, account: str, clock: Callable[[], float]) -> None:
        self.account = account
        self.clock = clock
        self.lock = threading.RLock()
        self.domains: dict[tuple[str, str], Domain] = {}
        self._tokens: dict[str, tuple[Domain, float]] = {}

    def clear(self) -> None:
        """Empty everything."""
        with self.lock:
            self.domains.clear()
            self._tokens.clear()

    def domain(self, region: str, name: str, owner: str | None = None) -> Domain:
        """A domain. Raises CodeArtifactError."""
        found = self.domains.get((region, name)) if owner in (None, self.account) else None
        if found is None:
            raise CodeArtifactError("ResourceNotFoundException", f"Domain {name} does not exist.")
        return found

    def repository(self, domain: Domain, name: str) -> Repository:
        """A repository. Raises CodeArtifactError."""
        found = domain.repositories.get(name)
        if found is None:
            raise CodeArtifactError("ResourceNotFoundException", f"Repository {name} does not exist.")
        return found

    def give_token(self, domain: Domain, seconds: int) -> tuple[str, float]:
        """A token for the registries of a domain, and when it expires."""
        token, expires = secrets.token_urlsafe(96), self.clock() + seconds
        self._tokens[token] = (domain, expires)
        return token, expires

    def check_token(self, domain: Domain, token: str) -> None:
        """Raise CodeArtifactError unless the token is the domain's, and has not expired."""
        given = self._tokens.get(token)
        if given is None or given[0] is not domain or given[1] <= self.clock():
            raise CodeArtifactError("Unauthorized", "The authorization token is invalid or has expired.")


def hashes_of(content: bytes) -> dict[str, str]:
    """The hashes that the service shows of an asset."""
    return {name: hashlib.new(kind, content).hexdigest() for name, kind in HASHES.items()}
