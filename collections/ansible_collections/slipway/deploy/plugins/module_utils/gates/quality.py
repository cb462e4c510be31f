# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Whether a build that is to be deployed passed its quality gates. Pure.

A build's own environment may only warn about what was not audited; the environment that deploys the same digests
judges the results by its own choice.
"""

from __future__ import annotations

from typing import NamedTuple

from ..common.command import command
from ..common.errors import SlipwayError
from ..common.text import listed, plural
from .gate import Point, Request, Result, Verdict


class Standing(NamedTuple):
    """A declared gate of a build, and what the build's manifest says of it.

    :ivar gate: its name, and what it is about.
    :ivar verdict: as in the manifest, ``pass``, ``fail`` or ``not audited``; ``missing`` if it was not run.
    :ivar blocks: whether the environment deploys nothing that the gate does not pass.
    """

    gate: str
    verdict: str
    detail: str
    blocks: bool


class QualityGate:
    """The deployed build passed the declared quality gates.

    Facts: ``build``, its id; ``quality``, the :class:`Standing` of each gate; without a build there is none, and this
    gate is off.
    """

    name = "quality"
    point: Point = "plan"

    def check(self, request: Request) -> Result | None:
        """Fail if a gate failed; inconclusive if one that blocks was not audited or not run."""
        found = request.facts.get("quality")
        if not found:
            return None
        bad = [item for item in found if item.blocks and item.verdict != "pass"]
        if not bad:
            warned = [item.gate for item in found if item.verdict != "pass"]
            passed = f"{plural(len(found) - len(warned), 'gate')} passed"
            return Result(self.name, "pass", f"{passed}; not audited: {listed(warned)}" if warned else passed)
        said = "; ".join(f"{item.gate} {_words(item)}" for item in bad)
        build = request.facts["build"]
        run = command("quality_gates", request.environment, source_path="…", build=build)
        error = SlipwayError(
            f"build {build} has not passed its quality gates: {said}", request.where, f"Run them: {run}"
        )
        verdict: Verdict = "fail" if any(item.verdict == "fail" for item in bad) else "inconclusive"
        return Result(self.name, verdict, said, error=error)


def _words(item: Standing) -> str:
    if item.verdict == "missing":
        return "was not run"
    how = "failed" if item.verdict == "fail" else f"is {item.verdict}"
    return f"{how} ({item.detail})" if item.detail else how
