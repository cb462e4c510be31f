# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Plans how to tag a repository from its observed state. Pure.

A tag is never moved: one that names another commit is an error, locally or on the remote.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from ..common.errors import SlipwayError

Step = Literal["tag", "push"]

_SHOWN_CHANGES = 3
_SHORT = 12


@dataclass(frozen=True)
class Seen:
    """The observed state of a repository.

    :ivar name: its display name: ``backend``.
    :ivar place: its directory, or its URL if it was fetched for this.
    :ivar remote: the remote that the tag goes to.
    :ivar commit: the commit to tag.
    :ivar changes: uncommitted changes from ``git status``.
    :ivar published: whether a branch of the remote contains the commit; only ``branch``, if that is set.
    :ivar local: the commit of the local tag, ``None`` if there is none.
    :ivar remote_tag: the commit of the remote tag, or ``None``.
    :ivar identity: whether git has a tagger's identity.
    """

    name: str
    place: str
    remote: str
    commit: str
    changes: tuple[str, ...] = ()
    published: bool = True
    local: str | None = None
    remote_tag: str | None = None
    identity: bool = True
    branch: str = ""


def steps(tag: str, seen: Seen) -> tuple[Step, ...]:
    """The steps left to do; none if the remote has the tag already.

    :raises SlipwayError: the repository cannot be tagged, or the tag names another commit.
    """
    _check_tag(tag, seen)
    if seen.changes:
        more = ", …" if len(seen.changes) > _SHOWN_CHANGES else ""
        listed = ", ".join(seen.changes[:_SHOWN_CHANGES])
        what = f"it has changes that are not committed ({listed}{more})"
        raise SlipwayError(what, _where(seen), "Commit or stash them: what is tagged has to be what was tested")
    if not seen.published:
        what = f"commit {short(seen.commit)} is on no branch of {seen.remote}"
        if seen.branch:
            what = f"commit {short(seen.commit)} is not on {seen.branch} of {seen.remote}"
        raise SlipwayError(what, _where(seen), "Push it and have it merged first")
    if seen.remote_tag is not None:
        return ()
    if seen.local is None and not seen.identity:
        remedy = "Set user.name and user.email (git config), as for a commit"
        raise SlipwayError("git has no user name and email address for the tag", _where(seen), remedy)
    return ("push",) if seen.local is not None else ("tag", "push")


def _check_tag(tag: str, seen: Seen) -> None:
    if seen.remote_tag not in (None, seen.commit):
        what = f"{tag} is commit {short(seen.remote_tag)} on {seen.remote}, not {short(seen.commit)}"
        remedy = f"A tag is never moved. Check {tag} out, or release another version"
        raise SlipwayError(what, _where(seen), remedy)
    if seen.local not in (None, seen.commit):
        what = f"{tag} is commit {short(seen.local)} here, not {short(seen.commit)}, and {seen.remote} does not have it"
        if seen.remote_tag is not None:
            what = f"{tag} is commit {short(seen.local)} here, but {short(seen.commit)} on {seen.remote}"
        raise SlipwayError(what, _where(seen), f"If the one here is a mistake: git tag -d {tag}, then run this again")


def short(commit: str | None) -> str:
    """The first digits of a commit."""
    return (commit or "")[:_SHORT]


def _where(seen: Seen) -> str:
    return f"{seen.name} ({seen.place})"
