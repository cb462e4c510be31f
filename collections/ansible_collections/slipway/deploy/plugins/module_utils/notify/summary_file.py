# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Writes a summary to a file or to the step summary. A failure never fails a deploy: nothing here raises."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from .channel import Delivery, Notification, Stage
from .summary import summary

#: GitHub's limit for a step's summary file, in bytes.
_STEP_LIMIT = 1024 * 1024
STEP_SUMMARY = "GITHUB_STEP_SUMMARY"


@dataclass(frozen=True)
class Written:
    """The path of the summary, or why it was not written. Both ``None``: none was requested."""

    path: str | None = None
    error: str | None = None


class SummaryChannel:
    """The summary: a Markdown file from the settings, or the step summary of GitHub Actions."""

    name = "summary"
    setting = "summary_file"
    stages: frozenset[Stage] = frozenset({"end"})

    def deliver(self, notification: Notification) -> Delivery:
        """Write the summary. The record does not contain its path."""
        file = str(notification.variables.get(self.setting) or "") or None
        written = write_summary(summary(notification.record), file, notification.environ)
        return Delivery((written.error,) if written.error else ())


def write_summary(text: str, summary_file: str | None, environ: Mapping[str, str]) -> Written:
    """Write to ``summary_file`` (replaced as a whole), else append to the file that ``$GITHUB_STEP_SUMMARY`` names."""
    step = environ.get(STEP_SUMMARY)
    path = summary_file or step
    if not path:
        return Written()
    try:
        # All commands of the step share its file, even if the settings name it.
        if path == step:
            return _append(Path(path), text)
        _replace(Path(path).expanduser(), text)
    except OSError as error:
        return Written(None, f"the summary was not written: {path}: {error.strerror or type(error).__name__}")
    return Written(path)


def _append(path: Path, text: str) -> Written:
    body = text.encode()
    there = path.stat().st_size if path.exists() else 0
    if there + len(body) > _STEP_LIMIT:
        return Written(None, f"the summary was not written: {path}: it would be longer than 1 MiB")
    with path.open("ab") as file:
        file.write(body)
    return Written(str(path))


def _replace(path: Path, text: str) -> None:
    descriptor, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(text)
            # mkstemp's 0600 is for secrets; a summary gets the mode of a new file.
            os.fchmod(file.fileno(), 0o644)
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
