# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What an image is called: ``latest`` says nothing next week, the commit that was pushed with it does.

The seed's pipeline pushes every image as commit SHA and ``latest``.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

from ansible_collections.slipway.deploy.plugins.module_utils.aws.client import Clients
from ansible_collections.slipway.deploy.plugins.module_utils.common.errors import SlipwayError
from ansible_collections.slipway.deploy.plugins.module_utils.fleet import api
from ansible_collections.slipway.deploy.plugins.module_utils.fleet.planned import Change, Plan

_COMMIT = re.compile(r"[0-9a-f]{7,40}")
_VERSION = re.compile(r"v?\d+\.\d+(\.\d+)?([.+_-].*)?")
WORKERS = 8


def lasting_tag(asked: str, tags: Sequence[str]) -> str:
    """The tag among an image's tags that will still mean it: what was asked for if it does, a commit, a version."""
    if _lasts(asked):
        return asked
    for pattern in (_COMMIT, _VERSION):
        found = sorted(tag for tag in tags if pattern.fullmatch(tag))
        if found:
            return found[-1]
    return asked


def name_images(plan: Plan, clients: Clients) -> Plan:
    """The plan with the images of its changes called by tags that last. Nothing but names changes."""

    def named(change: Change) -> Change:
        asked = change.after.tag
        if not change.after.digest or _lasts(asked):
            return change
        try:
            wanted = change.desired
            tags = api.image_tags(clients, wanted.registry, wanted.repository, change.after.digest)
        except SlipwayError:
            return change  # The permission to ask is not needed for anything else.
        return replace(change, after=replace(change.after, tag=lasting_tag(asked, tags)))

    with ThreadPoolExecutor(WORKERS, thread_name_prefix="name") as pool:
        return replace(plan, changes=tuple(pool.map(named, plan.changes)))


def _lasts(tag: str) -> bool:
    return bool(_COMMIT.fullmatch(tag) or _VERSION.fullmatch(tag))
