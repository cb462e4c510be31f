# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The manifest of a build: what was built from which commit, why, and under which digests. Pure.

One JSON document per build, at ``<environment>/builds/<id>.json`` in the state store. A deploy of a build deploys
exactly its digests. Services and artifacts that the change does not reach are not in it.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from datetime import UTC, datetime
from typing import Any, Final

from ..common.documents import loads
from ..common.errors import SlipwayError
from ..common.shape import TEXT, Each, Value, check_depth, check_shape

SCHEMA: Final = 1

#: What a build ended as. ``running`` is one that has not ended, or was killed.
RESULTS: Final = ("running", "built", "unchanged", "failed")
#: The error of a build that a signal ended.
INTERRUPTED: Final = "it was interrupted"
#: What became of one service or artifact. ``not built`` is one that another one's failure left out.
PART_RESULTS: Final = ("built", "unchanged", "failed", "not built")
ARTIFACT_KINDS: Final = ("backend", "site", "maven", "npm")
VERDICTS: Final = ("pass", "fail", "not audited")

_ID: Final = re.compile(r"(?P<stamp>[0-9]{8}T[0-9]{6}Z)-(?P<commit>[0-9a-f]{7})(?:-(?P<number>[1-9][0-9]{0,3}))?")
_DIGEST: Final = re.compile(r"sha256:[0-9a-f]{64}")
# Of what was promoted, the commit may be unknown.
_COMMIT_OR_NONE: Final = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}|")
_TIME: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z")


@dataclass(frozen=True)
class Gate:
    """What a gate found.

    :ivar verdict: one of :data:`VERDICTS`.
    :ivar count: of what it found, if it counts.
    """

    name: str
    verdict: str
    detail: str | None = None
    count: int | None = None


@dataclass(frozen=True)
class Sbom:
    """The software bill of materials of an image: its format, and the digest under which the registry has it."""

    format: str
    digest: str


@dataclass(frozen=True)
class Source:
    """What was built: the head commit of a branch of a repository."""

    repository: str
    branch: str
    commit: str


@dataclass(frozen=True)
class BuiltService:
    """The image of one service.

    :ivar commit: the commit that was built; empty if it is unknown of what was promoted.
    :ivar reasons: why, each a chain ``changed file → module → service``.
    :ivar result: one of :data:`PART_RESULTS`; ``unchanged``: the registry had this image already.
    :ivar error: the last lines of a build that failed; ``log`` is the file with all of them.
    :ivar image: registry and repository, without tag.
    :ivar digest: the manifest's; set if ``result`` is ``built`` or ``unchanged``.
    """

    commit: str
    reasons: tuple[str, ...]
    result: str
    image: str
    digest: str | None = None
    tags: tuple[str, ...] = ()
    error: str | None = None
    log: str | None = None
    sbom: Sbom | None = None
    gates: tuple[Gate, ...] = ()


@dataclass(frozen=True)
class BuiltArtifact:
    """A file or a package that was published.

    :ivar kind: one of :data:`ARTIFACT_KINDS`.
    :ivar version: the version of the package; of a site that hosts check out, the tag of the commit.
    :ivar location: ``s3://bucket/key`` or ``codeartifact:…``; none for a site that hosts check out.
    :ivar digest: of the published file, or of the image of a site's backend; none if only the commit counts.
    """

    kind: str
    commit: str
    result: str
    version: str | None = None
    location: str | None = None
    digest: str | None = None
    error: str | None = None
    reasons: tuple[str, ...] = ()
    gates: tuple[Gate, ...] = ()


@dataclass(frozen=True)
class Promoted:
    """Where the digests of a promoted build come from: an environment, and its record that says they run there."""

    environment: str
    record: str


@dataclass(frozen=True)
class Build:
    """The manifest.

    :ivar source: empty texts for a promotion of what several builds built.
    :ivar created: the store's time in UTC, ISO 8601; ``finished`` likewise, ``None`` while the build runs.
    :ivar result: one of :data:`RESULTS`.
    :ivar error: what ended it as a whole, such as a signal; what failed alone is in the parts.
    :ivar services: by their names in the inventory.
    :ivar artifacts: by kind of host or name of package.
    :ivar gates: those of the build as a whole.
    :ivar promoted_from: set if nothing was built: the digests run in another environment.
    """

    id: str
    environment: str
    created: str
    source: Source
    finished: str | None = None
    result: str = "running"
    error: str | None = None
    services: Mapping[str, BuiltService] = field(default_factory=dict)
    artifacts: Mapping[str, BuiltArtifact] = field(default_factory=dict)
    gates: tuple[Gate, ...] = ()
    promoted_from: Promoted | None = None

    @property
    def usable(self) -> bool:
        """Whether it ended well, so that it can be deployed."""
        return self.result in ("built", "unchanged")


def build_key(environment: str, identity: str) -> str:
    """The key of a manifest in the state store."""
    return f"{environment}/builds/{identity}.json"


def build_id(now: float, commit: str, number: int = 1) -> str:
    """A build's id: the store's time in UTC, so that ids sort by time, and the commit.

    :param commit: of a promotion, any hash of what it promotes.
    :param number: from 2 on for one whose id is taken.
    """
    stamp = datetime.fromtimestamp(now, tz=UTC).strftime("%Y%m%dT%H%M%SZ")
    return f"{stamp}-{commit[:7]}{f'-{number}' if number > 1 else ''}"


def content_hash(build: Build) -> str:
    """A hash of what a build would deploy: equal for equal digests."""
    parts = [(name, item.image, item.digest) for name, item in sorted(build.services.items())]
    files = [(name, item.version, item.location, item.digest) for name, item in sorted(build.artifacts.items())]
    return hashlib.sha256(json.dumps([parts, files]).encode()).hexdigest()


def is_build_id(text: str) -> bool:
    """Whether a text can be a build's id."""
    return _ID.fullmatch(text) is not None


def order(identity: str) -> tuple[str, int, str]:
    """The place of an id among others, the oldest first."""
    match = _ID.fullmatch(identity)
    if match is None:
        return "", 0, identity
    return match["stamp"], int(match["number"] or 1), identity


def utc(now: float) -> str:
    """A time in epoch seconds as the manifest writes it."""
    return datetime.fromtimestamp(now, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def document(build: Build) -> dict[str, Any]:
    """The manifest as JSON has it."""
    plain = asdict(build)
    head = {"schema": SCHEMA, **{name: plain.pop(name) for name in ("id", "environment", "created", "finished")}}
    for kind in ("services", "artifacts"):
        plain[kind] = dict(sorted(plain[kind].items()))
    return {**head, "result": plain.pop("result"), **plain}


def serialise(build: Build) -> bytes:
    """The manifest's text."""
    return (json.dumps(document(build), indent=1, ensure_ascii=False) + "\n").encode()


def _one_of(*words: str) -> Value:
    return Value(f"one of {', '.join(words)}", lambda value: value in words)


def _matching(what: str, pattern: re.Pattern[str]) -> Value:
    return Value(what, lambda value: isinstance(value, str) and pattern.fullmatch(value) is not None)


def _is_time(value: Any) -> bool:
    if not isinstance(value, str) or _TIME.fullmatch(value) is None:
        return False
    try:
        datetime.fromisoformat(value)
    except ValueError:
        return False
    return True


_A_COMMIT: Final = _matching("a commit's full hash", _COMMIT_OR_NONE)
_A_DIGEST: Final = _matching("a digest (sha256: and 64 hexadecimal digits)", _DIGEST)
_A_TIME: Final = Value("a time in UTC (2026-11-30T19:15:00Z)", _is_time)
_A_COUNT: Final = Value("a whole number", lambda value: isinstance(value, int) and not isinstance(value, bool))
_GATE: Final[dict[str, Any]] = {"name": TEXT, "verdict": _one_of(*VERDICTS), "detail?": TEXT, "count?": _A_COUNT}
_PART: Final[dict[str, Any]] = {
    "commit": _A_COMMIT,
    "result": _one_of(*PART_RESULTS),
    "reasons?": [TEXT],
    "digest?": _A_DIGEST,
    "error?": TEXT,
    "gates?": [_GATE],
}
_SERVICE: Final[dict[str, Any]] = {
    **_PART,
    "image": TEXT,
    "tags?": [TEXT],
    "log?": TEXT,
    "sbom?": {"format": TEXT, "digest": _A_DIGEST},
}
_ARTIFACT: Final[dict[str, Any]] = {
    **_PART,
    "kind": _one_of(*ARTIFACT_KINDS),
    "version?": TEXT,
    "location?": TEXT,
}
_BUILD: Final[dict[str, Any]] = {
    "id": _matching("a build's id", _ID),
    "environment": TEXT,
    "created": _A_TIME,
    "finished?": _A_TIME,
    "result": _one_of(*RESULTS),
    "error?": TEXT,
    "source": {"repository": TEXT, "branch": TEXT, "commit": _A_COMMIT},
    "services": Each(_SERVICE),
    "artifacts": Each(_ARTIFACT),
    "gates?": [_GATE],
    "promoted_from?": {"environment": TEXT, "record": TEXT},
}


def parse(body: bytes, where: str) -> Build:
    """Read a manifest back.

    :param where: its location, for errors.
    :raises SlipwayError: it is not a manifest, or has an unknown schema.
    """
    try:
        raw = loads(body)
    except ValueError as error:
        raise _damaged(f"it is not valid JSON ({error})", where) from error
    if not isinstance(raw, dict):
        raise _damaged("it is not a JSON object", where)
    schema = raw.get("schema")
    if schema != SCHEMA or isinstance(schema, bool):
        remedy = "Use the version of Slipway that wrote it"
        raise SlipwayError(f"this is not a build's manifest of schema {SCHEMA} but {schema!r}", where, remedy)
    try:
        check_depth(raw)
        check_shape(raw, _BUILD)
        _check_results(raw)
    except ValueError as error:
        raise _damaged(str(error), where) from error
    return _build(raw)


def _check_results(raw: Mapping[str, Any]) -> None:
    if (raw["result"] == "running") != (raw.get("finished") is None):
        raise ValueError(f"its result is {raw['result']}, but finished is {raw.get('finished')!r}")
    parts = [raw["source"], *raw["services"].values(), *raw["artifacts"].values()]
    if raw.get("promoted_from") is None and not all(part["commit"] for part in parts):
        raise ValueError("a commit is empty, but nothing was promoted")
    for name, service in raw["services"].items():
        if service["result"] in ("built", "unchanged") and service.get("digest") is None:
            raise ValueError(f"services.{name} is {service['result']} and has no digest")


def _build(raw: Mapping[str, Any]) -> Build:
    origin = raw.get("promoted_from")
    return Build(
        **_texts(raw, Build, ("id", "environment", "created", "finished", "result", "error")),
        source=Source(**_texts(raw["source"], Source)),
        services={name: _service(item) for name, item in raw["services"].items()},
        artifacts={name: _artifact(item) for name, item in raw["artifacts"].items()},
        gates=_gates(raw),
        promoted_from=Promoted(**_texts(origin, Promoted)) if origin else None,
    )


def _service(raw: Mapping[str, Any]) -> BuiltService:
    sbom = raw.get("sbom")
    return BuiltService(
        **_texts(raw, BuiltService, ("commit", "result", "image", "digest", "error", "log")),
        reasons=tuple(raw.get("reasons") or ()),
        tags=tuple(raw.get("tags") or ()),
        sbom=Sbom(**_texts(sbom, Sbom)) if sbom else None,
        gates=_gates(raw),
    )


def _artifact(raw: Mapping[str, Any]) -> BuiltArtifact:
    names = ("kind", "commit", "result", "version", "location", "digest", "error")
    return BuiltArtifact(
        **_texts(raw, BuiltArtifact, names), reasons=tuple(raw.get("reasons") or ()), gates=_gates(raw)
    )


def _gates(raw: Mapping[str, Any]) -> tuple[Gate, ...]:
    return tuple(Gate(**_texts(item, Gate)) for item in raw.get("gates") or ())


def _texts(raw: Mapping[str, Any], kind: type, names: tuple[str, ...] = ()) -> dict[str, Any]:
    """The fields of a class as the document has them; all fields by default."""
    return {name: raw.get(name) for name in names or tuple(item.name for item in fields(kind))}


def _damaged(why: str, where: str) -> SlipwayError:
    return SlipwayError(f"the build's manifest is damaged: {why}", where, "Build again, or restore it in the store")
