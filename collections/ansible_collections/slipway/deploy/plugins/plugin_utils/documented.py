# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The arguments of an action are the options that its documentation names: nothing is said twice."""

from __future__ import annotations

from functools import cache
from importlib import import_module
from typing import Any

import yaml

#: What of a documented option an argument spec has. The rows of a list are read where they are used, not by Ansible.
_TAKEN = ("type", "elements", "required", "default", "choices")


@cache
def arguments_of(action: str) -> dict[str, dict[str, Any]]:
    """The argument spec of an action of this collection, out of ``modules/<action>.py`` and its fragments."""
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
