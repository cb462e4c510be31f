# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Reads a YAML file for its line numbers: which line names which host or group, and which keys are duplicates.

Ansible's inventory has neither, so messages that name a line need a separate reader.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from typing import Any, Final

from ..common.errors import SlipwayError
from .known import TEXTS
from .scalars import misread, misread_inventory, place

_TEMPLATE: Final = re.compile(r"\{[{%](.*?)[%}]\}", re.DOTALL)
_TAKEN: Final = re.compile(
    r"""^\s*(?:-\s+)?([A-Za-z_]\w*)\s*:\s*["']?"""
    r"""\{\{\s*([A-Za-z_]\w*)\s*(?:\|[^}]*)?\}\}["']?\s*(?:\#.*)?$""",
    re.MULTILINE,
)
_NAME: Final = re.compile(r"\b[A-Za-z_][A-Za-z0-9_]*\b")

Node = Any
"""A node of PyYAML: ``yaml.Node`` has no types for what its kinds share."""


@dataclass
class Places:
    """Where an inventory defines its hosts and groups: name → ``file:line`` of the first mention."""

    hosts: dict[str, str] = field(default_factory=dict)
    groups: dict[str, str] = field(default_factory=dict)

    def merge(self, other: Places) -> None:
        """Add the mentions of a later file; earlier ones have precedence."""
        self.hosts = {**other.hosts, **self.hosts}
        self.groups = {**other.groups, **self.groups}


@dataclass(frozen=True)
class Source:
    """A YAML file as written. ``plugin`` is its inventory plugin, ``None`` for a static inventory."""

    places: Places
    errors: tuple[SlipwayError, ...] = ()
    plugin: str | None = None
    empty: bool = False


def read_source(text: str, shown: str, variables: bool = False, texts: Collection[str] = ()) -> Source:
    """Read the text of a YAML file.

    :param text: the file's text. An encrypted one is not parsed.
    :param variables: whether it is a file of variables, not an inventory.
    :param texts: text variables besides Slipway's.
    """
    if text.startswith("$ANSIBLE_VAULT"):
        return Source(Places())
    # Imported here, because ansible-test imports every module_utils without PyYAML, which Ansible itself always has.
    import yaml

    try:
        # libyaml, where PyYAML was built with it, is ten times faster.
        root: Node = yaml.compose(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))
    except yaml.YAMLError as error:
        return Source(Places(), (_syntax_error(error, shown),))
    if root is None or root.tag == "tag:yaml.org,2002:null":
        return Source(Places(), empty=True)
    errors = [*_duplicates(root, shown)]
    places = Places()
    plugin = None
    if root.id == "mapping" and variables:
        errors.extend(misread(root, shown, texts))
    elif root.id == "mapping":
        plugin = next((str(value.value) for key, value in root.value if key.value == "plugin"), None)
        if plugin is None:
            _read_groups(root, shown, places)
            errors.extend(misread_inventory(root, shown, texts))
    return Source(places, tuple(errors), plugin)


def text_names(files: Collection[str]) -> set[str]:
    """The user's variables from which Slipway's text variables are templated: ``service_image_tag: "{{ my_tag }}"``."""
    taken = [pair for text in files for pair in _TAKEN.findall(text)]
    found: set[str] = set()
    while more := {other for name, other in taken if name in TEXTS or name in found} - found:
        found |= more
    return found


def template_names(text: str) -> set[str]:
    """The words in the templates of a text, which include all variables that it uses."""
    return {name for template in _TEMPLATE.findall(text) for name in _NAME.findall(template)}


def _syntax_error(error: Exception, shown: str) -> SlipwayError:
    mark = getattr(error, "problem_mark", None)
    problem = getattr(error, "problem", None) or str(error)
    return SlipwayError(f"not valid YAML: {problem}", place(mark.line + 1, shown) if mark else shown)


def _duplicates(node: Node, shown: str) -> Iterator[SlipwayError]:
    """Every duplicate key of a mapping; in YAML the last one wins."""
    if node.id == "sequence":
        for item in node.value:
            yield from _duplicates(item, shown)
    if node.id != "mapping":
        return
    seen: dict[str, int] = {}
    for key, value in node.value:
        if key.id == "scalar":
            line = key.start_mark.line + 1
            if key.value in seen:
                yield SlipwayError(
                    f"{key.value} is written twice, first on line {seen[key.value]}",
                    place(line, shown),
                    "Keep one of them",
                )
            seen.setdefault(key.value, line)
        yield from _duplicates(value, shown)


def _read_groups(groups: Node, shown: str, places: Places) -> None:
    for group, name in _items(groups):
        places.groups.setdefault(name, f"{shown}:{_line(group[0])}")
        for section, kind in _items(group[1]):
            if kind == "hosts":
                for host, host_name in _items(section[1]):
                    places.hosts.setdefault(host_name, f"{shown}:{_line(host[0])}")
            elif kind == "children":
                _read_groups(section[1], shown, places)


def _items(node: Node) -> Iterator[tuple[tuple[Node, Node], str]]:
    if node.id == "mapping":
        for key, value in node.value:
            if key.id == "scalar":
                yield (key, value), key.value


def _line(node: Node) -> int:
    return int(node.start_mark.line) + 1
