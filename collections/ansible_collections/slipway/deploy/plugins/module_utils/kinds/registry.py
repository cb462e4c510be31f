# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""All kinds of host that releases go to. A new one is added here. Pure."""

from __future__ import annotations

from typing import Final

from .backend import BACKEND
from .model import Kind
from .site import SITE

#: In the order in which messages name them.
KINDS: Final[tuple[Kind, ...]] = (BACKEND, SITE)
#: The groups of the inventory that hold their hosts.
NAMES: Final = tuple(kind.name for kind in KINDS)


def kind_named(name: str) -> Kind:
    """A kind by its name.

    :raises KeyError: there is none.
    """
    return {kind.name: kind for kind in KINDS}[name]
