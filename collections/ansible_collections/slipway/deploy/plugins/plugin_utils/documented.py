# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Derives the arguments of an action from the options in its documentation."""

from __future__ import annotations

from functools import cache
from importlib import import_module
from typing import Any

import yaml

#: The parts of a documented option in an argument spec. Rows of a list are validated where they are used.
_TAKEN = ("type", "elements", "required", "default", "choices")


@cache
def arguments_of(action: str) -> dict[str, dict[str, Any]]:
    """The argument spec of an action of this collection, from ``modules/<action>.py`` and its fragments."""
    document = _read(import_module(f"..modules.{action}", __package__).DOCUMENTATION)
    options: dict[str, dict[str, Any]] = document.get("options") or {}
    for name in document.get("extends_documentation_fragment", ()):
        _namespace, _collection, file, *part = name.split(".")
        fragment = import_module(f"..doc_fragments.{file}", __package__).ModuleDocFragment
        shared = _read(getattr(fragment, part[0].upper() if part else "DOCUMENTATION")).get("options") or {}
        for option, said in shared.items():
            options[option] = {**said, **options.get(option, {})}
    return {name: {key: option[key] for key in _TAKEN if key in option} for name, option in options.items()}


def _read(text: str) -> dict[str, Any]:
    # libyaml, where PyYAML was built with it, is ten times faster.
    found: dict[str, Any] = yaml.load(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))  # noqa: S506 - both are safe
    return found
