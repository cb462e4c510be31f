# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A call of Slipway's with AWS's answers, and what several of them name."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from ansible_collections.slipway.deploy.plugins.module_utils.aws.client import Clients

DIGEST = "sha256:" + "a" * 64
REGISTRY = "000000000000.dkr.ecr.eu-west-1.amazonaws.com"


class Call(NamedTuple):
    """A call of Slipway's, and the whole answers to what it asks."""

    name: str
    make: Callable[[Clients], Any]
    answers: dict[str, Any]


def xml(operation: str, inner: str) -> str:
    return f"<{operation}Response><{operation}Result>{inner}</{operation}Result></{operation}Response>"


CALLER = xml("GetCallerIdentity", "<Account>000000000000</Account><Arn>a</Arn>")
