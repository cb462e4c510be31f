# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A step of GitHub Actions: the event that started its run, its outputs and annotations."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from ansible.utils.display import Display

from ..module_utils.common.errors import SlipwayError
from ..module_utils.common.neutral import neutral
from ..module_utils.render.workflow import annotation, output_lines

_OUTPUT = "GITHUB_OUTPUT"
#: An event as JSON, the file of one, and the file of the event that started a run of GitHub Actions.
_EVENT, _EVENT_FILE, _EVENT_PATH = "SLIPWAY_EVENT", "SLIPWAY_EVENT_FILE", "GITHUB_EVENT_PATH"
#: The branch or tag of a pipeline's commit. It is a name by others, so it is on no command line.
_REF = "SLIPWAY_REF"
#: More of a file is not read: an event is far smaller.
_MOST = 25 * 1024 * 1024


def pushed(environ: Mapping[str, str] | None = None) -> tuple[str, str]:
    """The branch and the tag of a pipeline's commit; at least one of them is empty."""
    kind, _slash, name = (os.environ if environ is None else environ).get(_REF, "").removeprefix("refs/").partition("/")
    return (name, "") if kind == "heads" else ("", name) if kind == "tags" else ("", "")


def write_outputs(pairs: Mapping[str, Any], environ: Mapping[str, str] | None = None) -> None:
    """Append the outputs to the step's file; without one, nothing.

    :raises SlipwayError: the file cannot be written.
    """
    path = (os.environ if environ is None else environ).get(_OUTPUT)
    if not path:
        return
    try:
        with Path(path).open("a", encoding="utf-8") as file:
            file.write(output_lines(pairs))
    except OSError as error:
        raise SlipwayError(f"the outputs were not written: {error.strerror}", f"{_OUTPUT} ({path})") from error


def annotate(lines: Iterable[str], title: str = "") -> None:
    """Annotate the run with an error; outside of GitHub Actions, nothing."""
    text = "\n".join(neutral(line, lines=False) for line in lines)
    if text and os.environ.get("GITHUB_ACTIONS") == "true":
        # A worker prints through the main process. The line is a command, which other output must not be.
        Display().display(annotation(text, title), screen_only=True)


def annotate_places(found: Iterable[Mapping[str, Any]]) -> None:
    """Annotate lines of the source; outside of GitHub Actions, nothing.

    :param found: each with ``level``, ``title``, ``message``, ``file`` and ``line``.
    """
    if os.environ.get("GITHUB_ACTIONS") != "true":
        return
    for one in found:
        title, text, file = (neutral(one[name] or "", lines=False) for name in ("title", "message", "file"))
        line = annotation(text, title, warning=one["level"] == "warning", file=file, line=one["line"])
        Display().display(line, screen_only=True)


def read_event(environ: Mapping[str, str] | None = None) -> tuple[bytes, str]:
    """The event and where it is written: an environment variable, or a file that one names.

    An event's text is never taken from the command line.

    :raises SlipwayError: there is none, or the file cannot be read.
    """
    environ = os.environ if environ is None else environ
    if environ.get(_EVENT):
        return environ[_EVENT].encode(errors="surrogateescape"), _EVENT
    name = next((name for name in (_EVENT_FILE, _EVENT_PATH) if environ.get(name)), None)
    if name is None:
        raise SlipwayError("there is no event", _EVENT_FILE, f"Set {_EVENT_FILE} to its file, or {_EVENT} to its JSON")
    try:
        with Path(environ[name]).expanduser().open("rb") as file:
            return file.read(_MOST), name
    except OSError as error:
        raise SlipwayError(f"the event cannot be read: {error.strerror}", name, "Name a file that exists") from error
