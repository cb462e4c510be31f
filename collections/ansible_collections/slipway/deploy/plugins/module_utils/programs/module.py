# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""How the modules on hosts end: with a result, or with one line that says what went wrong. Python 3.8."""

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
    """Carry a module's work out, stopping what runs when the module is stopped, and end the module.

    :param module: Ansible's; it warns of the result's ``warnings``.
    :param known: what a failure says besides its line.
    """
    try:
        with ending():
            result = work()
    except SlipwayError as error:
        module.fail_json(msg=str(error), **known(error))
    for line in result.pop("warnings", ()):
        module.warn(line)
    module.exit_json(**result)
