# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Builds a front end in a separate directory, as an unprivileged user, and packs the result.

A build runs third-party code: it gets a copy of the source and no secret, and root reads its result only as an
archive that its own user packed.
"""

from __future__ import annotations

import fcntl
import os
import pwd
import shutil
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

from ..common.errors import SlipwayError
from ..files.atomic import filing, remove_tree
from ..programs.run import NOBODY, Account, Finished, account, base_environment, path_of, run
from ..releases.archive_source import unnamed_file
from .commands import Build, environment, expand_npmrc, explain, heap, last_lines

_PREFIX = "slipway-build-"
_LEFT_OUT = shutil.ignore_patterns("node_modules", ".git", ".venv")
# Services have priority, and if memory runs out the kernel kills the build.
_MODEST = 'echo 900 2>/dev/null >/proc/self/oom_score_adj; exec nice -n 10 "$@"'
_BEGINNING_SECONDS = 60


@dataclass(frozen=True)
class Order:
    """The build to run.

    :ivar tree: the directory that is copied: a build may read files next to the front end.
    :ivar name: the name of the copy.
    :ivar directory: the front end in it, or ``""``.
    :ivar output: the directory of the build's result, below that.
    :ivar path: directories that are searched for programs first.
    :ivar memory_mib: how large the heap of Node.js may grow, or 0 for the host's available memory.
    :ivar npmrc: the values of variables in the source's ``.npmrc``, such as a registry's token.
    """

    tree: Path
    name: str
    directory: str
    output: str
    build: Build
    variables: Mapping[str, str]
    path: tuple[str, ...]
    timeout: float
    memory_mib: int
    npmrc: Mapping[str, str] = field(default_factory=dict, repr=False)

    @property
    def where(self) -> str:
        """The front end, for errors."""
        return str(self.tree / self.directory)


class BuildFailed(SlipwayError):
    """A command of a build failed; with the last lines of its output."""

    def __init__(self, error: SlipwayError, log: Sequence[str]) -> None:
        super().__init__(error.what, error.where, error.remedy)
        self.log = list(log)


def builder(name: str | None) -> Account:
    """The user for the build: the named one, or the current one, or ``nobody`` instead of root.

    :raises SlipwayError: there is no such user.
    """
    if name:
        return account(name, "user")
    return account(pwd.getpwuid(os.geteuid()).pw_name if os.geteuid() else NOBODY, "user")


@contextmanager
def built(order: Order, owner: Account, work: Path) -> Iterator[BinaryIO]:
    """Build, and return the result as an archive. Everything else is removed.

    :raises SlipwayError: the build fails; with the last lines of its output.
    """
    _remove_stale(work)
    with _directory(work) as place:
        copy = place / order.name
        source = copy / order.directory
        with filing("copy the source", order.tree):
            shutil.copytree(order.tree, copy, symlinks=True, ignore=_LEFT_OUT)
            # An earlier build's result in the source must not be taken for this one's.
            shutil.rmtree(source / order.output, ignore_errors=True)
            for above in (source, *source.parents):
                if copy in (above, *above.parents):
                    _fill_npmrc(above / ".npmrc", order.npmrc)
            _give(place, owner)
        environ = _environment(order, owner, place)
        _require(order, environ["PATH"])
        deadline = time.monotonic() + order.timeout
        for doing, command in order.build.commands():
            done = _run(command, owner, environ, deadline, source)
            output = done.output.replace(f"{copy}/", "")
            for value in order.npmrc.values():
                output = output.replace(value, "[redacted]")
            _check(doing, done._replace(output=output), order)
        with _packed(source, order, owner, environ) as archive:
            yield archive


def _fill_npmrc(path: Path, values: Mapping[str, str]) -> None:
    """Put values into the copy's ``.npmrc``, which is removed with it. The build could read environment variables."""
    if not values or path.is_symlink() or not path.is_file():
        return
    filled = expand_npmrc(path.read_text(encoding="utf-8"), values)
    path.unlink()
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(filled)


def _environment(order: Order, owner: Account, place: Path) -> dict[str, str]:
    base = base_environment(owner)
    base["PATH"] = ":".join([*order.path, base["PATH"]])
    home = Path(owner.home)
    if not (home.is_dir() and home.stat().st_uid == owner.uid):
        # Such as for nobody: the tools store their caches there.
        base["HOME"] = str(place / "home")
    return environment(base, order.variables, order.memory_mib or heap(_available_mib()))


def _available_mib() -> int:
    with suppress(OSError, ValueError, IndexError):
        for line in Path("/proc/meminfo").read_text(encoding="ascii").splitlines():
            if line.startswith("MemAvailable:"):
                return int(line.split()[1]) // 1024
    return 1024


def _require(order: Order, path: str) -> None:
    for program in ("node", order.build.tool):
        if shutil.which(program, path=path) is None:
            remedy = "Install it, or build on the control machine"
            raise SlipwayError(f"there is no program {program} in {path}", order.where, remedy)


def _run(command: Sequence[str], owner: Account, environ: Mapping[str, str], deadline: float, place: Path) -> Finished:
    left = max(deadline - time.monotonic(), 1.0)
    return run(["sh", "-c", _MODEST, "sh", *command], owner, environ, left, cwd=str(place), together=True)


def _check(doing: str, finished: Finished, order: Order) -> None:
    where = order.where
    if finished.late:
        lines = last_lines(finished.output)
        said = lines[-1] if lines else "nothing"
        what = f"{doing} did not end in time ({order.timeout:g} s for all of it); it said last: {said}"
        raise BuildFailed(SlipwayError(what, where, "Allow more time, or see why it waits"), lines)
    if finished.code:
        raise BuildFailed(explain(doing, finished.code, finished.output, where), last_lines(finished.output))


@contextmanager
def _packed(source: Path, order: Order, owner: Account, environ: Mapping[str, str]) -> Iterator[BinaryIO]:
    output = source / order.output
    if not output.is_dir():
        raise SlipwayError(
            f"the build left no directory {order.output}", order.where, "Set the directory of its output"
        )
    with unnamed_file(source, owner) as file:
        # As the user that built it: a link could point to what only root may read.
        argv = ["tar", "--create", f"--file={path_of(file.fileno())}", f"--directory={output}", "."]
        packed = run(argv, owner, environ, order.timeout, cwd=str(source), descriptors=[file.fileno()])
        if packed.code:
            raise explain("the packing of its result", packed.code, packed.errors, order.where)
        yield file


@contextmanager
def _directory(work: Path) -> Iterator[Path]:
    with filing("make a directory to build in", work):
        place = Path(tempfile.mkdtemp(prefix=_PREFIX, dir=work))
        descriptor = os.open(place, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        with filing("make a directory to build in", place):
            (place / "home").mkdir(mode=0o700)
        yield place
    finally:
        os.close(descriptor)
        shutil.rmtree(place, ignore_errors=True)


def _give(place: Path, owner: Account) -> None:
    if os.geteuid() != 0:
        return
    for directory, directories, names in os.walk(place):
        for name in (*directories, *names):
            os.lchown(Path(directory) / name, owner.uid, owner.gid)
    os.chown(place, owner.uid, owner.gid)


def _remove_stale(work: Path) -> None:
    """Remove the directories of killed builds: their lock is free."""
    for place in work.glob(f"{_PREFIX}*"):
        # Other users' directories are left alone.
        with suppress(OSError, SlipwayError):
            # A new build has its lock within a moment.
            if time.time() - place.stat().st_mtime < _BEGINNING_SECONDS:
                continue
            descriptor = os.open(place, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                remove_tree(place)
            finally:
                os.close(descriptor)
