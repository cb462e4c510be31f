#!/usr/bin/env python3
# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Writes each role's defaults/main.yml, and the table of variables in its README.md, from meta/argument_specs.yml.

usage: scripts/role_docs.py [--check] [role…]

With --check nothing is written; differences are printed, and the exit code is 1. An entry point that uses a variable
which its argument spec does not name is an error in both cases.
"""

from __future__ import annotations

import re
import sys
import textwrap
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

import yaml

ROLES: Final = Path(__file__).resolve().parents[1] / "roles"
WIDTH: Final = 120
HEADER: Final = "---\n# Generated from meta/argument_specs.yml by scripts/role_docs.py: change it there.\n"
BEGIN: Final = "<!-- Begin of what scripts/role_docs.py generates from meta/argument_specs.yml -->"
END: Final = "<!-- End of what is generated -->"
#: Markup of Ansible's documentation that is code in Markdown and in comments.
_CODE: Final = re.compile(r"\b(?:C|V|O|M|RV)\(([^)]*(?:\([^)]*\))?[^)]*)\)")
Options = Mapping[str, Mapping[str, Any]]


class RoleError(Exception):
    """A role with invalid argument specs."""


def specs(role: Path) -> dict[str, Any]:
    """The entry points of a role with their options."""
    found = yaml.safe_load((role / "meta/argument_specs.yml").read_text(encoding="utf-8"))
    entries: dict[str, Any] = found["argument_specs"]
    for name, entry in entries.items():
        entry.setdefault("options", {})
        for option, spec in entry["options"].items():
            if not spec.get("required") and "default" not in spec:
                raise RoleError(f"{role.name}: {name}: {option} has neither `required` nor `default`")
    return entries


def all_options(entries: Mapping[str, Any]) -> Options:
    """The options of all entry points, those of `main` first.

    :raises RoleError: one option has two defaults.
    """
    found: dict[str, Mapping[str, Any]] = {}
    for entry in entries.values():
        for option, spec in entry["options"].items():
            known = found.setdefault(option, spec)
            if known.get("default") != spec.get("default"):
                raise RoleError(f"{option} has two defaults, {known.get('default')!r} and {spec.get('default')!r}")
    return found


def paragraphs(spec: Mapping[str, Any]) -> list[str]:
    """The description of an option, with code between backquotes."""
    text = spec["description"]
    return [_CODE.sub(r"`\1`", " ".join(part.split())) for part in ([text] if isinstance(text, str) else text)]


def _scalar(value: Any, *, flow: bool = False) -> str:
    """A value on one line, quoted with double quotes where it needs quotes."""
    text = yaml.dump([value], Dumper=_Dumper, default_flow_style=flow, width=10_000, allow_unicode=True)
    return text.strip().removeprefix("[").removesuffix("]") if flow else text.strip().removeprefix("- ")


def emit(name: str, value: Any, indent: int = 0) -> list[str]:
    """The lines of one key as yamllint wants them; a long text is folded at its spaces if that changes nothing."""
    start = " " * indent + name + ":"
    if value and isinstance(value, dict):
        return [start, *(line for key, each in value.items() for line in emit(key, each, indent + 2))]
    if value and isinstance(value, list):
        line = f"{start} [{', '.join(_scalar(each, flow=True) for each in value)}]"
        if len(line) <= WIDTH and not any(isinstance(each, (dict, list)) for each in value):
            return [line]
        return [
            start,
            *(" " * (indent + 2) + "- " + _scalar(each, flow=isinstance(each, (dict, list))) for each in value),
        ]
    line = f"{start} {_scalar(value)}"
    if len(line) > WIDTH and isinstance(value, str):
        lines = textwrap.wrap(value, WIDTH - indent - 2, break_long_words=False, break_on_hyphens=False)
        if " ".join(lines) == value:
            return [f"{start} >-", *(" " * (indent + 2) + each for each in lines)]
    return [line]


class _Dumper(yaml.SafeDumper):
    """Quotes with double quotes, and only where quotes are needed."""

    def represent_str(self, data: str) -> yaml.ScalarNode:
        """A text, quoted as the project quotes."""
        quoted = yaml.safe_dump([data], width=10_000)[2] in "'\""
        return self.represent_scalar("tag:yaml.org,2002:str", data, style='"' if quoted else None)


_Dumper.add_representer(str, _Dumper.represent_str)


def defaults(options: Options) -> str:
    """The content of defaults/main.yml."""
    parts = [HEADER]
    required = [name for name, spec in options.items() if spec.get("required")]
    if required:
        parts.append(textwrap.fill(f"Without a default: {', '.join(required)}.", WIDTH, **_COMMENT) + "\n")
    for name, spec in options.items():
        if "default" not in spec:
            continue
        comment = "\n".join(textwrap.fill(part, WIDTH, **_COMMENT) for part in paragraphs(spec))
        parts.append("\n".join(["", comment, *emit(name, spec["default"]), ""]))
    return "".join(parts)


_COMMENT: Final[dict[str, Any]] = {
    "initial_indent": "# ",
    "subsequent_indent": "# ",
    "break_long_words": False,
    "break_on_hyphens": False,
}


def _cell(spec: Mapping[str, Any]) -> str:
    """The default of an option in a table."""
    if spec.get("required"):
        return "required"
    value = spec["default"]
    if isinstance(value, str):
        text = value or '""'
    else:
        text = yaml.safe_dump(value, default_flow_style=True, width=10_000, allow_unicode=True, sort_keys=False)
    text = " ".join(text.removesuffix("\n...\n").split())
    return "`` " + text + " ``" if "`" in text else f"`{text}`"


def _row(name: str, spec: Mapping[str, Any]) -> str:
    type_of = spec["type"] + (f" of {spec['elements']}" if "elements" in spec else "")
    text = " ".join(paragraphs(spec))
    if "choices" in spec:
        text += f" One of {', '.join(f'`{choice}`' for choice in spec['choices'])}."
    if "options" in spec:
        text += " Keys: " + "; ".join(_key(key, value) for key, value in spec["options"].items()) + "."
    return f"| `{name}` | {type_of} | {_pipes(_cell(spec))} | {_pipes(text)} |"


def _pipes(text: str) -> str:
    return text.replace("|", "\\|")


def _key(name: str, spec: Mapping[str, Any]) -> str:
    text = " ".join(paragraphs(spec)).removesuffix(".")
    if spec.get("required"):
        return f"`{name}` (required): {text}"
    return f"`{name}` ({_cell(spec)}): {text}" if "default" in spec else f"`{name}`: {text}"


def table(entries: Mapping[str, Any]) -> str:
    """The part of README.md between the two marks."""
    lines = [BEGIN, "", "| variable | type | default | meaning |", "|---|---|---|---|"]
    lines += [_row(name, spec) for name, spec in all_options(entries).items()]
    others = {name: entry for name, entry in entries.items() if name != "main"}
    if others:
        lines += ["", "| entry point (`tasks_from`) | what it does | its variables |", "|---|---|---|"]
    for name, entry in others.items():
        own = ", ".join(f"`{option}`" for option in entry["options"])
        lines.append(f"| `{name}` | {entry['short_description']} | {own} |")
    return "\n".join([*lines, "", END])


def readme(old: str, entries: Mapping[str, Any]) -> str:
    """README.md with its table as the argument specs have it.

    :raises RoleError: the README has no marks.
    """
    if old.count(BEGIN) != 1 or old.count(END) != 1:
        raise RoleError(f"README.md needs both lines {BEGIN} and {END}")
    before, rest = old.split(BEGIN)
    return before + table(entries) + rest.split(END)[1]


def used(role: Path, entry: str, options: Options) -> set[str]:
    """The options that an entry point uses: in its tasks, in what these include, and in the variables of both."""
    internal = yaml.safe_load(_text(role / "vars/main.yml")) or {}
    names: set[str] = set()
    seen: set[str] = set()
    todo = [_text(path) for path in _tasks(role, entry, options)]
    # Variables that the entry point sets for its included tasks are not inputs.
    own = {name for text in todo for name in re.findall(rf"(?m)^\s+({role.name}_\w+):", text)}
    while todo:
        text = todo.pop()
        if text in seen:
            continue
        seen.add(text)
        todo += _included(role, text, options)
        for name in set(re.findall(rf"\b_*{role.name}_[a-z0-9_]+\b", text)):
            if name in internal:
                todo.append(str(internal[name]))
            elif name in options and name not in own:
                names.add(name)
                todo.append(str(options[name].get("default", "")))
    return names


def _text(path: Path) -> str:
    return re.sub(r"(?m)^\s*#.*$", "", path.read_text(encoding="utf-8")) if path.is_file() else ""


def _tasks(role: Path, name: str, options: Options) -> list[Path]:
    """The task files of a name; one with a variable stands for each of the variable's choices."""
    found = re.fullmatch(r"\{\{ (\w+) \}\}(?:\.yml)?", name)
    names = options[found[1]]["choices"] if found else [name.removesuffix(".yml")]
    paths = [role / "tasks" / f"{each}.yml" for each in names]
    if not any(path.is_file() for path in paths):
        raise RoleError(f"there is no tasks/{name}")
    return [path for path in paths if path.is_file()]


def _included(role: Path, text: str, options: Options) -> Iterator[str]:
    for name in re.findall(r"(?:include_tasks|import_tasks): \"?([^\s\"](?:[^\n\"]*\.yml))", text):
        yield from (_text(path) for path in _tasks(role, name, options))
    for name in re.findall(r"^\s+file: (\w+\.yml)$", text, re.MULTILINE):
        yield from (_text(path) for path in _tasks(role, name, options))
    for name in re.findall(r"\b([\w.]+\.j2)\b", text):
        yield _text(role / "templates" / name)


def unnamed(role: Path, entries: Mapping[str, Any]) -> list[str]:
    """Variables that the entry points use without declaring them, or declare without using them."""
    options = all_options(entries)
    said = []
    for name, entry in entries.items():
        uses, names = used(role, name, options), set(entry["options"])
        said += [f"{role.name}: {name} uses {each}, which its argument spec lacks" for each in sorted(uses - names)]
        said += [f"{role.name}: {name} does not use {each} of its argument spec" for each in sorted(names - uses)]
    return said


def generated(role: Path) -> dict[Path, str]:
    """The files of a role that come from its argument specs, with the content that they should have."""
    entries = specs(role)
    path = role / "README.md"
    return {
        role / "defaults/main.yml": defaults(all_options(entries)),
        path: readme(path.read_text(encoding="utf-8"), entries),
    }


def main(arguments: list[str]) -> int:
    """Generate, or check."""
    check = "--check" in arguments
    chosen = [argument for argument in arguments if argument != "--check"]
    errors = []
    for role in sorted(path.parents[1] for path in ROLES.glob("*/meta/argument_specs.yml")):
        if chosen and role.name not in chosen:
            continue
        try:
            errors += unnamed(role, specs(role))
            for path, text in generated(role).items():
                if path.is_file() and path.read_text(encoding="utf-8") == text:
                    continue
                if check:
                    errors.append(f"{path.relative_to(ROLES.parent)} is not generated: run scripts/role_docs.py")
                else:
                    path.parent.mkdir(exist_ok=True)
                    path.write_text(text, encoding="utf-8")
        except (RoleError, OSError, KeyError, yaml.YAMLError) as error:
            errors.append(f"{role.name}: {error}")
    for line in errors:
        print(line, file=sys.stderr)
    return 1 if errors else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
