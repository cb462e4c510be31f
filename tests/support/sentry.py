# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A stub of Sentry's API: the issues of a project, found by a query.

    with Sentry("salitemihret", "register") as sentry:
        sentry.add_issue("Import failed", level="fatal", first_seen=datetime(2026, 11, 21, tzinfo=UTC))
        sentry.url, sentry.token
        # GET /api/0/projects/salitemihret/register/issues/?query=is:unresolved level:fatal firstSeen:>=2026-11-21T00:00
        # GET /api/0/organizations/salitemihret/issues/?project=4501&query=…&start=…&end=…

Of Sentry's query language it knows ``is:``; ``firstSeen:``, ``lastSeen:`` and ``age:`` with a time after ``>``, ``>=``,
``<``, ``<=``, or with ``-24h``; ``key:value``, ``key:[a, b]``, ``!key:…`` on the level and on tags (``release``,
``environment``, …); and words of the title. As Sentry does, it takes no query at all for ``is:unresolved``, and
refuses: no token (401), a wrong one (401), a token without ``event:read`` (403), what is not there (404), a query or a
period that it cannot read (400).
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from tests.support.stub import Answer, Call, Refusal, Stub

PROJECT_ID = "4501"
MOST_PER_PAGE = 100
LEVELS = ("fatal", "error", "warning", "info", "debug")
STATUSES = ("unresolved", "resolved", "ignored")
_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days", "w": "weeks"}
_PERIOD = re.compile(r"(\d+)([smhdw])")
_MOMENT = re.compile(r"(>=|<=|>|<)?(.+)")
_TERM = re.compile(r"(!?)([A-Za-z][\w.\-]*):(.+)")


def refusal(status: int, detail: str) -> Refusal:
    """An error in Sentry's format."""
    return Refusal(status, {"detail": detail})


class Sentry(Stub):
    """The API, for one project of one organization."""

    def __init__(
        self, organization: str = "salitemihret", project: str = "register", address: str = "127.0.0.1"
    ) -> None:
        super().__init__(address)
        self.organization = organization
        self.project = project
        self.token = f"sntrys_{self.token}"
        self.scopes = ("event:read", "project:read")
        self.issues: list[dict[str, Any]] = []
        self.tags: dict[str, Mapping[str, str]] = {}

    def add_issue(
        self,
        title: str,
        *,
        level: str = "error",
        first_seen: datetime | None = None,
        last_seen: datetime | None = None,
        status: str = "unresolved",
        **tags: str,
    ) -> dict[str, Any]:
        """Add an issue, by default seen now."""
        first = first_seen or last_seen or datetime.now(UTC)
        number = len(self.issues) + 1
        short = f"{self.project.upper()}-{number}"
        issue: dict[str, Any] = {
            "id": str(5_000_000 + number),
            "shareId": None,
            "shortId": short,
            "title": title,
            "culprit": "app.members in smoke",
            "permalink": f"https://{self.organization}.sentry.io/issues/{5_000_000 + number}/",
            "logger": None,
            "level": level,
            "status": status,
            "statusDetails": {},
            "isPublic": False,
            "platform": "python",
            "project": {"id": PROJECT_ID, "name": self.project, "slug": self.project, "platform": "python"},
            "type": "error",
            "metadata": {"title": title},
            "count": "1",
            "userCount": 0,
            "firstSeen": _stamp(first),
            "lastSeen": _stamp(last_seen or first),
            "stats": {"24h": []},
        }
        self.issues.append(issue)
        self.tags[issue["id"]] = tags
        return issue

    def answer(self, call: Call) -> Answer:
        """The API."""
        self._admit(call)
        match call.parts:
            case ["api", "0", "projects", organization, project, "issues"]:
                known = organization == self.organization and project in (self.project, PROJECT_ID)
                if call.one("statsPeriod") not in ("", "24h", "14d"):
                    raise refusal(400, "Invalid stats_period. Valid choices are '', '24h', and '14d'")
            case ["api", "0", "organizations", organization, "issues"]:
                known = organization == self.organization
                if not set(call.query.get("project", [])) <= {PROJECT_ID, "-1"}:
                    raise refusal(403, "You do not have permission to perform this action.")
            case _:
                known = False
        if not known or not call.path.endswith("/"):
            raise refusal(404, "The requested resource does not exist")
        if call.method != "GET":
            raise refusal(405, f'Method "{call.method}" not allowed.')
        return self._page(call, self._found(call))

    def _admit(self, call: Call) -> None:
        if call.token is None:
            raise refusal(401, "Authentication credentials were not provided.")
        if call.token != self.token:
            raise refusal(401, "Invalid token")
        if "event:read" not in self.scopes:
            raise refusal(403, "You do not have permission to perform this action.")

    def _found(self, call: Call) -> list[dict[str, Any]]:
        terms = _terms(call.one("query", "is:unresolved"))
        for name, comparison in (("start", ">="), ("end", "<=")):
            if call.one(name):
                terms.append(("", "lastSeen", f"{comparison}{call.one(name)}"))
        terms += [("", "environment", name) for name in call.query.get("environment", [])]
        if "organizations" in call.parts and (period := call.one("statsPeriod")):
            terms.append(("", "lastSeen", f"-{period}"))
        for _negated, key, value in terms:
            # A missing project is refused, not treated as empty.
            unknown = set(_values(value)) - {self.project} if key in ("project", "project.name") else set()
            if unknown:
                names = ", ".join(sorted(unknown))
                raise refusal(400, f"Invalid query. Project(s) {names} do not exist or are not actively selected.")
        now = datetime.now(UTC)
        return [issue for issue in self.issues if all(self._fits(issue, term, now) for term in terms)]

    def _fits(self, issue: dict[str, Any], term: tuple[str, str, str], now: datetime) -> bool:
        negated, key, value = term
        if key in ("firstSeen", "lastSeen", "age"):
            seen = issue["firstSeen" if key == "age" else key]
            fits = _compare(datetime.fromisoformat(seen), value, now)
        elif key == "is":
            if value not in STATUSES:
                raise refusal(400, f'Invalid value for "is" search, valid values are {sorted(STATUSES)}')
            fits = issue["status"] == value
        elif key in ("project", "project.name"):
            fits = self.project in _values(value)
        elif key == "message":
            fits = value.lower() in issue["title"].lower()
        else:
            wanted = _values(value)
            if key == "level" and not set(wanted) <= set(LEVELS):
                raise refusal(400, f"Invalid format for level: {value}")
            known = {"level": issue["level"], **self.tags[issue["id"]]}
            fits = known.get(key) in wanted
        return fits != bool(negated)

    def _page(self, call: Call, rows: list[dict[str, Any]]) -> Answer:
        size = min(int(call.one("limit", call.one("per_page", str(MOST_PER_PAGE)))), MOST_PER_PAGE)
        cursor = call.one("cursor", "0:0:0").split(":")
        if len(cursor) != 3 or not cursor[1].isdigit():
            raise refusal(400, "Invalid cursor parameter.")
        start = int(cursor[1])
        links = []
        for relation, at, results in (
            ("previous", max(start - size, 0), start > 0),
            ("next", start + size, start + size < len(rows)),
        ):
            mark = f"0:{at}:{int(relation == 'previous')}"
            place = f"<{self.url}{call.path}?&cursor={mark}>"
            links.append(f'{place}; rel="{relation}"; results="{str(results).lower()}"; cursor="{mark}"')
        return Answer(200, rows[start : start + size], {"Link": ", ".join(links)})


def _stamp(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")


def _terms(query: str) -> list[tuple[str, str, str]]:
    # A list's blanks are part of it.
    closed = re.sub(r"\[[^\]]*\]", lambda found: found[0].replace(" ", ""), query)
    try:
        words = shlex.split(closed)
    except ValueError as error:
        raise refusal(400, f"Error parsing search query: {error}") from None
    terms = []
    for word in words:
        found = _TERM.fullmatch(word)
        if found is None and ":" in word:
            raise refusal(400, f"Error parsing search query: Empty string after '{word}'")
        terms.append((found[1], found[2], found[3]) if found else ("", "message", word))
    return terms


def _values(value: str) -> list[str]:
    return value[1:-1].split(",") if value.startswith("[") and value.endswith("]") else [value]


def _compare(seen: datetime, value: str, now: datetime) -> bool:
    if value[0] in "+-":
        period = _PERIOD.fullmatch(value[1:])
        if period is None:
            raise refusal(400, f"Error parsing search query: {value} is not a valid datetime query")
        limit = now - timedelta(**{_UNITS[period[2]]: int(period[1])})
        return seen >= limit if value[0] == "-" else seen <= limit
    comparison, text = _MOMENT.fullmatch(value).groups()  # type: ignore[union-attr]
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise refusal(400, f"Error parsing search query: {value} is not a valid datetime query") from None
    moment = moment.replace(tzinfo=moment.tzinfo or UTC)
    match comparison:
        case ">":
            return seen > moment
        case ">=":
            return seen >= moment
        case "<":
            return seen < moment
        case "<=":
            return seen <= moment
    return moment <= seen < moment + timedelta(minutes=5)
