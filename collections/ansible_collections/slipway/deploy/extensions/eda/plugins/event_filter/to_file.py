# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""An event filter of ansible-rulebook that replaces an event by the name of a file with its payload.

ansible-rulebook hands events over as extra variables, which ansible-core trusts as templates: a payload with
``{{ lookup("pipe", …) }}`` would be executed. After this filter a rule, an action and a playbook see the file's name.
"""

from __future__ import annotations

import json
import os
import uuid
from pathlib import Path
from typing import Any

DOCUMENTATION = r"""
---
short_description: Replace an event by the name of a file with its payload.
description:
  - Writes the payload to a file that only its user can read, and replaces the event by its name, event_file.
    Headers and everything else of the event are dropped.
options:
  directory:
    description: The directory of the files. It is created. ansible-rulebook does not replace variables in it.
    type: str
    required: true
  most:
    description: The largest payload, in bytes. Larger ones are dropped.
    type: int
    default: 1048576
"""


def main(event: dict[str, Any], directory: str, most: int = 1048576) -> dict[str, Any]:
    """The event with the file's name; an event without a name for a payload that is too large."""
    place = Path(directory).expanduser().resolve()
    place.mkdir(mode=0o700, parents=True, exist_ok=True)
    body = json.dumps(event.get("payload", event)).encode()
    if len(body) > most:
        return {"event_dropped": len(body)}
    path = place / f"{uuid.uuid4().hex}.json"
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(body)
    return {"event_file": str(path)}
