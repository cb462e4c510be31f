# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Which Python packages a host needs, out of the project's lock file. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from ..common.errors import SlipwayError

ROOTS: Final = ("ansible-core", "botocore")
"""What code on a host imports; what these need comes along."""

_ENTRY: Final = re.compile(
    r"(?P<name>[A-Za-z0-9][A-Za-z0-9._-]*)(?:\[[^\]]*\])?==(?P<version>[^\s;\\]+)\s*(?:;\s*(?P<marker>[^\\]+?))?\s*\\?$"
)
_HASH: Final = re.compile(r"\s+--hash=(?P<hash>sha256:[0-9a-f]{64})\s*\\?$")
_VIA: Final = re.compile(r"\s+#\s+(?:via\s*)?(?P<parent>\S.*)?$")

# What the glibc of the oldest host that is kept working (Amazon Linux 2023: 2.34) can load, newest first.
_GLIBC: Final = (34, 31, 28, 27, 26, 24, 17, 12, 5)


@dataclass(frozen=True)
class Pin:
    """One package of the lock file. ``marker`` says for which Pythons it is; ``parents`` are those that need it."""

    name: str
    version: str
    marker: str
    hashes: tuple[str, ...]
    parents: frozenset[str]

    def line(self) -> str:
        """The requirement as pip reads it."""
        return " ".join([f"{self.name}=={self.version}", *(f"--hash={value}" for value in self.hashes)])


def read_lock(text: str, where: str) -> list[Pin]:
    """The pins of a lock file as ``uv pip compile --generate-hashes`` writes it.

    :param where: the file, for the message.
    :raises SlipwayError: when it has a line of another kind.
    """
    pins: list[Pin] = []
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip() or line.startswith("#"):
            continue
        if match := _ENTRY.fullmatch(line):
            pins.append(Pin(match["name"].lower(), match["version"], match["marker"] or "", (), frozenset()))
        elif pins and (match := _HASH.fullmatch(line)):
            pins[-1] = _with(pins[-1], hashes=(match["hash"],))
        elif pins and (match := _VIA.fullmatch(line)):
            pins[-1] = _with(pins[-1], parents=(match["parent"] or "",))
        else:
            raise SlipwayError("this is not a pin with hashes", f"{where}:{number}", "Make it with: make lock")
    return pins


def _with(pin: Pin, hashes: Iterable[str] = (), parents: Iterable[str] = ()) -> Pin:
    known = pin.parents.union(parent.split(" ")[0].lower() for parent in parents if parent)
    return Pin(pin.name, pin.version, pin.marker, (*pin.hashes, *hashes), known)


def needed(pins: Sequence[Pin], python: str, roots: Iterable[str] = ROOTS) -> list[Pin]:
    """The pins that a host with that Python needs, by name.

    :param python: such as ``3.11``.
    :raises SlipwayError: when the lock file has no fitting pin for a root.
    """
    fitting = [pin for pin in pins if _fits(pin.marker, python)]
    names = set(roots)
    while more := {pin.name for pin in fitting if pin.parents & names} - names:
        names |= more
    chosen = sorted((pin for pin in fitting if pin.name in names), key=lambda pin: pin.name)
    missing = set(roots) - {pin.name for pin in chosen}
    if missing:
        what = f"it has no {', '.join(sorted(missing))} for Python {python}"
        raise SlipwayError(what, "requirements.lock", "Leave that Python out of bundle_pythons, or run: make lock")
    return chosen


def _fits(marker: str, python: str) -> bool:
    if not marker:
        return True
    from packaging.markers import Marker  # ansible-core brings it

    host = {
        "implementation_name": "cpython",
        "os_name": "posix",
        "platform_machine": "x86_64",
        "platform_python_implementation": "CPython",
        "platform_system": "Linux",
        "python_full_version": f"{python}.0",
        "python_version": python,
        "sys_platform": "linux",
        "extra": "",
    }
    return bool(Marker(marker).evaluate(host))


def check_python(python: str) -> str:
    """``python`` itself, when it is a version such as ``3.11``.

    :raises SlipwayError: when it is not, or ansible-core does not run on it.
    """
    match = re.fullmatch(r"3\.(\d+)", python)
    if match is None or int(match[1]) < 11:
        what = f"{python!r} is not a Python that a host can run Ansible with"
        raise SlipwayError(what, "bundle_pythons", "Write e.g. 3.11,3.13")
    return python


def pip_arguments(python: str, machine: str) -> list[str]:
    """The arguments by which pip downloads for a host instead of for the interpreter that runs it."""
    digits = python.replace(".", "")
    platforms = [f"manylinux_2_{minor}_{machine}" for minor in _GLIBC] + [f"manylinux2014_{machine}"]
    return [
        "--only-binary=:all:",
        "--no-deps",
        "--require-hashes",
        f"--python-version={python}",
        "--implementation=cp",
        *(f"--abi={abi}" for abi in (f"cp{digits}", "abi3", "none")),
        *(f"--platform={platform}" for platform in platforms),
    ]
