# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Ends the modules on hosts: with a result, or with one line for the error. Python 3.8."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from ..common.errors import SlipwayError
from .run import ending


def finish(
    module: Any,
    work: Callable[[], dict[str, Any]],
    known: Callable[[SlipwayError], Mapping[str, Any]] = lambda _error: {},
) -> None:
    """Run a module's work, stop its programs if the module is stopped, and exit.

    :param module: Ansible's; it shows the result's ``warnings``.
    :param known: further results of a failure.
    """
    try:
        with ending():
            result = work()
    except SlipwayError as error:
        module.fail_json(msg=str(error), **known(error))
    for line in result.pop("warnings", ()):
        module.warn(line)
    module.exit_json(**result)
