# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A host that runs its own bundle: ``-e self=backend`` is this machine's group, and no inventory source is read."""

from __future__ import annotations

import os
import re
import socket
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from ..common.errors import SlipwayError
from ..common.suggest import shorten
from ..http_client.client import Unreachable, ask, opener
from .check import HOST_GROUPS

# A segment of the key under which the host stores its records.
_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9.-]{0,252}")
_TIMEOUT_SECONDS: Final = 2.0


@dataclass(frozen=True)
class Self:
    """This machine as a host of the inventory."""

    name: str
    group: str


def read_self(extra_vars: Mapping[str, Any]) -> Self | None:
    """Read the extra variables ``self`` and ``self_name``; ``None`` without ``self``.

    Without ``self_name`` the name is the instance's id (IMDSv2), else the host name.

    :raises SlipwayError: ``self`` is not a group of hosts, or ``self_name`` no name.
    """
    group = extra_vars.get("self")
    name = extra_vars.get("self_name")
    if group is None:
        if name is not None:
            raise SlipwayError("self_name is given without self", "-e self_name", f"Set -e self={HOST_GROUPS[0]} too")
        return None
    if group not in HOST_GROUPS:
        what = f"self={shorten(group)} is not a group of hosts"
        raise SlipwayError(what, "-e self", f"Use one of {', '.join(HOST_GROUPS)}")
    found = instance_id() or socket.gethostname() if name is None else name
    if not isinstance(found, str) or not _NAME.fullmatch(found):
        raise SlipwayError(
            f"{shorten(found)!r} is not a valid host name", "-e self_name", "Letters, digits, . and - are allowed"
        )
    return Self(str(found), str(group))


def instance_id(environ: Mapping[str, str] | None = None) -> str | None:
    """This instance's id from its metadata service (IMDSv2), or ``None`` on other machines.

    Source: https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/instancedata-data-retrieval.html

    :param environ: read for botocore's ``AWS_EC2_METADATA_*``; by default the process's.
    """
    known = os.environ if environ is None else environ
    if known.get("AWS_EC2_METADATA_DISABLED", "").lower() == "true":
        return None
    base = known.get("AWS_EC2_METADATA_SERVICE_ENDPOINT", "http://169.254.169.254").rstrip("/")
    # A proxy cannot reach a link-local address.
    direct = opener(proxies=False)
    try:
        wanted = {"X-aws-ec2-metadata-token-ttl-seconds": "60"}
        token = ask("PUT", f"{base}/latest/api/token", wanted, _TIMEOUT_SECONDS, most=256, via=direct)
        if token.status != 200:
            return None
        held = {"X-aws-ec2-metadata-token": token.body.decode("ascii")}
        answer = ask("GET", f"{base}/latest/meta-data/instance-id", held, _TIMEOUT_SECONDS, most=256, via=direct)
        return (answer.body.decode("ascii").strip() or None) if answer.status == 200 else None
    except (Unreachable, ValueError):
        return None
