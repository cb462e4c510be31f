# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Whether Sentry has new issues since a deploy began: the request, and the verdict of its answer. Pure.

The question is https://docs.sentry.io/api/events/list-an-organizations-issues/ with a query of
https://docs.sentry.io/concepts/search/. Without ``project`` Sentry searches the projects that the token's owner has
joined, which may be none: so it is always sent, ``-1`` for all. An unexpected answer is unknown.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote, urlencode

from ..common.documents import loads_or_none
from ..common.text import clean, plural
from .moment import moment
from .probes import Found, Sentry

_ALL_PROJECTS = "-1"
#: The most issues that Sentry lists at once.
_PAGE = 100
_NAMED = 3
_MORE = re.compile(r'rel="next"\s*;\s*results="true"')
_WORDS = {
    400: "Sentry refuses the query; a project or an environment of that name may not exist",
    401: "Sentry does not take the token",
    403: "the token may not read these issues (it needs the scope event:read, and access to the project)",
    404: "Sentry has no such organization, or the token does not see it",
}


def question(spec: Sentry, since: float) -> str:
    """The URL that lists the issues.

    :param since: the epoch time since which an issue is new.
    """
    slugs = [name for name in spec.projects if not name.isdecimal()]
    words = ["is:unresolved", f"level:{_any(spec.levels)}", f"firstSeen:>={_stamp(since)}"]
    if slugs:
        words.append(f"project:{_any(slugs)}")
    numbers = [name for name in spec.projects if name.isdecimal()]
    parameters = [("query", " ".join(words)), ("sort", "new"), ("limit", str(_PAGE))]
    parameters += [("project", number) for number in numbers] or [("project", _ALL_PROJECTS)]
    parameters += [("environment", spec.environment)] if spec.environment else []
    return f"{spec.url}/api/0/organizations/{quote(spec.organization)}/issues/?{urlencode(parameters)}"


def _any(names: Any) -> str:
    return names[0] if len(names) == 1 else f"[{', '.join(names)}]"


def _stamp(epoch: float) -> str:
    # Whole seconds, rounded down: an issue of the first second is new.
    return datetime.fromtimestamp(int(epoch), UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def judge(
    spec: Sentry, since: float, status: int, body: bytes, retry_after: float | None = None, link: str = ""
) -> Found:
    """The verdict of an answer.

    :param link: its header, which says whether there are more pages: https://docs.sentry.io/api/pagination/.
    """
    if status != 200:
        return Found("unknown", _trouble(status, retry_after))
    issues = loads_or_none(body)
    if not isinstance(issues, list) or not all(_is_asked_for(item, spec, since) for item in issues):
        return Found("unknown", "Sentry's answer does not match the query")
    span = f"since {_stamp(since)[11:19]}"
    levels = " or ".join(spec.levels)
    if not issues and _MORE.search(link):
        return Found("unknown", "Sentry's first page is empty, but it has more")
    if not issues:
        return Found("green", f"no new issue of level {levels} {span}")
    names = [f"{clean(item.get('shortId') or item['id'])} ({clean(item['level'])})" for item in issues[:_NAMED]]
    count = f"{_PAGE} or more new issues" if len(issues) >= _PAGE else plural(len(issues), "new issue")
    return Found("red", f"{count} {span}: {', '.join(names)}{', …' if len(issues) > _NAMED else ''}")


def _is_asked_for(item: Any, spec: Sentry, since: float) -> bool:
    """Whether an issue matches the query: Sentry may ignore a filter that it does not know."""
    if not isinstance(item, Mapping) or not item.get("id") or item.get("level") not in spec.levels:
        return False
    first = moment(item.get("firstSeen"))
    return first is not None and first >= int(since)


def _trouble(status: int, retry_after: float | None) -> str:
    if status == 429:
        again = f", again in {retry_after:g} s" if retry_after else ""
        return f"Sentry limits the rate of requests{again}"
    if 300 <= status < 400:
        return f"Sentry answered {status}: it has moved to another address"
    return _WORDS.get(status, f"Sentry answered {status}")
