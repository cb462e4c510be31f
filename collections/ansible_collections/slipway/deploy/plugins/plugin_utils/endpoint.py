# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The fleet's public endpoint: ``smoke_base_url``, or the load balancer in ``alb_name``."""

from __future__ import annotations

from ..module_utils.checks import api
from .context import Context

_USUAL = {"http": 80, "https": 443}


def endpoint_of(context: Context) -> str | None:
    """The URL without a trailing slash, or ``None`` if the environment has none.

    :raises SlipwayError: the load balancer does not exist.
    """
    base = str(context.variables.get("smoke_base_url") or "").rstrip("/")
    if base:
        return base
    name = str(context.variables.get("alb_name") or "")
    if not name:
        return None
    found = api.load_balancer(context.clients, name)
    scheme, port = api.listener_scheme(context.clients, found["LoadBalancerArn"])
    return f"{scheme}://{found['DNSName']}{'' if port == _USUAL[scheme] else f':{port}'}"
