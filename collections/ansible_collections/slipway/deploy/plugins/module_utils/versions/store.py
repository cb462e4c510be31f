# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""``versions.json`` in the state store: read, and replaced by a conditional write."""

from __future__ import annotations

from dataclasses import dataclass

from ..common.errors import SlipwayError
from ..state.model import ABSENT, Conflict
from ..state.store import Store
from .model import EMPTY, Version, Versions, parse, promoted, serialise, versions_key

# Another component's promotion may come in between, but not this many.
_ATTEMPTS = 5


@dataclass(frozen=True)
class Read:
    """The document as read.

    :ivar held: the store's version of it, ``None`` if there was none.
    """

    document: Versions
    held: str | None


def read_versions(store: Store, environment: str) -> Read:
    """The environment's document; an empty one if nothing was promoted yet.

    :raises SlipwayError: it is damaged or the store does not answer.
    """
    stored = store.read(versions_key(environment))
    if stored is None:
        return Read(EMPTY, None)
    return Read(parse(stored.body, _where(store, environment)), stored.version)


def read_version(store: Store, environment: str, component: str) -> Version | None:
    """The promoted version of a component, a deploy's default, or ``None``.

    :raises SlipwayError: the document is damaged or the store does not answer.
    """
    return read_versions(store, environment).document.of(component)


def write_version(store: Store, environment: str, component: str, version: Version, read: Read) -> bool:
    """Promote a version if the document is unchanged since it was read; return whether anything was written.

    :param read: the result of :func:`read_versions` at the start of this promotion.
    :raises SlipwayError: another promotion came in between; then nothing was written.
    """
    before = read.document.of(component)
    for _attempt in range(_ATTEMPTS):
        document = promoted(read.document, component, version)
        if document is read.document:
            return False
        try:
            expected = ABSENT if read.held is None else read.held
            store.write(versions_key(environment), serialise(document), expect=expected)
            return True
        except Conflict as error:
            read = read_versions(store, environment)
            now = read.document.of(component)
            if now != before and not version.same_as(now):
                raise _lost(now, version, _where(store, environment)) from error
    remedy = "Run this again"
    raise SlipwayError("it is replaced faster than it can be written", _where(store, environment), remedy)


def _lost(now: Version | None, version: Version, where: str) -> SlipwayError:
    what = f"promoted {now.tag} at {now.promoted_at}" if now else "removed it"
    who = now.promoted_by if now else "somebody"
    remedy = f"Nothing was overwritten. If {version.tag} is to be promoted still, run this again"
    return SlipwayError(f"{who} {what}, while {version.tag} was being promoted", where, remedy)


def _where(store: Store, environment: str) -> str:
    return f"{store.url}/{versions_key(environment)}"
