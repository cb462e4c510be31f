# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The name of a lock's owner, as others see it."""

from __future__ import annotations

import getpass
import os
import socket
from collections.abc import Mapping


def current_owner(environ: Mapping[str, str] | None = None) -> str:
    """``SLIPWAY_OWNER``, else ``actor@ci-run`` on GitHub Actions, else ``user@host``.

    :param environ: the environment variables; by default the process's.
    """
    known = os.environ if environ is None else environ
    if named := known.get("SLIPWAY_OWNER", "").strip():
        return named
    # https://docs.github.com/en/actions/reference/workflows-and-actions/variables
    if actor := known.get("GITHUB_ACTOR", "").strip():
        run = known.get("GITHUB_RUN_NUMBER", "").strip()
        return f"{actor}@ci-{run}" if run else f"{actor}@ci"
    return f"{_user()}@{socket.gethostname()}"


def _user() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # a user id without a name, as in many containers
        return f"uid-{os.getuid()}"
