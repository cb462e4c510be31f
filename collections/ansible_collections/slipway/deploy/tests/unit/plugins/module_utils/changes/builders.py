# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Commits out of dictionaries, and poms in a line."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping

from ansible_collections.slipway.deploy.plugins.module_utils.changes.builds import Poms, read_builds
from ansible_collections.slipway.deploy.plugins.module_utils.changes.detect import (
    Choices,
    Detection,
    detect,
)
from ansible_collections.slipway.deploy.plugins.module_utils.changes.model import Change, Entry, Graph, Snapshot
from ansible_collections.slipway.deploy.plugins.module_utils.changes.services import Service

Files = Mapping[str, str]


def pom(
    artifact: str,
    *,
    parent: str | None = "root",
    path: str | None = None,
    version: str = "1.0",
    packaging: str = "jar",
    modules: Iterable[str] = (),
    needs: Iterable[str] = (),
    more: str = "",
) -> str:
    """A pom. ``needs`` are modules, or whole ``<dependency>`` contents."""
    said = "" if path is None else f"<relativePath>{path}</relativePath>"
    above = f"<parent><groupId>x</groupId><artifactId>{parent}</artifactId><version>{version}</version>{said}</parent>"
    wanted = "".join(f"<dependency>{item if '<' in item else dependency(item)}</dependency>" for item in needs)
    listed = "".join(f"<module>{item}</module>" for item in modules)
    return (
        f"<project>{above if parent else f'<groupId>x</groupId><version>{version}</version>'}"
        f"<artifactId>{artifact}</artifactId><packaging>{packaging}</packaging>"
        f"{f'<modules>{listed}</modules>' if listed else ''}"
        f"{f'<dependencies>{wanted}</dependencies>' if wanted else ''}{more}</project>"
    )


def dependency(artifact: str, version: str = "${project.version}", more: str = "", group: str = "x") -> str:
    said = f"<version>{version}</version>" if version else ""
    return f"<groupId>{group}</groupId><artifactId>{artifact}</artifactId>{said}{more}"


def root(modules: Iterable[str], more: str = "") -> str:
    return pom("root", parent=None, packaging="pom", modules=modules, more=more)


def at(files: Files, modes: Mapping[str, str] | None = None) -> tuple[Snapshot, Graph]:
    """A commit."""
    contents = {path: text.encode() for path, text in files.items()}
    entries = {
        path: Entry((modes or {}).get(path, "100644"), hashlib.sha1(content).hexdigest())  # noqa: S324 - as git's
        for path, content in contents.items()
    }
    name = hashlib.sha1(repr(sorted(files.items())).encode()).hexdigest()  # noqa: S324
    return read_builds(name, entries, lambda paths: {path: contents[path] for path in paths}, Poms())


def changes(base: Files, head: Files) -> list[Change]:
    """What differs, as git says it without renames."""
    found = []
    for path in sorted(base.keys() | head.keys()):
        if base.get(path) != head.get(path):
            status = "M" if path in base and path in head else "A" if path in head else "D"
            found.append(Change(status, path if path in base else None, path if path in head else None))
    return found


def detected(base: Files, head: Files, services: Iterable[str | Service], choices: Choices | None = None) -> Detection:
    wanted = [item if isinstance(item, Service) else Service(item, (item,)) for item in services]
    return detect(wanted, at(base), at(head), changes(base, head), choices or Choices(unclaimed="none"))


def chains(
    base: Files, head: Files, services: Iterable[str | Service], choices: Choices | None = None
) -> dict[str, str]:
    """The chain of each service that has to be built."""
    found = detected(base, head, services, choices)
    return {item.service: " → ".join(item.chain) for item in found.decisions if item.build}
