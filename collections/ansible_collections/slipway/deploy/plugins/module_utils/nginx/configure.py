# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Changes nginx's configuration so that a refused one is neither left on disk nor running.

nginx can only test what is in place. So the earlier state is saved first, in one file; if a run is killed in
between, the next one undoes it.
"""

from __future__ import annotations

import base64
import json
import os
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from ..common.documents import loads
from ..common.errors import SlipwayError
from ..files.atomic import ensure_directory, filing, link_atomic, read_link, sync_directory, write_atomic
from ..programs.run import run_command
from ..systemd import systemctl
from .dump import read_files, refuse_shared
from .messages import given_up, main_log, refusal, warnings

_TEST_SECONDS = 60
#: nginx tries to bind a port five times, half a second apart, before a reload fails.
_RELOAD_SECONDS = 15.0
_INTERVAL = 0.1
_TICKS = 0.05
_LOG_LINES = 30
_STAYS = "The configuration before stays on the disk and runs"


@dataclass(frozen=True)
class State:
    """The state of a path: a file's content, a link's target, or nothing."""

    content: bytes | None = None
    target: str | None = None

    @property
    def text(self) -> str:
        """For a diff."""
        if self.target is not None:
            return f"link to {self.target}\n"
        return self.read().decode(errors="replace")

    def read(self) -> bytes:
        """The content that nginx reads."""
        if self.target is None:
            return self.content or b""
        with suppress(OSError):
            return Path(self.target).read_bytes()
        return b""


def look(paths: Sequence[str]) -> dict[str, State]:
    """The current states of these paths.

    :raises SlipwayError: one cannot be read.
    """
    found = {}
    for path in paths:
        target = read_link(path)
        with filing("read it", path):
            if target is not None:
                found[path] = State(target=target)
            elif Path(path).is_file():
                found[path] = State(content=Path(path).read_bytes())
            else:
                found[path] = State()
    return found


def put(states: Mapping[str, State]) -> None:
    """Set the states of paths, each in one step.

    :raises SlipwayError: one cannot be written.
    """
    for path, state in states.items():
        if state.target is not None:
            if not Path(path).is_symlink():
                _unlink(path)
            link_atomic(path, state.target)
        elif state.content is not None:
            write_atomic(path, state.content, 0o644)
        else:
            _unlink(path)


def put_back(path: str, state: State, changed: int) -> None:
    """Restore a link's state and modification time from before a test: nginx need not reload.

    :param changed: nanoseconds.
    :raises SlipwayError: it cannot be written.
    """
    put({path: state})
    if state.target is not None:
        with filing("write it", path):
            os.utime(path, ns=(changed, changed), follow_symlinks=False)


def _unlink(path: str) -> None:
    with filing("remove it", path), suppress(FileNotFoundError):
        Path(path).unlink()
        sync_directory(Path(path).parent)


class Journal:
    """The states of paths before a change that has not ended yet.

    :param path: the file, which exists until the change has ended.
    """

    def __init__(self, path: Path) -> None:
        self._path = path

    def open(self, before: Mapping[str, State]) -> None:
        """Save the state before a change.

        :raises SlipwayError: it cannot be written.
        """
        ensure_directory(self._path.parent)
        document = {
            path: {
                "content": base64.b64encode(state.content).decode() if state.content is not None else None,
                "target": state.target,
            }
            for path, state in before.items()
        }
        write_atomic(self._path, json.dumps(document).encode())

    def close(self) -> None:
        """Remove the file: the change has ended, or was undone."""
        with filing("remove it", self._path), suppress(FileNotFoundError):
            self._path.unlink()

    def left(self) -> dict[str, State]:
        """The state that a killed run saved; usually nothing.

        :raises SlipwayError: it is damaged.
        """
        try:
            document = loads(self._path.read_bytes())
            return {
                str(path): State(
                    base64.b64decode(state["content"]) if state["content"] is not None else None, state["target"]
                )
                for path, state in document.items()
            }
        except FileNotFoundError:
            return {}
        except (OSError, ValueError, KeyError, TypeError, AttributeError):
            remedy = "Check the configuration (nginx -t), then remove this file"
            raise SlipwayError("the record of an unfinished change is damaged", str(self._path), remedy) from None


class Server:
    """nginx on this host.

    :param program: the path of ``nginx``.
    :param unit: its service, without ``.service``.
    """

    def __init__(self, program: str, unit: str) -> None:
        self._program = program
        self._unit = unit

    def test(self, files: Mapping[str, str]) -> list[str]:
        """Let nginx test its whole configuration; return its warnings.

        :param files: the new files, for the location of an error.
        :raises SlipwayError: nginx refuses it.
        """
        code, lines = self._run([self._program, "-t"])
        if code:
            raise refusal(lines, files, _STAYS)
        return warnings(lines)

    def check_site(self, path: str) -> None:
        """Refuse a site that nginx does not read, or would not serve because another site has its name.

        :raises SlipwayError: naming the other file.
        """
        code, lines = self._run([self._program, "-T", "-q"])
        if code == 0:
            files = read_files("\n".join(lines))
            # It may be included by a link elsewhere, as from sites-enabled to sites-available.
            real = os.path.realpath(path)
            refuse_shared(files, next((file for file in files if os.path.realpath(file) == real), path))

    def loaded(self, path: str) -> bool:
        """Whether nginx runs, and has read this file, or this link's target, since its last change."""
        unit = systemctl.show(self._unit)
        try:
            changed = max(os.lstat(path).st_mtime, Path(path).stat().st_mtime)
        except OSError:
            return unit.up
        hertz, now = os.sysconf("SC_CLK_TCK"), time.clock_gettime(time.CLOCK_BOOTTIME)
        ages = [now - int(started) / hertz for _number, started in _children(unit.pid)] if unit.up else []
        # The kernel counts a process's start in hundredths of a second.
        return bool(ages) and min(ages) <= time.time() - changed + _TICKS

    def passes(self) -> bool:
        """Whether nginx accepts the current configuration."""
        return self._run([self._program, "-t"])[0] == 0

    def runs(self) -> bool:
        """Whether it is running."""
        return systemctl.show(self._unit).up

    def apply(self) -> None:
        """Activate the configuration: by a reload, or by a start if nginx does not run. It is never restarted.

        :raises SlipwayError: nginx does not run with it.
        """
        unit = systemctl.show(self._unit)
        if unit.up:
            self._reload(unit.pid)
            return
        code, lines = self._run(["systemctl", "start", f"{self._unit}.service"], systemctl.RESTART_LIMIT)
        if code:
            journal = systemctl.journal(systemctl.show(self._unit).invocation, _LOG_LINES)
            raise self._failed("did not start", journal or lines)

    def _reload(self, master: int) -> None:
        before, log = _children(master), _Log(self._log_path())
        code, lines = self._run(["systemctl", "reload", f"{self._unit}.service"])
        if code:
            raise self._failed("was not reloaded", [*log.new_lines(), *lines])
        # The command returns when the signal is sent. A problem that the test cannot see, such as a port in
        # use, makes nginx keep the old configuration and report it in its log only.
        deadline = time.monotonic() + _RELOAD_SECONDS
        while time.monotonic() < deadline and not given_up(log.new_lines()):
            if _children(master) - before:
                return
            time.sleep(_INTERVAL)
        raise self._failed("keeps the old configuration after a reload", log.new_lines())

    def _failed(self, what: str, lines: Sequence[str]) -> SlipwayError:
        error = refusal(lines, {}, _STAYS)
        reason = error.what.partition(": ")[2]
        return SlipwayError(f"nginx {what}: {reason}", error.where or f"{self._unit}.service", error.remedy)

    def _log_path(self) -> Path:
        """The log of the master process."""
        words = [word.partition("=") for line in self._run([self._program, "-V"])[1] for word in line.split()]
        built = {name: value for name, _equals, value in words}
        with suppress(OSError):
            main = Path(built.get("--conf-path", "/etc/nginx/nginx.conf")).read_text(errors="replace")
            return Path(built.get("--prefix", "/"), main_log(main) or built.get("--error-log-path", ""))
        return Path("/var/log/nginx/error.log")

    def _run(self, argv: Sequence[str], limit: float = _TEST_SECONDS) -> tuple[int, list[str]]:
        try:
            done = run_command(argv, limit, together=True)
        except FileNotFoundError:
            raise SlipwayError(f"there is no {argv[0]}", None, "Install nginx") from None
        if done.late:
            return 124, [f"{' '.join(argv)} did not finish within {limit:g} s"]
        return done.code, done.output.splitlines()


class _Log:
    """A log, read from its current end."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._end = path.stat().st_size if path.is_file() else 0

    def new_lines(self) -> list[str]:
        """The lines written since."""
        try:
            with self._path.open("rb") as file:
                file.seek(self._end)
                return file.read().decode(errors="replace").splitlines()
        except OSError:
            return []


def _children(master: int) -> frozenset[tuple[int, str]]:
    """The processes of a master: their numbers and when they were started."""
    found = []
    for entry in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):
            number, _bracket, rest = entry.read_text(errors="replace").rpartition(")")
            fields = rest.split()
            if int(fields[1]) == master and fields[0] != "Z":
                found.append((int(number.split()[0]), fields[19]))
    return frozenset(found)
