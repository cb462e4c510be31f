# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""How a pipeline ended, from the results of its jobs. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal

from ..common.documents import loads_or_none
from ..common.errors import SlipwayError
from .model import SAFE

Verdict = Literal["succeeded", "unchanged", "partial", "failed", "cancelled"]
#: The jobs of a pipeline in their order, with what it means when one fails.
JOBS: Final = {
    "detect": "the changed services could not be found; nothing was built",
    "check": "a check failed; nothing was deployed",
    "build": "the build failed; nothing was deployed",
    "publish": "the artifacts were not published; nothing was deployed",
    "gates": "the build does not pass its quality gates; nothing was deployed",
    "deploy": "the build succeeded, the deploy failed",
    "recover": "the deploy did not end and could not be undone: a person is needed",
    "health": "the deploy succeeded, the health check failed",
}
#: From this job on, something new may run: a failure is partial.
_LATE: Final = frozenset({"deploy", "health"})
#: GitHub's results of a job. What is anything else is not known, so it is a failure.
_GOOD: Final = frozenset({"success", "skipped"})


@dataclass(frozen=True)
class Report:
    """The end of a pipeline.

    :ivar words: the verdict in one sentence, without its full stop.
    :ivar jobs: names and results, in the order of the pipeline.
    :ivar services: those that were built.
    :ivar build: the id of the build; empty without one.
    """

    verdict: Verdict
    words: str
    jobs: tuple[tuple[str, str], ...]
    services: tuple[str, ...] = ()
    build: str = ""


def report(needs: Any, where: str) -> Report:
    """The report.

    :param needs: the context ``needs`` of the job that reports: job → its result and outputs.
    :param where: where it is written, for errors.
    :raises SlipwayError: it is not such a document.
    """
    if not isinstance(needs, Mapping) or not all(isinstance(job, Mapping) for job in needs.values()) or not needs:
        raise SlipwayError("it is not the results of jobs", where, "Set it to ${{ toJSON(needs) }}")
    names = [*(name for name in JOBS if name in needs), *sorted(name for name in needs if name not in JOBS)]
    results = {name: str(needs[name].get("result") or "unknown") for name in names}
    detected = _outputs(needs, "detect")
    listed = loads_or_none(str(detected.get("services") or ""))
    services = tuple(str(name) for name in listed) if isinstance(listed, list) else ()
    undone = _outputs(needs, "recover").get("undo") == "success"
    verdict, words = _verdict(results, detected.get("changed") != "false", undone)
    build = str(_outputs(needs, "build").get("build") or _outputs(needs, "publish").get("build") or "")
    return Report(verdict, words, tuple(results.items()), services, build if SAFE.fullmatch(build) else "")


def _outputs(needs: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    found = needs.get(name, {}).get("outputs")
    return found if isinstance(found, Mapping) else {}


def _verdict(results: Mapping[str, str], changed: bool, undone: bool) -> tuple[Verdict, str]:
    recovered = results.get("recover", "skipped")
    if recovered not in _GOOD:
        return "failed", JOBS["recover"]
    if undone:
        return "cancelled", "the deploy did not end; what it had changed was undone"
    bad = next((name for name, result in results.items() if result not in _GOOD), None)
    if bad is None:
        return (
            ("succeeded", "everything succeeded")
            if changed
            else ("unchanged", "no change; nothing is built or deployed")
        )
    if results[bad] == "cancelled":
        known = bad != "deploy" or recovered == "success"
        return ("cancelled", f"cancelled in {bad}") if known else ("failed", JOBS["recover"])
    return ("partial" if bad in _LATE else "failed"), JOBS.get(bad, f"{bad} failed")
