# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The checklist of a group of hosts: ``<group>_checklist``, judged with the answers of its hosts.

The hosts are asked first, each by the task ``checklist_host``; ``checklist`` and ``checklist_test`` ask the rest once.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from ..module_utils.checks.probes import (
    Group,
    Http,
    Probe,
    Question,
    Row,
    questions,
)
from ..module_utils.checks.probes_ask import World, ask, revealed
from ..module_utils.checks.probes_declared import parse_checklist
from ..module_utils.checks.probes_judge import worst
from ..module_utils.common.errors import SlipwayError, SlipwayErrors
from .context import Context
from .smoke import base_url, named, secret_reader, traced

#: The observation of a host that is the result of ``checklist_host``.
HOST = "checklist"


def declared(context: Context, name: str, rows: Sequence[Any] | None = None) -> tuple[Probe, ...]:
    """The rows of the group's checklist, from the variables of one of its hosts.

    :param rows: the rows of a task, in place of the inventory's.
    :raises SlipwayErrors: a row is invalid.
    """
    prefix = f"{context.kind_of(name)}_"
    where = "the task's checklist" if rows is not None else f"inventories/{context.environment}: {prefix}checklist"
    raw = rows if rows is not None else context.of_group(name, "checklist")
    return parse_checklist(raw, where, trace=traced(context.host(name), prefix))


def refuse_unreadable_rows(context: Context) -> None:
    """Check that the checklist is valid and its secrets can be read, before any change.

    :raises SlipwayErrors: naming all mistakes.
    """
    read = secret_reader(context)
    errors: dict[str, SlipwayError] = {}
    for hosts in context.selected_by_kind.values():
        for probe in declared(context, hosts[0]):
            try:
                revealed(probe, read)
            except SlipwayError as error:
                errors[str(error)] = error
    if errors:
        raise SlipwayErrors(errors.values())


def run_checklist(
    context: Context,
    since: float | None,
    cancelled: Callable[[], bool] = lambda: False,
    rows: Sequence[Any] | None = None,
) -> list[Row]:
    """Run the checklist of each kind of host, from the variables of its first host; no rows without one.

    :param since: when the deploy began.
    :param rows: the rows of a task, in place of the inventory's.
    :raises SlipwayErrors: a row is invalid.
    """
    found: list[Row] = []
    for hosts in context.selected_by_kind.values():
        group = Group({name: base_url(context, name) for name in hosts})
        said = {name: answers for name in hosts if (answers := context.said(name, HOST).get("answers"))}
        world = World(secret_reader(context), since, group, said)
        found += ask(_questions(context, group, rows), world, cancelled)
    return found


def _questions(context: Context, group: Group, rows: Sequence[Any] | None) -> list[Question]:
    hosts = list(group.hosts)
    probes = declared(context, hosts[0], rows)
    return [_named(context, item, item.host or hosts[0]) for item in questions(probes, group)]


def _named(context: Context, question: Question, host: str) -> Question:
    """The question to a host's own address, with its site's name."""
    spec = question.probe.spec
    if not isinstance(spec, Http) or spec.url is not None:
        return question
    own = replace(spec, check=named(context, host, spec.check))
    return replace(question, probe=replace(question.probe, spec=own))


def verdict_of(rows: Sequence[Row]) -> tuple[str, str | None] | None:
    """The row that is not green, in one line, and its target; ``None`` if all are green."""
    row = worst(rows)
    if row is None:
        return None
    probe, found = row.question.probe, row.found
    return f"checklist: {probe.name} is {found.verdict}: {found.detail}", row.question.host
