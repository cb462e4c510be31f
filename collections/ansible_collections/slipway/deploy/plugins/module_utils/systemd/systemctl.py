# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""systemd's commands. A unit's properties: https://www.freedesktop.org/software/systemd/man/org.freedesktop.systemd1.html."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from ..common.errors import SlipwayError
from ..programs.run import run_command

_PROPERTIES = (
    "LoadState",
    "ActiveState",
    "SubState",
    "MainPID",
    "InvocationID",
    "NRestarts",
    "Result",
    "ExecMainCode",
    "ExecMainStatus",
    "ExecMainStartTimestampMonotonic",
    "EnvironmentFiles",
    "NeedDaemonReload",
    "FragmentPath",
    "DropInPaths",
)
#: Timeout of a restart in seconds: the old process's TimeoutStopSec and the new one's TimeoutStartSec end it earlier.
RESTART_LIMIT = 900
_COMMAND_LIMIT = 60


@dataclass(frozen=True)
class Unit:
    """A service, as loaded by systemd.

    :ivar files: its unit file and drop-ins.
    :ivar outdated: whether its files were changed since systemd read them.
    :ivar started: when its main process was started, in seconds of ``time.monotonic``.
    """

    loaded: bool
    active: str
    sub: str
    pid: int
    invocation: str
    restarts: int
    ended: str
    environment_files: tuple[str, ...] = ()
    files: tuple[str, ...] = ()
    started: float = 0.0
    outdated: bool = False

    @property
    def up(self) -> bool:
        """Whether its main process runs."""
        return self.active in ("active", "reloading") and self.pid > 0


def show(name: str) -> Unit:
    """A service's properties; an unknown one is not loaded.

    :raises SlipwayError: systemd does not answer.
    """
    argv = ["systemctl", "show", *(f"--property={item}" for item in _PROPERTIES), "--", f"{name}.service"]
    code, out, err = _run(argv)
    if code != 0:
        raise SlipwayError(
            f"systemd does not answer: {last_line(err)}", f"{name}.service", "Is systemd this host's init?"
        )
    return parse_show(out.splitlines())


def parse_show(lines: Iterable[str]) -> Unit:
    """Parse the output of ``systemctl show``. Pure."""
    values: dict[str, list[str]] = {}
    for line in lines:
        name, equals, value = line.partition("=")
        if equals:
            values.setdefault(name, []).append(value.strip())
    one = {name: found[-1] for name, found in values.items()}
    return Unit(
        loaded=one.get("LoadState") == "loaded",
        active=one.get("ActiveState", ""),
        sub=one.get("SubState", ""),
        pid=_number(one.get("MainPID")),
        invocation=one.get("InvocationID", ""),
        restarts=_number(one.get("NRestarts")),
        ended=_ended(one),
        environment_files=tuple(_environment_files(values.get("EnvironmentFiles", []))),
        started=_number(one.get("ExecMainStartTimestampMonotonic")) / 1_000_000,
        outdated=one.get("NeedDaemonReload") == "yes",
        files=tuple(path for name in ("FragmentPath", "DropInPaths") for path in one.get(name, "").split()),
    )


def _number(text: str | None) -> int:
    return int(text) if text and text.isdigit() else 0


def _ended(values: Mapping[str, str]) -> str:
    """How the main process ended, or ``""``. Codes are those of waitid(2): 1 exited, 2 killed, 3 dumped."""
    status = values.get("ExecMainStatus", "")
    how = {"1": f"exit code {status}", "2": f"signal {status}", "3": f"signal {status}, core dumped"}
    said = how.get(values.get("ExecMainCode", ""), "")
    result = values.get("Result", "")
    return f"{said}, {result}" if said and result not in ("success", "exit-code", "signal", "") else said or result


def _environment_files(values: Iterable[str]) -> Iterable[str]:
    for value in values:
        path = re.sub(r" \(ignore_errors=(?:yes|no)\)$", "", value)
        if path.startswith("/"):
            yield path


def credential_files(unit: Unit) -> list[str]:
    """The files of a unit's credentials. ``systemctl show`` prints ``[unprintable]``, so the unit's files are read."""
    found = []
    for path in unit.files:
        with suppress(OSError):
            found += parse_credentials(Path(path).read_text(errors="replace").splitlines())
    return found


def parse_credentials(lines: Iterable[str]) -> list[str]:
    """The paths of the ``LoadCredential=NAME:PATH`` lines of a unit file. Pure."""
    found = []
    for line in lines:
        name, _equals, value = line.strip().partition("=")
        path = value.partition(":")[2].strip()
        if name.strip() in ("LoadCredential", "LoadCredentialEncrypted") and path.startswith("/"):
            found.append(path)
    return found


def properties(unit: str, names: Iterable[str]) -> dict[str, list[str]]:
    """Properties of a unit of any kind, each with its values; empty for an unknown one.

    :raises SlipwayError: systemd does not answer.
    """
    argv = ["systemctl", "show", *(f"--property={name}" for name in names), "--", unit]
    code, out, err = _run(argv)
    if code != 0:
        raise SlipwayError(f"systemd does not answer: {last_line(err)}", unit, "Is systemd this host's init?")
    values: dict[str, list[str]] = {}
    for line in out.splitlines():
        name, equals, value = line.partition("=")
        if equals and value.strip():
            values.setdefault(name, []).append(value.strip())
    return values


def stop(*units: str) -> str:
    """Stop units together; return systemctl's error, or ``""``."""
    code, _out, err = _run(["systemctl", "stop", "--", *units], RESTART_LIMIT)
    return last_line(err) if code else ""


def start(*units: str) -> str:
    """Start units; return systemctl's error, or ``""``."""
    code, _out, err = _run(["systemctl", "start", "--", *units], RESTART_LIMIT)
    return next((line.strip() for line in err.splitlines() if line.strip()), "it failed") if code else ""


def forget_failure(unit: str) -> None:
    """Reset a unit's failed state; a transient one is removed by that."""
    _run(["systemctl", "reset-failed", "--", unit])


def run_transient(argv: Sequence[str]) -> str:
    """Start a transient unit by the arguments of systemd-run; return its error, or ``""``."""
    code, _out, err = _run(["systemd-run", *argv], RESTART_LIMIT)
    return next((line.strip() for line in err.splitlines() if line.strip()), "it failed") if code else ""


def reload() -> None:
    """Make systemd read its unit files again.

    :raises SlipwayError: it fails.
    """
    code, _out, err = _run(["systemctl", "daemon-reload"])
    if code != 0:
        raise SlipwayError(f"systemctl daemon-reload failed: {last_line(err)}")


def restart(name: str) -> str:
    """Restart a service; return systemctl's error, or ``""``.

    The start limit is reset first, so that it does not block a release or an undo.
    """
    _run(["systemctl", "reset-failed", "--", f"{name}.service"])
    code, _out, err = _run(["systemctl", "restart", "--", f"{name}.service"], RESTART_LIMIT)
    # The first line is the error, the others are advice.
    return next((line.strip() for line in err.splitlines() if line.strip()), "it failed") if code else ""


def journal(invocation: str, lines: int) -> list[str]:
    """The last log lines of an invocation; empty if the journal does not answer."""
    if not invocation:
        return []
    match = f"_SYSTEMD_INVOCATION_ID={invocation}"
    code, out, _err = _run(["journalctl", "--no-pager", "--quiet", "--output=cat", f"--lines={lines}", match])
    return out.splitlines() if code == 0 else []


def last_line(text: str) -> str:
    """The last line that is not empty."""
    return next((line.strip() for line in reversed(text.splitlines()) if line.strip()), "no reason given")


def _run(argv: Sequence[str], limit: int = _COMMAND_LIMIT) -> tuple[int, str, str]:
    try:
        done = run_command(argv, limit)
    except FileNotFoundError:
        raise SlipwayError(f"there is no {argv[0]}", None, "The host has to run systemd") from None
    if done.late:
        return 124, "", f"{' '.join(argv[:2])} did not finish within {limit} s"
    return done.code, done.output, done.errors
