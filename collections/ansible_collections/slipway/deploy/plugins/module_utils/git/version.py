# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Resolves a version (branch, tag or commit) to a commit, from the server's refs. Pure; Python 3.8."""

from __future__ import annotations

import difflib
import re
from collections.abc import Mapping
from urllib.parse import urlsplit

from ..common.errors import SlipwayError

COMMIT = re.compile(r"[0-9a-f]{40}(?:[0-9a-f]{24})?")
_ABBREVIATED = re.compile(r"[0-9a-f]{7,39}")
_HOST = re.compile(r"[A-Za-z0-9.-]+(?::[0-9]{1,5})?|\[[0-9A-Fa-f:.]+\](?::[0-9]{1,5})?")
# What git-check-ref-format(1) forbids, and a leading dash, which would be an option.
_NO_NAME = re.compile(r"^[-/.]|\.\.|@\{|//|[\x00-\x20\x7f~^:?*\[\\]|[/.]$|\.lock(?:/|$)|/\.|^@$")


def check_repository(url: str, where: str) -> str:
    """The host (with its port) of a repository's URL.

    :raises SlipwayError: it is not an HTTPS URL, or contains credentials, which are not shown.
    """
    try:
        parts = urlsplit(url)
        # The port is only validated when it is accessed.
        valid = parts.scheme == "https" and bool(parts.path.strip("/")) and parts.port != 0
    except ValueError:
        parts, valid = urlsplit(""), False
    if "@" in parts.netloc:
        raise SlipwayError(
            "the repository's URL has credentials in it",
            where,
            "Write it without them: the token comes from the Parameter Store",
        )
    if not valid or not _HOST.fullmatch(parts.netloc) or parts.query or parts.fragment or re.search(r"\s", url):
        raise SlipwayError(
            "the repository is not an HTTPS URL", where, "Write it as in https://github.com/owner/repository"
        )
    return parts.netloc


def check_version(version: str, where: str) -> str:
    """The version, if it is a valid git ref name.

    :raises SlipwayError: no branch, tag or commit can have this name.
    """
    if not version or _NO_NAME.search(version):
        raise SlipwayError(f"{version!r} can be no branch, tag or commit", where, "Write one of them")
    return version


def check_directory(directory: str, where: str) -> str:
    """A path inside the checkout, without a trailing slash.

    :raises SlipwayError: it leads outside.
    """
    parts = [part for part in directory.split("/") if part not in ("", ".")]
    if directory.startswith("/") or ".." in parts or "\x00" in directory:
        raise SlipwayError(f"{directory!r} is not a path inside the checkout", where, "Write it relative to its root")
    return "/".join(parts)


def parse_names(listing: str) -> dict[str, str]:
    """The commits of the server's refs, from the output of ``git ls-remote``; for a tag, the tagged commit."""
    commits: dict[str, str] = {}
    peeled: dict[str, str] = {}
    for line in listing.splitlines():
        commit, _tab, name = line.partition("\t")
        if not COMMIT.fullmatch(commit) or not name:
            continue
        if name.endswith("^{}"):
            peeled[name[:-3]] = commit
        else:
            commits[name] = commit
    commits.update(peeled)
    return commits


def resolve(version: str, names: Mapping[str, str], repository: str) -> str:
    """The commit of a version.

    :param names: the result of :func:`parse_names`.
    :param repository: the URL for errors.
    :raises SlipwayError: it does not exist, or a branch and a tag of that name differ.
    """
    if version.startswith("refs/") and version in names:
        return names[version]
    branch, tag = names.get(f"refs/heads/{version}"), names.get(f"refs/tags/{version}")
    if branch is not None and tag is not None and branch != tag:
        raise SlipwayError(
            f"{version} is a branch and a tag, at different commits",
            repository,
            f"Write refs/tags/{version} or refs/heads/{version}",
        )
    found = tag or branch
    if found is not None:
        return found
    if COMMIT.fullmatch(version):
        return version
    raise SlipwayError(f"there is no branch or tag {version}", repository, _hint(version, names))


def _hint(version: str, names: Mapping[str, str]) -> str:
    if _ABBREVIATED.fullmatch(version):
        return "A commit is written with all its 40 digits"
    known = [name.split("/", 2)[2] for name in names if name.startswith(("refs/heads/", "refs/tags/"))]
    if not known:
        return "The repository has none at all: push to it first"
    near = difflib.get_close_matches(version, known, n=3, cutoff=0.6)
    return f"Push it first, or write one that is there, such as {', '.join(near or sorted(known)[-3:])}"
