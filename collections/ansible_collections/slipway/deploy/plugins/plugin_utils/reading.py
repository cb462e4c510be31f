# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""How the verbs begin that only look: the right account, and nothing that takes a lock or writes a record."""

from __future__ import annotations

from typing import Any

from ..module_utils.common.errors import SlipwayError
from ..module_utils.verify.verify import check_account
from .action import display
from .context import Context
from .sandbox import ensure_sandbox


def begin_reading(context: Context, *, account: bool = True) -> None:
    """Make sure that what will be read is the environment's.

    :param account: whether the account is read; without it, only where the state store is in it.
    :raises SlipwayError: when settings are wrong or the credentials are another account's.
    """
    if not context.has_account:
        return
    settings, aws = context.settings, context.aws
    if account or settings.state_store.startswith("s3://"):
        if aws.environment == "local":
            ensure_sandbox(str(aws.endpoint_url), display.display)
        check_account(context.clients, aws)


def whole_number(value: Any, name: str, most: int) -> int:
    """A whole number from 1 to ``most`` that a person gave on the command line.

    :raises SlipwayError: when it is none.
    """
    text = str(value).strip()
    if not text.isdecimal() or not 1 <= int(text) <= most:
        raise SlipwayError(
            f"{text[:40]!r} is not a whole number from 1 to {most}", f"-e {name}", f"For example: -e {name}=20"
        )
    return int(text)
