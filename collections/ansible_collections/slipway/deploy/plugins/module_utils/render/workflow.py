# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What a job of GitHub Actions reads: outputs of a step, and annotations. Pure.

https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-commands
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_-]*")
#: GitHub shows about so much of an annotation, in characters.
_MOST = 4000


def output_lines(pairs: Mapping[str, Any]) -> str:
    """Lines for the file of ``$GITHUB_OUTPUT``, one for each output.

    A printable text is written as it is, anything else as JSON in ASCII: a line break would begin another output.

    :raises ValueError: a name is not an output's.
    """
    for name in pairs:
        if not _NAME.fullmatch(name):
            raise ValueError(f"{name!r} is not the name of an output")
    return "".join(f"{name}={_value(value)}\n" for name, value in pairs.items())


def _value(value: Any) -> str:
    if isinstance(value, str) and value.isprintable():
        return value
    return json.dumps(value)


def annotation(text: str, title: str = "", *, warning: bool = False, file: str = "", line: int | None = None) -> str:
    """The line that makes the runner annotate the run with an error, or a warning.

    :param file: in the repository; then the annotation is shown beside that line.
    """
    given = {"title": title, "file": file, "line": str(line or "")}
    properties = ",".join(f"{name}={_property(value)}" for name, value in given.items() if value)
    return f"::{'warning' if warning else 'error'}{' ' if properties else ''}{properties}::{_data(text[:_MOST])}"


def _data(text: str) -> str:
    """The escapes of the toolkit: https://github.com/actions/toolkit/blob/main/packages/core/src/command.ts."""
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
