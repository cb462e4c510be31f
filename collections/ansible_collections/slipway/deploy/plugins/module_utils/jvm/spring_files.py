# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Reads the settings with which a Spring Boot application of this host is started, for :mod:`spring`."""

from __future__ import annotations

import shlex
import zipfile
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..systemd import environment_file, systemctl
from . import spring

_LARGEST = 1024 * 1024
_ROOTS = ("BOOT-INF/classes/", "")


@dataclass(frozen=True)
class Application:
    """A service on the Java virtual machine.

    :ivar jar: the jar that runs, a link.
    :ivar port: the port if its settings do not set one.
    :ivar words: the options of Java and the arguments of the application.
    """

    jar: str
    port: int = 8080
    words: tuple[str, ...] = ()

    @classmethod
    def of(cls, arguments: Mapping[str, Any]) -> Application:
        """The application that a module's arguments describe."""
        words = tuple(str(word) for word in arguments.get("words") or ())
        return cls(str(arguments["jar"]), int(arguments.get("port") or cls.port), words)


def readiness_url(application: Application, unit: systemctl.Unit) -> str | None:
    """The application's readiness URL, from the jar and the configuration with which it was started.

    :param unit: the service's unit, as it is now.
    :return: ``None`` if it has no HTTP endpoint for it.
    """
    environment: dict[str, str] = {}
    for path in unit.environment_files:
        with suppress(OSError):
            environment.update(environment_file.parse(Path(path).read_text(errors="replace")))
    credentials = {}
    for path in systemctl.credential_files(unit):
        with suppress(OSError):
            credentials[Path(path).name] = Path(path).read_text(errors="replace")
    words = [*_words(environment.get("JAVA_TOOL_OPTIONS", "")), *application.words]
    words += _words(environment.get("JAVA_OPTS", ""))
    properties = spring.settings(files_of(Path(application.jar)), environment, credentials, words)
    return spring.readiness_url(properties, application.port)


def files_of(jar: Path) -> dict[str, str]:
    """The files of settings of a jar, by their names below its resources; empty if it cannot be read."""
    found: dict[str, str] = {}
    with suppress(OSError, zipfile.BadZipFile, NotImplementedError, RuntimeError), zipfile.ZipFile(jar) as opened:
        for item in opened.infolist():
            name = next((item.filename[len(root) :] for root in _ROOTS if item.filename.startswith(root)), "")
            if _is_settings(name) and item.file_size <= _LARGEST and name not in found:
                found[name] = opened.read(item).decode(errors="replace")
    return found


def _is_settings(name: str) -> bool:
    return name.startswith(spring.FILES) and name.endswith(spring.ENDINGS) and name.count("/") <= 1


def _words(text: str) -> Sequence[str]:
    try:
        return shlex.split(text)
    except ValueError:
        return text.split()
