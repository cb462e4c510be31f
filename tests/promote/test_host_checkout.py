# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A checkout as a host makes it, from a real server over HTTPS: the token, its refusals, and what a checkout names."""

from __future__ import annotations

import os
import pwd
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from ansible_collections.slipway.deploy.plugins.module_utils.common.errors import SlipwayError
from ansible_collections.slipway.deploy.plugins.module_utils.git.checkout import Checkout, Wanted
from ansible_collections.slipway.deploy.plugins.module_utils.programs.run import account
from ansible_collections.slipway.deploy.plugins.module_utils.releases.archive_source import exported
from tests.support.git_server import GitServer
from tests.support.pace import scaled


def git(directory: Path, *arguments: str) -> str:
    identity = ("-c", "user.name=a", "-c", "user.email=a@example.org")
    return subprocess.check_output(["git", "-C", str(directory), *identity, *arguments], text=True)


@pytest.fixture
def server(tmp_path: Path) -> Iterator[GitServer]:
    work = tmp_path / "work"
    work.mkdir()
    git(work, "init", "--quiet", "--initial-branch=main")
    (work / "file").write_text("first\n")
    git(work, "add", ".")
    git(work, "commit", "--quiet", "--message=first")
    bare = tmp_path / "bare.git"
    git(tmp_path, "clone", "--quiet", "--bare", str(work), str(bare))
    with GitServer() as running:
        running.add("app", bare)
        yield running


def checkout(server: GitServer, dest: Path, token: str, **changed: object) -> Checkout:
    url = server.url("app")
    wanted = Wanted(url, url.split("/")[2], "main", dest, "", 1, str(server.ca), token, "SSM /token", scaled(60), 2)
    return Checkout(wanted._replace(**changed), account(pwd.getpwuid(os.geteuid()).pw_name, "user"))


def test_it_is_made_with_the_token_and_exported(server: GitServer, tmp_path: Path) -> None:
    dest = tmp_path / "checkouts" / "app"
    made = checkout(server, dest, str(server.token))
    assert made.current() is None
    commit = made.resolve()
    made.switch(commit)
    assert made.current() == commit
    assert (dest / "file").read_text() == "first\n"
    assert {user for _method, _path, user, status in server.requests if status == 200} == {"x-access-token"}
    # A program that somebody writes into the checkout's configuration is not run.
    ran = tmp_path / "ran"
    git(dest, "config", "core.fsmonitor", f"touch {ran}; false")
    assert made.current() == commit
    with exported(dest.resolve(), commit, tmp_path, scaled(60)) as archive:
        assert archive.seek(0, os.SEEK_END) > 0
    assert not ran.exists()


@pytest.mark.parametrize(
    ("token", "changed", "says"),
    [
        ("canary", {}, "the server refused the token of SSM /token"),
        ("", {}, "the server asks for a token, and none is there"),
        (None, {"host": "example.org"}, "the server refused the token of SSM /token"),
        (None, {"ca_file": ""}, "the server's certificate is not trusted"),
        (None, {"version": "mian"}, "there is no branch or tag mian"),
    ],
)
def test_what_the_server_refuses(
    server: GitServer, tmp_path: Path, token: str | None, changed: dict[str, object], says: str
) -> None:
    refused = checkout(server, tmp_path / "app", str(server.token) if token is None else token, **changed)
    with pytest.raises(SlipwayError, match=says) as raised:
        refused.resolve()
    assert not token or token not in str(raised.value)
