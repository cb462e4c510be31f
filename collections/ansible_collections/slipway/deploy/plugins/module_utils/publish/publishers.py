# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The publishers of an environment, by the kinds of what they publish."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from .api import Bucket, CodeArtifact
from .jars import Jars
from .maven_build import Login, Maven
from .model import BACKEND, MAVEN, NPM, Target
from .packages import Packages
from .publisher import Commit, Publisher
from .tools import Tool


def make_publishers(
    clients: Callable[[str], Any],
    commit: Commit,
    tool: Tool,
    now: Callable[[], str],
    *,
    bucket: str = "",
    group: str = "",
    target: Target | None = None,
    check: Callable[[str, str], None] = lambda _version, _where: None,
) -> dict[str, Publisher]:
    """The publishers.

    :param clients: makes the client of an AWS service.
    :param now: the time as Maven writes it, ``20261130191059``.
    :param bucket: of the jars; empty if none are published.
    :param group: begins the tags of jars.
    :param target: the repository of the packages; ``None`` if none are published. A build may read from it.
    :param check: refuses a package's version that the branch may not have: the arguments are the version and its file.
    """
    maven = Maven(tool)
    publishers: dict[str, Publisher] = {}
    if target is not None:
        registry, place = CodeArtifact(clients("codeartifact"), target), target
        maven = maven._replace(login=lambda: Login(place, registry.endpoint(MAVEN), registry.token()))
        publishers |= dict.fromkeys((MAVEN, NPM), Packages(registry, maven, tool, now, check))
    if bucket:
        publishers[BACKEND] = Jars(Bucket(clients("s3"), bucket), group, commit, maven)
    return publishers
