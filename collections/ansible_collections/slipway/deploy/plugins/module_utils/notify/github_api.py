# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""GitHub's REST API: one short function per call, with readable errors. No error shows the token.

https://docs.github.com/en/rest. URLs in answers are never followed: the token would be sent with them.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import quote

from ..common.documents import loads_or_none
from ..common.text import clean, duration
from ..http_client.client import Answer, Unreachable
from ..http_client.json_client import request_json

API = "https://api.github.com"
_VERSION = "2022-11-28"
_TIMEOUT = 15.0
_MOST_BODY = 8 * 1024 * 1024
_ATTEMPTS = 3
#: How long a run waits for GitHub's rate limit at most (seconds).
LONGEST_WAIT = 30.0
_PAGE = 100
#: How many pages of an issue's comments are searched, a hundred each.
_MOST_PAGES = 30
_LONGEST_SAID = 160
#: GitHub's status for the user of a token without a user.
_NOT_A_USER = (401, 403, 404, 405, 410)


class GitHubError(Exception):
    """A request to GitHub failed; the text says why.

    :ivar status: 0 without an answer.
    :ivar wait: seconds after which to retry; ``None``: a retry is useless.
    """

    def __init__(self, said: str, status: int = 0, wait: float | None = None) -> None:
        super().__init__(said)
        self.status = status
        self.wait = wait


class GitHub:
    """One repository.

    :param api: ``https://api.github.com``, or ``https://<host>/api/v3`` of a GitHub Enterprise Server.
    :param pause: waits that many seconds.
    :param setting: the setting that names the repository, for errors.
    """

    def __init__(
        self,
        api: str,
        repository: str,
        token: str,
        pause: Callable[[float], None] = time.sleep,
        setting: str = "github.repository",
    ) -> None:
        self._api = api.rstrip("/")
        self._base = f"{self._api}/repos/{repository}"
        self._headers = {
            "Authorization": f"Bearer {token}",
            "Accept": "application/vnd.github+json",
            "X-GitHub-Api-Version": _VERSION,
        }
        self._pause = pause
        self._setting = setting

    def login(self) -> str:
        """The login as which the token writes; empty if unknown.

        The token of an App's installation (a workflow's ``GITHUB_TOKEN`` is one) is not a user's: only GraphQL names
        its bot.
        """
        try:
            answer = self._call("GET", "/user", "a user", None, self._api)
            return _login(loads_or_none(answer.body))
        except GitHubError as error:
            if error.status not in _NOT_A_USER:
                raise
        base = self._api.removesuffix("/v3")
        try:
            answer = self._call("POST", "/graphql", "GraphQL", {"query": "query { viewer { login } }"}, base)
        except GitHubError as error:
            if error.status not in _NOT_A_USER:
                raise
            return ""
        document = loads_or_none(answer.body)
        data = document.get("data") if isinstance(document, dict) else None
        return _login(data.get("viewer")) if isinstance(data, dict) else ""

    def release(self, tag: str) -> dict[str, Any]:
        """The release of a tag; drafts do not count."""
        return self._object("GET", f"/releases/tags/{quote(tag, safe='')}", f"a release of {tag}")

    def edit_release(self, number: int, body: str) -> dict[str, Any]:
        """Replace a release's body."""
        return self._object("PATCH", f"/releases/{number}", "this release", {"body": body})

    def comments(self, issue: int) -> Iterator[dict[str, Any]]:
        """The comments of an issue or a pull request, the oldest first."""
        for page in range(1, _MOST_PAGES + 1):
            path = f"/issues/{issue}/comments?per_page={_PAGE}&page={page}"
            answer = self._call("GET", path, f"issue or pull request {issue}", None)
            found = loads_or_none(answer.body)
            if not isinstance(found, list):
                raise GitHubError("GitHub's answer cannot be read", answer.status)
            yield from (item for item in found if isinstance(item, dict))
            if 'rel="next"' not in answer.headers.get("link", ""):
                return

    def add_comment(self, issue: int, body: str) -> dict[str, Any]:
        """Comment on an issue or a pull request."""
        where = f"issue or pull request {issue}"
        return self._object("POST", f"/issues/{issue}/comments", where, {"body": body})

    def edit_comment(self, number: int, body: str) -> dict[str, Any]:
        """Replace a comment's body."""
        return self._object("PATCH", f"/issues/comments/{number}", "this comment", {"body": body})

    def pull(self, number: int) -> dict[str, Any]:
        """A pull request."""
        return self._object("GET", f"/pulls/{number}", f"pull request {number}")

    def edit_pull(self, number: int, body: str) -> dict[str, Any]:
        """Replace a pull request's description. It is tried once: what was read may be old by the next attempt."""
        return self._object("PATCH", f"/pulls/{number}", f"pull request {number}", {"body": body}, attempts=1)

    def pull_of(self, commit: str) -> int | None:
        """The pull request of a commit; the newest of several, or ``None``."""
        answer = self._call("GET", f"/commits/{quote(commit, safe='')}/pulls", f"a commit {commit[:12]}", None)
        found = loads_or_none(answer.body)
        numbers = [item.get("number") for item in found if isinstance(item, dict)] if isinstance(found, list) else []
        return max((number for number in numbers if isinstance(number, int)), default=None)

    def dispatch(self, event_type: str, payload: dict[str, Any]) -> None:
        """Start the workflows of the repository that wait for ``repository_dispatch`` of this type."""
        body = {"event_type": event_type, "client_payload": payload}
        self._call("POST", "/dispatches", "a repository", body)

    def _object(
        self, method: str, path: str, what: str, payload: Any = None, attempts: int = _ATTEMPTS
    ) -> dict[str, Any]:
        answer = self._call(method, path, what, payload, attempts=attempts)
        found = loads_or_none(answer.body)
        if not isinstance(found, dict) or not isinstance(found.get("id"), int):
            raise GitHubError("GitHub's answer cannot be read", answer.status)
        return found

    def _call(
        self, method: str, path: str, what: str, payload: Any, base: str = "", attempts: int = _ATTEMPTS
    ) -> Answer:
        """Send a request, waiting for GitHub's rate limit: a few times and not for long."""
        waited = 0.0
        for attempt in range(1, attempts + 1):
            try:
                url = f"{base or self._base}{path}"
                answer = request_json(method, url, payload, self._headers, _TIMEOUT, _MOST_BODY)
            except Unreachable as error:
                raise GitHubError(str(error), wait=1.0) from None
            if answer.status in (200, 201, 204):
                return answer
            wait = _to_wait(answer, method)
            if wait is None or attempt == attempts or waited + wait > LONGEST_WAIT:
                break
            self._pause(wait)
            waited += wait
        # A rate limit must not be taken for a refusal, which has the same status.
        said = _trouble(answer, what, method, self._setting)
        raise GitHubError(said, 429 if _is_limit(answer) else answer.status, wait)


def _login(found: Any) -> str:
    return str(found.get("login") or "") if isinstance(found, dict) else ""


def _is_limit(answer: Answer) -> bool:
    """https://docs.github.com/en/rest/using-the-rest-api/rate-limits-for-the-rest-api: 403 or 429."""
    if answer.status == 429:
        return True
    said = _said(answer).lower()
    spent = answer.headers.get("x-ratelimit-remaining") == "0"
    return answer.status == 403 and (spent or answer.retry_after is not None or "rate limit" in said)


def _to_wait(answer: Answer, method: str) -> float | None:
    """Seconds after which to retry; ``None``: a retry is useless."""
    if _is_limit(answer):
        return answer.retry_after or _until_reset(answer) or 1.0
    # A failed answer may hide a successful creation: it is not repeated.
    return 1.0 if answer.status in (500, 502, 503, 504) and method != "POST" else None


def _until_reset(answer: Answer) -> float | None:
    reset = answer.headers.get("x-ratelimit-reset", "")
    return max(0.0, float(reset) - time.time()) + 1 if reset.isdecimal() else None


def _said(answer: Answer) -> str:
    document = loads_or_none(answer.body)
    if not isinstance(document, dict):
        return ""
    errors = document.get("errors")
    items = [item for item in errors if isinstance(item, dict)] if isinstance(errors, list) else []
    words = [str(document.get("message") or ""), *map(_fault, items)]
    return clean(": ".join(word for word in words if word))[:_LONGEST_SAID]


def _fault(item: dict[str, Any]) -> str:
    return str(item.get("message") or " ".join(str(item.get(key) or "") for key in ("field", "code")))


def _trouble(answer: Answer, what: str, method: str, setting: str) -> str:
    said = f": {_said(answer)}" if _said(answer) else ""
    if _is_limit(answer):
        wait = answer.retry_after or _until_reset(answer)
        return f"GitHub limits the rate of requests{f', for another {duration(wait)}' if wait else ''}"
    if 300 <= answer.status < 400:
        return f"the repository has moved: correct {setting}"
    if answer.status == 403 and method != "GET":
        return f"the token may not write there (it needs Contents or Issues and Pull requests, read and write){said}"
    words = {
        401: "GitHub does not take the token",
        403: f"the token may not read that{said}",
        404: f"GitHub has no {what.removeprefix('a ')} there, or the token does not see it",
        410: f"GitHub has no {what.removeprefix('a ')} any more",
        422: f"GitHub refuses it{said}",
    }
    return words.get(answer.status, f"GitHub answered {answer.status}")
