# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What the control node has to know of a kind of host to deploy to it."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ...module_utils.build_requirements.model import Needs
from ...module_utils.gates.notes import Notes
from ...module_utils.hosts.model import Release
from ..context import Context


@dataclass(frozen=True)
class Found:
    """The release that hosts should run.

    :ivar notes: the release notes that the environment asks for.
    :ivar needs: what building the release on a host needs.
    """

    release: Release
    notes: Notes | None = None
    needs: Needs | None = None


class HostKind(ABC):
    """A kind of host. ``host`` is any of its hosts: the variables that are asked here are the same on all of them."""

    @abstractmethod
    def find_release(self, context: Context, verb: str, host: str) -> Found | None:
        """The release that the hosts should run.

        :param verb: ``deploy``, ``rollback`` or ``boot``.
        :return: ``None`` when the hosts stay as they are.
        :raises SlipwayError: when there is none, or the environment does not take it.
        """

    def migrates(self, context: Context, host: str, release: Release) -> bool:  # noqa: ARG002 - for those that do
        """Whether the database may lack migrations of the release. Without a database it never does."""
        return False

    def look_from_here(
        self,
        context: Context,  # noqa: ARG002 - for those that do
        host: str,  # noqa: ARG002
        release: Release,  # noqa: ARG002
    ) -> Mapping[str, Any] | None:
        """What is known of the release's migrations when a check may not ask a host; ``None``: nothing."""
        return None
