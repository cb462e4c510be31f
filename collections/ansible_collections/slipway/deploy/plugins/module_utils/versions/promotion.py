# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Plans a promotion, from the observed repositories and ``versions.json``. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass

from ..common.command import again, here
from ..common.errors import SlipwayError
from ..git.plan import Seen, Step, short, steps
from .model import Version
from .tag import Tag, parse_semver


@dataclass(frozen=True)
class Promotion:
    """What to do.

    :ivar tags: the repositories with the steps left in each, including those that are already tagged.
    :ivar version: the new entry in ``versions.json``.
    :ivar before: the current entry.
    """

    tag: str
    tags: Sequence[tuple[Seen, tuple[Step, ...]]]
    version: Version
    before: Version | None

    @property
    def writes(self) -> bool:
        """Whether ``versions.json`` changes."""
        return not self.version.same_as(self.before)

    @property
    def changed(self) -> bool:
        """Whether there is anything to do."""
        return self.writes or any(todo for _seen, todo in self.tags)

    def lines(self, *, would: bool) -> list[str]:
        """What is done, or would be, one line for each place."""
        lines = []
        for seen, todo in self.tags:
            said = f"{self.tag} is commit {short(seen.commit)} on {seen.remote}"
            if todo:
                verb = " and ".join("pushed" if step == "push" else "tagged" for step in todo)
                said = f"commit {short(seen.commit)} {'would be' if would else 'was'} {verb} as {self.tag}"
            lines.append(f"{seen.name}: {said}")
        return [*lines, self._versions_line(would)]

    def _versions_line(self, would: bool) -> str:
        digest = self.version.digest[:19]
        if not self.writes:
            return f"versions.json: says {self.tag} ({digest}…) already"
        before = f", {self.before.tag} until now" if self.before and self.before.tag != self.tag else ""
        return f"versions.json: {'would say' if would else 'says'} {self.tag} ({digest}…){before}"

    def diff(self) -> dict[str, Mapping[str, str]]:
        """Ansible's diff of the entry in ``versions.json``."""
        return {"before": asdict(self.before) if self.before else {}, "after": asdict(self.version)}


def plan(tag: Tag, seen: Sequence[Seen], version: Version, before: Version | None) -> Promotion:
    """Plan the promotion of a version.

    :param seen: the application's repository, then the infrastructure's; one repository may be both.
    :raises SlipwayError: a repository cannot be tagged.
    """
    return Promotion(tag.name, [(item, steps(tag.name, item)) for item in seen], version, before)


def check_not_older(tag: Tag, before: Version | None, where: str) -> None:
    """Refuse to promote an older version than the promoted one: that needs a rollback.

    :raises SlipwayError: it is older.
    """
    now = parse_semver(before.version) if before else None
    if before is not None and now is not None and tag.version < now:
        what = f"{tag.name} is older than {before.tag}, which is promoted"
        still = again(**{f"{tag.component}_tag": tag.name, "promote_older": "true"})
        remedy = f"To run an older release again: {here('rollback', to='…')}; to promote it still: {still}"
        raise SlipwayError(what, where, remedy)
