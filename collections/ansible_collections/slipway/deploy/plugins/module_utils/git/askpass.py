# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Gives git a token without an argument, an environment variable or a file: git asks for it, and a program answers.

The program and the token are files in memory, which only git's own processes have open. Python 3.8.
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
    """The variables that git is run with so that it gets the token, and the descriptors that it has to inherit.

    :param host: the host (and port) that alone gets the token; its characters are those of a host's name.
    :param owner: who runs git.
    """
    with hidden(token.encode() + b"\n", owner) as secret:
        program = _PROGRAM.format(host=host, user=_USER, token=path_of(secret))
        with hidden(program.encode(), owner, executable=True) as script:
            yield {"GIT_ASKPASS": path_of(script)}, (secret, script)
