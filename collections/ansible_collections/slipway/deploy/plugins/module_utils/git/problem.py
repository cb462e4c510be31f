# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Translates git's errors into one line with a remedy. Pure; Python 3.8.

The texts are those of git 2.39 and 2.47 (``remote-curl.c``, ``http.c``, ``credential.c``) and libcurl, in the C locale.
"""

from __future__ import annotations

import re
from collections.abc import Container, Mapping, Sequence
from typing import Literal, NamedTuple

from ..common.errors import SlipwayError
from ..common.redact import redact

Kind = Literal[
    "disk",
    "transport",
    "owner",
    "certificate",
    "credentials",
    "forbidden",
    "absent",
    "commit",
    "denied",
    "rejected",
    "network",
    "unreachable",
]
#: Messages of git, curl and ssh by kind of error; the first match counts. ``denied`` and ``unreachable`` are words
#: that warnings use as well: they are only matched where nothing else can have written them.
_KINDS: Sequence[tuple[Kind, str]] = (
    ("disk", r"No space left on device|Disk quota exceeded|disk full"),
    ("transport", r"transport '[^']*' not allowed"),
    ("owner", r"dubious ownership"),
    ("certificate", r"SSL certificate|certificate (verify|verification)|server certificate|CAfile"),
    (
        "credentials",
        (
            r"Authentication failed|could not read (Username|Password)|unable to read askpass response|"
            r"terminal prompts disabled|returned error: 401|Invalid username"
        ),
    ),
    ("forbidden", r"returned error: 403|Permission to .* denied"),
    ("absent", r"repository .*not found|returned error: 404|does not appear to be a git repository|no such remote"),
    ("commit", r"not our ref|unadvertised object|couldn't find remote ref|remote error: upload-pack"),
    ("denied", r"denied"),
    ("rejected", r"already exists|\[rejected\]|\[remote rejected\]"),
    (
        "network",
        (
            r"Could not resolve (host|proxy)|Failed to connect|Couldn't connect|Connection (refused|reset|timed out)|"
            r"Operation (timed out|too slow)|early EOF|RPC failed|transfer closed|Empty reply|No route to host|"
            r"unexpected disconnect|hung up unexpectedly|Network is unreachable|returned error: 5\d\d"
        ),
    ),
    ("unreachable", r"could not resolve|unable to access|not read from"),
)
_ON_HOSTS: frozenset[Kind] = frozenset(
    {"disk", "certificate", "credentials", "forbidden", "absent", "commit", "network"}
)
#: The meaning of a refusal on the control node, and the remedy.
_REFUSALS: Mapping[Kind, tuple[str, str]] = {
    "transport": (
        "the address names a transport that is not used here",
        "Use https, ssh or a path (git remote -v)",
    ),
    "owner": (
        "it belongs to another user, whose configuration git would follow",
        "Use a checkout of your own, or allow this one: git config --global --add safe.directory <path>",
    ),
    "certificate": (
        "the remote's certificate is not trusted",
        "Give its authority's certificate, or correct git's own set-up (http.sslCAInfo)",
    ),
    **dict.fromkeys(
        ("credentials", "forbidden", "denied"),
        (
            "the remote does not accept these credentials",
            "Give {variable} a token with rights there, or correct git's own set-up; it may be revoked or expired",
        ),
    ),
    "absent": (
        "the remote has no such repository, or does not show it to these credentials",
        "Correct the address (git remote -v), or the token's repositories",
    ),
    "rejected": (
        "the remote refused the tag",
        "It may have been created meanwhile, or a rule of the repository forbids it. Run this again to see which",
    ),
    **dict.fromkeys(
        ("network", "unreachable"),
        (
            "the remote does not answer",
            "Look at the network and the address (git remote -v), then run this again",
        ),
    ),
}
_NOISE = re.compile(r"^(warning|hint):", re.IGNORECASE)


class Asked(NamedTuple):
    """The request to the server, for the error's text. ``token_from`` is ``None`` without a token."""

    repository: str
    version: str
    token_from: str | None


def kind_of(errors: str, among: Container[Kind]) -> Kind | None:
    """The kind of git's error; ``None`` for an unknown one."""
    found = (kind for kind, pattern in _KINDS if kind in among and re.search(pattern, errors, re.IGNORECASE))
    return next(found, None)


def unadvertised(errors: str) -> bool:
    """Whether the server does not serve a commit by its hash (or does not have it)."""
    return kind_of(errors, ("commit",)) is not None


def explain(errors: str, asked: Asked) -> SlipwayError:
    """The readable error for git's output."""
    line = _line(errors)
    token = asked.token_from
    kind = kind_of(errors, _ON_HOSTS)
    if kind == "disk":
        return SlipwayError("the disk is full", None, "Free space on the host, then run this again")
    if kind == "certificate":
        return SlipwayError(
            f"the server's certificate is not trusted ({line})",
            asked.repository,
            "Give its authority's certificate as ca_file",
        )
    if kind == "credentials" and token:
        return SlipwayError(
            f"the server refused the token of {token} (revoked, expired or mistyped)",
            asked.repository,
            f"Put a token that may read the repository into {token}",
        )
    if kind == "credentials":
        return SlipwayError(
            "the server asks for a token, and none is there",
            asked.repository,
            "Put one that may read the repository into one of the token's parameters",
        )
    if kind == "forbidden":
        of = f" of {token}" if token else ""
        return SlipwayError(f"the token{of} may not read the repository", asked.repository, "Give it the right to")
    if kind == "absent":
        hidden = f", or the token of {token} may not see it" if token else ", or it is private and there is no token"
        return SlipwayError(f"there is no such repository{hidden}", asked.repository, "Check its URL and the token")
    if kind == "commit":
        return SlipwayError(f"there is no commit {asked.version}", asked.repository, "Push it first")
    if kind == "network":
        return SlipwayError(
            f"the server cannot be reached or broke off ({line})",
            asked.repository,
            "Check the host's network and the server, then run this again",
        )
    return SlipwayError(f"git failed: {line}", asked.repository)


def refused(errors: str, verb: str, where: str, variable: str) -> SlipwayError:
    """The error of a command on the control node, where git has its own configuration.

    :param variable: the variable of the token.
    """
    lines = [line.strip() for line in errors.splitlines() if line.strip()]
    said = next((line for line in lines if re.match(r"(fatal|error|remote|!)", line)), lines[0] if lines else "")
    # An address may contain a password.
    said = re.sub(r"(://)[^\s/@]*@", r"\1", said)[:200]
    kind = kind_of(errors, _REFUSALS)
    if kind is None:
        return SlipwayError(f"git {verb} failed: {said}", where, "Try the same by hand there")
    what, remedy = _REFUSALS[kind]
    return SlipwayError(f"{what} (git {verb}: {said})", where, remedy.format(variable=variable))


def _line(errors: str) -> str:
    lines = [line.strip() for line in errors.splitlines() if line.strip() and not _NOISE.match(line.strip())]
    fatal = [line for line in lines if line.startswith(("fatal:", "error:"))]
    chosen = (fatal or lines or ["no message"])[0]
    return redact(re.sub(r"^(fatal|error):\s*", "", chosen)).rstrip(".")
