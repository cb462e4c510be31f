# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""References to container images: ``registry/repository:tag@digest``.

The grammar is the distribution project's (``reference/regexp.go``): a first component with a dot, a colon or the name
``localhost`` is the registry.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from ..common.errors import SlipwayError

_REPOSITORY = re.compile(r"[a-z0-9]+(?:(?:\.|_{1,2}|-+|/)[a-z0-9]+)*")
_TAG = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}")
_DIGEST = re.compile(r"[a-z0-9]+(?:[.+_-][a-z0-9]+)*:[0-9a-f]{32,}")
_REGISTRY = re.compile(r"(?:[A-Za-z0-9.-]+|\[[0-9a-fA-F:]+\])(?::[0-9]+)?")
# https://docs.aws.amazon.com/general/latest/gr/ecr.html: plain, FIPS and dual-stack names, in each of AWS's partitions.
_ECR = re.compile(
    r"(?P<account>\d{12})\.dkr[.-]ecr(?:-fips)?\.(?P<region>[a-z]{2,5}(?:-[a-z]+)+-\d+)\."
    r"(?:amazonaws\.com(?:\.cn)?|amazonaws\.eu|on\.aws|on\.amazonwebservices\.(?:com\.cn|eu)"
    r"|c2s\.ic\.gov|sc2s\.sgov\.gov|csp\.hci\.ic\.gov|cloud\.adc-e\.uk)"
)
DOCKER_HUB = "docker.io"
#: Names of Docker Hub; an image without a registry is there as well.
_DOCKER_HUBS = frozenset({"", DOCKER_HUB, "index.docker.io", "registry-1.docker.io", "registry.hub.docker.com"})


@dataclass(frozen=True)
class ImageRef:
    """A parsed reference. ``registry``, ``tag`` and ``digest`` are ``""`` when the reference does not have them."""

    repository: str
    registry: str = ""
    tag: str = ""
    digest: str = ""

    def __str__(self) -> str:
        return self.name + (f":{self.tag}" if self.tag else "") + (f"@{self.digest}" if self.digest else "")

    @property
    def name(self) -> str:
        """The image's name without its version: ``registry/repository``."""
        return f"{self.registry}/{self.repository}" if self.registry else self.repository

    @property
    def host(self) -> str:
        """The registry's host: Docker Hub's for a name without one."""
        return DOCKER_HUB if self.registry in _DOCKER_HUBS else self.registry.lower()

    @property
    def path(self) -> str:
        """The repository's name in that registry: Docker Hub's own images are in ``library``."""
        hub = self.host == DOCKER_HUB and "/" not in self.repository
        return f"library/{self.repository}" if hub else self.repository

    @property
    def place(self) -> str:
        """One text for all names of the same repository: ``nginx``, ``docker.io/library/nginx``; ECR's other hosts."""
        known = ecr_account(self.host)
        host = f"{known[0]}.ecr.{known[1]}" if known else self.host
        return f"{host}/{self.path}"

    @property
    def version(self) -> str:
        """The digest or else the tag; ``latest`` if it has neither."""
        return self.digest or self.tag or "latest"

    @property
    def pinned(self) -> bool:
        """Whether the reference always means the same image."""
        return bool(self.digest)

    def at(self, digest: str) -> ImageRef:
        """This image pinned to ``digest``, without its tag: a tag next to a digest is not checked."""
        return replace(self, tag="", digest=digest)


def parse_image(text: str) -> ImageRef:
    """The parts of an image reference.

    :raises SlipwayError: the text is not an image reference.
    """
    rest, at, digest = text.strip().partition("@")
    head, slash, tail = rest.partition("/")
    registry = ""
    if slash and ("." in head or ":" in head or head == "localhost"):
        registry, rest = head, tail
    repository, colon, tag = rest.partition(":")
    good = (
        _REPOSITORY.fullmatch(repository)
        and (not registry or _REGISTRY.fullmatch(registry))
        and bool(colon) == bool(tag)
        and (not tag or _TAG.fullmatch(tag))
        and bool(at) == bool(digest)
        and (not digest or _DIGEST.fullmatch(digest))
    )
    if not good:
        raise SlipwayError(
            f"{text!r} is not an image reference", remedy="Write registry/repository:tag or …@sha256:digest"
        )
    return ImageRef(repository, registry, tag, digest)


def is_digest(text: str) -> bool:
    """Whether the text is a digest (``sha256:…``) and not a tag."""
    return bool(_DIGEST.fullmatch(text))


def is_tag(text: str) -> bool:
    """Whether the text can be an image's tag."""
    return bool(_TAG.fullmatch(text))


def ecr_account(registry: str) -> tuple[str, str] | None:
    """The account and region of an ECR registry's host name, or ``None`` when it is another registry."""
    match = _ECR.fullmatch(registry)
    return (match["account"], match["region"]) if match else None


def short_digest(digest: str) -> str:
    """A digest for display: the first four hexadecimal digits (``sha256:77be``)."""
    algorithm, _colon, value = digest.partition(":")
    return f"{algorithm}:{value[:4]}" if value else digest
