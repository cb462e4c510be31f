# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A plan of Terraform as lines of text: what is destroyed first. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from urllib.parse import quote

from ..common.text import clean, hanging, plural
from ..terraform.plan import CREATE, DESTROY, FORGET, NOTHING, READ, REPLACE, UPDATE, Change, Plan
from ..terraform.values import Attribute
from .facts import finish

_SIGNS = {DESTROY: "-", REPLACE: "-/+", FORGET: "-", UPDATE: "!", CREATE: "+", READ: "<=", NOTHING: "#"}
_WORDS = {DESTROY: "destroy", FORGET: "forget, but not destroy", UPDATE: "change", CREATE: "add", READ: "read"}
#: How much of a long value is shown where it differs, and how much of what both have in common before that.
_LONGEST, _COMMON = 160, 40
_NAMES = 10
_COLUMN = 16


@dataclass(frozen=True)
class About:
    """What the plan is of, and where all of it is.

    :ivar commit: the commit that was planned; empty if unknown. ``run``, the URL of the CI run, alike.
    :ivar host: where the full plan is without a CI run.
    """

    environment: str
    workspace: str = ""
    commit: str = ""
    run: str = ""
    host: str = ""

    @property
    def name(self) -> str:
        """The environment and the workspace."""
        return f"{self.environment}, workspace {self.workspace}" if self.workspace else self.environment

    @property
    def key(self) -> str:
        """The name for programs: no two environments and workspaces have the same.

        It holds no ``--``, which HTML does not allow in a comment.
        """
        parts = [self.environment, self.workspace] if self.workspace else [self.environment]
        return ":".join(quote(part, safe="").replace(".", "%2E").replace("--", "-%2D") for part in parts)

    @property
    def artifact(self) -> str:
        """The name of the artifact, and of its file without ``.txt``."""
        return f"terraform-plan-{self.key.replace(':', '.')}"


def counted(plan: Plan) -> list[str]:
    """The counts, what is destroyed first; the first word of each is a number."""
    counts = plan.counts
    replaced = f" ({'it is' if counts.replace == counts.destroy == 1 else f'{counts.replace} of them'} replaced)"
    words = [
        (counts.destroy, f"to destroy{replaced if counts.replace else ''}"),
        (counts.forget, "to forget"),
        (counts.change, "to change"),
        (counts.add, "to add"),
        (counts.imported, "to import"),
        (counts.moved, "moved"),
        (plan.actions, "actions to invoke" if plan.actions > 1 else "action to invoke"),
    ]
    # As Terraform does: these three always.
    always = ("to destroy", "to change", "to add")
    return [f"{number} {text}" for number, text in words if number or text in always]


def headline(plan: Plan) -> str:
    """What the plan does, in a line."""
    if plan.resources or plan.actions:
        return ", ".join(counted(plan))
    if plan.outputs:
        return f"no resource changes, {plural(len(plan.outputs), 'output')} to change"
    return "no changes now, more after another plan" if plan.deferred else "no changes"


def change_line(change: Change) -> str:
    """A resource or an output, and what happens to it."""
    words = []
    if change.action == REPLACE:
        words.append(f"replace: {change.order}")
    elif change.action != NOTHING:
        words.append("remove" if change.output and change.action == DESTROY else _WORDS[change.action])
    if change.deposed:
        words.append(f"only the object {change.deposed}, left over from a replacement")
    if change.previous:
        words.append(f"moved from {change.previous}")
    if change.imported is not None:
        words.append(f"import {change.imported}".rstrip())
    if change.reason:
        words.append(f"because {change.reason}")
    return f"{_SIGNS[change.action]:<4}{change.address}: {', '.join(words)}"


def attribute_line(item: Attribute, longest: int | None = _LONGEST) -> str:
    """An attribute, its value before and after.

    :param longest: how much of a value is shown; ``None`` shows all of it.
    """
    before, after = _apart(item.before, item.after, longest)
    values = after or "null" if before is None else f"{before} → {'none' if after is None else after}"
    return f"      {item.path or 'value'}: {values}{'  # forces the replacement' if item.forces else ''}"


def _apart(before: str | None, after: str | None, longest: int | None) -> list[str | None]:
    """Two long values, where they differ."""
    if longest is None or max(len(before or ""), len(after or "")) <= longest:
        return [before, after]
    common = 0
    if before and after:
        shorter = min(len(before), len(after))
        common = next((index for index in range(shorter) if before[index] != after[index]), shorter)
    begin = max(0, common - _COMMON)
    return [value if value is None else _part(value, begin, longest) for value in (before, after)]


def _part(value: str, begin: int, longest: int) -> str:
    end = begin + longest
    rest = len(value) - end
    cut = f"… ({plural(rest, 'more character')})" if rest > 0 else ""
    return f"{'…' if begin else ''}{value[begin:end]}{cut}"


def change_lines(change: Change, most: int | None = None, longest: int | None = _LONGEST) -> list[str]:
    """A resource with its attributes.

    :param most: how many attributes are shown; ``None`` shows all.
    """
    rows = [attribute_line(item, longest) for item in change.attributes[:most]]
    hidden = len(change.attributes) - len(rows)
    more = [f"      … and {plural(hidden, 'more attribute')}"] if hidden else []
    return [change_line(change), *rows, *more]


def notes(plan: Plan) -> Iterator[str]:
    """What else a reviewer must know."""
    if plan.failed_checks:
        yield f"{plural(len(plan.failed_checks), 'check')} failed: {_some(plan.failed_checks)}"
    if plan.deferred:
        yield f"another plan is needed after this one, for {_some(plan.deferred)}"
    elif not plan.complete:
        yield "the plan does not cover everything (targets, say): another one is needed after it"


def _some(names: Sequence[str]) -> str:
    more = f" and {len(names) - _NAMES:,} more" if len(names) > _NAMES else ""
    return f"{', '.join(name[:_LONGEST] for name in names[:_NAMES])}{more}"


def sections(plan: Plan) -> list[tuple[str, Sequence[Change]]]:
    """The changes under their headings, those that are not empty."""
    found = [
        ("Resources", plan.resources),
        ("Outputs", plan.outputs),
        ("Changed outside of Terraform", plan.drift),
    ]
    return [(title, changes) for title, changes in found if changes]


def full_text(plan: Plan, about: About) -> str:
    """Everything, for a file."""
    lines = [f"Terraform plan for {about.name}: {headline(plan)}", "", *facts(plan, about)]
    lines += [f"Note: {note}" for note in notes(plan)]
    for title, changes in sections(plan):
        lines += ["", title, *(line for change in changes for line in change_lines(change, None, None))]
    return "\n".join(finish(lines, None)) + "\n"


def facts(plan: Plan, about: About) -> list[str]:
    """Where the plan comes from."""
    given = [
        f"commit {about.commit}" if about.commit else "",
        f"planned {plan.planned.replace('T', ' ').replace('Z', ' UTC')}" if plan.planned else "",
        f"Terraform {plan.terraform}",
    ]
    return [item for item in given if item]


def screen(plan: Plan, about: About, result: Iterable[tuple[str, str]], width: int | None) -> list[str]:
    """The screen: the counts, what is destroyed or replaced, and what was done with the plan.

    :param result: labels and texts.
    """
    lines = [f"{clean(about.name)} · Terraform plan · {headline(plan)}"]
    lines += [f"  {change_line(item)}" for item in plan.resources if item.action in (DESTROY, REPLACE, FORGET)]
    for note in notes(plan):
        lines += hanging("note", clean(note), width, column=_COLUMN)
    for label, text in result:
        lines += hanging(label, clean(text), width, column=_COLUMN)
    return finish(lines, None)
