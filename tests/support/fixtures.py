# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Tools to build applications for tests: running programs, cached results, git repositories."""

from __future__ import annotations

import fcntl
import hashlib
import os
import subprocess
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from tests.support.pace import scaled

ROOT = Path(__file__).resolve().parents[2]
CACHE = ROOT / ".run" / "fixtures"
BUILD_SECONDS = scaled(600)


class FixtureError(Exception):
    """A fixture could not be built; the text is the end of the program's output."""


def run(command: list[str], directory: Path, environment: Mapping[str, str] | None = None) -> str:
    """Run a program; what it printed. Raises FixtureError."""
    done = subprocess.run(
        command,
        cwd=directory,
        env={**os.environ, **(environment or {})},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
        timeout=BUILD_SECONDS,
    )
    if done.returncode:
        raise FixtureError(f"{' '.join(command)}: {done.stdout[-3000:]}")
    return done.stdout


@contextmanager
def alone(what: str) -> Iterator[None]:
    """Hold a lock, so that only one of several tests builds it."""
    CACHE.mkdir(parents=True, exist_ok=True)
    with (CACHE / f"{what}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def digest(*parts: str | Path) -> str:
    """Sixteen hexadecimal digits of texts, and of the names and contents of files and directories."""
    made = hashlib.sha256()
    for part in parts:
        if isinstance(part, str):
            made.update(f"\0{part}".encode())
            continue
        for path in files_of(part):
            made.update(f"\0{path.relative_to(part.parent)}\0".encode() + path.read_bytes())
    return made.hexdigest()[:16]


def files_of(path: Path) -> Iterable[Path]:
    """The file, or the files below the directory, without what running leaves behind."""
    found = sorted(path.rglob("*")) if path.is_dir() else [path]
    return [one for one in found if one.is_file() and "__pycache__" not in one.parts]


def git(directory: Path, *arguments: str, name: str, when: str) -> str:
    """Run git with a fixed person and date and no settings of this machine; what it printed. Raises FixtureError."""
    identity = {
        f"GIT_{role}_{key}": value
        for role in ("AUTHOR", "COMMITTER")
        for key, value in (("NAME", name), ("EMAIL", f"{name.lower()}@example.com"), ("DATE", when))
    }
    settings = {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_SYSTEM": os.devnull}
    return run(["git", *arguments], directory, {**identity, **settings}).strip()
