# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Reads a secret from where the configuration says it is.

A source is ``{env: NAME}``, ``{file: path}``, ``{ssm: name}`` or ``{secretsmanager: id}``. No error ever repeats a
value, nor what stands where a source was expected.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO

from ..common.errors import SlipwayError

KINDS = ("env", "file", "ssm", "secretsmanager")
_LONGEST = 64 * 1024


class Secrets:
    """Resolves sources of secrets.

    :param environ: the environment that ``env`` reads.
    :param client: makes an AWS client of a service name; ``None`` where AWS is not available.
    """

    def __init__(self, environ: Mapping[str, str], client: Callable[[str], Any] | None = None) -> None:
        self._environ = environ
        self._client = client

    def read(self, source: Any, where: str) -> str:
        """The secret's value, without the newline at its end.

        :param where: the place to name in an error, such as ``slack.webhook``.
        :raises SlipwayError: when the source is not one, or the secret is absent, unreadable, unsafe or empty.
        """
        kind, name = _parts(source, where)
        value = self._read(kind, name, where).rstrip("\r\n")
        if not value:
            raise SlipwayError(f"{kind} {name} is empty", where, "Put the secret there")
        return value

    def absent(self, source: Any) -> bool:
        """Whether a source of this machine, ``env`` or ``file``, has nothing: it is not set, not there, or empty.

        One that cannot be read for another reason is not absent: reading it says why.
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
        """That a secret of this machine, of ``env`` or ``file``, is there and safe. A file's content is not read.

        :raises SlipwayError: as :meth:`read` does.
        """
        kind, name = _parts(source, where)
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
            if kind == "ssm":
                answer = self._client("ssm").get_parameter(Name=name, WithDecryption=True)
                return str(answer["Parameter"]["Value"])
            return str(self._client("secretsmanager").get_secret_value(SecretId=name)["SecretString"])
        except SlipwayError:
            raise
        except Exception as error:  # noqa: BLE001 - botocore's, which is not imported, so that env and file do without
            answered = getattr(error, "response", None) or {}
            code = answered.get("Error", {}).get("Code") or type(error).__name__
            raise SlipwayError(
                f"{kind} {name} could not be read ({code})", where, "It must exist and be readable"
            ) from None


def _parts(source: Any, where: str) -> tuple[str, str]:
    """A source's kind and name."""
    kind, name = next(iter(source.items())) if isinstance(source, Mapping) and len(source) == 1 else ("", "")
    if kind not in KINDS or not isinstance(name, str) or not name:
        raise SlipwayError("this is not a source of a secret", where, f"Write one of {', '.join(KINDS)}: name")
    return str(kind), str(name)


@contextmanager
def _opened(path: str, where: str) -> Iterator[BinaryIO]:
    """A file that nobody else may read."""
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
    try:
        text = body.decode()
    except UnicodeDecodeError:
        raise SlipwayError(f"{path} contains no text", where, "Write the secret's file") from None
    if len(body) > _LONGEST:
        raise SlipwayError(f"{path} is too long for a secret", where, f"At most {_LONGEST} bytes")
    return text
