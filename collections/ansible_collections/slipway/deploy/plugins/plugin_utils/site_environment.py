# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Checks the site's variables in the inventory against its table, before any change."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

from ..module_utils.common.errors import SlipwayError, SlipwayErrors
from ..module_utils.environment.table import Given, check_table, parse_table
from ..module_utils.parameters import api
from ..module_utils.parameters.gather import variables_of
from ..module_utils.secret_values.source import Secrets
from .context import Context

TABLE = "environment_table"


def check_environment(context: Context, host: str) -> None:
    """Refuse an environment without the variables that its table requires.

    :param host: a host of the group; values on the control node are checked here, values in AWS are not.
    :raises SlipwayErrors: naming everything that is missing or invalid, without values.
    """
    where = context.group_file(host)
    rows = parse_table(context.of_group(host, TABLE), f"{where}: {context.kind_of(host)}_{TABLE}")
    if not rows:
        return
    errors: list[SlipwayError] = []
    named = {row.name: row.required for row in rows}
    service = _values(context, host, "environment", named, errors)
    service.update({str(item.get("name")): None for item in context.of_group(host, "secrets") or ()})
    path = str(context.of_group(host, "parameters_path") or "")
    if path:
        names = variables_of(path.rstrip("/"), api.names_below(context.clients, path.rstrip("/")))
        service = {**dict.fromkeys(names), **service}
    page = _values(context, host, "front_end_environment", named, errors)
    files = [str(item.get("path")) for item in context.of_group(host, "files") or ()]
    try:
        check_table(rows, Given(service, page, files), context.environment, where)
    except SlipwayErrors as found:
        errors += found.errors
    if errors:
        raise SlipwayErrors(errors)


def _values(
    context: Context, host: str, variable: str, named: Mapping[str, bool], errors: list[SlipwayError]
) -> dict[str, str | None]:
    """The values of a mapping of the inventory; ``None`` for those in AWS or unreadable.

    :param named: the variables of the table, and whether they are required: an optional one may be missing.
    """
    given: Mapping[str, Any] = context.of_group(host, variable) or {}
    secrets = Secrets(os.environ)
    found: dict[str, str | None] = {}
    for name, value in given.items():
        if not named.get(str(name), True) and secrets.absent(value):
            continue
        found[str(name)] = None if isinstance(value, Mapping) else "" if value is None else str(value)
        if isinstance(value, Mapping) and name in named and "key" not in value and {"env", "file"} & value.keys():
            try:
                found[str(name)] = secrets.read(dict(value), f"{context.kind_of(host)}_{variable}: {name}")
            except SlipwayError as error:
                errors.append(error)
    return found
