# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Reads a repository for a promotion, and tags it and pushes the tag."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from ..common.errors import SlipwayError
from .neutral import check_name
from .plan import Seen
from .run import (
    Credentials,
    Git,
    check_url,
    refuse_password,
)

_COMMIT = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")


class Repository:
    """A repository to tag.

    :param git: runs git there.
    :param remote: the name or address of the remote that the tag goes to.
    :param commit: the commit to tag, as a git revision.
    """

    def __init__(self, git: Git, remote: str, commit: str) -> None:
        self._git = git
        self.remote = remote
        self._wanted = commit

    def see(self, tag: str, branch: str = "") -> Seen:
        """Observe the repository. Only objects are fetched: no branch, tag or file changes here.

        :param branch: the branch of the remote that must have the commit; by default any.
        :raises SlipwayError: git or the remote refuses.
        """
        commit = self.resolve()
        references = self._references()
        heads = {name: value for name, value in references.items() if name.startswith("refs/heads/")}
        if branch:
            heads = {name: value for name, value in heads.items() if name == f"refs/heads/{branch}"}
        local = self._git.ask("rev-parse", "--verify", "--quiet", f"refs/tags/{tag}^{{commit}}", codes=(0, 1))[1]
        name = f"refs/tags/{tag}"
        return Seen(
            name=self._git.name,
            place=self._git.place,
            remote=self.remote,
            commit=commit,
            changes=self._changes(),
            published=self._is_published(commit, heads),
            local=local.strip() or None,
            remote_tag=references.get(f"{name}^{{}}") or references.get(name),
            identity=self._git.ask("var", "GIT_COMMITTER_IDENT", codes=(0, 1, 128))[0] == 0,
            branch=branch,
        )

    def tags(self) -> dict[str, str]:
        """The tags of the remote, name → commit.

        :raises SlipwayError: the remote refuses.
        """
        references = self._references()
        names = [name for name in references if name.startswith("refs/tags/") and not name.endswith("^{}")]
        return {name.removeprefix("refs/tags/"): references.get(f"{name}^{{}}", references[name]) for name in names}

    def at(self, revision: str) -> Repository:
        """This repository with another commit to tag; the same one for an empty revision."""
        return Repository(self._git, self.remote, revision or self._wanted)

    def resolve(self) -> str:
        """The commit to tag.

        :raises SlipwayError: it does not exist.
        """
        revision = f"{self._wanted}^{{commit}}"
        _code, text = self._git.ask("rev-parse", "--verify", "--quiet", "--end-of-options", revision, codes=(0, 1, 128))
        # Older versions of git print --end-of-options as well.
        found = [line for line in text.split() if _COMMIT.fullmatch(line)]
        if not found:
            what = f"there is no commit {self._wanted[:60]!r}"
            raise SlipwayError(what, f"{self._git.name} ({self._git.place})", "Fetch it, or name another one")
        return found[-1]

    def file(self, commit: str, path: str) -> str:
        """A file's text at a commit.

        :raises SlipwayError: when the commit has no such file.
        """
        # git show would run a converter that the checkout's configuration names.
        code, text = self._git.ask("cat-file", "blob", f"{commit}:{path}", codes=(0, 128))
        if code:
            what = f"commit {commit[:12]} has no {path}"
            where = f"{self._git.name} ({self._git.place})"
            raise SlipwayError(what, where, "Name the module's directory with backend_module")
        return text

    def tag(self, tag: str, commit: str, message: str) -> None:
        """Create an annotated tag here.

        :raises SlipwayError: it exists already, or git refuses.
        """
        # Otherwise lines that begin with # are comments, and a message may have headings.
        options = ("--annotate", "--cleanup=whitespace", "--file=-")
        self._git.ask("tag", *options, "--", tag, commit, stdin=f"{message}\n")

    def untag(self, tag: str) -> None:
        """Remove a tag here that was not pushed."""
        self._git.ask("tag", "--delete", "--", tag, codes=(0, 1))

    def push(self, tag: str, *, try_only: bool = False) -> None:
        """Push the tag to the remote, which refuses to replace one.

        :param try_only: only ask whether the remote would take it.
        :raises SlipwayError: the remote rejects it.
        """
        options = ("--quiet", "--no-verify", *(("--dry-run",) if try_only else ()))
        self._git.remote("push", *options, "--", self.remote, f"refs/tags/{tag}:refs/tags/{tag}")

    def _references(self) -> dict[str, str]:
        text = self._git.remote("ls-remote", "--heads", "--tags", "--", self.remote)
        pairs = (line.split("\t", 1) for line in text.splitlines() if "\t" in line)
        return {name: value for value, name in pairs}

    def _changes(self) -> tuple[str, ...]:
        if self._git.ask("rev-parse", "--is-bare-repository")[1].strip() == "true":
            return ()
        # A submodule's own changes are not in the tagged commit; git would follow its configuration to see them.
        text = self._git.ask("status", "--porcelain", "--untracked-files=normal", "--ignore-submodules=dirty")[1]
        return tuple(line[3:] for line in text.splitlines() if line)

    def _is_published(self, commit: str, heads: Mapping[str, str]) -> bool:
        if not heads or commit in heads.values():
            return bool(heads)
        names = "".join(f"{name}\n" for name in heads)
        options = ("--quiet", "--no-tags", "--no-write-fetch-head", "--refmap=", "--stdin")
        self._git.remote("fetch", *options, "--", self.remote, stdin=names)
        excluded = "".join(f"^{head}\n" for head in set(heads.values()))
        missing = self._git.ask("rev-list", "--max-count=1", "--stdin", stdin=f"{commit}\n{excluded}")[1]
        return not missing.strip()


def open_checkout(
    directory: str,
    name: str,
    credentials: Credentials,
    remote: str,
    commit: str,
    variables: tuple[str, str] = ("", "promote_remote"),
) -> Repository:
    """The repository that a directory is in.

    :param directory: a working tree, or a directory in it.
    :param remote: the name of the remote.
    :param commit: the commit to tag.
    :param variables: those that name the directory (by default ``<name>_path``) and the remote, for errors.
    :raises SlipwayError: when there is no such directory, repository or remote.
    """
    path = Path(directory).expanduser().absolute()
    where = f"-e {variables[0] or f'{name}_path'}"
    if not path.is_dir():
        raise SlipwayError(f"{path} is not a directory", where, f"Name the {name}'s checkout")
    git = Git(path, name, credentials)
    code, top = git.ask("rev-parse", "--show-toplevel", codes=(0, 128))
    if code:
        raise SlipwayError(f"{path} is in no git checkout", where, f"Name the {name}'s checkout")
    git = Git(Path(top.strip()), name, credentials)
    check_name(remote, "remote", variables[1])
    code, url = git.ask("remote", "get-url", "--", remote, codes=(0, 2, 128))
    if code:
        known = ", ".join(git.ask("remote")[1].split()) or "none"
        remedy = f"Name one with {variables[1]} (there are: {known})"
        raise SlipwayError(f"it has no remote {remote}", f"{name} ({git.place})", remedy)
    if credentials.token is not None:
        refuse_password(url.strip(), f"remote {remote} of {git.place}", credentials.variable)
    return Repository(Git(git.directory, name, credentials, url=url.strip()), remote, commit)


@contextmanager
def fetched(url: str, name: str, credentials: Credentials, tag: str, branch: str) -> Iterator[Repository]:
    """A repository without a checkout: fetched for the duration of the block.

    The commit to tag is the tag's if it exists, else the head of ``branch``.

    :raises SlipwayError: when the remote refuses, or has no such branch.
    """
    check_url(url, f"{name}_repository")
    check_name(branch, "branch", f"{name}_branch")
    with tempfile.TemporaryDirectory(prefix="slipway-") as directory:
        git = Git(Path(directory), name, credentials, place=url, url=url)
        git.ask("init", "--quiet", "--bare", "--template=")
        git.remote("fetch", "--quiet", "--no-tags", "--", url, "refs/heads/*:refs/heads/*", "refs/tags/*:refs/tags/*")
        known = git.ask("rev-parse", "--verify", "--quiet", f"refs/tags/{tag}", codes=(0, 1))[1].strip()
        wanted = f"refs/tags/{tag}" if known else f"refs/heads/{branch}"
        if not known and git.ask("rev-parse", "--verify", "--quiet", wanted, codes=(0, 1))[0]:
            raise SlipwayError(f"there is no branch {branch}", f"{name} ({url})", f"Correct {name}_branch")
        yield Repository(git, url, wanted)
