# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The promotion of what runs in one environment to the next: the same digests, as a build of the next. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from .model import Build, BuiltArtifact, BuiltService, Promoted, Source, content_hash

_NOT_BUILT = Source("", "", "")


@dataclass(frozen=True)
class Part:
    """One service, or the release of one kind of host, that is promoted.

    :ivar kind: the kind of host; empty for a service.
    :ivar digest: of the image or file; ``commit:<hash>`` for a release that hosts check out.
    :ivar runs: what a person calls it: its tag.
    :ivar source: where it is, ``target`` where the next environment expects it: a repository of images, or a file.
    :ivar before: the digest that runs in the next environment, empty if nothing does; ``before_runs`` its tag.
    :ivar present: whether the next environment has it already, so that nothing is copied.
    :ivar record: the record that says that it runs.
    :ivar tags: what the image is called in the next environment's registry.
    :ivar notes: what a person should know about it, one line each.
    :ivar built: what the manifest of its build says of a service, if there is one.
    :ivar artifact: the entry of the new manifest for a kind of host; ``entry`` its name, if not ``name``.
    """

    name: str
    digest: str
    runs: str
    source: str
    target: str
    before: str = ""
    before_runs: str = ""
    present: bool = False
    record: str = ""
    kind: str = ""
    tags: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    built: BuiltService | None = None
    artifact: BuiltArtifact | None = None
    entry: str = ""

    @property
    def changes(self) -> bool:
        """Whether the next environment runs another one."""
        return self.digest != self.before


@dataclass(frozen=True)
class Promotion:
    """What is promoted, from one environment to the next.

    :ivar parts: services in inventory order, then kinds of host.
    :ivar left_out: why services or hosts are not promoted, one line each.
    """

    source: str
    target: str
    parts: tuple[Part, ...] = ()
    left_out: tuple[str, ...] = ()

    @property
    def changes(self) -> tuple[Part, ...]:
        """The parts that the next environment does not run."""
        return tuple(part for part in self.parts if part.changes)

    @property
    def copies(self) -> tuple[Part, ...]:
        """The parts that have to be copied."""
        return tuple(part for part in self.parts if not part.present)

    def diff(self) -> dict[str, str]:
        """Ansible's diff: what runs in the next environment, before and after a deploy of the promotion."""
        return {
            "before_header": f"{self.target} runs",
            "after_header": f"{self.source} runs",
            "before": "".join(f"{part.name}  {part.before or '-'}\n" for part in self.parts),
            "after": "".join(f"{part.name}  {part.digest}\n" for part in self.parts),
        }


def build_of(promotion: Promotion) -> Build:
    """The manifest of a promotion, before it is written."""
    record = max((part.record for part in promotion.parts), default="")
    return Build(
        id="",
        environment=promotion.target,
        created="",
        source=_NOT_BUILT,
        services={part.name: _service(part, promotion.source) for part in promotion.parts if not part.kind},
        artifacts={part.entry or part.name: part.artifact for part in promotion.parts if part.artifact is not None},
        promoted_from=Promoted(promotion.source, record),
    )


def same_as(build: Build, other: Build) -> bool:
    """Whether a manifest already promotes the same digests from the same environment."""
    origins = [item.promoted_from.environment if item.promoted_from else None for item in (build, other)]
    return origins[0] is not None and origins[0] == origins[1] and content_hash(build) == content_hash(other)


def reason_of(source: str, record: str) -> str:
    """The reason of a promoted part."""
    return f"runs in {source} (release {record})"


def _service(part: Part, source: str) -> BuiltService:
    built = part.built
    return BuiltService(
        commit=built.commit if built else "",
        reasons=(reason_of(source, part.record), *(built.reasons if built else ())),
        result="built",
        image=part.target,
        digest=part.digest,
        tags=part.tags,
        sbom=built.sbom if built else None,
        gates=built.gates if built else (),
    )


def built_before(builds: Sequence[Build]) -> dict[tuple[str, str], BuiltService]:
    """What builds say of images: service and digest → its entry, of the newest build that has it.

    :param builds: newest first.
    """
    found: dict[tuple[str, str], BuiltService] = {}
    for build in builds:
        for name, item in build.services.items():
            if item.digest:
                found.setdefault((name, item.digest), item)
    return found


def with_gates(part: Part, builds: Sequence[Build]) -> Part:
    """The part of a kind of host with the name and the gates that its build gave it.

    :param builds: newest first.
    """
    if part.artifact is None:
        return part
    wanted = (part.artifact.kind, part.artifact.commit, part.artifact.digest)
    for build in builds:
        for name, item in build.artifacts.items():
            if (item.kind, item.commit, item.digest) == wanted:
                reasons = (*part.artifact.reasons, *item.reasons)
                return replace(part, entry=name, artifact=replace(part.artifact, gates=item.gates, reasons=reasons))
    return part
