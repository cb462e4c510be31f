# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Fetches a tag or a commit of a remote repository, with its tree and message."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from ..common.errors import SlipwayError
from ..common.suggest import suggest
from .run import Credentials, Git, check_url
from .version import parse_names, resolve

_NEWEST = 5
_SYMLINK = "120000"


class TreeFile(NamedTuple):
    """A file of a tree.

    :ivar path: from the tree's root.
    :ivar blob: the object id of its content.
    :ivar size: bytes.
    :ivar link: it is a symbolic link.
    """

    path: str
    blob: str
    size: int
    link: bool = False


class Tree:
    """The files of a commit that was fetched.

    :ivar commit: its full hash.
    """

    def __init__(self, git: Git, commit: str) -> None:
        self._git = git
        self.commit = commit

    def file(self, path: str) -> str | None:
        """A file's text in the tree, or ``None`` if it does not exist."""
        code, text = self._git.ask("cat-file", "blob", f"{self.commit}:{path}", codes=(0, 128))
        return None if code else text

    def files(self, directory: str) -> tuple[TreeFile, ...] | None:
        """The files below a directory of the tree, or ``None`` when there is no such directory.

        :param directory: from the tree's root, without a slash at its end; ``""`` for the root.
        """
        code, text = self._git.ask("ls-tree", "-r", "-l", "-z", f"{self.commit}:{directory}", codes=(0, 128))
        if code:
            return None
        found = []
        for line in text.split("\0"):
            facts, _tab, name = line.partition("\t")
            mode, kind, blob, size = facts.split() if name else ("", "", "", "")
            if kind == "blob":
                path = f"{directory}/{name}" if directory else name
                found.append(TreeFile(path, blob, int(size), mode == _SYMLINK))
        return tuple(found)


class TaggedTree(Tree):
    """A tag that was fetched.

    :ivar message: an annotated tag's message, empty for a lightweight one.
    """

    def __init__(self, git: Git, tag: str) -> None:
        super().__init__(git, git.ask("rev-parse", "--verify", f"refs/tags/{tag}^{{commit}}")[1].strip())
        kind, message = git.ask("for-each-ref", "--format=%(objecttype)%0a%(contents)", f"refs/tags/{tag}")[1].split(
            "\n", 1
        )
        self.message = message.strip() if kind == "tag" else ""


@contextmanager
def fetched_tag(
    url: str,
    name: str,
    credentials: Credentials,
    tag: str,
    gate: Callable[[Sequence[str], Sequence[str]], None] = lambda _tags, _branches: None,
) -> Iterator[TaggedTree]:
    """Fetch one tag, without history, for the duration of the block.

    :param name: the repository's display name; ``<name>_repository`` is the variable that names it.
    :param gate: called with the names of the tags and branches before the fetch; may refuse.
    :raises SlipwayError: the remote refuses, or the tag does not exist; similar ones are named.
    """
    check_url(url, f"{name}_repository", credentials.variable)
    with tempfile.TemporaryDirectory(prefix="slipway-") as directory:
        git = Git(Path(directory), name, credentials, place=url, url=url)
        git.ask("init", "--quiet", "--bare", "--template=")
        names = [line.partition("\t")[2] for line in git.remote("ls-remote", "--refs", "--", url).splitlines()]
        tags = [item.removeprefix("refs/tags/") for item in names if item.startswith("refs/tags/")]
        gate(tags, [item.removeprefix("refs/heads/") for item in names if item.startswith("refs/heads/")])
        if tag not in tags:
            raise SlipwayError(f"there is no tag {tag}", f"{name} ({url})", suggest(tag, tags) or _there_are(tag, tags))
        git.remote("fetch", "--quiet", "--depth=1", "--no-tags", "--", url, f"refs/tags/{tag}:refs/tags/{tag}")
        yield TaggedTree(git, tag)


def tags_of_commit(url: str, name: str, credentials: Credentials, commit: str) -> list[str]:
    """The names of a remote repository's tags that name a commit, annotated or not.

    :param name: the repository's display name; ``<name>_repository`` is the variable that names it.
    :raises SlipwayError: the remote refuses.
    """
    check_url(url, f"{name}_repository", credentials.variable)
    with tempfile.TemporaryDirectory(prefix="slipway-") as directory:
        git = Git(Path(directory), name, credentials, place=url, url=url)
        git.ask("init", "--quiet", "--bare", "--template=")
        lines = git.remote("ls-remote", "--tags", "--", url).splitlines()
    found = {name.removeprefix("refs/tags/"): value for value, _tab, name in (line.partition("\t") for line in lines)}
    # An annotated tag is listed twice: as an object of its own, and ^{} as its commit.
    peeled = {item.removesuffix("^{}"): value for item, value in found.items() if item.endswith("^{}")}
    return sorted(item for item, value in {**found, **peeled}.items() if value == commit and not item.endswith("^{}"))


@contextmanager
def fetched_versions(url: str, name: str, credentials: Credentials) -> Iterator[Callable[[str], Tree]]:
    """A function that fetches a version (tag, branch or commit) without history, for the duration of the block.

    It raises :class:`SlipwayError` if the version does not exist, or the remote refuses.

    :param name: the repository's display name; ``<name>_repository`` is the variable that names it.
    :raises SlipwayError: when the remote refuses.
    """
    check_url(url, f"{name}_repository", credentials.variable)
    with tempfile.TemporaryDirectory(prefix="slipway-") as directory:
        git = Git(Path(directory), name, credentials, place=url, url=url)
        git.ask("init", "--quiet", "--bare", "--template=")
        names = parse_names(git.remote("ls-remote", "--heads", "--tags", "--", url))

        def fetch(version: str) -> Tree:
            commit = resolve(version, names, url)
            git.remote("fetch", "--quiet", "--depth=1", "--no-tags", "--", url, commit)
            return Tree(git, commit)

        yield fetch


def _there_are(tag: str, tags: list[str]) -> str:
    alike = sorted((item for item in tags if item.partition("-")[0] == tag.partition("-")[0]), reverse=True)
    if not alike:
        return "Make the tag and push it, or correct its name"
    return f"Make the tag and push it; the newest are {', '.join(alike[:_NEWEST])}"
