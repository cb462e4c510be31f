# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The arguments of RegisterTaskDefinition for a target of a record: what is applied is what was planned."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ..aws.client import Clients
from ..common.errors import SlipwayError
from ..image.reference import parse_image
from . import api
from .parse import parse_tags
from .taskdef import (
    TAG_BASE,
    TAG_CLONED_FROM,
    TAG_IMAGE,
    TAG_RELEASE,
    TAG_SEEN,
    clone,
    family_of,
    refuse_unknown,
    revision_of,
    short_arn,
)


def build_registration(clients: Clients, target: Mapping[str, Any], release_id: str) -> dict[str, Any]:
    """A target's new revision: ``clone_of`` read again, with the container's image set to ``to.image``.

    An unpinned image is pinned to ``to.digest``, if known: a clone for an undo must restore
    what ran, even if its tag has moved since.

    :param target: a target document of the record (``clone_of``, ``container``, ``to``); ``to.containers`` are the
        others that get the same image.
    :param release_id: the record's id, which the revision is tagged with.
    :raises SlipwayError: the revision cannot be read or cannot be cloned without loss.
    """
    source = str(target["clone_of"])
    body, tags, unknown = api.describe_task_definition(clients, source)
    refuse_unknown(unknown, short_arn(source))
    arn = str(body["taskDefinitionArn"])
    origin = parse_tags(tags)
    own = {
        TAG_RELEASE: release_id,
        TAG_IMAGE: str(target["to"].get("tag") or ""),
        TAG_BASE: origin.get(TAG_BASE) or arn,
        TAG_CLONED_FROM: arn,
        TAG_SEEN: _newest_seen(clients, arn, origin),
    }
    return clone(
        body,
        tags,
        container=str(target["container"]),
        image=pinned_image(target["to"]),
        others=[str(name) for name in target["to"].get("containers") or ()],
        own_tags={key: value for key, value in own.items() if value},
        unknown=lambda kwargs: api.unknown_to_register(clients, kwargs),
    )


def pinned_image(side: Mapping[str, Any]) -> str:
    """The image of a target's ``from`` or ``to``, pinned to its digest if known."""
    image = parse_image(str(side["image"]))
    return str(image if image.pinned or not side.get("digest") else image.at(str(side["digest"])))


def undo_needs_clone(target: Mapping[str, Any]) -> bool:
    """Whether ``from.task_definition`` itself could now run another image than before.

    If its image is named by tag, the tag may have moved (``latest`` has, if it was pushed with this release): the
    undo has to register a clone that is pinned to the digest that ran.
    """
    before = target["from"]
    return bool(before.get("digest")) and not parse_image(str(before["image"])).pinned


def _newest_seen(clients: Clients, arn: str, origin: Mapping[str, str]) -> str:
    """The newest foreign revision up to ``arn`` (see ``drift.py``); a newer one is found by the next plan."""
    if TAG_RELEASE not in origin:
        return arn
    floor = revision_of(origin.get(TAG_CLONED_FROM) or arn)
    between = [
        item
        for item in api.list_revisions(clients, family_of(arn), floor)
        if floor < revision_of(item) < revision_of(arn)
    ]
    return _first_foreign(clients, between) or origin.get(TAG_SEEN, "")


def _first_foreign(clients: Clients, arns: Sequence[str]) -> str:
    for arn in arns:
        try:
            _body, tags, _unknown = api.describe_task_definition(clients, arn)
        except SlipwayError:
            continue  # Deregistered and deleted since it was listed.
        if TAG_RELEASE not in parse_tags(tags):
            return arn
    return ""
