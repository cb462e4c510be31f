# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What a build published, for a person. Pure."""

from __future__ import annotations

from collections.abc import Collection

from ..builds.model import Build
from ..common.text import clean, columns, hanging, listed
from .facts import finish

_SHORT = 12
_COLUMN = 13
# The first characters tell digests apart: "sha256:" and 12 digits.
_DIGEST = 19


def published(build: Build, elsewhere: Collection[str] = (), width: int | None = None) -> list[str]:
    """The screen.

    :param elsewhere: declared artifacts that the commit does not have.
    :param width: columns of the terminal; ``None`` leaves nothing out.
    """
    head = f"{clean(build.environment)} · {build.source.commit[:_SHORT]} · {clean(build.source.branch)}"
    lines = [f"{head} · {clean(build.result)}"]
    rows = [
        (clean(name), clean(item.version or ""), item.result, (item.digest or "")[:_DIGEST], clean(item.location or ""))
        for name, item in sorted(build.artifacts.items())
    ]
    lines += [f"  {line}" for line in columns([("artifact", "version", "result", "digest", "location"), *rows])]
    for name, item in sorted(build.artifacts.items()):
        if item.error:
            lines += hanging(clean(name), clean(item.error), width, column=_COLUMN)
    if elsewhere:
        lines += hanging("not here", clean(listed(elsewhere)), width, column=_COLUMN)
    if build.id:
        lines += hanging("build", clean(build.id), width, column=_COLUMN)
    return finish(lines, None)
