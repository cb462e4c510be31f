# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What a build made: each service with its result, and the last lines of those that failed. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from ..builds.model import Build, BuiltService
from ..common.command import command
from ..common.text import clean, columns, hanging, listed, plural
from .facts import finish

_SHORT = 12
_DIGITS = 7 + 12
_COLUMN = 13


def plan_lines(
    environment: str, branch: str, commit: str, rows: Sequence[tuple[str, str, str]], repositories: Sequence[str] = ()
) -> list[str]:
    """What a build would do.

    :param rows: service, step and reason.
    :param repositories: those that would be created, or get other rules.
    """
    if not rows:
        return [f"{clean(environment)} · {commit[:_SHORT]} · no service has to be built"]
    head = f"{clean(environment)} · {clean(branch)} · {commit[:_SHORT]} · {plural(len(rows), 'service')}"
    shown = [tuple(clean(word) for word in row) for row in rows]
    lines = [head, *(f"  {line}" for line in columns([("service", "step", "reason"), *shown]))]
    if repositories:
        lines += hanging("rules", f"of {listed(repositories)}", None, column=_COLUMN)
    return finish(lines, None)


def build_lines(build: Build, width: int | None = None, *, gates: bool = False) -> list[str]:
    """The screen of a build that ended.

    :param gates: whether a deploy waits for quality gates, which are run on the build.
    """
    services = build.services
    counts = {result: [name for name, item in services.items() if item.result == result] for result in _WORDS}
    said = ", ".join(f"{len(names)} {_WORDS[result]}" for result, names in counts.items() if names)
    head = f"{clean(build.environment)} · {clean(build.source.branch)} · {build.source.commit[:_SHORT]}"
    lines = [f"{head} · {said or 'no service has to be built'} · build {build.id}"]
    rows = [_row(name, item) for name, item in services.items()]
    lines += [f"  {line}" for line in columns([("service", "result", "digest", "tags"), *rows])] if rows else []
    for name, item in services.items():
        if item.error:
            lines += _failure(name, item, width)
    if build.result == "failed":
        # An image without its tags: what failed was a tag of the branch.
        some = any(item.result == "failed" and item.digest for item in services.values())
        kept = "only some tags of the branch were set" if some else "no tag of the branch was set"
        lines += hanging("kept", f"{kept}; nothing was deployed", width, column=_COLUMN)
        lines += hanging(
            "next", "correct it and build again: images that are there are not built twice", None, column=_COLUMN
        )
    elif services:
        verb, of_source = ("quality_gates", {"source_path": "…"}) if gates else ("deploy", {})
        following = command(verb, clean(build.environment), **of_source, build=build.id)
        lines += hanging("next", following, None, column=_COLUMN)
    return finish(lines, None)


_WORDS: Mapping[str, str] = {"built": "built", "unchanged": "unchanged", "failed": "failed", "not built": "not built"}


def _row(name: str, item: BuiltService) -> tuple[str, str, str, str]:
    tags = [tag[:_SHORT] if tag == item.commit else tag for tag in item.tags]
    return clean(name), item.result, (item.digest or "-")[:_DIGITS], clean(listed(tags))


def _failure(name: str, item: BuiltService, width: int | None) -> list[str]:
    lines = hanging("FAILED", clean(name), width, column=_COLUMN)
    for line in (item.error or "").splitlines():
        lines += hanging("", clean(line), width, column=_COLUMN)
    return [*lines, *(hanging("log", clean(item.log), None, column=_COLUMN) if item.log else [])]
