# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The documented options of an action are its arguments. ansible-test compares those of modules only."""

from __future__ import annotations

import importlib
import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from ansible_collections.slipway.deploy.plugins.module_utils.common.payload import PAYLOAD
from ansible_collections.slipway.deploy.plugins.plugin_utils.action import SlipwayAction
from ansible_collections.slipway.deploy.plugins.plugin_utils.on_host import HostAction

PLUGINS = Path(__file__).parents[4] / "plugins"
NAMES = sorted(path.stem for path in (PLUGINS / "action").glob("[!_]*.py"))
#: What documentation and arguments say in the same words.
COMPARED = ("type", "elements", "required", "default", "choices")

Doc = dict[str, Any]


def options_of(name: str) -> Doc:
    """The options of a module, those of its fragments included."""
    source = (PLUGINS / "modules" / f"{name}.py").read_text()
    found = re.search(r'DOCUMENTATION = r"""\n(.*?)"""', source, re.DOTALL)
    assert found
    doc: Doc = yaml.safe_load(found[1])
    options: Doc = dict(doc.get("options") or {})
    for fragment in doc["extends_documentation_fragment"]:
        for option, content in fragment_options(fragment.removeprefix("slipway.deploy.")).items():
            options[option] = {**content, **options.get(option, {})}
    return options


def fragment_options(fragment: str) -> Doc:
    """The options of a fragment, named as in ``checks`` or ``checks.checklist``."""
    name, _dot, part = fragment.partition(".")
    module = importlib.import_module(f"ansible_collections.slipway.deploy.plugins.doc_fragments.{name}")
    text: str = getattr(module.ModuleDocFragment, part.upper() or "DOCUMENTATION")
    found: Doc = yaml.safe_load(text).get("options") or {}
    return found


def compared(options: Doc) -> Doc:
    """The comparable part of options or arguments."""
    return {
        name: {key: option[key] for key in COMPARED if key in option and (key != "required" or option[key])}
        for name, option in options.items()
    }


@pytest.mark.parametrize("name", NAMES)
def test_options(name: str) -> None:
    action = importlib.import_module(f"ansible_collections.slipway.deploy.plugins.action.{name}").ActionModule
    assert issubclass(action, SlipwayAction)
    text = (PLUGINS / "modules" / f"{name}.py").read_text()
    of_host_half = PAYLOAD if action.ARGUMENTS and re.search(r"slipway\.deploy\.payload\b", text) else {}
    assert compared(options_of(name)) == compared({**action.spec(), **of_host_half})


@pytest.mark.parametrize("name", NAMES)
def test_the_host_half_has_the_name_of_the_action(name: str) -> None:
    action = importlib.import_module(f"ansible_collections.slipway.deploy.plugins.action.{name}").ActionModule
    runs = "\ndef main()" in (PLUGINS / "modules" / f"{name}.py").read_text()
    assert runs == (issubclass(action, HostAction) and not action.HOST_HALF)
