# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Which key is a tag's artifact, and what its digest is. Pure.

Branches contain ``/``, tags do not: ``<branch>/<tag>/app.jar`` is read from its end.
"""

from __future__ import annotations

import base64
import binascii
import difflib
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ..common.errors import SlipwayError

FILENAME = "app.jar"
#: Digits of the digest in a release's id.
SHORT = 12
_TAG = re.compile(r"[A-Za-z0-9][A-Za-z0-9._+-]*")
_DIGEST = re.compile(r"(?:sha256:)?([0-9a-fA-F]{64})")
_NEAREST = 5


@dataclass(frozen=True)
class Artifact:
    """A tag's artifact.

    :ivar digest: ``sha256:`` and 64 lower-case hexadecimal digits.
    :ivar size: bytes.
    :ivar version_id: of the object, or ``None`` where the bucket keeps no versions.
    :ivar known_from: the source of the digest.
    """

    bucket: str
    key: str
    branch: str
    tag: str
    digest: str
    size: int
    version_id: str | None = None
    known_from: tuple[str, ...] = ()

    @property
    def place(self) -> str:
        """Its location, for messages."""
        return f"s3://{self.bucket}/{self.key}"

    @property
    def release(self) -> str:
        """The id of its release."""
        return release_id(self.tag, self.digest)


def release_id(tag: str, digest: str) -> str:
    """The id of a release: its tag and the start of its digest, so that a moved tag is another release."""
    return f"{tag}-{digest.rpartition(':')[2][:SHORT]}"


def check_tag(tag: str) -> str:
    """The tag.

    :raises SlipwayError: when it cannot be part of a key and the name of a directory.
    """
    if not _TAG.fullmatch(tag):
        raise SlipwayError(f"{tag!r} cannot be the tag of an artifact", None, "Write it as in backend-v0.2.0")
    return tag


def read_digest(text: str, where: str) -> str:
    """A digest in canonical form, from ``sha256sum``'s output or a digest with or without ``sha256:``.

    :raises SlipwayError: the text is not a digest.
    """
    words = text.split()
    match = _DIGEST.fullmatch(words[0]) if words else None
    if match is None:
        raise SlipwayError(
            "this is not a SHA-256 digest", where, "Write 64 hexadecimal digits, as sha256sum prints them"
        )
    return f"sha256:{match[1].lower()}"


def recorded_digest(head: Mapping[str, Any]) -> str | None:
    """The digest that S3 stores for the whole object, or ``None``: a multipart upload has only one of its parts."""
    checksum = str(head.get("ChecksumSHA256") or "")
    if not checksum or head.get("ChecksumType", "FULL_OBJECT") != "FULL_OBJECT":
        return None
    try:
        raw = base64.b64decode(checksum, validate=True)
    except (binascii.Error, ValueError):
        return None
    return f"sha256:{raw.hex()}" if len(raw) == 32 else None


def matching_keys(keys: Iterable[str], tag: str, filename: str = FILENAME) -> list[str]:
    """The keys of this tag's artifact on any branch, sorted."""
    end = f"/{tag}/{filename}"
    return sorted(key for key in keys if key.endswith(end) and len(key) > len(end))


def branch_of(key: str, tag: str, filename: str = FILENAME) -> str:
    """The branch of a tag's key."""
    return key[: -len(f"/{tag}/{filename}")]


def tags_of(keys: Iterable[str], filename: str = FILENAME) -> list[str]:
    """The tags that have an artifact, sorted, each once."""
    parts = (key.split("/") for key in keys)
    return sorted({part[-2] for part in parts if len(part) >= 3 and part[-1] == filename and part[-2]})


def nearest_tags(tags: Sequence[str], tag: str) -> list[str]:
    """The tags most similar to ``tag``, the closest first."""
    return difflib.get_close_matches(tag, tags, n=_NEAREST, cutoff=0.5) or list(reversed(tags))[:_NEAREST]


def absent(bucket: str, tag: str, branch: str | None, keys: Sequence[str], filename: str = FILENAME) -> SlipwayError:
    """The error for a tag without an artifact.

    :param keys: those of the bucket, or of the branch.
    """
    where = f"s3://{bucket}/{branch or '<branch>'}/{tag}/{filename}"
    tags = tags_of(keys, filename)
    on = f"on the branch {branch}" if branch else "on any branch"
    if not tags:
        remedy = f"There are no artifacts {on}: build the tag, or correct the branch or artifact_bucket"
    else:
        remedy = f"There are {', '.join(nearest_tags(tags, tag))}: build the tag, or deploy one of these"
    return SlipwayError(f"the tag {tag} has no artifact {on}", where, remedy)


def agreed(said: Mapping[str, str], where: str) -> str | None:
    """The digest on which all sources agree, or ``None`` if no source has it.

    :param said: digests by source.
    :raises SlipwayError: when they differ; all are named.
    """
    digests = set(said.values())
    if len(digests) > 1:
        listed = ", ".join(f"{who} says {digest}" for who, digest in said.items())
        raise SlipwayError(f"its digests differ: {listed}", where, "Find out who replaced it; do not deploy it")
    return next(iter(digests), None)


def one_of(found: Sequence[Artifact]) -> Artifact:
    """The artifact, if several branches have one of this tag.

    :param found: at least one.
    :raises SlipwayError: they are not the same; all are named.
    """
    if len({item.digest for item in found}) > 1:
        listed = ", ".join(f"{item.place} ({item.digest[: len('sha256:') + SHORT]})" for item in found)
        raise SlipwayError(
            f"the tag {found[0].tag} has different artifacts: {listed}", None, "Choose one: set the branch"
        )
    return found[0]
