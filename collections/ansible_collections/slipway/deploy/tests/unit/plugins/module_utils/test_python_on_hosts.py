# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What runs on hosts is Python 3.8, and imports nothing but its standard library."""

from __future__ import annotations

import ast
import sys
from pathlib import Path

import pytest

PLUGINS = Path(__file__).parents[4] / "plugins"
PREFIX = "ansible_collections.slipway.deploy.plugins.module_utils."
# Made after Python 3.8: methods and functions that its grammar cannot tell.
NEWER = {
    "removeprefix",
    "removesuffix",
    "readlink",
    "is_relative_to",
    "bit_count",
    "pairwise",
    "UTC",
    "StrEnum",
    "with_stem",
}


def imported(path: Path) -> list[str]:
    """The names of the modules that a file imports."""
    names = []
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            names += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            module = ".".join([*_package(path, node.level), *filter(None, [node.module])])
            names += [module, *(f"{module}.{alias.name}" for alias in node.names)]
    return names


def _has_code(path: Path) -> bool:
    return any(isinstance(node, ast.FunctionDef) for node in ast.parse(path.read_text()).body)


def _package(path: Path, level: int) -> list[str]:
    """The package that an import begins at, by its number of dots."""
    parts = path.parent.relative_to(PLUGINS.parents[3]).parts
    return list(parts[: len(parts) + 1 - level]) if level else []


def on_hosts() -> list[Path]:
    """The code that runs on hosts: the modules that do something, and what they import of Slipway's.

    A module whose work is done by the action of its name, on the control node, has documentation alone.
    """
    modules = [path for path in (PLUGINS / "modules").glob("*.py") if _has_code(path)]
    found, waiting = set(), modules
    while waiting:
        path = waiting.pop()
        if path in found:
            continue
        found.add(path)
        for name in imported(path):
            if name.startswith(PREFIX):
                place = PLUGINS / "module_utils" / name[len(PREFIX) :].replace(".", "/")
                waiting += [item for item in (place.with_suffix(".py"), place / "__init__.py") if item.exists()]
                waiting += [item for item in (place.parent / "__init__.py",) if item.exists()]
    return sorted(found)


@pytest.mark.parametrize("path", on_hosts(), ids=lambda path: "/".join(path.parts[-2:]))
def test_it_is_python_3_8(path: Path) -> None:
    tree = ast.parse(path.read_text(), feature_version=(3, 8))
    for node in ast.walk(tree):
        assert not (isinstance(node, ast.Attribute) and node.attr in NEWER and not _is_os(node)), ast.unparse(node)
        if isinstance(node, ast.keyword):
            assert node.arg not in ("slots", "kw_only", "strict"), f"line {node.lineno}: {node.arg}="


@pytest.mark.parametrize("path", on_hosts(), ids=lambda path: "/".join(path.parts[-2:]))
def test_types_are_not_evaluated(path: Path) -> None:
    """``X | Y`` and ``list[X]`` are allowed in annotations alone, which ``from __future__`` keeps as text."""
    source = path.read_text()
    tree = ast.parse(source)
    body = [node for node in tree.body if not isinstance(node, (ast.Expr, ast.ImportFrom))]
    assert not body or "from __future__ import annotations" in source
    for node in tree.body:
        if isinstance(node, ast.Assign):
            assert not any(_is_generic(part) for part in ast.walk(node.value)), ast.unparse(node)


@pytest.mark.parametrize("path", on_hosts(), ids=lambda path: "/".join(path.parts[-2:]))
def test_it_needs_the_standard_library_alone(path: Path) -> None:
    for name in imported(path):
        known = name.startswith((PREFIX, "ansible.module_utils"))
        assert known or name.split(".")[0] in sys.stdlib_module_names, name


def _is_os(node: ast.Attribute) -> bool:
    return isinstance(node.value, ast.Name) and node.value.id == "os"


def _is_generic(node: ast.AST) -> bool:
    return (
        isinstance(node, ast.Subscript)
        and isinstance(node.value, ast.Name)
        and node.value.id
        in (
            "list",
            "dict",
            "tuple",
            "set",
            "frozenset",
            "Mapping",
            "Sequence",
            "Callable",
            "Iterable",
        )
    )
