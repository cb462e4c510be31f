# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The runbooks' commands, taken from their text.

commands("backend.md", "Deploy")   # the section's commands: [["deploy.yml", "--limit", "backend", …], …]
"""

from __future__ import annotations

import re
import shlex
from pathlib import Path

RUNBOOKS = Path(__file__).resolve().parents[2] / "runbooks"


def sections(runbook: str) -> dict[str, str]:
    """Title → text of each section."""
    text = (RUNBOOKS / runbook).read_text(encoding="utf-8")
    parts = re.split(r"^## (.*)$", text, flags=re.MULTILINE)
    return dict(zip(parts[1::2], parts[2::2], strict=True))


def commands(runbook: str, title: str) -> list[list[str]]:
    """A section's commands: playbook and arguments, without ``-e env=dev``, for which a test has its own.

    :param title: what the section's title begins with.
    """
    (section,) = [text for name, text in sections(runbook).items() if name.startswith(title)]
    lines = [line for block in re.findall(r"```bash\n(.*?)```", section, re.DOTALL) for line in block.splitlines()]
    return [_arguments(shlex.split(line)) for line in lines]


def _arguments(words: list[str]) -> list[str]:
    program, playbook, *rest = words
    assert program == "ansible-playbook", words
    assert rest[:2] == ["-e", "env=dev"], words
    return [playbook, *rest[2:]]
