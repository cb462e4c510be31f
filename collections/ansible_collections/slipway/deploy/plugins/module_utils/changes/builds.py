# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""All builds of a commit: Maven's, npm's and pnpm's, and the symbolic links between them. Pure."""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace

from ..common.errors import SlipwayError
from .model import SUBMODULE, SYMLINK, Entry, Graph, Snapshot, inside_of, upwards
from .modules import may_be_pom
from .poms import Pom, parse_pom
from .reactor import read_reactor
from .workspaces import first_manifests, manifests, may_be_root, read_workspaces

Load = Callable[[Iterable[str]], Mapping[str, bytes]]


class Poms:
    """Reads poms; of two commits most are the same."""

    def __init__(self) -> None:
        self._known: dict[tuple[str, str], Pom | SlipwayError] = {}

    def read(self, snapshot: Snapshot, path: str) -> Pom:
        """A pom of a commit.

        :raises SlipwayError: when it is none.
        """
        key = (path, snapshot.files[path].blob)
        if key not in self._known:
            try:
                self._known[key] = parse_pom(snapshot.contents[path], path, path)
            except SlipwayError as error:
                self._known[key] = error
        found = self._known[key]
        if isinstance(found, SlipwayError):
            raise SlipwayError(found.what, snapshot.where(path), found.remedy)
        return found


def read_builds(commit: str, files: Mapping[str, Entry], load: Load, poms: Poms) -> tuple[Snapshot, Graph]:
    """A commit's files and its builds.

    :param load: gives the contents of paths.
    :raises SlipwayError: a build tool could not read them either.
    """
    there = [path for path, entry in files.items() if entry.mode != SUBMODULE]
    links = [path for path in there if files[path].mode == SYMLINK]
    wanted = [path for path in there if may_be_pom(path) or may_be_root(path)]
    found = dict(load(dict.fromkeys([*links, *wanted, *first_manifests(files)])))
    targets = {path: found.pop(path) for path in links if path in found}
    snapshot = Snapshot(commit, files, found)
    reactor = read_reactor(snapshot, lambda path: poms.read(snapshot, path))
    homes = {unit.directory for unit in reactor.units.values() if unit.whole and not unit.within}

    def owned(directory: str) -> bool:
        return any(place in homes for place in upwards(directory))

    more = [path for path in manifests(snapshot, owned) if path not in found]
    snapshot = replace(snapshot, contents={**found, **load(more)})
    graph = reactor.joined(read_workspaces(snapshot, owned))
    return snapshot, replace(graph, links=_links(snapshot, targets))


def _links(snapshot: Snapshot, targets: Mapping[str, bytes]) -> dict[str, tuple[str, ...]]:
    """The links to each file or directory: a change behind a link is one of what has the link."""
    found: dict[str, tuple[str, ...]] = {}
    for path, content in targets.items():
        text = content.decode("utf-8", "surrogateescape")
        place = None if text.startswith("/") else inside_of(posixpath.dirname(path), text)
        if place and (place in snapshot.files or place in snapshot.directories):
            found[place] = (*found.get(place, ()), path)
    return found
