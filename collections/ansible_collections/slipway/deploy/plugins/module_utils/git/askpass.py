# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Passes a token to git without an argument, an environment variable or a file: git runs a program that answers.

The program and the token are files in memory, open only in git's own processes. Python 3.8.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from ..programs.run import Account, hidden, path_of

_USER = "x-access-token"
# git's prompts (Documentation/gitcredentials.txt). Another host, that of a redirect, gets no answer.
_PROGRAM = """\
#!/bin/sh
case "$1" in
  "Username for 'https://{host}'"*) echo {user} ;;
  "Password for 'https://{user}@{host}'"*) exec cat {token} ;;
  *) exit 1 ;;
esac
"""


@contextmanager
def askpass(token: str, host: str, owner: Account) -> Iterator[tuple[dict[str, str], tuple[int, ...]]]:
    """The environment variables that give git the token, and the descriptors that it must inherit.

    :param host: the host (and port) that gets the token; must be a valid host name.
    :param owner: the user who runs git.
    """
    with hidden(token.encode() + b"\n", owner) as secret:
        program = _PROGRAM.format(host=host, user=_USER, token=path_of(secret))
        with hidden(program.encode(), owner, executable=True) as script:
            yield {"GIT_ASKPASS": path_of(script)}, (secret, script)
