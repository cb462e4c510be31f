# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A stub of GitHub's REST API: a private repository's releases, pull requests with comments, and dispatched events.

    with GitHub("salitemihret/register") as github:
        github.add_release("prod-20261102")
        github.add_issue(7, commit="8851ec0…")        # a pull request; commit: one that it brought
        github.url, github.token
        github.comments_of(7), github.issues[7]["body"], github.events, github.calls

As GitHub does, it hides a private repository from strangers (404); a wrong token, and writing without
one, is 401; a request without a ``User-Agent`` is 403; what lacks a field or is too long is 422, what is not valid JSON
400. Answers carry the headers of the rate limit; with ``github.remaining = 0`` it is reached.
"""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from tests.support.stub import Answer, Call, Refusal, Stub

DOCUMENTATION = "https://docs.github.com/rest"
NOW = "2026-11-21T12:00:00Z"
LONGEST_COMMENT = 65536
LONGEST_RELEASE = 125000
LONGEST_PULL = 65536
# https://docs.github.com/en/rest/repos/repos#create-a-repository-dispatch-event
LONGEST_EVENT_TYPE, MOST_PROPERTIES, LONGEST_PAYLOAD = 100, 10, 65535
PER_PAGE, MOST_PER_PAGE = 30, 100
MISSING = "Not Found"
INVALID = "Validation Failed"


def refusal(status: int, message: str, errors: list[Any] | None = None) -> Refusal:
    """An error in GitHub's format."""
    body: dict[str, Any] = {"message": message, "documentation_url": DOCUMENTATION, "status": str(status)}
    return Refusal(status, {**body, "errors": errors} if errors else body)


class GitHub(Stub):
    """The API, for one private repository."""

    def __init__(self, repository: str = "salitemihret/register", address: str = "127.0.0.1") -> None:
        super().__init__(address)
        self.repository = repository
        self.login = "slipway-bot"
        #: Whether the token is an App's installation, as a workflow's GITHUB_TOKEN is: no user has it.
        self.installation = False
        #: Whether the token may change everybody's comments, as with write access it may.
        self.moderates = True
        self.read_only = False
        self.releases: list[dict[str, Any]] = []
        self.issues: dict[int, dict[str, Any]] = {}
        self.comments: list[dict[str, Any]] = []
        self.commits: dict[str, list[int]] = {}
        #: The events that were dispatched, as a workflow's ``github.event`` has them.
        self.events: list[dict[str, Any]] = []
        #: The requests of this hour.
        self.hourly = self.remaining = 5000
        self.reset = int(time.time()) + 3600
        self._last = 1000

    def add_release(self, tag: str, body: str = "", *, draft: bool = False) -> dict[str, Any]:
        """A release of a tag. A draft is not found by its tag."""
        number = self._number()
        release = {
            "url": self._at(f"releases/{number}"),
            "html_url": f"https://github.com/{self.repository}/releases/tag/{tag}",
            "id": number,
            "author": {"login": self.login},
            "tag_name": tag,
            "target_commitish": "main",
            "name": tag,
            "draft": draft,
            "prerelease": False,
            "created_at": NOW,
            "published_at": None if draft else NOW,
            "assets": [],
            "body": body,
        }
        self.releases.append(release)
        return release

    def add_issue(
        self, number: int, *, pull: bool = True, locked: bool = False, commit: str = "", body: str | None = None
    ) -> None:
        """A pull request, or an issue; with a commit that the pull request brought, and its description."""
        issue: dict[str, Any] = {"id": 500000 + number, "number": number, "title": f"Change {number}", "state": "open"}
        issue |= {"locked": locked, "body": body}
        kind = "pull" if pull else "issues"
        issue["html_url"] = f"https://github.com/{self.repository}/{kind}/{number}"
        if pull:
            issue["pull_request"] = {"url": self._at(f"pulls/{number}")}
        self.issues[number] = issue
        if commit:
            self.commits.setdefault(commit, []).append(number)

    def add_comment(self, issue: int, body: str, login: str = "") -> dict[str, Any]:
        """Add a comment, by default of another user."""
        number = self._number()
        comment = {
            "url": self._at(f"issues/comments/{number}"),
            "html_url": f"{self.issues[issue]['html_url']}#issuecomment-{number}",
            "issue_url": self._at(f"issues/{issue}"),
            "id": number,
            "user": {"login": login or "a-reviewer", "type": "User"},
            "created_at": NOW,
            "updated_at": NOW,
            "author_association": "MEMBER",
            "body": body,
        }
        self.comments.append(comment)
        return comment

    def comments_of(self, issue: int) -> list[dict[str, Any]]:
        """The comments of an issue or pull request."""
        return [one for one in self.comments if one["issue_url"].endswith(f"/issues/{issue}")]

    def writes(self) -> list[Call]:
        """The calls that changed something."""
        return [call for call in self.calls if call.method != "GET" and call.status < 300]

    def handle(self, call: Call) -> Answer:
        """Answer with the headers of the rate limit."""
        given = super().handle(call)
        limit = {
            "X-RateLimit-Limit": str(self.hourly),
            "X-RateLimit-Remaining": str(self.remaining),
            "X-RateLimit-Reset": str(self.reset),
        }
        chosen = {name.lower() for name in given.headers}
        own = {name: value for name, value in limit.items() if name.lower() not in chosen}
        return replace(given, headers={**own, **given.headers})

    def answer(self, call: Call) -> Answer:
        """The API."""
        self._admit(call)
        if call.parts == ["user"] and call.method == "GET":
            if self.installation:
                raise refusal(403, "Resource not accessible by integration")
            return Answer(200, {"login": self.login, "id": 1, "type": "User"})
        if call.parts == ["graphql"] and call.method == "POST":
            return Answer(200, {"data": {"viewer": {"login": self.login}}})
        place = "/".join(call.parts[3:])
        for method, pattern, handle in _ROUTES:
            found = re.fullmatch(pattern, place)
            if found and method == call.method:
                return handle(self, call, *found.groups())
        raise refusal(404, MISSING)

    def _admit(self, call: Call) -> None:
        if not call.headers.get("user-agent"):
            raise refusal(
                403, "Request forbidden by administrative rules. Please make sure your request has a User-Agent"
            )
        if call.token is None:
            raise refusal(404, MISSING) if call.method == "GET" else refusal(401, "Requires authentication")
        if call.token != self.token:
            raise refusal(401, "Bad credentials")
        if self.remaining <= 0:
            raise refusal(403, "API rate limit exceeded for user ID 1.")
        self.remaining -= 1
        if call.parts in (["user"], ["graphql"]):
            return
        if call.parts[:1] != ["repos"] or "/".join(call.parts[1:3]).lower() != self.repository.lower():
            raise refusal(404, MISSING)
        if self.read_only and call.method != "GET":
            raise refusal(403, "Resource not accessible by personal access token")

    def _number(self) -> int:
        self._last += 1
        return self._last

    def _at(self, place: str) -> str:
        return f"{self.url}/repos/{self.repository}/{place}"

    def _issue(self, number: str) -> dict[str, Any]:
        found = self.issues.get(int(number))
        if found is None:
            raise refusal(404, MISSING)
        return found

    def _release_by_tag(self, _call: Call, tag: str) -> Answer:
        found = [one for one in self.releases if one["tag_name"] == tag and not one["draft"]]
        if not found:
            raise refusal(404, MISSING)
        return Answer(200, found[0])

    def _list_releases(self, call: Call) -> Answer:
        return self._page(call, self.releases)

    def _create_release(self, call: Call) -> Answer:
        sent = _object(call)
        tag = sent.get("tag_name")
        if not isinstance(tag, str) or not tag:
            raise refusal(422, INVALID, [{"resource": "Release", "code": "missing_field", "field": "tag_name"}])
        if any(one["tag_name"] == tag for one in self.releases):
            raise refusal(422, INVALID, [{"resource": "Release", "code": "already_exists", "field": "tag_name"}])
        body = _text(sent, "body", LONGEST_RELEASE) if "body" in sent else ""
        return Answer(201, self.add_release(tag, body, draft=bool(sent.get("draft"))))

    def _edit_release(self, call: Call, number: str) -> Answer:
        found = [one for one in self.releases if one["id"] == int(number)]
        if not found:
            raise refusal(404, MISSING)
        sent = _object(call)
        if "body" in sent:
            found[0]["body"] = _text(sent, "body", LONGEST_RELEASE)
        if "name" in sent:
            found[0]["name"] = sent["name"]
        return Answer(200, found[0])

    def _get_issue(self, _call: Call, number: str) -> Answer:
        return Answer(200, self._issue(number))

    def _get_pull(self, _call: Call, number: str) -> Answer:
        found = self._issue(number)
        if "pull_request" not in found:
            raise refusal(404, MISSING)
        return Answer(200, found)

    def _edit_pull(self, call: Call, number: str) -> Answer:
        found = self._issue(number)
        if "pull_request" not in found:
            raise refusal(404, MISSING)
        sent = _object(call)
        if "body" in sent:
            text = None if sent["body"] is None else _text(sent, "body", LONGEST_PULL, "Issue")
            # As on GitHub, an empty description is none.
            found["body"] = text or None
        if "title" in sent:
            found["title"] = sent["title"]
        return Answer(200, found)

    def _dispatch(self, call: Call) -> Answer:
        sent = _object(call)
        kind, payload = sent.get("event_type"), sent.get("client_payload", {})
        if not isinstance(kind, str):
            raise refusal(422, 'Invalid request.\n\n"event_type" wasn\'t supplied.')
        if not kind or len(kind) > LONGEST_EVENT_TYPE:
            problem = f"event_type is too long (maximum is {LONGEST_EVENT_TYPE} characters)"
            raise refusal(422, problem if kind else "Invalid request.\n\nevent_type is empty.")
        if not isinstance(payload, dict):
            raise refusal(422, f"Invalid request.\n\nFor 'properties/client_payload', {payload!r} is not an object.")
        if len(payload) > MOST_PROPERTIES:
            said = f"No more than {MOST_PROPERTIES} properties are allowed; {len(payload)} were supplied."
            raise refusal(422, f"Invalid request.\n\n{said}")
        if len(json.dumps(payload, ensure_ascii=False, separators=(",", ":")).encode()) > LONGEST_PAYLOAD:
            raise refusal(422, "client_payload is too large.")
        self.events.append({"action": kind, "branch": "main", "client_payload": payload})
        return Answer(204, None)

    def _list_comments(self, call: Call, number: str) -> Answer:
        self._issue(number)
        return self._page(call, self.comments_of(int(number)))

    def _create_comment(self, call: Call, number: str) -> Answer:
        issue = self._issue(number)
        if issue["locked"]:
            raise refusal(403, "Unable to create comment because issue is locked.")
        made = self.add_comment(int(number), _comment(call), self.login)
        return Answer(201, made, {"Location": made["url"]})

    def _one_comment(self, number: str) -> dict[str, Any]:
        found = [one for one in self.comments if one["id"] == int(number)]
        if not found:
            raise refusal(404, MISSING)
        return found[0]

    def _get_comment(self, _call: Call, number: str) -> Answer:
        return Answer(200, self._one_comment(number))

    def _edit_comment(self, call: Call, number: str) -> Answer:
        found = self._one_comment(number)
        if found["user"]["login"] != self.login and not self.moderates:
            raise refusal(403, "Must have admin rights to Repository.")
        found["body"] = _comment(call)
        return Answer(200, found)

    def _pulls_of_commit(self, call: Call, commit: str) -> Answer:
        if commit not in self.commits:
            raise refusal(422, f"No commit found for SHA: {commit}")
        return self._page(call, [self.issues[number] for number in self.commits[commit]])

    def _page(self, call: Call, rows: list[dict[str, Any]]) -> Answer:
        size = min(max(int(call.one("per_page", str(PER_PAGE))), 1), MOST_PER_PAGE)
        page = max(int(call.one("page", "1")), 1)
        last = max((len(rows) + size - 1) // size, 1)
        links = {"prev": page - 1, "next": page + 1, "last": last, "first": 1}
        wanted = [name for name in links if (page > 1 if name in ("prev", "first") else page < last)]
        target = f"{self.url}{call.path}?per_page={size}&page="
        link = ", ".join(f'<{target}{links[name]}>; rel="{name}"' for name in wanted)
        return Answer(200, rows[(page - 1) * size : page * size], {"Link": link} if link else {})


def _object(call: Call) -> dict[str, Any]:
    try:
        sent = call.json()
    except ValueError:
        raise refusal(400, "Problems parsing JSON") from None
    if not isinstance(sent, dict):
        raise refusal(400, "Body should be a JSON object")
    return sent


def _text(sent: dict[str, Any], name: str, longest: int, resource: str = "") -> str:
    text = sent[name]
    if not isinstance(text, str):
        raise refusal(422, f"Invalid request.\n\nFor 'properties/{name}', {text!r} is not a string.")
    if len(text) > longest:
        problem = f"{name} is too long (maximum is {longest} characters)"
        about = {"resource": resource} if resource else {}
        raise refusal(422, INVALID, [{**about, "code": "custom", "field": name, "message": problem}])
    return text


def _comment(call: Call) -> str:
    sent = _object(call)
    if "body" not in sent:
        raise refusal(422, 'Invalid request.\n\n"body" wasn\'t supplied.')
    text = _text(sent, "body", LONGEST_COMMENT)
    if not text.strip():
        problem = {
            "resource": "IssueComment",
            "code": "unprocessable",
            "field": "data",
            "message": "Body cannot be blank",
        }
        raise refusal(422, INVALID, [problem])
    return text


_ROUTES: tuple[tuple[str, str, Callable[..., Answer]], ...] = (
    ("GET", r"releases/tags/(.+)", GitHub._release_by_tag),
    ("GET", r"releases", GitHub._list_releases),
    ("POST", r"releases", GitHub._create_release),
    ("PATCH", r"releases/(\d+)", GitHub._edit_release),
    ("GET", r"issues/(\d+)", GitHub._get_issue),
    ("GET", r"pulls/(\d+)", GitHub._get_pull),
    ("PATCH", r"pulls/(\d+)", GitHub._edit_pull),
    ("POST", r"dispatches", GitHub._dispatch),
    ("GET", r"issues/(\d+)/comments", GitHub._list_comments),
    ("POST", r"issues/(\d+)/comments", GitHub._create_comment),
    ("GET", r"issues/comments/(\d+)", GitHub._get_comment),
    ("PATCH", r"issues/comments/(\d+)", GitHub._edit_comment),
    ("GET", r"commits/([^/]+)/pulls", GitHub._pulls_of_commit),
)
