# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Writes a part of a pull request's description that others write as well.

GitHub changes nothing on a condition: the last writer wins, and what was written since it read is lost. So the
description is read just before it is written, and again some seconds later: longer than any writer takes between its
reading and its writing. A part that is lost then is added to what is there, until it stays.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from dataclasses import dataclass

from .github_api import LONGEST_WAIT, GitHub, GitHubError

_ATTEMPTS = 8
#: After the other statuses it may have been written all the same.
_NOT_WRITTEN = (403, 429)
#: How long another writer may take between reading and writing, in seconds. Writers that wait for the same time would
#: meet again, so each adds a part of the second number by chance.
_SETTLES, _SPREAD = 4.0, 2.0


@dataclass(frozen=True)
class Written:
    """The result: whether the description was changed, and the page of the pull request."""

    changed: bool
    url: str


def write_part(
    api: GitHub,
    number: int,
    merge: Callable[[str], str],
    is_there: Callable[[str], bool],
    superseded: type[Exception],
    pause: Callable[[float], None] = time.sleep,
) -> Written:
    """Write a part of the description of a pull request, and see that it stays.

    :param merge: the description with the part; unchanged if it is there as it should be. What it raises ends this.
    :param is_there: whether a description has the part.
    :param superseded: what ``merge`` raises if a newer part is there. After this one was written, that is no error.
    :raises GitHubError: GitHub refuses it, or others overwrite it each time.
    """
    changed, waited = False, 0.0
    refused: GitHubError | None = None
    for _attempt in range(_ATTEMPTS):
        pull = api.pull(number)
        body, url = str(pull.get("body") or ""), str(pull.get("html_url") or "")
        if changed and is_there(body):
            return Written(True, url)
        try:
            wanted = merge(body)
        except superseded:
            if changed:
                return Written(True, url)
            raise
        if wanted == body:
            return Written(changed, url)
        try:
            api.edit_pull(number, wanted)
            refused = None
        except GitHubError as error:
            refused = error
            if error.wait is None or waited + error.wait > LONGEST_WAIT:
                raise
            waited += error.wait
            pause(error.wait)
            changed = changed or error.status not in _NOT_WRITTEN
            continue
        changed = True
        pause(_SETTLES + random.random() * _SPREAD)
    raise refused or GitHubError(f"others are writing pull request {number}: the plan was lost {_ATTEMPTS} times")
