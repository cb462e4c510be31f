# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Builds the virtual environment of a release from its lock file.

It is built in its final place, because its scripts contain their path. A marker that is written last says that it is
complete, and of what; without the marker, it is built again.
"""

from __future__ import annotations

import json
import os
import shutil
import stat
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import NamedTuple

from ..common.documents import loads
from ..common.errors import SlipwayError
from ..files.atomic import ensure_directory, filing, remove_tree, write_atomic
from ..programs.run import Account, Finished, base_environment, hidden, path_of, run, run_command
from ..secret_values.redaction import without_secrets
from . import installers
from .installers import PIP, UV, Index
from .lock import Lock

MARKER = ".slipway-environment.json"
_FORMAT = 1
_LIMIT = 30
_ASK = "import json, platform, sys; print(json.dumps([platform.python_version(), sys.implementation.name]))"


class Python(NamedTuple):
    """An interpreter. ``version`` is empty if it does not work."""

    path: str
    version: str
    implementation: str

    @property
    def feature(self) -> str:
        """The version of an environment: ``3.11``."""
        return ".".join(self.version.split(".")[:2])


class Job(NamedTuple):
    """The environment to build.

    :param path: the environment.
    :param uv: uv's path, if it is the tool; otherwise empty.
    """

    path: Path
    lock: Lock
    python: Python
    uv: str
    source: Index
    allow_source: bool
    timeout: float

    @property
    def tool(self) -> str:
        """The tool that builds it."""
        return UV if self.uv else PIP


class BuildError(SlipwayError):
    """A failed build, with the last lines of its output, without secrets."""

    def __init__(self, what: str, where: str, remedy: str, log: Sequence[str]) -> None:
        self.log = list(log)
        super().__init__(what, where, remedy)


def find_python(name: str) -> Python:
    """The interpreter of a name or path."""
    path = shutil.which(name) or ""
    if path:
        with suppress(OSError, ValueError):
            done = run_command([path, "-I", "-c", _ASK], _LIMIT)
            version, implementation = loads("" if done.code else done.output)
            return Python(path, str(version), str(implementation))
    return Python(path, "", "")


def makes_environments(python: Python) -> bool:
    """Whether an interpreter can create environments with pip; distributions package that separately."""
    if not python.version:
        return False
    try:
        argv = [python.path, "-I", "-c", "import ensurepip, venv"]
        return not run_command(argv, _LIMIT).code
    except OSError:
        return False


def marker_of(job: Job) -> dict[str, object]:
    """The marker of a complete environment: its inputs."""
    return {
        "format": _FORMAT,
        "lock": f"sha256:{job.lock.digest}",
        # A patch update of the interpreter keeps the environment, which links to it.
        "python": job.python.feature,
        "implementation": job.python.implementation,
    }


def is_built(job: Job) -> bool:
    """Whether the environment is complete, from this lock file and for this interpreter."""
    try:
        said = loads((job.path / MARKER).read_bytes())
    except (OSError, ValueError):
        return False
    wanted = marker_of(job)
    return (
        isinstance(said, dict)
        and {name: said.get(name) for name in wanted} == wanted
        and os.access(job.path / "bin/python", os.X_OK)
    )


def build_environment(job: Job, owner: Account) -> None:
    """Build it in its final place, because a virtual environment cannot be moved. A failed build is removed.

    :param owner: the user who builds it; in the end it belongs to the user who runs this.
    :raises BuildError: a program failed.
    :raises SlipwayError: a file cannot be written.
    """
    remove_tree(job.path)
    ensure_directory(job.path, 0o755, *((owner.uid, owner.gid) if os.geteuid() == 0 else (-1, -1)))
    try:
        with _files(job, owner) as (configuration, lock):
            program = job.uv
            _step(
                "make the environment", installers.make(job.tool, program, job.python.path, str(job.path)), job, owner
            )
            command = installers.install(
                job.tool, program, str(job.path), path_of(lock), job.lock.hashed, job.allow_source
            )
            _step("install the packages", command, job, owner, (configuration, lock))
        checked = _run(installers.verify(job.tool, program, str(job.path)), job, owner)
        if checked.code or checked.late:
            lines = _shown(checked, job)
            what = f"the packages of the lock file do not fit together: {installers.read_broken(lines)}"
            raise BuildError(what, str(job.path), "Create the lock file again, with all dependencies", lines)
        _take(job.path)
        said = {**marker_of(job), "interpreter": job.python.path, "version": job.python.version, "tool": job.tool}
        write_atomic(job.path / MARKER, (json.dumps(said, indent=1) + "\n").encode(), 0o644)
    except BaseException:
        with suppress(SlipwayError):
            remove_tree(job.path)
        raise


@contextmanager
def _files(job: Job, owner: Account) -> Iterator[tuple[int, int]]:
    """The tool's configuration and the lock file as anonymous files: the first contains credentials."""
    render = installers.uv_configuration if job.uv else installers.pip_configuration
    with hidden(render(job.source).encode(), owner) as configuration, hidden(job.lock.content, owner) as lock:
        yield configuration, lock


def _step(doing: str, argv: Sequence[str], job: Job, owner: Account, files: tuple[int, ...] = ()) -> None:
    finished = _run(argv, job, owner, files)
    if finished.late:
        what = f"cannot {doing}: it did not finish within {job.timeout:g} s and was stopped"
        raise BuildError(what, str(job.path), "Run this again with a longer timeout", _shown(finished, job))
    if finished.code:
        lines = _shown(finished, job)
        cause, remedy = installers.read_failure(lines)
        raise BuildError(f"cannot {doing}: {cause}", str(job.path), remedy, lines)


def _run(argv: Sequence[str], job: Job, owner: Account, files: tuple[int, ...] = ()) -> Finished:
    environ = base_environment(owner)
    if not Path(owner.home).is_dir():
        environ["UV_NO_CACHE" if job.uv else "PIP_NO_CACHE_DIR"] = "1"
    if files:
        environ["UV_CONFIG_FILE" if job.uv else "PIP_CONFIG_FILE"] = path_of(files[0])
    if job.uv and job.source.ca_file:
        environ["SSL_CERT_FILE"] = job.source.ca_file
    return run(argv, owner, environ, job.timeout, descriptors=files, together=True)


def _shown(finished: Finished, job: Job) -> list[str]:
    lines = [line for line in finished.output.splitlines() if line.strip()][-installers.LAST_LINES :]
    return without_secrets(lines, installers.hidden_words(job.source))


def _take(path: Path) -> None:
    """Change its owner to the user who runs this, and make it read-only for others: a release does not change."""
    with filing("give it its owner", path):
        for directory, names, files in os.walk(path):
            for name in (*names, *files, "."):
                item = Path(directory, name)
                state = item.lstat()
                if os.geteuid() == 0 and (state.st_uid or state.st_gid):
                    os.lchown(item, 0, 0)
                if not stat.S_ISLNK(state.st_mode):
                    # Readable by the service, whatever the umask of the build was.
                    mode = stat.S_IMODE(state.st_mode)
                    item.chmod((mode & ~0o022) | (0o555 if mode & 0o100 else 0o444))
