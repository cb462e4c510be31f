# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The desired and observed state of a group of hosts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True)
class Release:
    """A release of a group of hosts: an artifact pinned by its digest.

    :param group: the group of hosts, ``backend``.
    :param tag: ``backend-v0.2.0``.
    :param digest: ``sha256:`` and 64 hexadecimal digits.
    :param key: the artifact's key in ``bucket``; ``version_id`` if the bucket is versioned.
    :param version: Maven's version, if known.
    :param commit: the tag's commit, if known.
    :param image: its container image, without tag; then ``digest`` is the image's.
    :param chosen: how it was chosen: ``-e backend_release``, ``versions.json``.
    """

    group: str
    tag: str
    digest: str
    bucket: str
    key: str
    branch: str = ""
    version_id: str | None = None
    version: str | None = None
    commit: str | None = None
    chosen: str = ""
    image: str | None = None

    @property
    def id(self) -> str:
        """The release's id on a host: the name of its directory."""
        return f"{self.tag}-{self.digest.partition(':')[2][:12]}"

    def to_record(self) -> dict[str, Any]:
        """The document under ``releases.<group>`` of a record."""
        said = {name: value for name, value in asdict(self).items() if name != "group"}
        if self.image is None:
            del said["image"]
        return {"release": self.id, **said}

    @classmethod
    def from_record(cls, group: str, document: Mapping[str, Any]) -> Release:
        """The inverse of :meth:`to_record`."""
        names = cls.__dataclass_fields__.keys() - {"group"}
        return cls(group=group, **{name: document[name] for name in names if name in document})


@dataclass(frozen=True)
class Runs:
    """What a host's service runs, according to the host's own ledger.

    :param renewed: the configuration from which its own was renewed with later values; see
        ``service_release``.
    """

    release: str
    tag: str = ""
    digest: str | None = None
    schema: str | None = None
    configuration: str | None = None
    links: Mapping[str, str] | None = None
    files: Mapping[str, str] | None = None
    renewed: str | None = None

    @classmethod
    def from_host(
        cls,
        document: Mapping[str, Any] | None,
        links: Mapping[str, str] | None = None,
        files: Mapping[str, str] | None = None,
    ) -> Runs | None:
        """Read ``runs`` (or ``from``) of a service_release result; ``None`` if nothing ever ran.

        :param links: the links that it was started with, by path, if known.
        :param files: the digests of the files that it was started with, such as its unit, likewise.
        """
        if not document or not document.get("release"):
            return None
        return cls(
            release=str(document["release"]),
            tag=str(document.get("tag") or ""),
            digest=document.get("digest"),
            schema=document.get("schema"),
            configuration=document.get("configuration"),
            links=links,
            files=files,
            renewed=document.get("renewed"),
        )

    def to_record(self) -> dict[str, Any]:
        """The ``from`` document of a record's target."""
        optional = ("links", "files", "renewed")
        return {name: value for name, value in asdict(self).items() if name not in optional or value}


@dataclass(frozen=True)
class ObservedHost:
    """One host as observed for the plan.

    :param error: why it could not be observed or is unsuitable, in one line; ``None`` without an error.
    :param runs: what its service runs, or ran last if that was good; ``None`` if nothing ever ran.
    :param active: whether the service's process runs.
    :param unit: the unit's files that would change, or changed since the process was started.
    :param configuration: the names of settings that would change, by what happens to them; ``None`` if unknown.
    :param differs: why the process does not match although the release does, in one line: what it was
        started with differs from what is installed now, or is unknown.
    :param outside: the target group in which it is missing.
    :param sick: why its load balancer finds it unhealthy, in one line.
    """

    name: str
    error: str | None = None
    runs: Runs | None = None
    active: bool = False
    configuration: Mapping[str, tuple[str, ...]] | None = None
    configuration_changes: bool = False
    differs: str = ""
    outside: str | None = None
    sick: str | None = None
    unit: tuple[str, ...] = ()


@dataclass(frozen=True)
class HostChange:
    """One host that changes, and why."""

    name: str
    before: Runs | None
    after: Release
    why: tuple[str, ...]


@dataclass(frozen=True)
class HostPlan:
    """The changes of a group's hosts."""

    release: Release | None
    changes: tuple[HostChange, ...] = ()
    unchanged: tuple[tuple[ObservedHost, str], ...] = ()
    group: str = ""
