# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The commands and configuration of uv and pip, and their errors. Pure."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from typing import NamedTuple
from urllib.parse import unquote, urlsplit

from ..common.errors import SlipwayError

UV, PIP = "uv", "pip"
#: How many lines of the output are kept.
LAST_LINES = 15

_CAUSES = (
    (r"No space left on device|os error 28", "the disk is full", "Free space on the host, then run this again"),
    (
        r"ensurepip is not available|No module named '?(?:ensurepip|venv|pip)'?\b",
        "this Python cannot make environments",
        "Install the package that has its venv (python3-venv)",
    ),
    (
        r"DO NOT MATCH THE HASHES|Hash mismatch",
        "a package is not the one of the lock file",
        "Find out who replaced it; only then create the lock file again",
    ),
    (
        r"\b(?:401|403)\b.*(?:Unauthorized|Forbidden|Client Error)|Missing credentials|User for \S+:",
        "the index refuses the credentials",
        "Correct index_url, or what indexes has for it",
    ),
    (
        r"CERTIFICATE_VERIFY_FAILED|UnknownIssuer|invalid peer certificate",
        "the index's certificate is not trusted",
        "Set ca_file to the authority that issued it",
    ),
    (
        r"[Cc]onnection (?:broken|refused|reset|timed out)|NewConnectionError|error sending request|dns error",
        "the index cannot be reached",
        "Check index_url, proxy and the host's network",
    ),
    (
        r"no wheels? (?:with|are|for)|no usable wheels|building (?:source distributions )?is disabled",
        "a package has no wheel for this Python",
        "Put its wheel into the index or find_links, or set allow_source, which runs its build",
    ),
    (
        r"No matching distribution|there is no version of|was not found in the (?:package registry|provided package)",
        "a package of the lock file is not available",
        "Put its wheel into the index or find_links, create the lock file again, or set allow_source",
    ),
    (r"[Pp]ermission denied", "the user may not do that", "Let the user read the release and its lock file"),
)
_BROKEN = re.compile(
    r"(?:requires .*, (?:which|but) .*(?:not installed|is installed|installed|you have).*)", re.IGNORECASE
)
_LINE = re.compile(r"^(?:\s*(?:error|cause|warning):\s*)+", re.IGNORECASE)


class Index(NamedTuple):
    """The source of packages. Each field may contain credentials.

    :param url: the index; empty for the tool's own.
    :param find_links: directories and pages of wheels.
    :param none: whether no index is used.
    :param others: additional indexes, which are used first.
    :param proxy: the proxy; empty for the host's.
    :param ca_file: the trusted certificate authorities; empty for the tool's own.
    """

    url: str = ""
    find_links: tuple[str, ...] = ()
    none: bool = False
    proxy: str = ""
    ca_file: str = ""
    others: tuple[str, ...] = ()

    def check(self) -> None:
        """Refuse values that would become another setting in a file.

        :raises SlipwayError: naming the option, not its value.
        """
        named = (("index_url", self.url), ("proxy", self.proxy), ("ca_file", self.ca_file))
        urls = (*named[:2], *(("indexes", item) for item in self.others))
        for name, value in (*named, *urls[2:], *(("find_links", item) for item in self.find_links)):
            if value and (not value.isprintable() or value != value.strip()):
                raise SlipwayError("it has a control character or a space around it", name, "Write it without")
        for name, value in urls:
            if value and not re.match(r"https?://[^/\s]", value):
                raise SlipwayError("this is not a URL", name, "Write it as in https://host/simple")


def pip_configuration(index: Index) -> str:
    """The configuration file of pip. Its ``%`` are plain: pip reads it without interpolation."""
    lines = ["[global]"]
    lines += [f"index-url = {index.url}"] if index.url else []
    lines += ["extra-index-url =", *(f"    {item}" for item in index.others)] if index.others else []
    lines += ["no-index = true"] if index.none else []
    lines += ["find-links =", *(f"    {item}" for item in index.find_links)] if index.find_links else []
    lines += [f"proxy = {index.proxy}"] if index.proxy else []
    lines += [f"cert = {index.ca_file}"] if index.ca_file else []
    return "\n".join(lines) + "\n"


def uv_configuration(index: Index) -> str:
    """The configuration file of uv: TOML, whose strings are JSON's."""
    lines = [f"{name} = {_toml(index.proxy)}" for name in ("http-proxy", "https-proxy") if index.proxy]
    lines.append("[pip]")
    lines += [f"index-url = {_toml(index.url)}"] if index.url else []
    # By default uv stops at the first index that has a package: here the lock file's versions and hashes decide.
    others = [f"extra-index-url = {_toml(list(index.others))}", 'index-strategy = "unsafe-best-match"']
    lines += others if index.others else []
    lines += ["no-index = true"] if index.none else []
    lines += [f"find-links = {_toml(list(index.find_links))}"] if index.find_links else []
    return "\n".join(lines) + "\n"


def _toml(value: str | list[str]) -> str:
    # JSON's own escapes are surrogates beyond the first plane, which TOML does not know.
    return json.dumps(value, ensure_ascii=False)


def make(tool: str, program: str, python: str, path: str) -> list[str]:
    """The command that creates an empty environment.

    :param program: uv, if it is the tool.
    """
    if tool == UV:
        return [program, "venv", "--quiet", "--no-python-downloads", "--color=never", f"--python={python}", path]
    return [python, "-m", "venv", path]


def install(tool: str, program: str, path: str, lock: str, hashed: bool, allow_source: bool) -> list[str]:
    """The command that installs exactly the packages of a lock file.

    :param program: uv, if it is the tool.
    :param lock: the file, by any name.
    """
    wheels = [] if allow_source else ["--only-binary=:all:"]
    hashes = ["--require-hashes"] if hashed else []
    if tool == UV:
        # Copies, because links would leave the release's files writable for the cache's owner.
        plain = [
            "--color=never",
            "--no-progress",
            "--link-mode=copy",
            "--compile-bytecode",
            "--allow-empty-requirements",
        ]
        return [program, "pip", "sync", f"--python={path}/bin/python", *plain, *wheels, *hashes, lock]
    plain = ["--no-input", "--no-deps", "--no-color", "--progress-bar=off", "--disable-pip-version-check"]
    return [f"{path}/bin/python", "-m", "pip", "install", *plain, *wheels, *hashes, "-r", lock]


def verify(tool: str, program: str, path: str) -> list[str]:
    """The command that checks the requirements of the installed packages."""
    if tool == UV:
        return [program, "pip", "check", "--color=never", f"--python={path}/bin/python"]
    return [f"{path}/bin/python", "-m", "pip", "check", "--disable-pip-version-check"]


def read_failure(lines: Sequence[str]) -> tuple[str, str]:
    """Why a command failed, and the next step."""
    for pattern, what, remedy in _CAUSES:
        said = next((line for line in lines if re.search(pattern, line)), None)
        if said is not None:
            return f"{what} ({_bare(said)})", remedy
    chosen = next((line for line in lines if re.match(r"\s*(?:ERROR|error)\b", line)), None)
    last = chosen or next((line for line in reversed(lines) if line.strip()), "it printed nothing")
    return _bare(last), "See the last lines of its output"


def read_broken(lines: Sequence[str]) -> str:
    """The problems found by a check of the installed packages."""
    found = [_bare(line) for line in lines if _BROKEN.search(line)]
    return "; ".join(found[:3]) or read_failure(lines)[0]


def _bare(line: str) -> str:
    return " ".join(_LINE.sub("", line).split()).rstrip(".")[:300]


def hidden_words(index: Index) -> list[str]:
    """The secrets of a package source: the credentials in its URLs."""
    words: list[str] = []
    for url in (index.url, index.proxy, *index.others, *index.find_links):
        try:
            parts = urlsplit(url)
            user, password = parts.username or "", parts.password or ""
        except ValueError:
            words.append(url)
            continue
        words += [password, unquote(password)]
        # A token may take the place of the user name.
        words += [user, unquote(user)] if user and not password else []
    return sorted({word for word in words if word}, key=len, reverse=True)
