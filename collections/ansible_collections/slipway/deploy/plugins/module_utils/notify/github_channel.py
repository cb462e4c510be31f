# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Posts a deploy's metadata to GitHub: a release's section, one comment that is edited, or both. Nothing here raises.

GitHub changes nothing on a condition (https://docs.github.com/en/rest/using-the-rest-api/best-practices-for-using-the-rest-api,
conditional requests are for reading). So a release's body is read just before it is written, and again after that: if
someone wrote in between and the section is lost, it is added to their text.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from ..common.errors import SlipwayError
from ..render.facts import Record
from ..secret_values.source import Secrets
from .channel import Delivery, Notification, Stage
from .github import comment, commit_of, find_comment, has_section, is_author, marker, tag_of, with_section
from .github_api import API, GitHub, GitHubError

#: ``issue``: the pull request of the deployed commit.
AUTO = "auto"
_KEYS = ("repository", "token", "api", "issue", "release")
_REPOSITORY = re.compile(r"[A-Za-z0-9][A-Za-z0-9-]*/[A-Za-z0-9._-]+")
_ATTEMPTS = 3
#: Statuses for what does not exist or may not be edited by this token: another comment may work.
_NOT_MINE = (403, 404)


@dataclass(frozen=True)
class Posted:
    """The result. ``errors`` are lines without secrets."""

    errors: tuple[str, ...] = ()
    issue: int | None = None
    comment: int | None = None
    release: int | None = None
    url: str | None = None

    def to_record(self) -> dict[str, Any]:
        """A record's ``notifications.github``; pass it as ``previous`` next time."""
        return {**vars(self), "errors": list(self.errors)}

    def said(self) -> list[str]:
        """Warnings for the operator."""
        return [f"the GitHub notification failed: {error}" for error in self.errors]


@dataclass(frozen=True)
class Settings:
    """Where a deploy is posted. ``issue`` is a number, :data:`AUTO` or ``None``."""

    repository: str
    token: Any
    api: str = API
    issue: int | str | None = None
    release: bool = True


class GitHubChannel:
    """GitHub: the release of the deployed tag, a pull request or an issue."""

    name = "github"
    setting = "github"
    #: The variable of the command line that names an issue or a pull request.
    issue = "github_issue"
    stages: frozenset[Stage] = frozenset({"start", "end"})

    def deliver(self, notification: Notification) -> Delivery:
        """Post the record. The end of a deploy without changes is not posted."""
        record, settings = notification.record, notification.variables.get(self.setting)
        if not settings or (notification.stage == "end" and not record["targets"]):
            return Delivery()
        issue, previous = notification.variables.get(self.issue), notification.previous(self.name)
        posted = post(settings, record, notification.secrets, issue=issue, previous=previous, pause=notification.pause)
        return Delivery(tuple(posted.said()), posted.to_record())


def read_settings(given: Any, issue: Any = None) -> Settings:
    """The settings.

    :param given: ``{repository: owner/name, token: source, api: …, issue: N | auto, release: true}``.
    :param issue: the issue or pull request from the command line, which overrides the settings'.
    :raises SlipwayError: they are invalid.
    """
    if not isinstance(given, Mapping):
        raise SlipwayError("github must be a mapping", "github", "Write repository: owner/name, token: {env: NAME}")
    unknown = sorted(str(key) for key in given if key not in _KEYS)
    if unknown:
        raise SlipwayError(f"github has no setting {', '.join(unknown)}", "github", f"Use one of {', '.join(_KEYS)}")
    repository = given.get("repository")
    if not isinstance(repository, str) or not _REPOSITORY.fullmatch(repository):
        raise SlipwayError("this is not a repository", "github.repository", "Write owner/name")
    number = _issue(given.get("issue") if issue in (None, "") else issue)
    release = given.get("release", number is None)
    if not isinstance(release, bool):
        raise SlipwayError("this is neither true nor false", "github.release", "Write true or false")
    return Settings(str(repository), given.get("token"), str(given.get("api") or API), number, release)


def _issue(value: Any) -> int | str | None:
    if value is None:
        return None
    if value == AUTO:
        return AUTO
    text = str(value).strip().removeprefix("#")
    if isinstance(value, bool) or not text.isdecimal() or int(text) < 1:
        raise SlipwayError("this is not an issue or pull request", "github.issue", f"Write its number, or {AUTO}")
    return int(text)


def post(
    given: Any,
    record: Record,
    secrets: Secrets,
    *,
    issue: Any = None,
    previous: Mapping[str, Any] | None = None,
    pause: Callable[[float], None] = time.sleep,
) -> Posted:
    """Post the current record.

    :param given: the settings; nothing is posted without.
    :param previous: the record's ``notifications.github``.
    """
    before = previous or {}
    if not given:
        return Posted()
    try:
        settings = read_settings(given, issue)
        token = secrets.read(settings.token, "github.token")
        if not token.isascii() or not token.isprintable():
            raise SlipwayError("this cannot be sent as a token", "github.token", "It must be one line of ASCII text")
    except SlipwayError as error:
        return Posted((str(error),), before.get("issue"), before.get("comment"), before.get("release"))
    return _Post(GitHub(settings.api, settings.repository, token, pause), settings, record, before).posted()


class _Post:
    def __init__(self, api: GitHub, settings: Settings, record: Record, before: Mapping[str, Any]) -> None:
        self._api = api
        self._settings = settings
        self._record = record
        self._before = before
        self._errors: list[str] = []
        self._url: str | None = None

    def posted(self) -> Posted:
        """Post to the release, then to the issue; a failure of one does not prevent the other."""
        release = self._try(self._section) if self._settings.release else None
        issue = self._try(self._number) if self._settings.issue is not None else None
        number = self._try(lambda: self._comment(issue)) if issue is not None else None
        return Posted(
            tuple(self._errors),
            issue,
            number or (self._before.get("comment") if issue == self._before.get("issue") else None),
            release or self._before.get("release"),
            self._url,
        )

    def _try(self, do: Callable[[], int | None]) -> int | None:
        try:
            return do()
        except GitHubError as error:
            self._errors.append(str(error))
            return None

    def _number(self) -> int | None:
        if self._settings.issue != AUTO:
            return int(self._settings.issue or 0)
        commit = commit_of(self._record)
        number = self._api.pull_of(commit) if commit else None
        if number is None:
            raise GitHubError(f"there is no pull request of {f'commit {commit[:12]}' if commit else 'no commit'}")
        return number

    def _section(self) -> int | None:
        tag = tag_of(self._record)
        if not tag:
            raise GitHubError("no tag is deployed, so there is no release to write to; set github.issue")
        for _attempt in range(_ATTEMPTS):
            release = self._api.release(tag)
            body = str(release.get("body") or "")
            self._url = str(release.get("html_url") or "") or self._url
            if has_section(body, self._record):
                return int(release["id"])
            self._api.edit_release(int(release["id"]), with_section(body, self._record))
        last = self._api.release(tag)
        if not has_section(str(last.get("body") or ""), self._record):
            raise GitHubError(f"others are writing the release of {tag}: the section was lost {_ATTEMPTS} times")
        return int(last["id"])

    def _comment(self, issue: int) -> int | None:
        body = comment(self._record)
        known = self._before.get("comment") if self._before.get("issue") == issue else None
        tried: list[int] = []
        if isinstance(known, int):
            tried.append(known)
            if (number := self._edit(known, body)) is not None:
                return number
        for other in self._own_comments(issue):
            if other not in tried and (number := self._edit(other, body)) is not None:
                return number
        return self._kept(self._api.add_comment(issue, body))

    def _own_comments(self, issue: int) -> list[int]:
        """The token's own comments with the marker; its user is only read if there is a marker."""
        opening = marker(self._record)
        marked = [item for item in self._api.comments(issue) if find_comment([item], opening)]
        login = self._api.login() if marked else ""
        return find_comment((item for item in marked if is_author(item, login)), opening)

    def _edit(self, number: int, body: str) -> int | None:
        """Edit a comment; ``None`` if it was removed, or belongs to another user."""
        try:
            return self._kept(self._api.edit_comment(number, body))
        except GitHubError as error:
            if error.status not in _NOT_MINE:
                raise
            return None

    def _kept(self, item: Mapping[str, Any]) -> int:
        self._url = str(item.get("html_url") or "") or self._url
        return int(item["id"])
