# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""An environment's inventory sources: their list, reading them by stock plugins, and errors."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ansible import constants

from ..module_utils.aws.errors import is_aws_error, translate
from ..module_utils.common.errors import SlipwayError, SlipwayErrors
from ..module_utils.environment.directory import MARKER, unreadable


def sources(directory: Path) -> Iterator[Path]:
    """The inventory sources of a directory, by Ansible's rules for the directory that ``-i`` names."""
    ignored = [re.compile(pattern) for pattern in constants.INVENTORY_IGNORE_PATTERNS]
    endings = tuple(constants.INVENTORY_IGNORE_EXTS)
    try:
        entries = sorted(directory.iterdir())
    except OSError as error:
        raise unreadable(error, str(directory)) from error
    for entry in entries:
        if entry.name.startswith(".") or entry.name in ("host_vars", "group_vars", "vars_plugins", MARKER):
            continue
        if entry.name.endswith(endings) or any(pattern.search(entry.name) for pattern in ignored):
            continue
        if entry.is_dir():
            yield from sources(entry)
        else:
            yield entry


def wrapped(inventory: Any, plugin: Any) -> Any:
    """The inventory as Ansible passes it to ``plugin``.

    Ansible 2.19 and later pass a wrapper that knows whether the values of *one* plugin are trusted as templates.
    A tag of an AWS resource must never be, so each delegate gets its own wrapper; and what the wrappers found
    out is cached on the inventory behind them (``functools.cached_property`` on a proxy), so it is deleted first.
    """
    inner = getattr(inventory, "__wrapped__", None)
    if inner is None:
        return inventory
    vars(inner).pop("_inspector", None)
    origin = inventory._default_origin  # noqa: SLF001 - the wrapper offers no other way to make one like it
    return type(inventory)(inner, target_plugin=plugin, origin=origin)


def failure_of(shown: str, failure: BaseException) -> SlipwayError:
    """The error of a source's plugin, with the source's name before each line."""
    cause: BaseException | None = failure
    while cause is not None and not isinstance(cause, SlipwayError):
        if isinstance(cause, Exception) and is_aws_error(cause):
            cause = translate(cause, "ask AWS for this source")
            break
        # amazon.aws puts botocore's error into its own text, and keeps the exception only as the context.
        cause = cause.__cause__ or cause.__context__
    if isinstance(cause, SlipwayErrors):
        return SlipwayErrors([SlipwayError(str(error), shown) for error in cause.errors])
    return SlipwayError(str(cause) if cause is not None else one_line(failure), shown)


def one_line(error: BaseException) -> str:
    """An error and its causes, on one line, without repetitions."""
    parts: list[str] = []
    current: BaseException | None = error
    while current is not None:
        text = " ".join(str(getattr(current, "message", None) or current).split()).rstrip(".")
        if text and not any(text in part for part in parts):
            parts.append(text)
        current = current.__cause__
    return ": ".join(parts) or type(error).__name__
