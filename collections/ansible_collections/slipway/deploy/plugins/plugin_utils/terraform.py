# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Terraform's outputs as variables of an environment, for the inventory plugin."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from ..module_utils.aws.client import check_local, make_clients, settings_from_vars
from ..module_utils.environment.directory import read_text
from ..module_utils.terraform.outputs import VARIABLE, Declared, Output, read_declared, read_file, resolve

_AWS = ("account_id", "aws_region", "aws_profile", "aws_endpoint_url", "aws_access_key_id", "aws_secret_access_key")


def terraform_variables(
    directory: Path, variables: Mapping[str, Any], extra: Mapping[str, Any], template: Callable[[Any], Any]
) -> dict[str, Any]:
    """The variables of ``terraform_outputs``; empty if it is not set.

    :param directory: ``inventories/<env>``.
    :param variables: those of group_vars for all hosts, as written.
    :param extra: those of the command line.
    :param template: resolves templates.
    :raises SlipwayError: naming everything that is invalid or missing.
    """
    given = {**variables, **extra}
    if given.get(VARIABLE) is None:
        return {}
    place = f"{directory.parent.name}/{directory.name}"
    where = f"-e {VARIABLE}" if VARIABLE in extra else f"{place}/group_vars/all.yml"
    declared = read_declared(template(given[VARIABLE]), where)
    if declared.file:
        shown = f"{place}/{declared.file}"
        outputs = read_file(read_text(directory / declared.file, shown), shown)
    else:
        shown = f"ssm:{declared.ssm}/"
        outputs = _ask(declared, directory.name, {name: template(given[name]) for name in _AWS if name in given}, extra)
    return resolve(declared, outputs, shown, variables)


def _ask(
    declared: Declared, environment: str, variables: Mapping[str, Any], extra: Mapping[str, Any]
) -> dict[str, Output]:
    # Imported here: most environments read a file.
    from ..module_utils.terraform.api import outputs_below

    settings = settings_from_vars(environment, variables, tuple(extra))
    check_local(settings, tuple(extra))
    return outputs_below(make_clients(settings), declared.ssm)
