# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Resolves the credentials of a botocore session before the first call: any problem with them is one line.

A profile may ask for an MFA code, run a program, or exchange a web identity token. In a task a code cannot be typed,
and botocore raises a program's or a file's errors unchanged (``ValueError``, ``FileNotFoundError``).
"""

from __future__ import annotations

import os
import shlex
from collections.abc import Callable
from typing import Any

from ..common.errors import SlipwayError
from .errors import NoCredentials, is_aws_error, use_profile

#: Where the AWS CLI keeps the sessions of roles, those with an MFA code among them.
_CLI_SESSIONS = os.path.join("~", ".aws", "cli", "cache")  # noqa: PTH118 - expanded by botocore's own cache


def signed_in(session: Any, region: str, profile: str | None, own_key: bool) -> Any:
    """The session itself, with its credentials resolved.

    :param profile: the settings' own, which comes before the shell's.
    :param own_key: whether the settings have an access key, so that nothing else is asked for one.
    :raises NoCredentials: they cannot be resolved, and why. The caller handles botocore's own exceptions.
    """
    profile = profile or (None if own_key else os.environ.get("AWS_PROFILE"))
    use_profile(profile)
    if own_key:
        return session
    # A web identity is exchanged at the region's STS.
    session.set_config_variable("region", region)
    _without_prompt(session, profile)
    found = _explained(profile, session.get_credentials)
    if found is not None:
        refresh = getattr(found, "_refresh_using", None)
        if refresh is not None:
            found._refresh_using = lambda: _explained(profile, refresh)  # noqa: SLF001 - no public way
        _explained(profile, found.get_frozen_credentials)
    return session


def _without_prompt(session: Any, profile: str | None) -> None:
    """Use the sessions that the AWS CLI caches, and refuse to prompt for an MFA code."""
    from botocore.utils import JSONFileCache

    def refuse(_prompt: str) -> str:
        name = f" --profile {shlex.quote(profile)}" if profile else ""
        raise NoCredentials(
            f"the profile {profile or 'default'} asks for an MFA code, which cannot be typed here",
            None,
            f"Run aws sts get-caller-identity{name}: it asks for the code and keeps the session. Then run this again",
        )

    provider = session.get_component("credential_provider").get_provider("assume-role")
    provider._prompter = refuse  # noqa: SLF001 - no public way
    provider.cache = _Sessions(JSONFileCache(os.path.expanduser(_CLI_SESSIONS)))  # noqa: PTH111


class _Sessions(dict[str, Any]):
    """The sessions of this process and those of the AWS CLI; nothing is written to disk."""

    def __init__(self, kept: Any) -> None:
        super().__init__()
        self._kept = kept

    def __contains__(self, key: object) -> bool:
        return super().__contains__(key) or key in self._kept

    def __missing__(self, key: str) -> Any:
        return self._kept[key]


def _explained(profile: str | None, get: Callable[[], Any]) -> Any:
    try:
        return get()
    except Exception as error:
        if isinstance(error, SlipwayError) or is_aws_error(error):
            raise
        why = " ".join(str(error).split())[:200]
        raise NoCredentials(
            f"the AWS credentials{f' of profile {profile}' if profile else ''} are not available: "
            f"{type(error).__name__}: {why}",
            "~/.aws/config",
            "Correct what the profile names there (credential_process, web_identity_token_file)",
        ) from error
