# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A lock file in the format of requirements: every package with its version, and its hashes. Pure."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from typing import NamedTuple

from ..common.errors import SlipwayError

_PINNED = re.compile(
    r"[A-Za-z0-9][A-Za-z0-9._-]*\s*(?:\[[^\]]*\])?\s*(?:===?\s*[A-Za-z0-9][^\s;,*]*(?=\s|;|$)|@\s*\S+)", re.ASCII
)
_HASH = re.compile(r"\s--hash[=\s]\s*\w+:[0-9a-fA-F]+")
_COMMENT = re.compile(r"(?:^|\s)#.*")
_OTHER_FILES = ("-r", "--requirement", "-c", "--constraint")
_PROJECTS = ("-e", "--editable")
#: Lock files of other programs, and the command that converts each.
_OTHERS = {
    "poetry.lock": "poetry export --output requirements.txt (with poetry-plugin-export)",
    "pdm.lock": "pdm export --output requirements.txt",
    "Pipfile.lock": "pipenv requirements --hash > requirements.txt",
    "pylock.toml": "uv pip compile --generate-hashes --output-file requirements.txt pyproject.toml",
    "pyproject.toml": "uv pip compile --generate-hashes --output-file requirements.txt pyproject.toml",
}
_COMPILE = "Write it with uv pip compile --generate-hashes, or pip-compile --generate-hashes"


class Lock(NamedTuple):
    """A lock file.

    :param content: its text.
    :param packages: its number of packages.
    :param hashed: whether each has its hashes, so that nothing else can be installed.
    :param source: the file that it was exported from, if any.
    :param indexes: the indexes that it names.
    """

    content: bytes
    packages: int
    hashed: bool
    source: bytes = b""
    indexes: tuple[str, ...] = ()

    @property
    def digest(self) -> str:
        """The SHA-256 of the file."""
        return hashlib.sha256(self.source or self.content).hexdigest()


def read_lock(content: bytes, where: str) -> Lock:
    """A lock file.

    :raises SlipwayError: it does not determine exactly what to install.
    """
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise SlipwayError("it is not text", where, _COMPILE) from None
    other = _OTHERS.get(where.rpartition("/")[2])
    if other:
        raise SlipwayError("it does not have the format of requirements", where, f"Commit what this writes: {other}")
    packages = hashes = 0
    for number, line in _logical(text):
        if line.startswith("-"):
            _check_option(line, f"{where}, line {number}")
            continue
        if not _PINNED.match(line):
            what = f"{line.split(' --hash')[0][:80]} does not name one version, so this is not a lock file"
            raise SlipwayError(what, f"{where}, line {number}", _COMPILE)
        packages += 1
        hashes += 1 if _HASH.search(line) else 0
    if hashes not in (0, packages):
        raise SlipwayError(f"{packages - hashes} of {packages} packages have no hash", where, _COMPILE)
    return Lock(content, packages, bool(packages) and hashes == packages)


def _logical(text: str) -> Iterator[tuple[int, str]]:
    """The logical lines without comments, and the number of the first line of each."""
    start, parts = 0, []
    for number, line in enumerate(text.splitlines(), 1):
        start = start or number
        bare = _COMMENT.sub("", line).rstrip()
        if bare.endswith("\\"):
            parts.append(bare[:-1].strip())
            continue
        joined = " ".join(part for part in (*parts, bare.strip()) if part)
        if joined:
            yield start, joined
        start, parts = 0, []
    if any(parts):
        yield start, " ".join(part for part in parts if part)


def _check_option(line: str, where: str) -> None:
    name = re.split(r"[\s=]", line, maxsplit=1)[0]
    if name in _OTHER_FILES:
        raise SlipwayError(f"{name} names another file, whose changes would go unnoticed", where, "Compile one file")
    if name in _PROJECTS:
        raise SlipwayError(f"{name} installs what is not in a package", where, "Remove it, or build a wheel of it")
