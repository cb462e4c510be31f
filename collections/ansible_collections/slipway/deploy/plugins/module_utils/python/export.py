# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Exports a ``uv.lock`` in the format of requirements, by uv itself."""

from __future__ import annotations

import os
import re
import tempfile
from collections.abc import Sequence
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

from ..common.errors import SlipwayError
from ..files.atomic import filing
from ..programs.run import Account, base_environment, run
from .installers import Index, read_failure
from .lock import Lock, read_lock

NAME = "uv.lock"
_PROJECT = "pyproject.toml"
_LIMIT = 60
# uv writes each package's source on a separate line.
_REGISTRY = re.compile(r'^source = \{ registry = "(https?://[^"\\]+)" \}', re.MULTILINE)
_PYPI = "pypi.org"


def is_project_lock(path: Path) -> bool:
    """Whether only uv can read a lock file."""
    return path.name == NAME


def export(program: str, python: str, extras: Sequence[str] = (), groups: Sequence[str] = ()) -> list[str]:
    """The command that exports the lock, for every member of a workspace; it needs no network."""
    what = ["--frozen", "--offline", "--all-packages", "--no-dev", "--no-emit-workspace"]
    how = ["--no-progress", "--color=never", "--no-python-downloads"]
    chosen = [*(f"--extra={name}" for name in extras), *(f"--group={name}" for name in groups)]
    return [program, "export", *what, *how, *chosen, f"--python={python}"]


def registries(lock: str) -> list[str]:
    """The indexes of the packages in a ``uv.lock``, as written there, without credentials."""
    return list(dict.fromkeys(_REGISTRY.findall(lock)))


def asked(index: Index, named: Sequence[str]) -> Index:
    """The package index settings, with the indexes of a lock file.

    Each gets its given credentials. PyPI is only used if the lock file has packages from it: one of the same name
    there may be a different package.
    """
    known = {bare(url): url for url in index.others}
    others = [known.pop(bare(url), url) for url in named if urlsplit(url).hostname != _PYPI]
    others += known.values()
    if index.url or len(others) == 0 or any(urlsplit(url).hostname == _PYPI for url in named) or not named:
        return index._replace(others=tuple(others))
    return index._replace(url=others[0], others=tuple(others[1:]))


def bare(url: str) -> str:
    """A URL without credentials and trailing slash."""
    try:
        parts = urlsplit(url)
        return urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2])).rstrip("/")
    except ValueError:
        return url


def read_project_lock(
    path: Path, program: str, python: str, owner: Account, extras: Sequence[str] = (), groups: Sequence[str] = ()
) -> Lock:
    """The lock file of a project.

    :param program: uv.
    :param python: the interpreter that it is for.
    :param owner: the user who runs uv, on a copy of its input: that user may not be able to read the release.
    :raises SlipwayError: uv cannot read it, or it does not determine exactly what to install.
    """
    # Only root can create a project above it there, which uv would read.
    home = "/run" if os.geteuid() == 0 else None
    with filing("copy it", path), tempfile.TemporaryDirectory(prefix="slipway-lock-", dir=home) as name:
        # The lock file says what the members of a workspace require: their own project files are not needed.
        for source in (path, path.with_name(_PROJECT)):
            with filing("read it", source):
                content = source.read_bytes()
            Path(name, source.name).write_bytes(content)
        _give(Path(name), owner)
        environ = {**base_environment(owner), "UV_NO_CACHE": "1"}
        done = run(export(program, python, extras, groups), owner, environ, _LIMIT, cwd=name)
    if done.late or done.code:
        cause, remedy = read_failure(done.errors.splitlines())
        raise SlipwayError(f"uv cannot read it: {cause}", str(path), remedy)
    read = read_lock(done.output.encode(), str(path))
    locked = path.read_bytes()
    # Different extras of a lock file are a different environment.
    chosen = "".join(f"\n--{name}" for name in (*extras, "", *groups)) if extras or groups else ""
    return read._replace(source=locked + chosen.encode(), indexes=tuple(registries(locked.decode(errors="replace"))))


def _give(place: Path, owner: Account) -> None:
    if os.geteuid() == 0:
        for path in (*place.iterdir(), place):
            os.chown(path, owner.uid, owner.gid)
