# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What a ``uv.lock`` locks, in the format of requirements, as uv itself writes it."""

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
# uv writes each package's source on a line of its own.
_REGISTRY = re.compile(r'^source = \{ registry = "(https?://[^"\\]+)" \}', re.MULTILINE)
_PYPI = "pypi.org"


def is_project_lock(path: Path) -> bool:
    """Whether uv alone can read a lock file."""
    return path.name == NAME


def export(program: str, python: str, extras: Sequence[str] = (), groups: Sequence[str] = ()) -> list[str]:
    """The command that writes what is locked, for every member of a workspace; it asks no network."""
    what = ["--frozen", "--offline", "--all-packages", "--no-dev", "--no-emit-workspace"]
    how = ["--no-progress", "--color=never", "--no-python-downloads"]
    chosen = [*(f"--extra={name}" for name in extras), *(f"--group={name}" for name in groups)]
    return [program, "export", *what, *how, *chosen, f"--python={python}"]


def registries(lock: str) -> list[str]:
    """The indexes that a ``uv.lock`` has packages of, as they are written there, without credentials."""
    return list(dict.fromkeys(_REGISTRY.findall(lock)))


def asked(index: Index, named: Sequence[str]) -> Index:
    """Where packages come from, with the indexes that a lock file names.

    Each gets the credentials that are given for it. PyPI is only asked where the lock file has packages of it: what it
    has under the same name is somebody else's.
    """
    known = {bare(url): url for url in index.others}
    others = [known.pop(bare(url), url) for url in named if urlsplit(url).hostname != _PYPI]
    others += known.values()
    if index.url or len(others) == 0 or any(urlsplit(url).hostname == _PYPI for url in named) or not named:
        return index._replace(others=tuple(others))
    return index._replace(url=others[0], others=tuple(others[1:]))


def bare(url: str) -> str:
    """A URL without credentials and without the slash at its end."""
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
    :param owner: who runs uv, on a copy of what it reads: nobody else need be able to read a release.
    :raises SlipwayError: uv cannot read it, or it does not say exactly what is to be installed.
    """
    # Nobody but root can put a project above it there, which uv would look at.
    home = "/run" if os.geteuid() == 0 else None
    with filing("copy it", path), tempfile.TemporaryDirectory(prefix="slipway-lock-", dir=home) as name:
        # The lock file says what the members of a workspace require: their own descriptions are not needed.
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
    # Other extras of one lock file are another environment.
    chosen = "".join(f"\n--{name}" for name in (*extras, "", *groups)) if extras or groups else ""
    return read._replace(source=locked + chosen.encode(), indexes=tuple(registries(locked.decode(errors="replace"))))


def _give(place: Path, owner: Account) -> None:
    if os.geteuid() == 0:
        for path in (*place.iterdir(), place):
            os.chown(path, owner.uid, owner.gid)
