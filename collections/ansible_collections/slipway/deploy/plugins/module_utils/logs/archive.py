# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The logs fetched from hosts, and the archive of them. Only their owner may read them."""

from __future__ import annotations

import io
import json
import os
import tarfile
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from ..common.documents import loads
from ..common.errors import SlipwayError

_PRIVATE = 0o600


@dataclass(frozen=True)
class HostLogs:
    """The logs of one host.

    :ivar parts: file name → text, redacted on the host.
    :ivar summary: the unit's ``state``, ``restarts`` and ``since``, and the ``release``.
    :ivar problems: what could not be read there.
    :ivar problem: why it has none, or ``""``.
    """

    name: str
    parts: Mapping[str, str] = field(default_factory=dict)
    summary: Mapping[str, str] = field(default_factory=dict)
    problems: tuple[str, ...] = ()
    problem: str = ""


def keep(directory: Path, host: HostLogs) -> None:
    """Store the fetched logs for the archive.

    :raises SlipwayError: they cannot be stored.
    """
    try:
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        descriptor = os.open(directory / _file_name(host.name), os.O_WRONLY | os.O_CREAT | os.O_TRUNC, _PRIVATE)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            json.dump(asdict(host), file)
    except OSError as error:
        raise _no_place(error, directory) from error


def kept(directory: Path, names: Iterable[str]) -> list[HostLogs]:
    """The stored logs of each host, in that order; a host without any has a problem."""
    return [_kept(directory, name) for name in names]


def _kept(directory: Path, name: str) -> HostLogs:
    try:
        raw: dict[str, Any] = loads((directory / _file_name(name)).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return HostLogs(name, problem="nothing came from it")
    return HostLogs(**{**raw, "problems": tuple(raw["problems"])})


def pack(hosts: Iterable[HostLogs], stem: str, at: float) -> bytes:
    """The archive, ``<stem>/<host>/<part>`` and ``<stem>/hosts.json``. Pure.

    :param at: epoch seconds, the time of its files.
    """
    hosts = list(hosts)
    told = {host.name: {**asdict(host), "parts": sorted(host.parts)} for host in hosts}
    files = {f"{stem}/hosts.json": json.dumps(told, indent=1, ensure_ascii=False) + "\n"}
    for host in hosts:
        files.update({f"{stem}/{_segment(host.name)}/{name}": text for name, text in host.parts.items()})
    body = io.BytesIO()
    with tarfile.open(fileobj=body, mode="w:gz", format=tarfile.PAX_FORMAT) as archive:
        for name, text in sorted(files.items()):
            content = text.encode(errors="replace")
            member = tarfile.TarInfo("/".join(_segment(part) for part in name.split("/")))
            member.size, member.mode, member.mtime = len(content), _PRIVATE, int(at)
            archive.addfile(member, io.BytesIO(content))
    return body.getvalue()


def write(directory: Path, stem: str, content: bytes) -> Path:
    """Write an archive under an unused name; return its path.

    :raises SlipwayError: it cannot be written; then no part of it is left.
    """
    try:
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        for number in range(1, 1000):
            path = directory / f"{stem}{f'-{number}' if number > 1 else ''}.tar.gz"
            try:
                descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, _PRIVATE)
            except FileExistsError:
                continue
            _fill(descriptor, path, content)
            return path
    except OSError as error:
        raise _no_place(error, directory) from error
    raise SlipwayError(f"there are a thousand archives called {stem}", str(directory), "Remove old ones")


def _fill(descriptor: int, path: Path, content: bytes) -> None:
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
    except OSError:
        path.unlink(missing_ok=True)
        raise


def _file_name(host: str) -> str:
    return f"{_segment(host)}.json"


def _segment(name: str) -> str:
    """A name as a safe path segment."""
    safe = "".join(char if char.isalnum() or char in "._-" else "_" for char in name)
    return f"_{safe}" if safe.strip(".") == "" else safe


def _no_place(error: OSError, directory: Path) -> SlipwayError:
    reason = (error.strerror or str(error)).lower()
    return SlipwayError(f"the logs cannot be kept: {reason}", str(directory), "Name another place with logs_directory")
