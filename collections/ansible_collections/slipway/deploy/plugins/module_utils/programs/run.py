# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Runs programs: as the current user, or as an unprivileged user with secrets in memory.

Every program that must end with its caller is started here.

A secret is an anonymous file (memfd_create(2)): the program and its children open it as ``/proc/self/fd/N``. It
is in no argument, environment or directory, and disappears with them, even after SIGKILL or a power failure.
"""

from __future__ import annotations

import ctypes
import os
import pwd
import signal
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from typing import Any, NamedTuple

from ..common.errors import SlipwayError

NOBODY = "nobody"
"""A user that every host has and that owns nothing."""

_MFD_EXEC = 0x10
_PR_SET_PDEATHSIG = 1
_GRACE_SECONDS = 10
_LOOK_SECONDS = 0.25
# Enough for an error message; endless output must not fill the memory.
_LONGEST_OUTPUT = 4 * 1024 * 1024
_PLAIN = {"LC_ALL": "C", "SYSTEMD_COLORS": "0"}
_INHERITED = ("http_proxy", "https_proxy", "no_proxy", "HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY")


class Account(NamedTuple):
    """The user that a program runs as."""

    name: str
    uid: int
    gid: int
    home: str


class Finished(NamedTuple):
    """How a program ended. ``late`` means that it timed out and was stopped."""

    code: int
    output: str
    errors: str
    late: bool


def exists(user: str) -> bool:
    """Whether the host has a user of this name."""
    with suppress(KeyError):
        pwd.getpwnam(user)
        return True
    return False


def account(name: str, where: str) -> Account:
    """The account of a name.

    :param where: the option to name in an error.
    :raises SlipwayError: the host has none, or this process may not become it.
    """
    try:
        entry = pwd.getpwnam(name)
    except KeyError:
        raise SlipwayError(f"the host has no user {name}", where, "Create it first") from None
    if os.geteuid() not in (0, entry.pw_uid):
        raise SlipwayError(f"only root can run a program as {name}", where, "Use become: true") from None
    return Account(entry.pw_name, entry.pw_uid, entry.pw_gid, entry.pw_dir)


@contextmanager
def hidden(content: bytes, owner: Account, executable: bool = False) -> Iterator[int]:
    """Create an anonymous file that only ``owner`` may read (or run); return its descriptor, for :func:`run`."""
    descriptor = _memory_file(executable)
    try:
        os.write(descriptor, content)
        if os.geteuid() == 0:
            os.fchown(descriptor, owner.uid, owner.gid)
        os.fchmod(descriptor, 0o500 if executable else 0o400)
        yield descriptor
    finally:
        os.close(descriptor)


def _memory_file(executable: bool) -> int:
    if executable:
        # From Linux 6.3 on a setting can ask for this flag, which older ones do not know.
        with suppress(OSError):
            return os.memfd_create("slipway", os.MFD_CLOEXEC | _MFD_EXEC)
    return os.memfd_create("slipway", os.MFD_CLOEXEC)


def path_of(descriptor: int) -> str:
    """The path by which a program that :func:`run` starts, and its children, open a hidden file."""
    return f"/proc/self/fd/{descriptor}"


def base_environment(owner: Account) -> dict[str, str]:
    """The environment of every program: of the caller's variables only its proxies."""
    inherited = {name: os.environ[name] for name in _INHERITED if name in os.environ}
    path = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
    return {
        **inherited,
        "PATH": path,
        "HOME": owner.home,
        "USER": owner.name,
        "LOGNAME": owner.name,
        "LANG": "C.UTF-8",
        "LC_ALL": "C.UTF-8",
    }


def run(
    argv: Sequence[str],
    owner: Account,
    environ: Mapping[str, str],
    timeout: float,
    cwd: str = "/",
    descriptors: Sequence[int] = (),
    together: bool = False,
) -> Finished:
    """Run a program to its end.

    :param timeout: seconds after which it and its children are stopped.
    :param descriptors: the hidden files that it may open.
    :param together: merge its errors into its output, in their order.
    :raises SlipwayError: it cannot be started.
    """
    try:
        process = _start(argv, environ, together, cwd, descriptors, become=_becoming(owner))
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise SlipwayError(f"cannot start {argv[0]}: {reason}", error.filename or None) from error
    try:
        output, errors, late = _wait(process, timeout)
    except BaseException:
        _stop(process)
        raise
    return Finished(process.returncode, _text(output), _text(errors), late)


def run_command(
    argv: Sequence[str],
    timeout: float,
    environ: Mapping[str, str] | None = None,
    together: bool = False,
    *,
    cwd: str | None = None,
    stdin: bytes | None = None,
    descriptors: Sequence[int] = (),
    whole: bool = False,
) -> Finished:
    """Run a command as the current user; one that takes too long is killed and has no output.

    It has its own session: the end of this run must not interrupt a restart, and there are no prompts on a terminal.

    :param timeout: seconds.
    :param environ: its whole environment; by default ours, with messages in English and without colours.
    :param together: merge its errors into its output, in their order.
    :param stdin: its standard input; by default it has none.
    :param descriptors: files that it may open.
    :param whole: return its whole output, undecodable bytes as surrogates; else its end, as readable text.
    :raises OSError: it cannot be started; FileNotFoundError if the program does not exist.
    """
    environ = {**os.environ, **_PLAIN} if environ is None else environ
    reads = subprocess.DEVNULL if stdin is None else subprocess.PIPE
    process = _start(argv, environ, together, cwd, descriptors, reads)
    try:
        output, errors = process.communicate(stdin, timeout)
    except subprocess.TimeoutExpired:
        _signal(process, signal.SIGKILL)
        # Other holders of the pipe do not matter any more.
        with suppress(subprocess.TimeoutExpired):
            process.communicate(timeout=1)
        return Finished(-int(signal.SIGKILL), "", "", True)
    except BaseException:
        process.kill()
        process.wait()
        raise
    text = _all_text if whole else _text
    return Finished(process.returncode, text(output), text(errors or b""), False)


def run_logged(
    argv: Sequence[str],
    log: int,
    timeout: float,
    stopping: Callable[[], bool],
    environ: Mapping[str, str] | None = None,
    *,
    cwd: str | None = None,
    stdin: bytes | None = None,
) -> Finished:
    """Run a command as the current user with its output in a file; it and its children are stopped when asked to.

    :param log: the descriptor of that file, which gets the errors as well.
    :param timeout: seconds.
    :param stopping: whether it has to stop; asked several times a second.
    :raises OSError: it cannot be started; FileNotFoundError if the program does not exist.
    """
    environ = {**os.environ, **_PLAIN} if environ is None else environ
    process = subprocess.Popen(
        list(argv),
        stdin=subprocess.DEVNULL if stdin is None else subprocess.PIPE,
        stdout=log,
        stderr=log,
        cwd=cwd,
        env=dict(environ),
        start_new_session=True,
        # Nothing may be pushed any more by what a killed run left. The parent is the thread that waits for it.
        preexec_fn=_ending_with_parent(),  # noqa: PLW1509 - nothing but two system calls happens there
    )
    deadline = time.monotonic() + timeout
    try:
        if process.stdin is not None:
            with suppress(BrokenPipeError), process.stdin:
                process.stdin.write(stdin or b"")
        while True:
            with suppress(subprocess.TimeoutExpired):
                return Finished(process.wait(_LOOK_SECONDS), "", "", False)
            if stopping() or time.monotonic() > deadline:
                _stop(process)
                return Finished(process.returncode, "", "", True)
    except BaseException:
        _stop(process)
        raise


def _start(
    argv: Sequence[str],
    environ: Mapping[str, str],
    together: bool,
    cwd: str | None,
    descriptors: Sequence[int],
    stdin: int = subprocess.DEVNULL,
    become: Callable[[], None] | None = None,
) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        list(argv),
        stdin=stdin,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT if together else subprocess.PIPE,
        cwd=cwd,
        env=dict(environ),
        pass_fds=tuple(descriptors),
        start_new_session=True,
        # A module has one thread; user= and group= are Python 3.9's.
        preexec_fn=become,  # noqa: PLW1509
    )


def _ending_with_parent() -> Callable[[], None]:
    libc, parent = ctypes.CDLL(None, use_errno=True), os.getpid()
    linux = os.uname().sysname == "Linux"

    def ask() -> None:
        if linux:
            libc.prctl(_PR_SET_PDEATHSIG, signal.SIGTERM, 0, 0, 0)
        if os.getppid() != parent:
            os._exit(1)

    return ask


def _becoming(owner: Account) -> Callable[[], None]:
    end_with_parent = _ending_with_parent()

    def become() -> None:
        os.umask(0o027)
        if os.geteuid() == 0:
            os.initgroups(owner.name, owner.gid)
            os.setgid(owner.gid)
            os.setuid(owner.uid)
        # After the change of user, which would reset it: nothing may go on changing things after a killed run.
        end_with_parent()

    return become


def _wait(process: subprocess.Popen[bytes], timeout: float) -> tuple[bytes, bytes, bool]:
    try:
        output, errors = process.communicate(timeout=timeout)
        return output, errors or b"", False
    except subprocess.TimeoutExpired:
        _signal(process, signal.SIGTERM)
    try:
        output, errors = process.communicate(timeout=_GRACE_SECONDS)
    except subprocess.TimeoutExpired:
        _signal(process, signal.SIGKILL)
        output, errors = process.communicate()
    return output, errors or b"", True


def _stop(process: subprocess.Popen[bytes]) -> None:
    _signal(process, signal.SIGTERM)
    with suppress(subprocess.TimeoutExpired):
        process.wait(_GRACE_SECONDS)
        return
    _signal(process, signal.SIGKILL)
    process.wait()


def _signal(process: subprocess.Popen[bytes], number: int) -> None:
    with suppress(ProcessLookupError):
        os.killpg(process.pid, number)


def _text(output: bytes) -> str:
    return output[-_LONGEST_OUTPUT:].decode("utf-8", "replace")


def _all_text(output: bytes) -> str:
    return output.decode("utf-8", "surrogateescape")


class Ended(SlipwayError):
    """A signal ended the module."""


@contextmanager
def ending() -> Iterator[None]:
    """Turn signals that end the process into an exception, so that programs are stopped and partial results removed."""

    def end(number: int, _frame: Any) -> None:
        for each in (signal.SIGTERM, signal.SIGHUP, signal.SIGINT):
            signal.signal(each, signal.SIG_IGN)
        raise Ended(f"stopped by {signal.Signals(number).name}")

    previous = {each: signal.signal(each, end) for each in (signal.SIGTERM, signal.SIGHUP, signal.SIGINT)}
    try:
        yield
    finally:
        for number, handler in previous.items():
            signal.signal(number, handler)
