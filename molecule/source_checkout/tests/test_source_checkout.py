# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What the role refuses, and what it leaves on a host."""

from __future__ import annotations

import re

import pytest

CHECKOUT = "/opt/slipway/source/"
REFUSED = {
    "the token is revoked": "the server refused the token of SSM /molecule/github/pat",
    "the token may not read the repository": "may not read the repository",
    "there is no token": "asks for a token, and none is there",
    "the server is down": "the server cannot be reached or broke off",
    "the repository is missing": "there is no such repository",
    "the tag is missing": "there is no branch or tag backend-v0.2.1. .* such as backend-v0.2.0",
    "the commit is missing": "there is no commit 0123456789012345678901234567890123456789",
    "a branch and a tag have the name": "both is a branch and a tag",
    "the module's directory is missing": "there is no directory absent in main",
    "the server's certificate is not trusted": "certificate is not trusted",
    "the server redirects to another host": "the server refused the token",
    "the URL has a password": "has credentials in it",
    "something else has the checkout's path": "is there that is not a checkout of this",
    "the disk is full": "the disk is full",
}


@pytest.mark.parametrize(("case", "message"), REFUSED.items())
def test_a_refusal_gives_its_reason_in_one_line(results, case, message):
    result = results[case]
    assert result["failed"]
    assert re.search(message, result["msg"])
    assert len(result["msg"].splitlines()) == 1
    assert "canary" not in result["msg"]


def test_a_refusal_leaves_the_checkout_as_it_was(results):
    assert set(REFUSED) == set(results) - {"before", "after"}
    assert results["after"]["stdout"] == results["before"]["stdout"]


def test_the_link_points_at_a_checkout_of_its_commit(host):
    target = host.check_output("readlink /opt/slipway/source")
    commit = host.check_output("git -c safe.directory='*' -C %s rev-parse HEAD", CHECKOUT)
    assert target == f"source.checkouts/{commit}"
    assert host.file(CHECKOUT + "umigoCrmBackend/pom.xml").content_string == "two\n"


def test_the_checkout_belongs_to_the_unprivileged_user(host):
    assert host.file(CHECKOUT).user == "slipway-build"
    assert host.file(CHECKOUT).mode == 0o750
    assert host.check_output("find -L %s ! -user slipway-build", CHECKOUT) == ""
    assert host.file("/opt/slipway/source.checkouts").user == "root"


def test_the_live_checkout_and_the_one_before_it_are_kept(host):
    kept = host.check_output("ls -A /opt/slipway/source.checkouts").split()
    assert len(kept) == 2
    assert host.check_output("basename $(readlink /opt/slipway/source)") in kept


def test_nothing_is_left_of_a_failed_checkout(host):
    assert host.check_output("find /opt /mnt -name '.next-*'") == ""


def test_the_token_is_in_no_file_and_no_log(host):
    found = host.run("grep -rIl canarymolecule --exclude-dir=git --exclude-dir=proc --exclude-dir=sys / 2>/dev/null")
    assert found.stdout.split() == ["/srv/canary"]
    assert host.run("journalctl --no-pager | grep canarymolecule").stdout == ""


def test_the_token_was_in_no_process(host):
    assert host.service("watch-processes").is_running
    assert not host.file("/srv/hits").exists, host.file("/srv/hits").content_string


def test_a_public_repository_needs_no_token(host):
    assert host.file("/opt/public/source/umigoCrmBackend/pom.xml").exists
