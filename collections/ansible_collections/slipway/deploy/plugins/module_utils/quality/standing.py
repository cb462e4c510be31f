# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What the manifest of a build says of the gates that an environment declares. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence

from ..builds.model import Build
from ..builds.model import Gate as Row
from ..gates.quality import Standing
from .rows import Gate


def standings(build: Build, gates: Sequence[Gate], services: Collection[str], strict: bool) -> list[Standing]:
    """The declared gates of what is deployed.

    A promoted build has the gates of its images; those of the builds as a whole were judged where they were built.

    :param services: the services of the build that are deployed.
    :param strict: whether the environment deploys nothing that is not audited.
    """
    return [found for gate in gates for found in _standings(build, gate, services, strict)]


def _standings(build: Build, gate: Gate, services: Collection[str], strict: bool) -> Iterator[Standing]:
    if gate.services:
        about = {
            name: build.services[name].gates for name in gate.services if name in services and name in build.services
        }
    elif gate.artifact:
        about = {gate.artifact: build.artifacts[gate.artifact].gates} if gate.artifact in build.artifacts else {}
    else:
        about = {"": build.gates}
    for name, rows in about.items():
        row = next((one for one in rows if one.name == gate.name), Row(gate.name, "missing"))
        if row.verdict == "missing" and build.promoted_from and not name:
            continue
        blocks = row.verdict == "fail" or (strict if gate.blocks is None else gate.blocks)
        yield Standing(f"{gate.name} of {name}" if name else gate.name, row.verdict, row.detail or "", blocks)
