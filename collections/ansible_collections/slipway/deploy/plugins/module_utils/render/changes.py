# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The services that a change reaches, each with its reason. Pure."""

from __future__ import annotations

from ..changes.detect import Decision, Detection
from ..common.text import clean, columns, hanging, listed, plural
from .facts import finish

_UNCLAIMED = 10
_SHORT = 12
_COLUMN = 13


def changes(found: Detection, environment: str, unclaimed: str, width: int | None = None) -> list[str]:
    """The screen.

    :param unclaimed: what a file means that nothing claims: ``all`` or ``none``.
    :param width: columns of the terminal; ``None`` leaves nothing out.
    """
    count = len(found.decisions)
    build = [item for item in found.decisions if item.build]
    head = found.head[:_SHORT]
    if not build:
        lines = [f"{clean(environment)} · {head} · no service has to be built"]
    else:
        lines = [f"{clean(environment)} · {head} · {len(build)} of {plural(count, 'service')} to build"]
    if found.everything:
        lines += hanging("all", clean(found.everything), width, column=_COLUMN)
    else:
        # A reason is never cut: it is what the list is for.
        rows = [(clean(item.service), item.base[:_SHORT], clean(" → ".join(item.chain))) for item in build]
        lines += [f"  {line}" for line in columns([("service", "since", "reason"), *rows])] if rows else []
    lines += _left(found.decisions, width)
    for path, detail in found.unclaimed[:_UNCLAIMED]:
        lines += hanging("unclaimed", clean(f"{path} ({detail})" if detail else path), width, column=_COLUMN)
    if len(found.unclaimed) > _UNCLAIMED:
        lines += hanging("", f"and {len(found.unclaimed) - _UNCLAIMED} more", width, column=_COLUMN)
    if found.unclaimed:
        meaning = "so all services are built" if unclaimed == "all" else "and no service is built for it"
        lines += hanging("", f"nothing claims it, {meaning} (changes_unclaimed: {unclaimed})", width, column=_COLUMN)
    for label, names in (("new", found.new), ("gone", found.gone)):
        if names:
            lines += hanging(label, clean(listed(names)), width, column=_COLUMN)
    for note in found.notes:
        lines += hanging("note", clean(note), width, column=_COLUMN)
    return finish(lines, None)


def _left(decisions: tuple[Decision, ...], width: int | None) -> list[str]:
    lines: list[str] = []
    for label, names in (
        ("unchanged", [item.service for item in decisions if not (item.build or item.gone or item.tests_only)]),
        ("tests", [item.service for item in decisions if item.tests_only and not item.build]),
        ("no module", [item.service for item in decisions if item.gone]),
    ):
        if names:
            lines += hanging(label, clean(listed(names)), width, column=_COLUMN)
    return lines
