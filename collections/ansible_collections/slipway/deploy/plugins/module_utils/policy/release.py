# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Tags a commit in one repository or in two: both are checked before either is tagged."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date

from ..common.errors import SlipwayError, SlipwayErrors
from ..gates.tags import PREFIXES, parse_tag
from ..git.plan import Seen, Step, short, steps
from ..git.repository import Repository
from .api import Source
from .branches import Branch
from .model import Rules
from .tags import Planned, plan_day, plan_release
from .versions import check_version

#: What is asked for: the tag of a release.
VERSION = "version"


@dataclass(frozen=True)
class Target:
    """A repository with the steps that are left in it."""

    repository: Repository
    seen: Seen
    steps: tuple[Step, ...]

    def line(self, tag: str, *, would: bool) -> str:
        """What is done there."""
        if not self.steps:
            return f"{self.seen.name}: {tag} is commit {short(self.seen.commit)} on {self.seen.remote}"
        verb = " and ".join("pushed" if step == "push" else "tagged" for step in self.steps)
        return f"{self.seen.name}: commit {short(self.seen.commit)} {'would be' if would else 'was'} {verb} as {tag}"


def release_tag(source: Source, repository: Repository, rules: Rules) -> Planned:
    """The tag of a release of a commit of main.

    :raises SlipwayError: main may not have its version, or the tag names another commit.
    """
    if not rules.versioned:
        remedy = "Ask for a tag of a day: -e tag=staging"
        raise SlipwayError(f"{rules.repository} has no versions, so no release tags", "repository_rules", remedy)
    source.refuse_shallow()
    commit = repository.resolve()
    main = Branch(rules.main, "main")
    written = source.agreed_version(commit, rules)
    if written.error is not None:
        raise written.error
    try:
        version = check_version(written.text, main, rules, written.where)
    except SlipwayError:
        # A version of another branch is right there: what is wrong is the commit.
        seen = _see(repository, rules.tag_prefix, rules.main)
        if not seen.published:
            steps(rules.tag_prefix, seen)
        raise
    tags = repository.tags()
    before = source.parent_version(commit, rules)
    planned = plan_release(rules, version, commit, tags, source.history(commit), written.where, before)
    if planned.exists:
        tagged = source.version(planned.commit, rules)
        if tagged.text != version.text:
            what = f"{planned.name} is commit {short(planned.commit)}, whose version is {tagged.text or 'not known'}"
            major, minor, patch = version.core
            remedy = f"A tag is never moved. Set the version to {major}.{minor}.{patch + 1}, and release that"
            raise SlipwayError(what, written.where, remedy)
    return planned


def day_tag(
    source: Source, repository: Repository, wanted: str, environment: str, fitting: str, today: date
) -> Planned:
    """The tag of a day.

    :param wanted: its prefix, or the whole tag.
    :param fitting: the prefix of the environment's tags; empty if any is accepted.
    :raises SlipwayError: it is another environment's, or names another commit.
    """
    source.refuse_shallow()
    tag = parse_tag(wanted)
    prefix = tag.prefix if tag else wanted
    known = (fitting,) if fitting else tuple(dict.fromkeys(PREFIXES.values()))
    if prefix not in known:
        what = f"{wanted[:60]!r} is neither {VERSION} nor a tag of {environment}, which begin with {' or '.join(known)}"
        raise SlipwayError(what, "-e tag", f"Write {VERSION} or {known[0]}")
    commit = repository.resolve()
    return plan_day(prefix, str(tag or ""), commit, repository.tags(), source.history(commit), today)


def target(repository: Repository, planned: Planned, branch: str) -> Target:
    """What is left to do in the repository whose tag was planned.

    :param branch: the branch of the remote that must have the commit; empty for any.
    :raises SlipwayError: it cannot be tagged.
    """
    seen = _see(repository, planned.name, branch)
    if planned.exists:
        seen = replace(seen, commit=planned.commit)
    return Target(repository, seen, steps(planned.name, seen))


def partner(repository: Repository, tag: str, *, pinned: bool) -> Target:
    """What is left to do in the other repository of a release.

    :param pinned: its commit was named; otherwise a tag that it has already stays what it is.
    :raises SlipwayError: it cannot be tagged.
    """
    seen = _see(repository, tag)
    if not pinned and seen.remote_tag is not None:
        seen = replace(seen, commit=seen.remote_tag)
    elif not pinned and seen.local is not None:
        repository = repository.at(seen.local)
        seen = _see(repository, tag)
    return Target(repository, seen, steps(tag, seen))


def _see(repository: Repository, tag: str, branch: str = "") -> Seen:
    # A commit is tagged, whatever a build has left in the working tree: a workflow clones the source into the project.
    return replace(repository.see(tag, branch), changes=())


def carry_out(tag: str, message: str, targets: Sequence[Target]) -> None:
    """Tag here, ask all remotes whether they would take the tag, then push: a second run goes on with what is left.

    :raises SlipwayError: a remote refuses. If it does when it is asked, nothing was pushed and no tag is left here.
    """
    made: list[Repository] = []
    try:
        for item in targets:
            if "tag" in item.steps:
                item.repository.tag(tag, item.seen.commit, message)
                made.append(item.repository)
        _push(tag, targets, try_only=True)
    except BaseException:
        for repository in made:
            repository.untag(tag)
        raise
    _push(tag, targets, try_only=False)


def _push(tag: str, targets: Sequence[Target], *, try_only: bool) -> None:
    errors: list[SlipwayError] = []
    for item in targets:
        if "push" in item.steps:
            try:
                item.repository.push(tag, try_only=try_only)
            except SlipwayError as error:
                errors.append(error)
    if errors:
        raise SlipwayErrors(errors)
