# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The end of a pipeline as a summary in Markdown and as a message to Slack. Pure."""

from __future__ import annotations

from collections.abc import Mapping

from ..common.text import clean, listed, plural
from ..dispatch.report import Report
from .markdown import escape, is_linkable, table, without_mentions
from .slack import GREEN, RED, YELLOW, Message, escaped, section

_SIGNS = {"succeeded": "✔", "unchanged": "✔", "partial": "!", "failed": "✘", "cancelled": "!"}
_COLOURS = {"succeeded": GREEN, "unchanged": GREEN, "partial": YELLOW, "failed": RED, "cancelled": YELLOW}
_JOB_SIGNS = {"success": "✔", "failure": "✘", "cancelled": "!", "skipped": "–"}


def pipeline_summary(report: Report, environment: str, change: Mapping[str, str]) -> str:
    """The summary, ending in a newline.

    :param change: ``repository``, ``commit`` and ``pull_request`` of the change, where they are known.
    """
    headline = f"## {_SIGNS[report.verdict]} {escape(environment)}: {escape(report.words)}"
    rows = [(escape(name), f"{_JOB_SIGNS.get(result, '?')} {escape(result)}") for name, result in report.jobs]
    facts = [escape(fact) for fact in _facts(report, change)]
    services = [f"**{plural(len(report.services), 'service')} changed:** {escape(listed(report.services))}"]
    parts = [headline, *(services if report.services else []), table(("Job", "Result"), rows), " · ".join(facts)]
    return without_mentions("\n\n".join(part for part in parts if part) + "\n")


def pipeline_message(report: Report, environment: str, change: Mapping[str, str], url: str) -> Message:
    """The message.

    :param url: of the run.
    """
    text = escaped(f"{clean(environment)}: {clean(report.words)}")
    jobs = " · ".join(f"{_JOB_SIGNS.get(result, '?')} {clean(name)}" for name, result in report.jobs)
    lines = [escaped(jobs), *([escaped(clean(listed(report.services)))] if report.services else [])]
    facts = [escaped(clean(fact)) for fact in _facts(report, change)]
    facts += [f"<{url}|run>"] if is_linkable(url) else []
    blocks = [section(f"*{text}*"), section("\n".join([*lines, " · ".join(facts)]))]
    return Message(text, _COLOURS[report.verdict], tuple(blocks))


def _facts(report: Report, change: Mapping[str, str]) -> list[str]:
    number = change.get("pull_request")
    return [
        *([change["repository"]] if change.get("repository") else []),
        *([f"pull request {number}"] if number else []),
        *([f"commit {change['commit'][:12]}"] if change.get("commit") else []),
        *([f"build {report.build}"] if report.build else []),
    ]
