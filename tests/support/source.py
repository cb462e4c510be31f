# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A repository of sources that tests write."""

from __future__ import annotations

import subprocess
from collections.abc import Mapping
from pathlib import Path


def git(source: Path, *words: str) -> str:
    """Run git there; return its output."""
    settings = ["-c", "user.name=a", "-c", "user.email=a@example.org"]
    done = subprocess.run(["git", *settings, *words], cwd=source, capture_output=True, check=True, text=True)
    return done.stdout.strip()


def commit(source: Path, files: Mapping[str, str]) -> str:
    """Write files and commit everything; return the commit."""
    for path, text in files.items():
        (source / path).parent.mkdir(parents=True, exist_ok=True)
        (source / path).write_text(text)
    git(source, "add", "-A")
    git(source, "commit", "-q", "-m", "work")
    return git(source, "rev-parse", "HEAD")
