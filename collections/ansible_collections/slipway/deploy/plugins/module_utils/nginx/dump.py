# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Parses ``nginx -T``: all files that nginx reads. Pure.

nginx itself only warns if two sites have the same name and port, and then serves the first one. A site that is
the second one would pass its checks against the page of the other.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator, Sequence
from fnmatch import fnmatchcase
from typing import NamedTuple

from ..common.errors import SlipwayError

_FILE = re.compile(r"^# configuration file (/.*):$")
_TOKEN = re.compile(r"""#[^\n]*|"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*'|[{};]|(?:\\.|\$\{[^}]*\}|[^\s{};"'\\])+|\\.""")
_MARKS = frozenset("{};")
#: Stands for "no name": a site with only this name answers only as the port's default.
NO_NAME = "_"


class Server(NamedTuple):
    """A block ``server`` of ``http``.

    :ivar file: the file that defines it.
    :ivar listens: the addresses with ports, and whether it is declared as their default.
    """

    file: str
    names: tuple[str, ...]
    listens: tuple[tuple[str, bool], ...]


def read_files(dump: str) -> dict[str, str]:
    """The files that nginx reads, by path, in the order in which it opens them."""
    files: dict[str, list[str]] = {}
    current: list[str] | None = None
    for line in dump.splitlines():
        match = _FILE.match(line)
        if match:
            current = files.setdefault(match[1], [])
        elif current is not None:
            current.append(line)
    return {path: "\n".join(lines) for path, lines in files.items()}


def read_servers(files: dict[str, str]) -> list[Server]:
    """The sites of all files, in the order in which nginx has them: included files count at their include."""
    found: list[Server] = []
    blocks: list[str] = []
    words: list[str] = []
    place = ""
    names: list[str] = []
    listens: list[tuple[str, bool]] = []
    for path, mark in _inlined(files, next(iter(files), ""), ()):
        if mark not in _MARKS:
            words.append(mark)
            continue
        if mark == "{":
            blocks.append(words[0] if words else "")
            if blocks[-1] == "server":
                place, names, listens = path, [], []
        elif mark == "}":
            if blocks and blocks.pop() == "server" and blocks[-1:] != ["upstream"] and "stream" not in blocks:
                found.append(Server(place, tuple(names) or ("",), tuple(listens) or (("*:80", False),)))
        elif blocks[-1:] == ["server"] and words[:1] == ["server_name"]:
            names += [word.lower() for word in words[1:]]
        elif blocks[-1:] == ["server"] and words[:1] == ["listen"] and len(words) > 1:
            listens.append((address(words[1]), bool({"default_server", "default"} & set(words[2:]))))
        words = []
    return found


def _inlined(files: dict[str, str], path: str, within: tuple[str, ...]) -> Iterator[tuple[str, str]]:
    """The words of a file with those of the files that it includes, each with its file."""
    words: list[str] = []
    for mark in _tokens(files.get(path, "")):
        if mark not in _MARKS:
            words.append(mark)
            continue
        if mark == ";" and len(words) == 2 and words[0] == "include":
            for other in _matching(files, words[1]):
                if other not in (path, *within):
                    yield from _inlined(files, other, (*within, path))
        else:
            yield from ((path, word) for word in (*words, mark))
        words = []


def _matching(files: dict[str, str], pattern: str) -> list[str]:
    whole = posixpath.normpath(posixpath.join(posixpath.dirname(next(iter(files))), pattern))
    return [path for path in files if path.count("/") == whole.count("/") and fnmatchcase(path, whole)]


def _tokens(text: str) -> Iterator[str]:
    for token in _TOKEN.findall(text):
        if not token.startswith("#"):
            # A quoted mark is a word.
            plain = token[1:-1] if token[0] in "\"'" else token
            yield token if plain in _MARKS else plain


def address(listen: str) -> str:
    """An address of ``listen`` in one form: ``80``, ``*:80`` and ``0.0.0.0:80`` are the same."""
    if listen.startswith("unix:"):
        return listen
    host, colon, port = listen.rpartition(":")
    if listen.startswith("[") and not listen.rpartition("]")[2]:
        host, colon, port = listen, ":", "80"
    if not colon:
        host, port = ("*", listen) if listen.isdigit() else (listen, "80")
    return f"{'*' if host == '0.0.0.0' else host}:{port}"  # noqa: S104 - it is compared, not listened on


def refuse_shared(files: dict[str, str], path: str) -> None:
    """Refuse a site that nginx would not serve, because another file has its name and port, or also has no name.

    :raises SlipwayError: naming the other file.
    """
    if path not in files:
        what = "nginx does not read this file"
        raise SlipwayError(what, path, "Include its directory in nginx.conf: include /etc/nginx/conf.d/*.conf;")
    servers = read_servers(files)
    for own in (server for server in servers if server.file == path):
        for listen, default in own.listens:
            others = [item for item in servers if item.file != path and listen in dict(item.listens)]
            _refuse_same(own, listen, others)
            if set(own.names) <= {NO_NAME, ""} and not default:
                _refuse_hidden(servers, own, listen)


def _refuse_same(own: Server, listen: str, others: Sequence[Server]) -> None:
    for other in others:
        same = sorted((set(own.names) & set(other.names)) - {""})
        # Names that stand for none: then the port's default decides.
        if same and same != [NO_NAME]:
            what = f"another site answers to {', '.join(same)} on port {_port(listen)}: {other.file}"
            raise SlipwayError(what, own.file, "Give this site a name or a port of its own, or remove the other")


def _refuse_hidden(servers: Sequence[Server], own: Server, listen: str) -> None:
    """Refuse a site without a name that is not the default of its port, as declared or as the first."""
    there = [item for item in servers if listen in dict(item.listens)]
    first = next((item for item in there if dict(item.listens)[listen]), there[0])
    if first.file != own.file:
        what = f"the site has no name of its own, and {first.file} answers in its place on port {_port(listen)}"
        remedy = "Set nginx_site_server_names (site_server_names) or another port, or remove the other site"
        raise SlipwayError(what, own.file, remedy)


def _port(listen: str) -> str:
    return listen.rpartition(":")[2]
