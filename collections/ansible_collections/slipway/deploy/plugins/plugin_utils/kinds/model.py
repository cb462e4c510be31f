# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The control node's interface to a kind of host."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ...module_utils.build_requirements.model import Needs
from ...module_utils.builds.model import BuiltArtifact
from ...module_utils.builds.promotion import Part
from ...module_utils.bundle.archive import Entry
from ...module_utils.bundle.content import Release as BundledRelease
from ...module_utils.common.errors import SlipwayError
from ...module_utils.gates.notes import Notes
from ...module_utils.git.repository import Repository
from ...module_utils.hosts.model import Release
from ...module_utils.versions.tag import Tag
from ..context import Context


@dataclass(frozen=True)
class Found:
    """The release that hosts should run.

    :ivar notes: the release notes, if the environment requires them.
    :ivar needs: what the build of the release on a host needs.
    """

    release: Release
    notes: Notes | None = None
    needs: Needs | None = None


@dataclass(frozen=True)
class PromotedRelease:
    """The release of another environment's hosts, for a promotion.

    :ivar copy: copies it to where this environment expects it.
    """

    part: Part
    copy: Callable[[], None]


class HostKind(ABC):
    """A kind of host. ``host`` is any of its hosts: the variables that are read here are the same on all of them."""

    @abstractmethod
    def find_release(self, context: Context, verb: str, host: str) -> Found | None:
        """The release that the hosts should run.

        :param verb: ``deploy``, ``rollback`` or ``boot``.
        :return: ``None`` if the hosts stay unchanged.
        :raises SlipwayError: there is none, or the environment does not accept it.
        """

    def built_release(self, context: Context, host: str, built: BuiltArtifact) -> Found:
        """The release of a build's artifact, exactly as it was built.

        :raises SlipwayError: it is not what the build says, or the environment does not accept it.
        """
        raise SlipwayError(f"hosts of {built.kind} take no build", context.group_file(host), "Name a release to deploy")

    def promote(
        self,
        context: Context,
        source: Context,
        host: str,
        release: Mapping[str, Any],  # noqa: ARG002 - for those that do
        tag: str,
    ) -> PromotedRelease:
        """The release that runs in another environment, as this environment would have it.

        :param source: the other environment.
        :param host: one of this environment's hosts.
        :param release: what the other environment's record says of it.
        :param tag: what it is called here; empty if the command line does not say.
        :raises SlipwayError: this environment does not accept it.
        """
        what = f"hosts of {context.kind_of(host)} take no promotion from {source.environment}"
        raise SlipwayError(what, context.group_file(host), f"Name a release to deploy{f': {tag}' if tag else ''}")

    def migrates(self, context: Context, host: str, release: Release) -> bool:  # noqa: ARG002 - for those that do
        """Whether the database may lack migrations of the release. Never without a database."""
        return False

    def predict_migrations(
        self,
        context: Context,  # noqa: ARG002 - for those that do
        host: str,  # noqa: ARG002
        release: Release,  # noqa: ARG002
    ) -> Mapping[str, Any] | None:
        """What is known about the release's migrations if check mode cannot read a host; ``None``: nothing."""
        return None

    def check_promotion(self, tag: Tag, repository: Repository, module: str) -> None:  # noqa: ARG002
        """Whether the sources of a version are what its tag says.

        :param module: the directory of the application in its repository.
        :raises SlipwayError: when they are not, or hosts of this kind take no promoted version.
        """
        raise SlipwayError(f"hosts of {tag.component} take no promoted version", "group", "Name a release to deploy")

    def bundled(
        self,
        context: Context,  # noqa: ARG002
        given: Mapping[str, Any],
        root: Path,  # noqa: ARG002
        cache: Path,  # noqa: ARG002
    ) -> tuple[BundledRelease, Mapping[str, Entry]]:
        """The release of a bundle, and the files that its hosts need of it.

        :param given: the arguments of ``bundle``.
        :param root: the project's directory.
        :param cache: of what was downloaded.
        :raises SlipwayError: when there is no such release, or a part of it cannot be got.
        """
        raise SlipwayError(f"hosts of {given['group']} cannot run a bundle", "group", "Deploy to them from here")
