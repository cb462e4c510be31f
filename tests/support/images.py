# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Images for the sandbox, and what was done with them."""

from __future__ import annotations

from typing import Any

from tests.support.deploys import Deploys


def build(deploys: Deploys, service: str, tag: str, **behaviour: Any) -> None:
    """Build an image that ``latest`` points at; with a behaviour, a bad one."""
    marked = {"build": True, "behaviour": behaviour} if behaviour else {}
    body = {"repository": f"sdt/local/{service}", "tag": tag, "latest": True, **marked}
    deploys.sandbox.control("images", body)


def updates(deploys: Deploys) -> list[str]:
    """The services that were updated, in order."""
    return [
        call["params"]["service"].removeprefix("sdt-local-")
        for call in deploys.mutations()
        if call["action"] == "UpdateService"
    ]
