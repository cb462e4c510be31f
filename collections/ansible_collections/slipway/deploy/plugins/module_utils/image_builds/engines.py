# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The command lines of podman, buildah and docker. Pure.

An image is the same for the same commit: times are those of the epoch, nothing of the engine's version is in it, and
it is built in one layer on its base. With a cache of layers, the identifiers of images that only this machine has would
be in its history and its annotations.
Docker takes the times from ``SOURCE_DATE_EPOCH`` (BuildKit; its layers keep the files' own, which are the commit's).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

ENGINES = ("podman", "buildah", "docker")
USER = "AWS"


@dataclass(frozen=True)
class Push:
    """Where images are pushed.

    :ivar host: the registry's address.
    :ivar insecure: by HTTP: a registry on this machine.
    :ivar directory: holds the login: ``auth.json``, for docker ``config.json``.
    """

    host: str
    insecure: bool
    directory: str

    def login_file(self, engine: str) -> str:
        """The file of the login."""
        return f"{self.directory}/{'config' if engine == 'docker' else 'auth'}.json"


def logins(engine: str, push: Push, own: Mapping[str, Any]) -> dict[str, Any]:
    """The file of logins to begin with: the user's own, since base images may be in other registries.

    Our login belongs into this file, not into a credential store or a helper that the user has for the same registry.

    :param own: the user's file.
    """
    said = own.get("credHelpers")
    helpers = {host: name for host, name in said.items() if host != push.host} if isinstance(said, Mapping) else {}
    kept = {"auths": own.get("auths") or {}}
    if engine != "docker":
        return {**kept, "credHelpers": helpers}
    store = {"credsStore": own["credsStore"]} if own.get("credsStore") else {}
    return {**kept, **store, "credHelpers": {**helpers, push.host: ""}}


def login(engine: str, push: Push) -> list[str]:
    """Log in; the password is the standard input."""
    words = ["login", "--username", USER, "--password-stdin"]
    if engine == "docker":
        return [*_docker(push), *words, push.host]
    return [engine, *words, *_access(engine, push), push.host]


@dataclass(frozen=True)
class Image:
    """What is built.

    :ivar dockerfile: its path; ``context`` is the directory that it may read.
    :ivar arguments: for its ``ARG`` instructions.
    :ivar platform: as ``linux/arm64``; empty for this machine's.
    """

    dockerfile: str
    context: str
    labels: Mapping[str, str] = field(default_factory=dict)
    arguments: Mapping[str, str] = field(default_factory=dict)
    platform: str = ""


def build(engine: str, push: Push, image: Image, image_id: str, name: str) -> list[str]:
    """Build an image.

    :param image_id: the file that gets its id.
    :param name: the image's name in the registry.
    """
    labelled = [word for key, value in image.labels.items() for word in ("--label", f"{key}={value}")]
    given = [word for key, value in image.arguments.items() for word in ("--build-arg", f"{key}={value}")]
    platform = ["--platform", image.platform] if image.platform else []
    common = ["--file", image.dockerfile, "--iidfile", image_id, *platform, *labelled, *given]
    context = image.context
    if engine == "docker":
        return [*_docker(push), "build", *common, "--build-arg", "SOURCE_DATE_EPOCH=0", "--tag", name, "--", context]
    exact = ["--format", "oci", "--timestamp", "0", "--identity-label=false", "--layers=false"]
    return [engine, "build", *exact, "--authfile", push.login_file(engine), *common, "--", context]


def upload(engine: str, push: Push, image: str, name: str) -> list[str]:
    """Push an image.

    :param image: its id.
    :param name: the name and tag in the registry.
    """
    if engine == "docker":
        return [*_docker(push), "push", name]
    return [engine, "push", *_access(engine, push), image, f"docker://{name}"]


def save(engine: str, push: Push, image: str, file: str) -> list[str]:
    """Write an image into an archive.

    :param image: its id.
    """
    if engine == "buildah":
        return ["buildah", "push", image, f"docker-archive:{file}"]
    if engine == "docker":
        return [*_docker(push), "save", "--output", file, image]
    return [engine, "save", "--format", "docker-archive", "--output", file, image]


def _docker(push: Push) -> list[str]:
    return ["docker", "--config", push.directory]


def _access(engine: str, push: Push) -> list[str]:
    return ["--authfile", push.login_file(engine), *(["--tls-verify=false"] if push.insecure else [])]
