# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The manifests of builds in the state store: created, written at each step by conditional writes, found."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace

from ..common.command import command
from ..common.errors import SlipwayError
from ..state.model import ABSENT, Conflict
from ..state.store import Store, write_next
from .model import Build, build_id, build_key, content_hash, is_build_id, order, parse, serialise, utc

#: Builds of one commit that begin in the same second.
_MOST = 99


class Manifest:
    """One manifest being written. Every write is conditional on the one before, so two writers cannot mix."""

    def __init__(self, store: Store, build: Build, version: str, wait: Callable[[float], None] = time.sleep) -> None:
        self._store = store
        self._version = version
        self._wait = wait
        self.build = build

    @classmethod
    def create(cls, store: Store, build: Build, wait: Callable[[float], None] = time.sleep) -> Manifest:
        """Write a new manifest; its id, its time and a number if the id is taken are set here.

        :param build: its ``id`` and ``created`` are replaced.
        :raises SlipwayError: the store does not answer.
        """
        now = store.now()
        for number in range(1, _MOST + 1):
            commit = build.source.commit or content_hash(build)
            named = replace(build, id=build_id(now, commit, number), created=utc(now))
            try:
                version = store.write(build_key(build.environment, named.id), serialise(named), expect=ABSENT)
            except Conflict:
                continue
            return cls(store, named, version, wait)
        what = f"{_MOST} builds of this commit began in the same second"
        raise SlipwayError(what, f"{store.url}/{build_key(build.environment, named.id)}", "Run this again")

    @classmethod
    def open(cls, store: Store, environment: str, identity: str, where: str = "-e build") -> Manifest:
        """A manifest that exists, to be written again.

        :raises SlipwayError: as :func:`read_build`.
        """
        build, version = _read(store, environment, identity, where)
        return cls(store, build, version)

    def write(self, build: Build) -> None:
        """Write the manifest's next state.

        :raises Conflict: another process wrote it.
        :raises StoreUnreachable: the store does not answer; the state is then not stored.
        """
        if build == self.build:
            return
        key = build_key(build.environment, build.id)
        self._version = write_next(self._store, key, serialise(build), self._version, self._wait)
        self.build = build

    def finish(self, build: Build) -> None:
        """Write the manifest's last state, with the time. ``build.result`` says how it ended."""
        self.write(replace(build, finished=utc(self._store.now())))


def find_build(store: Store, environment: str, identity: str) -> Build | None:
    """The manifest with that id, or ``None``.

    :raises SlipwayError: it is damaged or is another environment's, or the store does not answer.
    """
    found = _find(store, environment, identity)
    return found[0] if found else None


def read_build(store: Store, environment: str, identity: str, where: str = "-e build") -> Build:
    """The manifest with that id.

    :param where: what names the build, for errors.
    :raises SlipwayError: there is none, or it is damaged, or the store does not answer.
    """
    return _read(store, environment, identity, where)[0]


def _read(store: Store, environment: str, identity: str, where: str) -> tuple[Build, str]:
    found = _find(store, environment, identity)
    if found is None:
        raise SlipwayError(f"{environment} has no build {identity[:80]!r}", where, _there_are(store, environment))
    return found


def _find(store: Store, environment: str, identity: str) -> tuple[Build, str] | None:
    """The manifest and its version in the store."""
    key = build_key(environment, identity)
    stored = store.read(key) if is_build_id(identity) else None
    if stored is None:
        return None
    build = parse(stored.body, f"{store.url}/{key}")
    if (build.environment, build.id) != (environment, identity):
        what = f"this is the manifest of build {build.id} of {build.environment}"
        raise SlipwayError(what, f"{store.url}/{key}", "Remove it: a promotion writes the manifest of the next")
    return build, stored.version


def latest_build(store: Store, environment: str, where: str = "-e build") -> Build:
    """The manifest of the newest build, however it ended.

    :raises SlipwayError: there is none, or it is damaged, or the store does not answer.
    """
    names = build_ids(store, environment)
    if not names:
        raise SlipwayError(f"{environment} has no build yet", where, f"Build first: {command('build', environment)}")
    return read_build(store, environment, names[0], where)


def build_ids(store: Store, environment: str) -> list[str]:
    """The ids of an environment's builds, the newest first.

    :raises SlipwayError: the store does not answer.
    """
    prefix, ending = build_key(environment, "").removesuffix(".json"), ".json"
    found: list[str] = []
    after = ""
    while page := store.keys(prefix, after=after):
        after = page[-1]
        found += [key.removeprefix(prefix).removesuffix(ending) for key in page if key.endswith(ending)]
    return sorted(filter(is_build_id, found), key=order, reverse=True)


def _there_are(store: Store, environment: str) -> str:
    # Never one that is spelt alike: ids of one day differ in few digits, and another build is another commit.
    names = build_ids(store, environment)
    if not names:
        return f"Build first: {command('build', environment)}"
    return f"There are {', '.join(names[:5])}"
