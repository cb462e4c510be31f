# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The health of many target groups, read by a small pool of threads."""

from __future__ import annotations

from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor

from ..aws.client import Clients
from ..common.errors import SlipwayError
from . import api
from .health import TargetGroupHealth

WORKERS = 8


def groups_health(clients: Clients, arns: Iterable[str]) -> dict[str, TargetGroupHealth | None]:
    """The health of each target group by its ARN; ``None`` for one that cannot be read."""

    def read(arn: str) -> TargetGroupHealth | None:
        try:
            states = api.target_health(clients, arn)
        except SlipwayError:
            return None
        return TargetGroupHealth(arn.split("/")[-2], states.count("healthy"), len(states))

    distinct = list(dict.fromkeys(arns))
    with ThreadPoolExecutor(WORKERS, thread_name_prefix="targets") as pool:
        return dict(zip(distinct, pool.map(read, distinct), strict=True))
