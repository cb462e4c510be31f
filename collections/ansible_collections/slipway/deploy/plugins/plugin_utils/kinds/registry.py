# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Finds the control node's class of a kind of host."""

from __future__ import annotations

from functools import cache
from importlib import import_module

from .model import HostKind


@cache
def host_kind(name: str) -> HostKind:
    """The class ``ThisKind`` in the module with the kind's name.

    :param name: one of ``module_utils/kinds/registry.py``.
    """
    kind: HostKind = import_module(f".{name}", __package__).ThisKind()
    return kind
