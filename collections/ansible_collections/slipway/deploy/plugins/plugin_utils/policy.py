# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The repository that an action on conventions, tags or the changelog works on."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ..module_utils.git.run import Credentials, Git
from ..module_utils.kinds.registry import NAMES
from ..module_utils.policy.api import Source
from ..module_utils.policy.model import SETTING, Rules, find_rules
from .clone import clone_at
from .context import Context
from .gates import tag_prefix


def handed(arguments: Mapping[str, Any], name: str, variable: str) -> str:
    """An argument; if it is empty, an environment variable, by which hooks and pipelines hand over texts."""
    return str(arguments[name] or "") or os.environ.get(variable, "")


def rules_of(context: Context, arguments: Mapping[str, Any]) -> Rules:
    """The rules of the repository.

    :raises SlipwayError: there are none.
    """
    return find_rules(
        arguments["rules"], handed(arguments, "repository", "SLIPWAY_REPOSITORY"), context.written(SETTING)
    )


def day_prefix(context: Context) -> str:
    """The prefix of the environment's tags of a day, as its hosts have it; empty if any is accepted.

    :raises SlipwayError: it is not a valid prefix.
    """
    hosts = [name for kind in NAMES for name in context.members(kind)]
    return tag_prefix(context, next((name for name in hosts if context.of_group(name, "tag_prefix") is not None), None))


def clone_of(arguments: Mapping[str, Any]) -> Path:
    """The clone's directory.

    :raises SlipwayError: there is none.
    """
    return clone_at(handed(arguments, "path", "SLIPWAY_SOURCE"))


def open_source(arguments: Mapping[str, Any], rules: Rules) -> Source:
    """The clone.

    :raises SlipwayError: it is none.
    """
    place = clone_of(arguments)
    source = Source(Git(place, rules.repository, Credentials()), str(arguments.get("remote") or "origin"))
    source.check()
    return source
