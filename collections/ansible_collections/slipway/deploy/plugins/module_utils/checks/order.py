# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The order of checks: all at once, except those that need another's answer. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from ..common.errors import SlipwayError
from .request import references_of
from .smoke import Judged, SmokeCheck
from .values import Reference, Scalar

_FAILED = {"fail": "failed", "inconclusive": "is inconclusive"}


class Order:
    """Which checks are due, running and done.

    :param jobs: the service or host, and the check. A check's references are to checks of the same name.
    :raises SlipwayError: a reference has no target, or checks wait for one another.
    """

    def __init__(self, jobs: Sequence[tuple[str, SmokeCheck]]) -> None:
        beside: dict[str, dict[str, int]] = {}
        for index, (name, check) in enumerate(jobs):
            beside.setdefault(name, {})[check.name] = index
        self._checks = [check for _name, check in jobs]
        self._references: list[tuple[Reference, ...]] = []
        self._needs: list[list[int]] = []
        for name, check in jobs:
            where = f"smoke check {check.name!r} of {name}"
            known(check, {other: self._checks[index] for other, index in beside[name].items()}, where)
            self._references.append(references_of(check, where))
            self._needs.append([beside[name][other] for other, _value in self._references[-1]])
        self._results: list[Judged | None] = [None] * len(jobs)
        self._begun = [False] * len(jobs)
        self._taken: list[Mapping[Reference, Scalar]] = [{} for _job in jobs]

    @property
    def over(self) -> bool:
        """Whether every check has its verdict."""
        return all(result is not None for result in self._results)

    def ready(self) -> list[int]:
        """The checks that can run now, each returned once; those that depend on a failed check are finished as well."""
        ready: list[int] = []
        changed = True
        while changed:
            changed = False
            for index, needs in enumerate(self._needs):
                if self._begun[index]:
                    continue
                judged = [self._results[need] for need in needs]
                failed = next((at for at, item in enumerate(judged) if item and item.verdict != "pass"), None)
                if failed is not None:
                    self._begun[index] = changed = True
                    self._results[index] = self._not_asked(needs[failed])
                elif all(judged):
                    self._begun[index] = True
                    ready.append(index)
        return ready

    def _not_asked(self, need: int) -> Judged:
        result = self._results[need]
        why = _FAILED[result.verdict] if result else "was not made"
        return Judged("inconclusive", 0, detail=f"not asked: {self._checks[need].name}, which it needs, {why}")

    def values(self, index: int) -> dict[Reference, Scalar]:
        """What a check's references stand for."""
        return {
            reference: self._taken[need][reference]
            for reference, need in zip(self._references[index], self._needs[index], strict=True)
        }

    def finish(self, index: int, judged: Judged, taken: Mapping[Reference, Scalar]) -> None:
        """Store a check's verdict and the values that it took."""
        self._results[index] = judged
        self._taken[index] = taken

    def results(self) -> list[Judged]:
        """The verdicts, in the order of the jobs."""
        return [result for result in self._results if result is not None]


def known(check: SmokeCheck, checks: Mapping[str, SmokeCheck], where: str) -> None:
    """Require that a check's references have a target.

    :param checks: the checks of the same list, by name.
    :raises SlipwayError: a reference has no target, or leads back to the check itself.
    """
    for other, value in references_of(check, where):
        if other not in checks:
            raise SlipwayError(f"there is no check {other!r} to take {value} from", where, _list("There are", checks))
        takes = dict(checks[other].take)
        if value not in takes:
            remedy = f"Write take: {{{value}: …}} in {other}" if not takes else _list("It takes", takes)
            raise SlipwayError(f"{other} has no {value!r} in take", where, remedy)
    if _leads_to(check.name, check, checks, where):
        raise SlipwayError("the check refers to itself", where, "References between checks must not form a circle")


def _list(lead: str, names: Mapping[str, object]) -> str:
    return f"{lead} {', '.join(names)}"


def _leads_to(target: str, check: SmokeCheck, checks: Mapping[str, SmokeCheck], where: str) -> bool:
    seen: list[str] = []
    next_ones = [other for other, _value in references_of(check, where)]
    while next_ones:
        name = next_ones.pop()
        if name == target:
            return True
        if name not in seen and name in checks:
            seen.append(name)
            next_ones += [other for other, _value in references_of(checks[name], where)]
    return False
