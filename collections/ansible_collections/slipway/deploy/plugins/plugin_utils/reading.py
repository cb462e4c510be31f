# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The start of read-only verbs: check the account, without a lock or a record."""

from __future__ import annotations

from typing import Any

from ..module_utils.common.errors import SlipwayError
from ..module_utils.verify.verify import check_account
from .action import display
from .context import Context
from .sandbox import ensure_sandbox


def begin_reading(context: Context, *, account: bool = True) -> None:
    """Check that the environment's own account will be read.

    :param account: whether the account is read; if not, it is only checked for a state store in it.
    :raises SlipwayError: a setting is invalid, or the credentials belong to another account.
    """
    if not context.has_account:
        return
    settings, aws = context.settings, context.aws
    if account or settings.state_store.startswith("s3://"):
        if aws.environment == "local":
            ensure_sandbox(str(aws.endpoint_url), display.display)
        check_account(context.clients, aws)


def whole_number(value: Any, name: str, most: int) -> int:
    """A whole number from 1 to ``most`` from the command line.

    :raises SlipwayError: it is not one.
    """
    text = str(value).strip()
    if not text.isdecimal() or not 1 <= int(text) <= most:
        raise SlipwayError(
            f"{text[:40]!r} is not a whole number from 1 to {most}", f"-e {name}", f"For example: -e {name}=20"
        )
    return int(text)
