# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""``versions.json``: the promoted version of each component in an environment, and earlier ones. Pure.

Schema ``slipway/versions/1``: a component's entry by its name, and ``history``, the entries that were replaced, the
newest first.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any

from ..common.documents import loads
from ..common.errors import SlipwayError

SCHEMA = "slipway/versions/1"
#: How many replaced entries are kept.
KEPT = 20
#: Keys of a document besides its components.
_RESERVED = frozenset({"schema", "history"})
# Fields that may differ between two promotions of the same version.
_CIRCUMSTANCES = frozenset({"promoted_at", "promoted_by"})


@dataclass(frozen=True)
class Version:
    """The promoted version of a component.

    :ivar tag: ``backend-v0.2.0``.
    :ivar version: Maven's version, ``0.2.0``.
    :ivar digest: of the artifact: ``sha256:`` and 64 hexadecimal digits.
    :ivar branch: the branch that built its artifact.
    :ivar key: the artifact's key in the bucket.
    :ivar commit: the tag's commit in the component's repository.
    :ivar infra_commit: the tag's commit in the infrastructure's.
    :ivar promoted_at: the store's time in UTC, ISO 8601.
    :ivar promoted_by: who did it.
    """

    tag: str
    version: str
    digest: str
    branch: str
    key: str
    commit: str
    infra_commit: str
    promoted_at: str
    promoted_by: str

    def same_as(self, other: Version | None) -> bool:
        """Whether both promote the same version, regardless of who and when."""
        return other is not None and not self.differences(other)

    def differences(self, other: Version) -> dict[str, tuple[str, str]]:
        """The fields in which ``other`` differs: its value and this one's."""
        own, others = asdict(self), asdict(other)
        return {
            name: (others[name], own[name]) for name in own if name not in _CIRCUMSTANCES and own[name] != others[name]
        }


@dataclass(frozen=True)
class Versions:
    """The document."""

    components: Mapping[str, Version]
    history: tuple[Mapping[str, str], ...] = ()

    def of(self, component: str) -> Version | None:
        """The promoted version of a component, or ``None``."""
        return self.components.get(component)


EMPTY = Versions({})


def versions_key(environment: str) -> str:
    """The key of the document in the state store."""
    return f"{environment}/versions.json"


def promoted(document: Versions, component: str, version: Version) -> Versions:
    """The document after a promotion; the same one if this is promoted already."""
    previous = document.of(component)
    if version.same_as(previous):
        return document
    replaced = [{"component": component, **asdict(previous)}] if previous else []
    return Versions({**document.components, component: version}, (*replaced, *document.history)[:KEPT])


def serialise(document: Versions) -> bytes:
    """The document's text."""
    body: dict[str, Any] = {"schema": SCHEMA}
    body.update({name: asdict(version) for name, version in sorted(document.components.items())})
    body["history"] = [dict(entry) for entry in document.history]
    return (json.dumps(body, indent=1, ensure_ascii=False) + "\n").encode()


def parse(body: bytes, where: str) -> Versions:
    """Read the document back.

    :param where: its location, for errors.
    :raises SlipwayError: it is not such a document, or has an unknown schema.
    """
    try:
        raw = loads(body)
    except (ValueError, RecursionError) as error:
        raise _damaged(f"it is not valid JSON ({error})", where) from error
    if not isinstance(raw, dict):
        raise _damaged("it is not a JSON object", where)
    if raw.get("schema") != SCHEMA:
        remedy = "Use the version of Slipway that wrote it"
        raise SlipwayError(f"this is not a {SCHEMA} document but {raw.get('schema')!r}", where, remedy)
    history = raw.get("history", [])
    if not isinstance(history, list) or not all(isinstance(entry, dict) for entry in history):
        raise _damaged("its history is not a list of entries", where)
    components = {name: _version(name, entry, where) for name, entry in raw.items() if name not in _RESERVED}
    return Versions(components, tuple(history))


def _version(name: str, entry: Any, where: str) -> Version:
    names = [field.name for field in fields(Version)]
    if not isinstance(entry, dict):
        raise _damaged(f"{name} is not a JSON object", where)
    wrong = [field for field in names if not isinstance(entry.get(field), str)]
    if wrong:
        raise _damaged(f"{name} has no text {', '.join(wrong)}", where)
    return Version(**{field: entry[field] for field in names})


def _damaged(why: str, where: str) -> SlipwayError:
    return SlipwayError(
        f"the versions are damaged: {why}",
        where,
        "Restore it from the store's versions, or move it away and promote again",
    )
