# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Collects a host's logs of its service: journal, log files, unit, versions, disk; redacted on the host.

A missing part does not fail the rest: it is noted in its place.
"""

from __future__ import annotations

import glob
import os
import platform
import re
import stat
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from ..programs.run import run_command
from ..secret_values.redaction import known_values, without_secrets

_LIMIT_SECONDS = 60
#: Bytes that are read at the end of a file, and of a program's output.
LONGEST = 4 * 1024 * 1024
MOST_FILES = 20
_LINE_LENGTH = 4000
_UNIT = (
    *("Id", "Description", "LoadState", "ActiveState", "SubState", "Result", "UnitFileState", "User"),
    *("MainPID", "InvocationID", "NRestarts", "ExecMainCode", "ExecMainStatus", "ExecMainStartTimestamp"),
    *("ActiveEnterTimestamp", "InactiveEnterTimestamp", "FragmentPath", "DropInPaths"),
    *("MemoryCurrent", "MemoryPeak", "MemoryMax", "TasksCurrent"),
)
_PRIVATE_KEY = re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY-----")
_PRIVATE_KEY_END = re.compile(r"-----END [A-Z ]*PRIVATE KEY-----")


class Wanted(NamedTuple):
    """What to collect.

    :param unit: the service's unit without ``.service``.
    :param lines: of the journal and of each file, the last ones.
    :param since: a time for journalctl, or ``""``.
    :param files: patterns of log files.
    :param configuration: the directory of the service's configuration, whose values are redacted.
    :param state: the directory of the ledgers of all services.
    :param link: the link to the running release.
    """

    unit: str
    lines: int
    since: str
    files: Sequence[str]
    configuration: str
    state: str
    link: str


class Collected(NamedTuple):
    """What was found.

    :param parts: the archive's file name → its text, redacted.
    :param summary: a short summary.
    :param problems: what could not be read.
    """

    parts: Mapping[str, str]
    summary: Mapping[str, str]
    problems: Sequence[str]


class Collector:
    """Collects for one service."""

    def __init__(self, wanted: Wanted) -> None:
        self._wanted = wanted
        self._values = _values(wanted.configuration)
        self._parts: dict[str, str] = {}
        self._problems: list[str] = []

    def collect(self) -> Collected:
        """Everything."""
        unit = self._unit()
        self._keep("unit.txt", [f"{name}={value}" for name, value in unit.items()])
        service = f"{self._wanted.unit}.service"
        self._program("status.txt", ["systemctl", "status", "--no-pager", "--full", "--lines=0", service], (0, 1, 3, 4))
        self._program("unit-files.txt", ["systemctl", "cat", "--no-pager", service], (0, 1))
        self._journal(service)
        versions = self._versions()
        self._keep("versions.txt", [f"{name}: {value}" for name, value in versions.items()])
        self._keep("host.txt", _host())
        self._file("ledger.json", Path(self._wanted.state, self._wanted.unit, "ledger.json"))
        for number, path in enumerate(self._log_files()):
            self._file(f"files/{number:02d}-{path.name}", path)
        summary = {"state": "/".join(unit.get(name, "") for name in ("ActiveState", "SubState"))}
        summary.update(restarts=unit.get("NRestarts", ""), since=unit.get("ActiveEnterTimestamp", ""))
        summary["release"] = versions.get("release", "")
        return Collected(self._parts, summary, self._problems)

    def _journal(self, service: str) -> None:
        command = ["journalctl", "--no-pager", "--output=short-iso-precise", "--quiet", f"--unit={service}"]
        command.append(f"--lines={self._wanted.lines}")
        if self._wanted.since:
            command.append(f"--since={self._wanted.since}")
        self._program("journal.log", command, (0,))

    def _unit(self) -> dict[str, str]:
        command = ["systemctl", "show", f"--property={','.join(_UNIT)}", f"{self._wanted.unit}.service"]
        output = self._output(command, (0,)) or ""
        pairs = (line.partition("=") for line in output.splitlines())
        return {name: value for name, equals, value in pairs if equals and value not in ("", "[not set]")}

    def _versions(self) -> dict[str, str]:
        """Versions of the host and of the service's runtime; missing programs are left out."""
        found = {"os": _pretty_name(), "kernel": platform.release(), "machine": platform.machine()}
        found["python"] = platform.python_version()
        for name, command in (
            ("systemd", ["systemctl", "--version"]),
            ("java", ["java", "-version"]),
            ("nginx", ["nginx", "-v"]),
            ("codedeploy-agent", ["codedeploy-agent", "--version"]),
            ("amazon-ssm-agent", ["amazon-ssm-agent", "-version"]),
        ):
            first = (_run(command)[1].strip().splitlines() or [""])[0]
            if first:
                found[name] = first
        for package in ("codedeploy-agent", "amazon-ssm-agent", "openjdk-17-jre-headless", "openjdk-21-jre-headless"):
            version = _package(package)
            if version:
                found[f"package {package}"] = version
        found.update(_release(self._wanted))
        return found

    def _log_files(self) -> list[Path]:
        found = sorted({path for pattern in self._wanted.files for path in glob.glob(pattern)})  # noqa: PTH207 - absolute
        if len(found) > MOST_FILES:
            self._problems.append(f"{len(found) - MOST_FILES} log files more are not in it")
        newest = sorted(found, key=_changed_at, reverse=True)[:MOST_FILES]
        return sorted(map(Path, newest))

    def _program(self, part: str, command: Sequence[str], codes: Sequence[int]) -> None:
        output = self._output(command, codes)
        if output is not None:
            self._keep(part, output.splitlines())

    def _output(self, command: Sequence[str], codes: Sequence[int]) -> str | None:
        code, output = _run(command)
        if code not in codes:
            first = (output.strip().splitlines() or [f"exit code {code}"])[0]
            self._problems.append(without_secrets([f"{command[0]}: {first}"], self._values)[0])
            return None
        return output

    def _file(self, part: str, path: Path) -> None:
        try:
            lines = _tail(path)[-self._wanted.lines :]
        except FileNotFoundError:
            return
        except OSError as error:
            self._problems.append(f"{path}: {(error.strerror or str(error)).lower()}")
            return
        self._keep(part, lines)

    def _keep(self, part: str, lines: Iterable[str]) -> None:
        text = "\n".join(redacted(lines, self._values))
        self._parts[part] = f"{text}\n" if text else ""


def redacted(lines: Iterable[str], values: Sequence[str]) -> list[str]:
    """The lines without these values, apparent secrets and private keys. Pure."""
    kept: list[str] = []
    inside = False
    for line in lines:
        if inside:
            inside = _PRIVATE_KEY_END.search(line) is None
            continue
        match = _PRIVATE_KEY.search(line)
        if match:
            inside = _PRIVATE_KEY_END.search(line, match.end()) is None
            line = f"{line[: match.start()]}[redacted private key]"  # noqa: PLW2901 - what is left of it
        kept.append(line)
    return without_secrets(kept, values, _LINE_LENGTH)


def _values(directory: str) -> list[str]:
    """The values of every generation of the service's configuration: a log may be older than the live one."""
    environments = glob.glob(f"{glob.escape(directory)}/generations/*/env")  # noqa: PTH207 - Path.glob may raise
    credentials = glob.glob(f"{glob.escape(directory)}/generations/*/credentials/*")  # noqa: PTH207 - as above
    return known_values([*environments, f"{directory}/current/env"], credentials)


def _run(command: Sequence[str]) -> tuple[int, str]:
    """Exit code and output of a program; 127 if it does not exist."""
    environment = {"PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL": "C.UTF-8"}
    try:
        done = run_command(command, _LIMIT_SECONDS, environment, together=True)
    except FileNotFoundError:
        return 127, ""
    except OSError as error:
        return 126, f"{command[0]}: {error}"
    if done.late:
        return 126, f"{command[0]}: it did not finish within {_LIMIT_SECONDS:g} s"
    return done.code, done.output[-LONGEST:]


def _tail(path: Path) -> list[str]:
    """The lines of a file's end. A link is not followed: the service's user may have put it there."""
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK)
    with os.fdopen(descriptor, "rb") as file:
        state = os.fstat(file.fileno())
        if not stat.S_ISREG(state.st_mode):
            raise OSError("it is not a file")
        if state.st_nlink > 1:
            raise OSError("it has several names, one of which may be another user's file")
        cut = max(state.st_size - LONGEST, 0)
        file.seek(cut)
        lines = file.read(LONGEST).decode(errors="replace").splitlines()
    return lines[1:] if cut else lines


def _changed_at(path: str) -> float:
    try:
        return Path(path).lstat().st_mtime
    except OSError:
        return 0.0


def _pretty_name() -> str:
    try:
        text = Path("/etc/os-release").read_text(encoding="utf-8")
    except OSError:
        return ""
    found = re.search(r'^PRETTY_NAME="?([^"\n]*)', text, re.MULTILINE)
    return found[1] if found else ""


def _package(name: str) -> str:
    code, version = _run(["dpkg-query", "--show", "--showformat=${Version}", name])
    if code == 127:
        code, version = _run(["rpm", "--query", "--queryformat=%{VERSION}-%{RELEASE}", name])
    return version.strip() if code == 0 else ""


def _release(wanted: Wanted) -> dict[str, str]:
    """The release that the service's links point to."""
    found = {}
    for name, link in (("release", wanted.link), ("configuration", f"{wanted.configuration}/current")):
        try:
            target = Path(os.readlink(link))  # noqa: PTH115 - Path.readlink is Python 3.9's
        except OSError:
            continue
        found[name] = _release_id(target) if name == "release" else target.name
    return found


def _release_id(target: Path) -> str:
    """The name of the release that contains a path."""
    below = [path.name for path in (target, *target.parents) if path.parent.name == "releases"]
    return below[0] if below else target.parent.name


def _host() -> list[str]:
    """Load, memory and disks."""
    lines = []
    for name in ("uptime", "loadavg"):
        try:
            lines.append(f"{name}: {Path('/proc', name).read_text(encoding='ascii').strip()}")
        except OSError:
            continue
    for title, command in (("disks", ["df", "-P", "-h"]), ("inodes", ["df", "-P", "-i"]), ("memory", ["free", "-m"])):
        code, output = _run(command)
        if code in (0, 1) and output:
            lines += [f"{title}:", *output.splitlines()]
    return lines
