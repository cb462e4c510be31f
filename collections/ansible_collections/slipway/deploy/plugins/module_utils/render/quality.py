# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The results of a build's gates, in a table. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from ..common.text import clean, columns, hanging, listed
from ..quality.document import label
from ..quality.judge import Outcome
from .facts import finish

_COLUMN = 15
_MARKS = {"pass": "✔", "fail": "✘", "not audited": "!"}


def quality(
    outcomes: Sequence[Outcome], environment: str, strict: bool, build: str = "", width: int | None = None
) -> list[str]:
    """The screen.

    :param strict: whether a gate that is not audited fails the build, unless it says otherwise itself.
    :param build: the id of the build whose manifest has the results; empty for none.
    :param width: columns of the terminal; ``None`` leaves nothing out.
    """
    counts = [(word, sum(item.row.verdict == word for item in outcomes)) for word in ("fail", "not audited", "pass")]
    words = {"fail": "failed", "pass": "passed"}
    said = ", ".join(f"{count} {words.get(word, word)}" for word, count in counts if count)
    head = [clean(environment), *([clean(build)] if build else []), f"gates: {said or 'none for what was built'}"]
    rows = [
        (
            _MARKS[item.row.verdict],
            item.result.gate,
            item.service or item.artifact,
            item.row.verdict,
            item.result.detail,
        )
        for item in outcomes
    ]
    lines = [" · ".join(head), *(f"  {line}" for line in columns([tuple(map(clean, row)) for row in rows]))]
    for verb, names in (
        ("fails", [label(item) for item in outcomes if item.blocks and item.row.verdict == "not audited"]),
        ("does not fail", [label(item) for item in outcomes if not item.blocks and item.row.verdict == "not audited"]),
    ):
        if names:
            choice = f"quality_not_audited: {'fail' if strict else 'warn'}"
            text = f"{listed(names)}: {verb} the build ({choice}, or the gate's own not_audited)"
            lines += hanging("not audited", clean(text), width, column=_COLUMN)
    return finish(lines, None)
