# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""One service's Ansible result of a deploy. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

#: Outcomes of a successful deploy.
GOOD = frozenset({"succeeded", "unchanged"})
_WORDS = {"needs_person": "needs a person", "held": "was held", "undone": "was undone", "abandoned": "was abandoned"}


def service_result(name: str, deploy: Mapping[str, Any]) -> dict[str, Any]:
    """One service's result.

    :param deploy: the result of deploy_close: ``outcome``, ``cause``, ``services`` (name → state), ``undo_asked``.
    :return: ``changed`` for a service that was deployed; ``failed`` for one of a failed deploy, whether it is
        the culprit or not: it does not run the requested release. One outside the deploy's changes fails only if
        there were no changes.
    """
    states = deploy.get("services") or {}
    state = states.get(name, "unchanged")
    outcome = deploy.get("outcome")
    if not deploy.get("record") or outcome in GOOD:
        return {"changed": state == "stable", "state": state}
    if deploy.get("undo_asked"):
        return {"changed": state == "undone", "state": state}
    concerned = name in states or not states
    cause = deploy.get("cause") or "it did not come to its end"
    message = f"the deploy {deploy['record']} {_WORDS.get(str(outcome), 'is unfinished')}: {cause}"
    return {"changed": False, "failed": concerned, "state": state, "msg": message if concerned else state}
