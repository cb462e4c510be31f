# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Which tag a push makes: a release's, or that of a day. Pure.

A release is made when the version is another one than that of the last release: the next run makes up for one that
failed, and a second run finds the tag there. A tag is never moved.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from datetime import date
from typing import NamedTuple

from ..common.errors import SlipwayError
from ..gates import tags as days
from ..git.plan import short
from ..versions.tag import Semver, parse_semver
from .branches import Branch
from .model import Rules
from .versions import Known, check_forward, dotted


class Planned(NamedTuple):
    """A tag.

    :ivar commit: what it names, or will name.
    :ivar exists: the remote has it.
    :ivar since: the tag before it, from which its notes begin; empty for the first one.
    :ivar since_commit: the commit of that.
    :ivar why: the reason, for people.
    """

    name: str
    commit: str
    exists: bool
    since: str
    why: str
    since_commit: str = ""


def releases(rules: Rules, tags: Iterable[str]) -> dict[str, Semver]:
    """The release tags of a repository by name, with their versions."""
    prefix = rules.tag_prefix
    found = {name: parse_semver(name[len(prefix) :]) for name in tags if name.startswith(prefix)}
    return {name: version for name, version in found.items() if version is not None and not version.is_snapshot}


def plan_release(
    rules: Rules,
    version: Semver,
    commit: str,
    tags: Mapping[str, str],
    history: Collection[str],
    where: str,
    before: Iterable[Known] = (),
) -> Planned:
    """The tag of a release.

    :param version: the commit's version, which main may have.
    :param tags: the remote's tags, name → commit.
    :param history: the commit and all before it.
    :param where: the file with the version.
    :param before: versions that must not be undercut, besides those of the releases.
    :raises SlipwayError: the version goes backwards, or its tag names a commit that is not in the history.
    """
    name = f"{rules.tag_prefix}{version.text}"
    known = releases(rules, tags)
    there = {tag: released for tag, released in known.items() if tags[tag] in history}
    if name in tags and tags[name] not in history:
        what = f"{name} is commit {short(tags[name])}, which is not in the history of {short(commit)}"
        core = max((released.core for released in known.values()), default=version.core)
        following = dotted((core[0], core[1], core[2] + 1))
        raise SlipwayError(what, where, f"A tag is never moved. Set the version to {following}, and release that")
    released_before = [Known(released, tag) for tag, released in there.items()]
    check_forward(version, [*released_before, *before], Branch(rules.main, "main"), rules, where)
    last = max((tag for tag in there if tag != name), key=lambda tag: there[tag], default="")
    since = tags.get(last, "")
    if name in tags:
        return Planned(name, tags[name], True, last, f"the version is {version.text} since {short(tags[name])}", since)
    why = f"the version was {there[last].text} at {last}" if last else "it is the first release"
    return Planned(name, commit, False, last, why, since)


def plan_day(
    prefix: str, name: str, commit: str, tags: Mapping[str, str], history: Collection[str], today: date
) -> Planned:
    """The tag of a day, ``staging-20261130``.

    :param name: the tag that is asked for; empty for the next free one of today.
    :param tags: name → commit, those of the remote.
    :raises SlipwayError: the tag names another commit.
    """
    parsed = {tag: days.parse_tag(tag) for tag in tags}
    earlier = [tag for tag in parsed.values() if tag and tag.prefix == prefix and tags[str(tag)] in history]
    wanted = days.parse_tag(name) if name else None
    if wanted is None:
        same = [tag for tag in earlier if tag.day == today and tags[str(tag)] == commit]
        wanted = max(same) if same else days.next_free(prefix, tags, today)
    text = str(wanted)
    since = str(max((tag for tag in earlier if tag < wanted), default=""))
    if text not in tags:
        why = f"the one before is {since}" if since else "it is the first one"
        return Planned(text, commit, False, since, why, tags.get(since, ""))
    if tags[text] != commit:
        following = days.next_free(prefix, tags, wanted.day)
        what = f"{text} is commit {short(tags[text])}, not {short(commit)}"
        raise SlipwayError(what, "-e tag", f"A tag is never moved. Make another one: -e tag={following}")
    return Planned(text, commit, True, since, "the commit has it", tags.get(since, ""))


def version_pattern(prefix: str) -> str:
    """git-cliff's ``--tag-pattern`` for the tags of releases: others may be on the same commits.

    :param prefix: of the rules: ``v``, ``backend-v``.
    """
    return rf"^{prefix}[0-9]+\.[0-9]+\.[0-9]+"


def day_pattern(prefix: str) -> str:
    """The same for the tags of days.

    :param prefix: ``staging``.
    """
    return rf"^{prefix}-[0-9]{{8}}(\.[0-9]+)?$"
