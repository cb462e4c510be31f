# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Checks the gates of an environment, with its settings."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from ansible.module_utils.parsing.convert_bool import boolean

from ..module_utils.gates.gate import Point, Request, Result
from ..module_utils.gates.registry import pass_gates
from ..module_utils.gates.tags import prefix_of
from .context import Context


def ask_gates(
    context: Context,
    point: Point,
    release: str,
    *,
    kind: str = "deploy",
    where: str = "",
    host: str | None = None,
    **facts: Any,
) -> list[Result]:
    """The results of the gates of one point.

    :param release: the release's name.
    :param where: where it is defined.
    :param host: a host whose group's settings apply; by default the first.
    :param facts: further facts at this point.
    :raises SlipwayError: a gate refuses the release.
    """

    def setting(name: str) -> Any:
        value = context.of_group(host or next(iter(context.hosts), context.here), name)
        return context.variables.get(name) if value is None else value

    def truth(name: str) -> bool:
        return bool(boolean(setting(name) or False, strict=False))

    now = datetime.now(UTC)
    request = Request(context.environment, kind, release, where or point, now, setting, truth, facts)
    return pass_gates(point, request)


def tag_prefix(context: Context, host: str | None) -> str:
    """The prefix of an environment's tags by the setting of a host's kind; empty if any tag is accepted.

    :param host: ``None`` for the environment's default.
    :raises SlipwayError: that is not a valid prefix.
    """
    if host is None:
        return prefix_of(context.environment, None, "")
    setting = f"{context.kind_of(host)}_tag_prefix"
    return prefix_of(context.environment, context.of_group(host, "tag_prefix"), setting)
