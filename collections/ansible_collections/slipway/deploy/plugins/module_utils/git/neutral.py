# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Settings that keep git from running programs that a repository names, and a check of addresses. Pure; Python 3.8.

A checkout is untrusted: its ``.git/config`` may name programs for a file system monitor, hooks, filters, credentials,
signatures and transports, and git runs them even for ``status``. The configuration of the user and of the machine is
trusted and stays in force (credentials, proxies, the tagger); what a repository adds is overridden.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from urllib.parse import urlsplit

from ..common.errors import SlipwayError

SETTINGS = {
    "core.fsmonitor": "false",
    "core.hooksPath": "/dev/null",
    # A submodule has its own configuration, which our settings do not override.
    "fetch.recurseSubmodules": "false",
    "push.recurseSubmodules": "no",
    "submodule.recurse": "false",
    "protocol.ext.allow": "never",
    "gc.auto": "0",
    "maintenance.auto": "false",
}
"""What is set for every command."""

PROTOCOLS = "https:http:ssh:file:codecommit"
"""For ``GIT_ALLOW_PROTOCOL``, which goes before every setting: no ``ext::``, no ``fd::``, and no helper of another name
than AWS's own git-remote-codecommit."""

LISTING = ("config", "--list", "-z", "--show-scope")
"""The command whose output :func:`overrides` reads; git executes nothing for it."""

REMOTE_OPTIONS = {
    "ls-remote": ("--upload-pack=git-upload-pack",),
    "fetch": ("--upload-pack=git-upload-pack",),
    "push": ("--receive-pack=git-receive-pack",),
}
"""What a command that talks to a remote is run with besides: of these settings git takes the repository's own first."""

_OWN_SCOPES = frozenset({"system", "global", "command"})
#: Settings that hold a command line, and the value that disables each.
_PROGRAMS: Sequence[tuple[str, str]] = (
    (r"core\.(askpass|editor|pager|alternaterefscommand|gitproxy)", ""),
    (r"core\.sshcommand", "ssh -o BatchMode=yes"),
    (r"sequence\.editor|diff\.external|interactive\.difffilter", ""),
    (r"credential\.(.+\.)?helper", ""),
    (r"filter\..+\.(clean|smudge|process)", ""),
    (r"filter\..+\.required", "false"),
    (r"diff\..+\.(command|textconv)|merge\..+\.driver", ""),
    (r"gpg\.(openpgp\.)?program", "gpg"),
    (r"gpg\.x509\.program", "gpgsm"),
    (r"gpg\.ssh\.program", "ssh-keygen"),
    (r"gpg\.ssh\.defaultkeycommand", ""),
    (r"pager\..+|trailer\..+\.(command|cmd)", ""),
)
# In a partial clone git fetches missing objects, for almost any command, with the program that is set here. Of several
# values it uses the first, which is the repository's.
_LAZY = re.compile(r"remote\..+\.(promisor|partialclonefilter)|extensions\.partialclone", re.DOTALL)
_UPLOAD_PACK = re.compile(r"remote\..+\.uploadpack", re.DOTALL)
_LISTS = re.compile(r"credential\.(.+\.)?helper")
_SCP = re.compile(r"(?:[A-Za-z0-9._-]+@)?[A-Za-z0-9][A-Za-z0-9.-]*:(?!:)[^\s].*")
_SCHEMES = ("https", "http", "ssh", "file", "codecommit")
# https://docs.aws.amazon.com/codecommit/latest/userguide/setting-up-git-remote-codecommit.html
_CODECOMMIT = re.compile(r"codecommit::[a-z0-9-]+://(?:[\w.-]+@)?[\w.-]+")


def options(listing: str = "") -> list[str]:
    """The options before a command that make a repository's own configuration harmless.

    :param listing: what :data:`LISTING` printed in the repository, in all scopes; empty for a new one.
    :raises SlipwayError: a setting's name cannot be overridden.
    """
    settings = [*SETTINGS.items(), *overrides(listing)]
    return ["--no-pager", *(part for name, value in settings for part in ("-c", f"{name}={value}"))]


def overrides(listing: str) -> list[tuple[str, str]]:
    """The settings that override a repository's programs: the user's own value if there is one, else none.

    :raises SlipwayError: a setting's name cannot be overridden.
    """
    entries = _entries(listing)
    _check_lazy(entries)
    own: dict[str, list[str]] = {}
    foreign: dict[str, None] = {}
    for scope, name, value in entries:
        if scope in _OWN_SCOPES:
            own.setdefault(name, []).append(value)
        elif _neutral(name) is not None:
            foreign[name] = None
    found: list[tuple[str, str]] = []
    for name in foreign:
        if "=" in name or "\n" in name:
            raise _names_program(name)
        values = own.get(name, [])
        if _LISTS.fullmatch(name):
            found += [(name, ""), *((name, value) for value in values)]
        else:
            found.append((name, values[-1] if values else str(_neutral(name))))
    return found


def _check_lazy(entries: Sequence[tuple[str, str, str]]) -> None:
    if any(_LAZY.fullmatch(name) for _scope, name, _value in entries):
        for scope, name, value in entries:
            if scope not in _OWN_SCOPES and _UPLOAD_PACK.fullmatch(name) and value != "git-upload-pack":
                raise _names_program(name)


def _names_program(name: str) -> SlipwayError:
    what = f"the repository's own configuration names a program ({name.split(maxsplit=1)[0][:80]})"
    return SlipwayError(what, ".git/config", "Remove that setting: git config --unset")


def _entries(listing: str) -> list[tuple[str, str, str]]:
    """(scope, name, value) of each setting: ``scope NUL name LF value NUL``."""
    parts = listing.split("\0")
    entries = []
    for index in range(1, len(parts), 2):
        name, _newline, value = parts[index].partition("\n")
        entries.append((parts[index - 1], name, value))
    return entries


def _neutral(name: str) -> str | None:
    """The value that disables a program; ``None`` for a setting that does not name one."""
    return next((value for pattern, value in _PROGRAMS if re.fullmatch(pattern, name, re.DOTALL)), None)


def check_address(url: str, where: str) -> str:
    """``url`` itself, if it is an address for git that does not make it run a program.

    :raises SlipwayError: it begins with a dash, has another transport, or is not an address.
    """
    remedy = "Write https://host/owner/repository, ssh://git@host/path or git@host:path"
    if url.startswith("-"):
        raise SlipwayError(f"the address {url[:40]!r} begins with -: git would take it for an option", where, remedy)
    try:
        parts = urlsplit(url)
    except ValueError:
        parts = urlsplit("")
    known = "://" in url and "::" not in url.partition("://")[0] and parts.scheme in _SCHEMES
    host = parts.netloc.rpartition("@")[2]
    whole = (bool(parts.path) or parts.scheme == "codecommit") and (parts.scheme == "file" or bool(host))
    whole = whole and not host.startswith("-")
    here = url.startswith("/") or ("://" not in url and _SCP.fullmatch(url)) or _CODECOMMIT.fullmatch(url)
    if url.isprintable() and (here or (known and whole)):
        return url
    transport = url.partition("::")[0] if "::" in url.partition("/")[0] else ""
    what = (
        f"the transport {transport[:20]}:: runs a program" if transport else "this is not the address of a repository"
    )
    raise SlipwayError(what, where, remedy)


def check_name(name: str, what: str, where: str) -> str:
    """``name`` itself, if git cannot read it as an option.

    :param what: what it names, for errors: ``remote``.
    :raises SlipwayError: it is empty, begins with a dash or has control characters.
    """
    if not name or name.startswith("-") or not name.isprintable() or any(char.isspace() for char in name):
        raise SlipwayError(f"{name[:40]!r} is not the name of a {what}", where, f"Write the {what}'s name")
    return name
