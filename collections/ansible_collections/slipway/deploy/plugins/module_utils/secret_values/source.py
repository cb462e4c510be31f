# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Reads a secret from its configured source.

A source is ``{env: NAME}``, ``{file: path}``, ``{ssm: name}`` or ``{secretsmanager: id}``; with ``key``, it is the
value of that key of a JSON object. No error ever shows a value, nor text in place of a source.
"""

from __future__ import annotations

import json
import os
import stat
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO

from ..aws.errors import error_code
from ..common.documents import loads
from ..common.errors import SlipwayError
from .api import stored

#: Sources on this machine.
LOCAL = ("env", "file")
KINDS = (*LOCAL, "ssm", "secretsmanager")
_LONGEST = 64 * 1024


class Secrets:
    """Resolves sources of secrets.

    :param environ: the environment that ``env`` reads.
    :param client: makes an AWS client of a service name; ``None`` if AWS is not available.
    """

    def __init__(self, environ: Mapping[str, str], client: Callable[[str], Any] | None = None) -> None:
        self._environ = environ
        self._client = client

    def read(self, source: Any, where: str) -> str:
        """The secret's value, without a trailing newline.

        :param where: the location for errors, such as ``slack.webhook``.
        :raises SlipwayError: the source is malformed, or the secret is missing, unreadable, unsafe or empty.
        """
        kind, name, key = _parts(source, where)
        what, value = f"{kind} {name}", self._read(kind, name, where).rstrip("\r\n")
        if key is not None:
            what, value = f"{what}, key {key}", pick(value, key, what, where)
        if not value:
            raise SlipwayError(f"{what} is empty", where, "Put the secret there")
        return value

    def read_plain(self, source: Any, where: str) -> str:
        """As :meth:`read`, for a value that is not a secret and may be written in place."""
        if not isinstance(source, str):
            return self.read(source, where)
        if not source.strip():
            raise SlipwayError("it is empty", where, "Write the value, or its source")
        return source.strip()

    def absent(self, source: Any) -> bool:
        """Whether a source on this machine, ``env`` or ``file``, is unset, missing or empty.

        One that cannot be read for another reason is not absent: reading it reports why.
        """
        if not isinstance(source, Mapping):
            return source is None
        if set(source) == {"env"}:
            return not self._environ.get(str(source["env"]), "").rstrip("\r\n")
        if set(source) == {"file"}:
            path = Path(str(source["file"])).expanduser()
            return not path.exists() or (path.is_file() and path.stat().st_size == 0)
        return False

    def check(self, source: Any, where: str) -> None:
        """Require that a secret on this machine, ``env`` or ``file``, exists and is safe. A file's content is not read.

        :raises SlipwayError: as :meth:`read` does.
        """
        kind, name, _key = _parts(source, where)
        if kind == "file":
            with _opened(name, where) as file:
                empty = not os.fstat(file.fileno()).st_size
        else:
            empty = not self._read(kind, name, where)
        if empty:
            raise SlipwayError(f"{kind} {name} is empty", where, "Put the secret there")

    def _read(self, kind: str, name: str, where: str) -> str:
        if kind == "env":
            if name not in self._environ:
                raise SlipwayError(f"the environment variable {name} is not set", where, f"Set {name}")
            return self._environ[name]
        if kind == "file":
            return _file(name, where)
        return self._aws(kind, name, where)

    def _aws(self, kind: str, name: str, where: str) -> str:
        if self._client is None:
            raise SlipwayError(f"{kind} is not available here", where, "Use env or file")
        try:
            content = stored(self._client, kind, name)
        except SlipwayError as error:
            code = error_code(error)
            if not code:
                raise SlipwayError(error.what, where, error.remedy) from error
            # The service's own text is left out: it may contain the secret.
            what = f"{kind} {name} could not be read ({code})"
            raise SlipwayError(what, where, "It must exist and be readable") from None
        if content is None:
            raise SlipwayError(f"{kind} {name} does not exist", where, "Create it, or correct its name")
        return _decoded(content, f"{kind} {name}", where)


def pick(text: str, key: str, what: str, where: str) -> str:
    """The value of a key of a JSON object.

    :param what: the source of the text, for errors.
    :raises SlipwayError: it is not a JSON object, or lacks the key. Messages do not contain the text.
    """
    try:
        document = loads(text)
    except ValueError:
        document = None
    if not isinstance(document, dict):
        raise SlipwayError(f"{what} is not a JSON object", where, "Store one, or leave key out")
    value = document.get(key)
    if value is None:
        keys = ", ".join(sorted(map(str, document)))
        raise SlipwayError(f"{what} has no key {key}", where, f"It has: {keys}" if keys else None)
    return value if isinstance(value, str) else json.dumps(value)


def is_source(value: Any) -> bool:
    """Whether a value is written as a source, without a key."""
    return (
        isinstance(value, Mapping)
        and len(value) == 1
        and next(iter(value)) in KINDS
        and isinstance(next(iter(value.values())), str)
    )


def _parts(source: Any, where: str) -> tuple[str, str, str | None]:
    """A source's kind, name and key."""
    whole = dict(source) if isinstance(source, Mapping) else {}
    key = whole.pop("key", None)
    kind, name = next(iter(whole.items()), ("", ""))
    if not is_source(whole) or not name or not isinstance(key, (str, type(None))):
        raise SlipwayError("this is not a source of a secret", where, f"Write one of {', '.join(KINDS)}: name")
    return str(kind), str(name), key


@contextmanager
def _opened(path: str, where: str) -> Iterator[BinaryIO]:
    """Open a file that other users must not be able to read."""
    try:
        descriptor = os.open(Path(path).expanduser(), os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
    except OSError as error:
        raise SlipwayError(f"{path} could not be read ({error.strerror})", where, "Write the secret's file") from None
    with os.fdopen(descriptor, "rb") as file:
        state = os.fstat(file.fileno())
        if not stat.S_ISREG(state.st_mode):
            raise SlipwayError(f"{path} is not a file", where, "Write the secret's file")
        if stat.S_IMODE(state.st_mode) & 0o077:
            raise SlipwayError(f"other users can read {path}", where, f"chmod 600 {path}")
        yield file


def _file(path: str, where: str) -> str:
    with _opened(path, where) as file:
        body = file.read(_LONGEST + 1)
    if len(body) > _LONGEST:
        raise SlipwayError(f"{path} is too long for a secret", where, f"At most {_LONGEST} bytes")
    return _decoded(body, path, where)


def _decoded(content: bytes, what: str, where: str) -> str:
    try:
        return content.decode()
    except UnicodeDecodeError:
        raise SlipwayError(f"{what} contains no text", where, "Store the secret as text") from None
