# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What commands of a source see of the caller's environment: everything but its secrets. Pure.

They run code of the repository, and of whomever it depends on.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from ..common.redact import shows_secret

_SECRET: Final = re.compile(
    r"(AWS|ANSIBLE|SLIPWAY|ACTIONS)_.*|.*(TOKEN|SECRET|PASSWORD|PASSWD|CREDENTIAL|API_?KEY|PRIVATE_?KEY).*|.*_AUTH",
    re.IGNORECASE,
)


def without_secrets(environ: Mapping[str, str]) -> dict[str, str]:
    """The variables whose names and values do not look like a secret."""
    return {name: one for name, one in environ.items() if not _SECRET.fullmatch(name) and not shows_secret(one)}


def build_environment(environ: Mapping[str, str]) -> dict[str, str]:
    """The variables of a build: the caller's without secrets, and what keeps tools quiet."""
    return {**without_secrets(environ), "CI": "true", "NO_COLOR": "1", "npm_config_update_notifier": "false"}
