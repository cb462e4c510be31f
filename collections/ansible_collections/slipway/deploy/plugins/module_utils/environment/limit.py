# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Validates ``--limit``.

Ansible warns about an unknown name and continues with the others; a deploy that leaves out the intended service
is a mistake that is easily missed. The rules of patterns are those of Ansible's
``ansible.inventory.manager``.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from fnmatch import translate

from ..common.command import listing
from ..common.errors import SlipwayError
from ..common.suggest import shorten, suggest

_SUBSCRIPT = re.compile(r"(?P<name>.+)\[(?P<index>-?[0-9]+|[0-9]+[:-][0-9]*)\]")
_LOCALHOST = frozenset({"localhost", "127.0.0.1", "::1"})


def check_limit(
    patterns: Sequence[str], hosts: Collection[str], groups: Mapping[str, Collection[str]]
) -> frozenset[str]:
    """Refuse a limit with a name that is not in the inventory, or that selects no host.

    :param patterns: the single patterns of ``--limit``, split at its commas or colons, ``@file`` already read.
    :param groups: group → its hosts, those of its child groups included.
    :return: the selected hosts.
    :raises SlipwayError: naming the first pattern that matches nothing.
    """
    written = [pattern.strip() for pattern in patterns if pattern.strip()]
    if not written:
        # An unset variable of a pipeline: selecting everything instead would be a guess.
        raise SlipwayError("--limit is empty", remedy="Name services, hosts or groups, or leave it out")
    chosen: set[str] = set()
    required: list[set[str]] = []
    excluded: set[str] = set()
    only_modifiers = True
    for pattern in written:
        matched = _match(pattern, hosts, groups)
        if pattern.startswith("&"):
            required.append(matched)
        elif pattern.startswith("!"):
            excluded |= matched
        else:
            only_modifiers = False
            chosen |= matched
    left = set(hosts) if only_modifiers else chosen
    for group in required:
        left &= group
    if not left - excluded:
        raise SlipwayError(f"--limit {shorten(','.join(written))} selects no host")
    return frozenset(left - excluded)


def _match(pattern: str, hosts: Collection[str], groups: Mapping[str, Collection[str]]) -> set[str]:
    name = pattern[1:].strip() if pattern[0] in "&!" else pattern
    if name.startswith("~"):
        return _match_all(_compile(name[1:], pattern), pattern, hosts, groups)
    subscript = _SUBSCRIPT.fullmatch(name)
    if subscript and name not in hosts and name not in groups:
        members = list(groups.get(subscript["name"], ()))
        if not members:
            matched = _match(subscript["name"], hosts, groups)
            members = [host for host in hosts if host in matched]
        return _slice(members, subscript["index"], pattern)
    if name in hosts or name in _LOCALHOST:
        return {name}
    if name in groups:
        return set(groups[name])
    if any(character in name for character in "*?["):
        return _match_all(re.compile(translate(name)), pattern, hosts, groups)
    raise SlipwayError(
        f"--limit {shorten(pattern)}: no such service, host or group in the inventory",
        remedy=suggest(name, [*hosts, *groups]) or f"{listing()} lists them",
    )


def _compile(expression: str, pattern: str) -> re.Pattern[str]:
    try:
        return re.compile(expression)
    except re.error as error:
        raise SlipwayError(f"--limit {shorten(pattern)}: not a regular expression: {error}") from error


def _match_all(
    expression: re.Pattern[str], pattern: str, hosts: Collection[str], groups: Mapping[str, Collection[str]]
) -> set[str]:
    found = {host for host in hosts if expression.match(host)}
    for group, members in groups.items():
        if expression.match(group):
            found.update(members)
    if not found:
        raise SlipwayError(f"--limit {shorten(pattern)} matches no host or group", remedy=f"{listing()} lists them")
    return found


def _slice(members: Sequence[str], index: str, pattern: str) -> set[str]:
    """Ansible's subscripts: ``[0]``, ``[-1]``, ``[0:2]`` (both ends included), ``[1:]``."""
    bounds = re.fullmatch(r"([0-9]+)[:-]([0-9]*)", index)
    if bounds:
        end = int(bounds[2]) if bounds[2] else len(members) - 1
        found = set(members[int(bounds[1]) : end + 1])
    else:
        found = set(members[int(index) :][:1])
    if not found:
        raise SlipwayError(f"--limit {shorten(pattern)} matches no host: there are {len(members)}")
    return found
