# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Dismissed drift: revisions that a person decided not to ship, stored in the state store.

Tags on the revision would themselves be drift: Terraform owns it.
"""

from __future__ import annotations

import json
from typing import Any

from ..module_utils.common.documents import loads
from ..module_utils.common.errors import SlipwayError
from ..module_utils.fleet.cache import TaskDefinitionCache
from ..module_utils.fleet.observe import observe
from ..module_utils.fleet.plan import drifts
from ..module_utils.state.model import ABSENT
from ..module_utils.state.store import Store
from .action import display
from .context import Context


def drift_key(environment: str) -> str:
    """The key of an environment's dismissals in the state store."""
    return f"{environment}/dismissed-drift.json"


def dismissals(store: Store, environment: str) -> dict[str, Any]:
    """The dismissed revisions: ARN → by, at, reason.

    :raises SlipwayError: the document is damaged.
    """
    return _read(store, environment)[0]


def dismiss(context: Context) -> None:
    """Dismiss the drift of the services that ``dismiss_drift`` names.

    :raises SlipwayError: one of them has no drift.
    """
    known, version = _read(context.store, context.environment)
    names = context.settings.dismiss_drift
    wanted = [item for item in context.desired() if item.name in names]
    observation = observe(wanted, context.clients, TaskDefinitionCache(context.cache_directory), resolve_images=False)
    found = drifts(observation, known)
    missing = sorted(names - found.keys())
    if missing:
        raise SlipwayError(f"{', '.join(missing)} has no drift", "-e dismiss_drift", "Leave it out")
    entry = {"by": context.owner, "at": context.store.now(), "reason": context.settings.reason}
    for name, drift in found.items():
        display.display(f"dismissed: {name} {drift}")
    dismissed = {**known, **{drift.revision: entry for drift in found.values()}}
    body = (json.dumps(dismissed, indent=1) + "\n").encode()
    context.store.write(drift_key(context.environment), body, expect=version or ABSENT)


def _read(store: Store, environment: str) -> tuple[dict[str, Any], str | None]:
    stored = store.read(drift_key(environment))
    if stored is None:
        return {}, None
    try:
        document = loads(stored.body)
        return dict(document), stored.version
    except (ValueError, TypeError) as error:
        where = f"{store.url}/{drift_key(environment)}"
        raise SlipwayError("the list of dismissed drift is damaged", where, "Correct it, or remove it") from error
