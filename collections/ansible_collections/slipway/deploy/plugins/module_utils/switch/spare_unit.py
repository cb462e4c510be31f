# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The spare of a service: the same unit for another release, as the arguments of systemd-run(1). Pure.

The unit's settings are copied, so that the release is tried with the user, the limits and the
hardening of the service. Settings that restart a service or that would be shared are left out.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple
from urllib.parse import urlsplit, urlunsplit

#: Settings of the unit that are left out.
_LEFT_OUT = re.compile(
    r"Type|Exec[A-Z]\w*|Restart\w*|Sockets|BusName|PIDFile|WatchdogSec|NotifyAccess|Runtime(?:Max|Randomized)\w+"
    r"|StandardInput|NonBlocking|GuessMainPID|RemainAfterExit|FileDescriptorStoreMax|RootDirectoryStartOnly"
)
# A spare has its own directories: the live service must not read what it writes.
_DIRECTORIES = ("StateDirectory", "LogsDirectory", "CacheDirectory", "RuntimeDirectory")
_SPECIFIER = re.compile(r"%(.)")
#: systemd's own directory for the credentials of a unit.
_CREDENTIALS = "/run/credentials/{unit}.service"


class Setting(NamedTuple):
    """A line of a unit's section ``[Service]``."""

    name: str
    value: str


def read_settings(texts: Iterable[str]) -> list[Setting]:
    """The settings of the ``[Service]`` sections of a unit file and its drop-ins, in their order.

    An empty value resets the setting, as in systemd.
    """
    found: list[Setting] = []
    for text in texts:
        section = ""
        for line in _logical(text):
            if line.startswith("["):
                section = line
                continue
            name, equals, value = line.partition("=")
            if section != "[Service]" or not equals:
                continue
            setting = Setting(name.strip(), value.strip())
            if not setting.value:
                found = [item for item in found if item.name != setting.name]
            # An empty value that has a meaning is kept: no capability at all.
            if setting.value or setting.name in ("CapabilityBoundingSet", "AmbientCapabilities"):
                found.append(setting)
    return found


def _logical(text: str) -> list[str]:
    """The lines without comments, with their continuations."""
    lines: list[str] = []
    open_ = False
    for raw in text.splitlines():
        line = raw.strip()
        if line.startswith(("#", ";")) or (not line and not open_):
            continue
        part = line[:-1].rstrip() if line.endswith("\\") else line
        if open_:
            lines[-1] = f"{lines[-1]} {part}".strip()
        else:
            lines.append(part)
        open_ = line.endswith("\\")
    return lines


def properties(settings: Sequence[Setting], name: str, unit: str, moved: Mapping[str, str]) -> list[str]:
    """The properties for systemd-run.

    :param name: the service.
    :param unit: the spare's unit, without ``.service``.
    :param moved: link → its new target.
    """
    found = []
    for setting in settings:
        if _LEFT_OUT.fullmatch(setting.name):
            continue
        value = setting.value
        if setting.name in _DIRECTORIES:
            value = " ".join(unit if item == name else item for item in value.split())
        else:
            value = _specified(moved_to(value, moved), unit)
        found.append(f"--property={setting.name}={value}")
    return found


def _specified(value: str, unit: str) -> str:
    """A value with systemd's specifiers expanded, which systemd only does in files."""
    known = {"d": _CREDENTIALS.format(unit=unit), "n": f"{unit}.service", "N": unit, "p": unit, "%": "%"}
    return _SPECIFIER.sub(lambda found: known.get(found[1], found[0]), value)


def moved_to(value: str, moved: Mapping[str, str]) -> str:
    """A value with links that are not switched yet replaced by their new targets."""
    for link in sorted(moved, key=len, reverse=True):
        value = re.sub(rf"(?<![\w./-]){re.escape(link)}(?=$|[/\s:\"'])", moved[link].replace("\\", "\\\\"), value)
    return value


def command(words: Sequence[str], moved: Mapping[str, str]) -> list[str]:
    """The spare's command line. systemd would expand words with a dollar sign."""
    return [moved_to(word, moved).replace("$", "$$") for word in words]


def spare_url(url: str, port: int) -> str:
    """The service's readiness URL, on a port of this host."""
    parts = urlsplit(url)
    if parts.scheme == "http+unix":
        parts = parts._replace(scheme="http")
    return urlunsplit(parts._replace(netloc=f"127.0.0.1:{port}"))
