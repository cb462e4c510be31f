# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A plan of Terraform in the description of a pull request: one block for each environment and workspace. Pure.

A block stands between two hidden markers. Everything outside of the blocks stays as it is, byte for byte. GitHub takes
65,536 characters: a block's changes are cut to what fits, and those of other blocks make room for its counts.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from ..common.errors import SlipwayError
from ..common.text import clean, plural
from ..render.facts import finish
from ..render.terraform import About, change_line, change_lines, facts, headline, notes, sections
from ..terraform.plan import DESTROY, FORGET, REPLACE, Change, Plan
from .markdown import escape, link, without_mentions

#: GitHub's limit, in characters.
LIMIT = 65_536
#: The longest block, so that those of two environments and a description fit beside each other.
_LONGEST = 24_000
#: Other blocks are cut if there is less room than this.
_ENOUGH = 6_000
#: How many attributes of each resource are shown, from all of them to none.
_ATTRIBUTES = (None, 40, 10, 3, 0)
_DESTROYED = 50
_LONGEST_LINE = 500
_CHANGES = "<!-- slipway:terraform-changes -->"
_FOLDED = "_The changes are not shown here, because the description is full. The full plan has them._\n\n"
_BLOCK = re.compile(
    r"<!-- slipway:terraform:(?P<key>\S+) -->(?P<inside>(?:(?!<!-- /?slipway:terraform:).)*)"
    r"<!-- /slipway:terraform:(?P=key) -->",
    re.DOTALL,
)
_PLANNED = re.compile(r"<!-- slipway:terraform-plan ([0-9a-f]{64}) (\S*) -->")


def length(text: str) -> int:
    """Characters as GitHub may count them: those outside of Unicode's first plane twice."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


class Superseded(SlipwayError):
    """The description has a newer plan of the same environment and workspace."""


def merge(body: str, plan: Plan, about: About) -> str:
    """The description with the plan's block, in the place of an earlier one or at the end.

    :raises SlipwayError: a newer plan is there, it is the plan of another block, or there is no room for it.
    """
    blocks = list(_BLOCK.finditer(body))
    _check(plan, about.key, blocks)
    own = next((block for block in blocks if block["key"] == about.key), None)
    before, after = (body[: own.start()], body[own.end() :]) if own else _place(body, about.key)
    # A copy of the block is an old plan.
    before, after = (_without(part, about.key) for part in (before, after))
    needed = min(length(_block(plan, about, _LONGEST)), _ENOUGH)
    while _room(before, after) < needed and (folded := _fold_longest(before, after)):
        before, after = folded
    room = _room(before, after)
    block = _block(plan, about, min(room, _LONGEST))
    if length(block) > room:
        what = f"the description leaves {max(room, 0):,} of {LIMIT:,} characters, too few for the plan"
        raise SlipwayError(what, "pull_request", "Shorten the description, then run it again")
    if own is not None and _same(own.group(), block) and f"{before}{own.group()}{after}" == body:
        return body
    return f"{before}{block}{after}"


def has_plan(body: str, plan: Plan, about: About) -> bool:
    """Whether the description has this plan's block."""
    found = [_PLANNED.search(block["inside"]) for block in _BLOCK.finditer(body) if block["key"] == about.key]
    return any(planned is not None and planned[1] == plan.digest for planned in found)


def _check(plan: Plan, key: str, blocks: Sequence[re.Match[str]]) -> None:
    for block in blocks:
        planned = _PLANNED.search(block["inside"])
        if planned is None:
            continue
        if block["key"] != key and planned[1] == plan.digest:
            what = f"this is the plan of {block['key']}, which is in the description already"
            raise SlipwayError(what, "plan_file", "Name this one's own plan, or remove that block")
        if block["key"] == key and plan.planned and planned[2] > plan.planned:
            what = f"the description has a newer plan, of {planned[2]}; this one is of {plan.planned}"
            raise Superseded(what, "plan_file", "Plan again if this one is right")


def _same(one: str, other: str) -> bool:
    """Whether two blocks are the same; a browser saves other newlines."""
    return one.replace("\r\n", "\n") == other.replace("\r\n", "\n")


def _place(body: str, key: str) -> tuple[str, str]:
    """What comes before and after a new block. A marker without its end is replaced: its end was removed by hand."""
    opening = f"<!-- slipway:terraform:{key} -->"
    if opening in body:
        before, _opening, after = body.partition(opening)
        return before, after
    gap = "" if not body or body.endswith(("\n\n", "\r\n\r\n")) else "\n" if body.endswith("\n") else "\n\n"
    return body + gap, ""


def _without(part: str, key: str) -> str:
    return _BLOCK.sub(lambda block: "" if block["key"] == key else block.group(), part)


def _room(before: str, after: str) -> int:
    return LIMIT - length(before) - length(after)


def _fold_longest(before: str, after: str) -> tuple[str, str] | None:
    """The texts with the longest block's changes left out; ``None`` if all are."""
    found = [
        (match, side)
        for side, part in enumerate((before, after))
        for match in _BLOCK.finditer(part)
        if _CHANGES in match.group()
    ]
    if not found:
        return None
    match, side = max(found, key=lambda item: len(item[0].group()))
    head = match.group().partition(_CHANGES)[0]
    folded = f"{head}{_FOLDED}<!-- /slipway:terraform:{match['key']} -->"
    parts = [before, after]
    parts[side] = parts[side][: match.start()] + folded + parts[side][match.end() :]
    return parts[0], parts[1]


def _block(plan: Plan, about: About, most: int) -> str:
    """The block, as long as allowed; its counts even if that is longer."""
    planned = f"<!-- slipway:terraform-plan {plan.digest} {plan.planned} -->"
    opening = f"<!-- slipway:terraform:{about.key} -->\n{planned}\n"
    closing = f"<!-- /slipway:terraform:{about.key} -->"
    bare = length(opening) + length(closing)
    heads = [_head(plan, about, rows) for rows in (_DESTROYED, 20, 5, 0)]
    head = next((text for text in heads if bare + length(text) <= most * 2 // 3), heads[-1])
    return f"{opening}{head}{_changes(plan, most - bare - length(head))}{closing}"


def _head(plan: Plan, about: About, rows: int) -> str:
    """The counts, then what is destroyed, and where the full plan is."""
    destroyed = [item for item in plan.resources if item.action in (DESTROY, REPLACE, FORGET)]
    sign = "⚠️ " if destroyed or plan.failed_checks else ""
    parts = [f"### {sign}Terraform plan: {_text(about.name)}", f"**{_text(headline(plan))}**"]
    parts += [f"**Note:** {_text(note)}" for note in notes(plan)]
    if destroyed:
        parts.append(_fence(_cut([change_line(item) for item in destroyed], rows, "to destroy or forget")))
    where = f"the artifact {_text(about.artifact)} of {link('this run', about.run)}"
    if not about.run:
        where = f"the file {_text(about.artifact)}.txt on {_text(about.host)}"
    parts.append(f"{_text(' · '.join(facts(plan, about)))}<br>Full plan: {where}.")
    return "\n\n".join(parts) + "\n\n"


def _text(text: object) -> str:
    return without_mentions(escape(text))


def _cut(lines: list[str], rows: int, what: str) -> list[str]:
    hidden = len(lines) - rows
    return [*lines[:rows], f"… and {hidden:,} more {what}: see the full plan"] if hidden > 0 else lines


def _fence(lines: Sequence[str]) -> str:
    """Lines in a fence that none of them can end, and without markers."""
    text = "\n".join(finish(lines, _LONGEST_LINE)).replace("<!--", "<!\N{ZERO WIDTH SPACE}--")
    ticks = max((len(run) for run in re.findall("`+", text)), default=0)
    fence = "`" * max(3, ticks + 1)
    return f"{fence}diff\n{text}\n{fence}"


def _changes(plan: Plan, most: int) -> str:
    """All changes, folded, with as much as fits; empty without any."""
    found = sections(plan)
    if not found:
        return ""
    count = sum(len(changes) for _title, changes in found)
    cuts = [*((attributes, count) for attributes in _ATTRIBUTES), *((0, rows) for rows in _fewer(count))]
    texts = (_details(found, attributes, rows, most) for attributes, rows in cuts)
    return next((text for text in texts if text), _FOLDED)


def _fewer(count: int) -> Iterator[int]:
    while count > 1:
        count = count * 3 // 4
        yield count


def _details(found: Sequence[tuple[str, Sequence[Change]]], attributes: int | None, rows: int, most: int) -> str:
    """The folded changes; empty if they are too long.

    :param attributes: how many are shown for each change; ``None`` shows all.
    :param rows: how many changes are shown.
    """
    count = sum(len(changes) for _title, changes in found)
    left = rows
    shown: dict[str, list[str]] = {}
    for heading, changes in found:
        lines = [line for change in changes[: max(left, 0)] for line in change_lines(change, attributes)]
        left -= len(changes)
        if lines:
            shown[heading] = lines
    if sum(min(len(line), _LONGEST_LINE) for lines in shown.values() for line in lines) > most:
        return ""
    cut = _what_is_cut(found, attributes, count - rows)
    parts = [f"**Cut to fit into the description:** {cut}. The full plan has everything."] if cut else []
    parts += [f"**{clean(heading)}**\n\n{_fence(lines)}" for heading, lines in shown.items()]
    summary = f"<details><summary>{plural(count, 'change')}</summary>"
    text = f"{_CHANGES}\n{summary}\n\n" + "\n\n".join(parts) + "\n\n</details>\n\n"
    return text if length(text) <= most else ""


def _what_is_cut(found: Sequence[tuple[str, Sequence[Change]]], attributes: int | None, hidden: int) -> str:
    said = [f"{hidden:,} changes are left out"] if hidden > 0 else []
    most = max((len(change.attributes) for _title, changes in found for change in changes), default=0)
    if attributes == 0 and most:
        said.append("attributes are left out")
    elif attributes is not None and most > attributes:
        said.append(f"at most {attributes} attributes of a change are shown")
    return ", ".join(said)
