# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Listener rules: which target group gets a request. Pure functions of what moto holds; callers have its lock."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

Weighted = list[tuple[str, int]]  # a target group's ARN, its weight


def forwards(actions: Sequence[Any]) -> Weighted:
    """The target groups of a rule's forward action."""
    for action in actions:
        if action.data.get("Type") != "forward":
            continue
        groups = action.data.get("ForwardConfig", {}).get("TargetGroups", [])
        if groups:
            return [(one["TargetGroupArn"], int(one.get("Weight", 1))) for one in groups]
        if "TargetGroupArn" in action.data:
            return [(action.data["TargetGroupArn"], 1)]
    return []


def _listeners(elb: Any) -> Iterator[list[Any]]:
    """The rules of each listener, in the order in which it tries them."""
    for balancer in elb.load_balancers.values():
        for listener in balancer.listeners.values():
            yield sorted(
                listener.rules.values(),
                key=lambda rule: (rule.is_default, 0 if rule.is_default else int(rule.priority)),
            )


def used(elb: Any) -> set[str]:
    """The target groups that some listener forwards to."""
    return {arn for rules in _listeners(elb) for rule in rules for arn, _ in forwards(rule.actions)}


def matches(pattern: str, text: str) -> bool:
    """Whether a text fits a rule's pattern: ``*`` is any number of characters, ``?`` one."""
    parts = {"*": ".*", "?": "."}
    return re.fullmatch("".join(parts.get(one) or re.escape(one) for one in pattern), text, re.DOTALL) is not None


def _holds(condition: Mapping[str, Any], path: str, host: str) -> bool:
    name = condition.get("Field")
    key = {"path-pattern": "PathPatternConfig", "host-header": "HostHeaderConfig"}.get(str(name))
    if key is None:
        return False
    values = condition.get("Values") or condition.get(key, {}).get("Values", [])
    if name == "host-header":
        return any(matches(value.lower(), host.lower()) for value in values)
    return any(matches(value, path) for value in values)


def route(elb: Any, path: str, host: str, known: Mapping[str, Any]) -> Weighted:
    """The groups among ``known`` that the first matching rule of a listener forwards to."""
    for rules in _listeners(elb):
        for rule in rules:
            if all(_holds(one, path, host) for one in rule.conditions):
                groups = forwards(rule.actions)
                if any(arn in known for arn, _ in groups):
                    return groups
                break
    return []
