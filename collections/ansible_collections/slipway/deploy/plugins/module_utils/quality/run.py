# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Runs the gates of a build in a checkout of its source, one after the other."""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

from ..common.errors import SlipwayError
from ..common.redact import redact
from ..migration.lint import lint
from ..programs.bounded import Bounded, run_bounded
from ..programs.environment import without_secrets
from .judge import Outcome, judge
from .model import Ran, Report, combine
from .reports.lint import sql
from .rows import IMAGE, SERVICE, Gate

_MIB = 1024 * 1024
#: The largest report, and the most files of one.
_LARGEST = 64 * _MIB
_MOST_FILES = 10_000
_MOST_ERRORS = _MIB
# What belongs to this run, beside secrets: the source's commands have no business with it.
_OURS = ("GITHUB_", "RUNNER_")

_Stamp = tuple[int, int, int]


@dataclass(frozen=True)
class Target:
    """What a gate is run for.

    :ivar service: its name; empty for the build as a whole.
    :ivar image: the image that was built, by digest; empty if there is none.
    """

    service: str = ""
    image: str = ""


class Checkout:
    """A checkout of the source, and the reports that it held before anything was run.

    :param source: its directory.
    :raises SlipwayError: the directory does not exist.
    """

    def __init__(self, source: Path, where: str = "source_path") -> None:
        if not source.is_dir():
            raise SlipwayError("there is no such directory", f"{where} ({source})", "Name a checkout of the source")
        self.source = source.resolve()
        self._began = _file_system_time()
        self._before: dict[Path, _Stamp] = {}

    def remember(self, gates: Iterable[Gate]) -> None:
        """Note the reports that exist: until they are written again, they are an earlier run's."""
        for gate in gates:
            for path in self._files(gate):
                self._before[path] = _stamp(path)

    def _files(self, gate: Gate) -> Iterator[Path]:
        if gate.report:
            for count, path in enumerate(sorted((self.source / gate.directory).glob(gate.report))):
                if count < _MOST_FILES and path.is_file():
                    yield path

    def reports(self, gate: Gate) -> list[bytes]:
        """The files of a gate's report.

        :raises ValueError: there is none, one is an earlier run's, or they are too large.
        """
        paths = list(self._files(gate))
        if not paths:
            raise ValueError(f"there is no report {gate.report}")
        size = 0
        for path in paths:
            name = path.relative_to(self.source)
            if not path.resolve().is_relative_to(self.source):
                raise ValueError(f"{name} is a link to outside of the source")
            stamp = _stamp(path)
            if self._before.get(path) == stamp or stamp[0] < self._began:
                raise ValueError(f"{name} is of an earlier run")
            size += stamp[1]
        if size > _LARGEST or len(paths) >= _MOST_FILES:
            raise ValueError(f"{gate.report} is larger than {_LARGEST // _MIB} MiB or {_MOST_FILES} files")
        return [path.read_bytes() for path in paths]


def _stamp(path: Path) -> _Stamp:
    found = path.stat()
    return found.st_mtime_ns, found.st_size, found.st_ino


def _file_system_time() -> int:
    """Now, by the clock of files in nanoseconds, which lags a little behind the system's."""
    with tempfile.TemporaryFile() as file:
        return os.fstat(file.fileno()).st_mtime_ns


def run_gates(
    gates: Sequence[Gate],
    targets: Sequence[Target],
    checkout: Checkout,
    today: date,
    strict: bool,
    say: Callable[[str], None] = lambda _line: None,
) -> list[Outcome]:
    """Run gates in their order, each for the targets that it is declared for.

    :param targets: of services; the build as a whole is not among them.
    :param strict: whether a gate that is not audited fails the build.
    :param say: is given a line before each gate.
    """
    turns = [
        (_of(gate, target), target)
        for gate in gates
        for target in ([one for one in targets if one.service in gate.services] if gate.services else [Target()])
    ]
    checkout.remember(gate for gate, _target in turns)
    outcomes = []
    for gate, target in turns:
        say(f"… {gate.name}{f' of {target.service}' if target.service else ''}")
        ran, report, problem = _run(gate, target, checkout)
        outcome = judge(gate, ran, report, problem, today, strict)
        outcomes.append(replace(outcome, service=target.service))
    return outcomes


def _of(gate: Gate, target: Target) -> Gate:
    """The gate with a target's name and image in its command, directory and report."""
    if not target.service:
        return gate

    def filled(text: str) -> str:
        return text.replace(SERVICE, target.service)

    command = tuple(filled(word).replace(IMAGE, target.image or IMAGE) for word in gate.command)
    return replace(gate, command=command, directory=filled(gate.directory), report=filled(gate.report))


def _run(gate: Gate, target: Target, checkout: Checkout) -> tuple[Ran, Report | None, str]:
    """How the command ended, what its report says, and what is wrong with the report."""
    if any(IMAGE in word for word in gate.command):
        return Ran(problem=f"no build names an image of {target.service}"), None, ""
    done, ran = _command(gate, checkout) if gate.command else (None, Ran())
    if gate.kind.topic == "exit" or (gate.command and done is None):
        return ran, None, ""
    try:
        return ran, _report(gate, checkout, done), ""
    except ValueError as error:
        return ran, None, redact(" ".join(str(error).split()))


def _command(gate: Gate, checkout: Checkout) -> tuple[Bounded | None, Ran]:
    directory = checkout.source / gate.directory
    if not directory.resolve().is_relative_to(checkout.source) or not directory.is_dir():
        return None, Ran(problem=f"the source has no directory {gate.directory}")
    unset = next((name for name in gate.passed if name not in os.environ), None)
    if unset is not None:
        return None, Ran(problem=f"{unset} is not set, which its environment names")
    passed = {name: os.environ[name] for name in gate.passed}
    environ = {**_inherited(os.environ), **gate.kind.environ, **passed, **dict(gate.environ)}
    try:
        done = run_bounded(gate.command, gate.timeout, environ, str(directory), _LARGEST, _MOST_ERRORS)
    except FileNotFoundError:
        return None, Ran(problem=f"{gate.command[0]} is not installed")
    except OSError as error:
        return None, Ran(problem=f"{gate.command[0]} cannot be started: {(error.strerror or str(error)).lower()}")
    last = _last(done.errors) or _last(done.output)
    if done.late:
        return done, Ran(done.code, f"{gate.command[0]} did not end within {gate.timeout:g} s", last)
    return done, Ran(done.code, "", last)


def _inherited(environ: Mapping[str, str]) -> dict[str, str]:
    """The environment of a command. Programs that the path lacks are looked for beside Ansible's own Python."""
    path = f"{environ.get('PATH', os.defpath)}{os.pathsep}{Path(sys.executable).parent}"
    kept = {name: value for name, value in without_secrets(environ).items() if not name.startswith(_OURS)}
    return {**kept, "PATH": path}


def _last(output: bytes) -> str:
    """The last line that says something, without secrets."""
    lines = output[-4096:].decode("utf-8", "replace").splitlines()
    return next((redact(line.strip(), 160) for line in reversed(lines) if any(map(str.isalnum, line))), "")


def _report(gate: Gate, checkout: Checkout, done: Bounded | None) -> Report:
    errors = done.errors.decode("utf-8", "replace") if done else ""
    if gate.kind.topic == "sql":
        text = _printed(done).decode("utf-8", "replace")
        if not text.strip():
            raise ValueError("the command printed no SQL")
        return sql(lint(text, gate.exclude, gate.postgresql), gate.fail_on)
    contents = checkout.reports(gate) if gate.report else [_printed(done)]
    return combine(gate.read(content, errors) for content in contents)


def _printed(done: Bounded | None) -> bytes:
    if done is None or done.cut:
        raise ValueError(f"the command printed more than {_LARGEST // _MIB} MiB")
    if not done.output.strip():
        raise ValueError("the command printed no report")
    return done.output
