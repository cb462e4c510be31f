# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The screen of a promotion: what runs in one environment, and what the next one would get of it. Pure."""

from __future__ import annotations

from ..builds.promotion import Part, Promotion
from ..common.text import clean, columns, plural, truncate
from ..image.reference import short_digest

_HEADINGS = ("what", "running", "promoted", "copy")


def promotion(found: Promotion, width: int | None) -> list[str]:
    """The lines of a promotion.

    :param width: columns of the terminal; ``None`` does not cut.
    """
    changes = found.changes
    head = f"{found.source} → {found.target}"
    if not changes:
        lines = [f"{head} · nothing to promote: {found.target} runs the same {plural(len(found.parts), 'digest')}"]
    else:
        lines = [f"{head} · {len(changes)} of {plural(len(found.parts), 'release')} would change {found.target}"]
        lines += columns([_HEADINGS, *(_row(part) for part in changes)])
    same = [part.name for part in found.parts if not part.changes]
    if same and changes:
        lines.append(f"unchanged: {', '.join(map(clean, same))}")
    lines += [clean(line) for line in (*(note for part in changes for note in part.notes), *found.left_out)]
    return [truncate(line, width) for line in lines]


def _row(part: Part) -> tuple[str, ...]:
    return (
        clean(part.name),
        _label(part, part.before_runs, part.before) or "-",
        _label(part, part.runs, part.digest),
        "there already" if part.present else f"to {clean(part.target)}",
    )


def _label(part: Part, tag: str, digest: str) -> str:
    """A tag and the beginning of its digest. A service's tag may be a commit."""
    shown = clean(tag) if part.kind else clean(tag)[:12]
    return " ".join(text for text in (shown, short_digest(digest)) if text)
