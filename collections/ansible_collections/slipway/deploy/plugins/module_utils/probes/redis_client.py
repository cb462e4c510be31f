# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A minimal Redis client: RESP2 over TCP, TLS or a Unix socket, https://redis.io/docs/latest/develop/reference/protocol-spec/.

Used on managed hosts, where Redis often listens locally only, so Python 3.8 and its standard library; and
on the control node, so that both agree. No error shows a password or the server's text after its error code.
"""

from __future__ import annotations

import socket
import ssl
import time
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote, urlsplit

from ..common.errors import SlipwayError

_PORT = 6379
#: Limits of an answer: the length of a value or a line, and the depth and length of a list.
_LONGEST = 1024 * 1024
_DEEPEST = 8
_FORMS = "Write redis://host:6379/0, rediss://host:6380/0 or unix:///path"


class RedisError(SlipwayError):
    """A Redis server cannot be reached, or refuses."""


@dataclass(frozen=True)
class Address:
    """The address and login of a Redis server."""

    secure: bool = False
    host: str = ""
    port: int = _PORT
    path: str = ""
    database: int = 0
    user: str = ""
    password: str = field(default="", repr=False)


def parse_url(url: str, where: str) -> Address:
    """An address.

    :raises SlipwayError: it is malformed; it is not shown, because it may contain a password.
    """
    try:
        parts = urlsplit(url)
        port, host = parts.port or _PORT, parts.hostname or ""
    except ValueError:
        raise SlipwayError("this is not the address of a Redis server", where, _FORMS) from None
    user, password = unquote(parts.username or ""), unquote(parts.password or "")
    if parts.scheme == "unix" and parts.path:
        # The database is in the query: in a wrong one, a full queue would look empty.
        database, query = _of_query(parts.query)
        if database.isdigit() and not query:
            return Address(path=unquote(parts.path), database=int(database), user=user, password=password)
    database = parts.path.strip("/") or "0"
    if parts.scheme not in ("redis", "rediss") or not host or not database.isdigit() or parts.query:
        raise SlipwayError("this is not the address of a Redis server", where, _FORMS)
    return Address(parts.scheme == "rediss", host, port, "", int(database), user, password)


def _of_query(query: str) -> tuple[str, str]:
    """The database in ``db=2``, and the other parameters."""
    key, _equals, value = query.partition("=")
    return (value, "") if key == "db" else ("0", query)


def ask(
    address: Address, command: list[str], timeout: float, password: str = "", ca_file: str | None = None
) -> str | int | list[Any] | None:
    """Send one read-only command to Redis.

    :param timeout: seconds for the whole exchange.
    :param password: instead of the one in the address.
    :param ca_file: a certificate authority's file, instead of the system's.
    :raises RedisError: no answer, or a refusal.
    """
    deadline = time.monotonic() + timeout
    try:
        with _connected(address, deadline, ca_file) as line:
            talk = _Talk(line, deadline)
            secret = password or address.password
            if secret:
                talk.call(["AUTH", *([address.user] if address.user else []), secret])
            if address.database:
                talk.call(["SELECT", str(address.database)])
            return talk.call(command)
    except OSError as error:
        raise RedisError(_words(error, address, timeout)) from None


def _words(error: OSError, address: Address, timeout: float) -> str:
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"Redis' certificate is not valid: {error.verify_message}"
    if isinstance(error, ssl.SSLError):
        return f"TLS with Redis failed: {error.reason or 'no reason given'}"
    # Before Python 3.10 the socket's timeout is a separate class.
    if isinstance(error, (TimeoutError, socket.timeout)):
        return f"Redis gave no answer within {timeout:g} s"
    if isinstance(error, socket.gaierror):
        return f"the name {address.host} does not resolve"
    return f"Redis cannot be reached: {(error.strerror or type(error).__name__).lower()}"


def _connected(address: Address, deadline: float, ca_file: str | None) -> socket.socket:
    if address.path:
        line = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            line.settimeout(_left(deadline))
            line.connect(address.path)
        except BaseException:
            line.close()
            raise
        return line
    plain = socket.create_connection((address.host, address.port), timeout=_left(deadline))
    if not address.secure:
        return plain
    try:
        return ssl.create_default_context(cafile=ca_file).wrap_socket(plain, server_hostname=address.host)
    except BaseException:
        plain.close()
        raise


def _left(deadline: float) -> float:
    left = deadline - time.monotonic()
    if left <= 0:
        raise TimeoutError
    return left


def encode(command: list[str]) -> bytes:
    """A command in the protocol's format."""
    words = [word.encode() for word in command]
    return b"*%d\r\n" % len(words) + b"".join(b"$%d\r\n%s\r\n" % (len(word), word) for word in words)


class _Talk:
    def __init__(self, line: socket.socket, deadline: float) -> None:
        self._line = line
        self._deadline = deadline
        self._buffer = b""

    def call(self, command: list[str]) -> str | int | list[Any] | None:
        self._line.settimeout(_left(self._deadline))
        self._line.sendall(encode(command))
        return self._reply(0)

    def _reply(self, depth: int) -> str | int | list[Any] | None:
        line = self._until_newline()
        kind, rest = line[:1], line[1:]
        if kind == b"+":
            return rest.decode(errors="replace")
        if kind == b"-":
            raise RedisError(f"Redis answered {_code(rest)}")
        number = self._number(rest) if kind in (b":", b"$", b"*") else None
        if number is None or depth > _DEEPEST or (kind != b":" and number > _LONGEST):
            raise RedisError("the server there does not speak the Redis protocol")
        if kind == b":":
            return number
        if number < 0:
            return None
        if kind == b"$":
            return self._exactly(number + 2)[:-2].decode(errors="replace")
        return [self._reply(depth + 1) for _item in range(number)]

    @staticmethod
    def _number(text: bytes) -> int | None:
        try:
            return int(text)
        except ValueError:
            return None

    def _until_newline(self) -> bytes:
        while b"\r\n" not in self._buffer:
            if len(self._buffer) > _LONGEST:
                raise RedisError("the server there does not speak the Redis protocol")
            self._more()
        line, _newline, self._buffer = self._buffer.partition(b"\r\n")
        return line

    def _exactly(self, length: int) -> bytes:
        while len(self._buffer) < length:
            self._more()
        found, self._buffer = self._buffer[:length], self._buffer[length:]
        return found

    def _more(self) -> None:
        self._line.settimeout(_left(self._deadline))
        piece = self._line.recv(65536)
        if not piece:
            raise RedisError("Redis closed the connection")
        self._buffer += piece


def _code(text: bytes) -> str:
    """The error code: ``WRONGTYPE``, ``NOAUTH``. The rest may show what was sent."""
    word = text.split(b" ", 1)[0].decode(errors="replace")
    return word if word.isalnum() and len(word) <= 20 else "an error"
