# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Reads the extra variables of the command line as they were typed: no value is a template.

Since ansible-core 2.19 every extra variable is trusted as a template, so a commit message that a pipeline passes
with ``-e`` would be executed. Slipway reads them itself and gives Ansible untrusted values. A template
belongs in the inventory, which is reviewed.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from ansible import context
from ansible.parsing.dataloader import DataLoader
from ansible.template import trust_as_template
from ansible.utils.vars import combine_vars, load_extra_vars

from ..module_utils.common.errors import SlipwayError, SlipwayErrors
from ..module_utils.common.suggest import shorten
from ..module_utils.environment.directory import read_text
from ..module_utils.environment.known import FREE, KNOWN
from ..module_utils.environment.source import read_source
from ..module_utils.environment.words import read_words

#: The beginnings of a template.
_TEMPLATE: Final = re.compile(r"\{[{%#]")
#: What this process has read, by the arguments.
_READ: dict[tuple[str, ...], dict[str, Any]] = {}


def read_extra_vars(loader: Any = None) -> dict[str, Any]:
    """The extra variables of this run, as data.

    The first call of a process, which is the inventory's or the environment's, gives them to Ansible in place of what
    Ansible would read. There is no other way: the option is always trusted.

    :param loader: Ansible's reader of files, which has the vault's passwords.
    :raises SlipwayErrors: for each ``-e`` that is neither ``name=value``, ``@file`` nor a mapping, or whose values YAML
        does not read as they are written.
    """
    # A new string has none of Ansible's tags.
    given = (context.CLIARGS.get("extra_vars") or ()) if context.CLIARGS else ()
    arguments = tuple("".join(str(argument)) for argument in given)
    if arguments not in _READ:
        _READ.clear()
        _READ[arguments] = _read(arguments, loader or DataLoader())
        _hand_over(_READ[arguments])
    return _READ[arguments]


def _hand_over(read: dict[str, Any]) -> None:
    """Give Ansible these variables. Its classes may already hold the dictionary that it has read."""
    known: dict[str, Any] | None = getattr(load_extra_vars, "extra_vars", None)
    if known:
        known.clear()
        known.update(read)
    else:
        load_extra_vars.extra_vars = read


def _read(arguments: Sequence[str], loader: Any) -> dict[str, Any]:
    variables: dict[str, Any] = {}
    errors: list[SlipwayError] = []
    for argument in arguments:
        try:
            if argument.strip():
                variables = combine_vars(variables, _read_one(argument, loader))
        except RecursionError:
            errors.append(SlipwayError("is nested too deeply", f"-e {argument[:20]}…", "Write a mapping of variables"))
        except SlipwayErrors as error:
            errors.extend(error.errors)
        except SlipwayError as error:
            errors.append(error)
    if errors:
        raise SlipwayErrors(errors)
    return {name: value if name in FREE else _plain(value) for name, value in variables.items()}


def _plain(value: Any) -> Any:
    """A value whose strings without a template are plain ones to Ansible, so that ``ansible-inventory`` shows them."""
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_plain(item) for item in value]
    return trust_as_template(value) if isinstance(value, str) and not _TEMPLATE.search(value) else value


def _read_one(argument: str, loader: Any) -> Mapping[str, Any]:
    if argument.startswith("@"):
        path = Path(argument[1:]).expanduser().absolute()
        shown = f"-e @{path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path}"
        _check(read_text(path, shown), shown)
        # Not as a template. Ansible decrypts values of its vault.
        data = loader.load_from_file(str(path), trusted_as_template=False)
    elif argument.lstrip()[0] in "[{":
        _check(argument, "-e")
        data = loader.load(argument)
    elif argument[0] in "/.":
        raise SlipwayError(f"{argument} is a path", "-e", f"Write -e @{argument} for a file of variables")
    else:
        return read_words(argument, FREE, KNOWN)
    if data is None and argument.startswith("@"):
        return {}
    if not isinstance(data, Mapping):
        raise SlipwayError(f"{shorten(argument)} is not a mapping of variables", "-e", "Write name: value")
    return data


def _check(text: str, shown: str) -> None:
    source = read_source(text, shown, variables=True)
    if source.errors:
        raise SlipwayErrors(source.errors)
