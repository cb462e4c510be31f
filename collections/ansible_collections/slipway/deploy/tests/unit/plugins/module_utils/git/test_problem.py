# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What git says, as one line."""

from __future__ import annotations

from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.slipway.deploy.plugins.module_utils.git.problem import (
    Asked,
    Kind,
    explain,
    kind_of,
    unadvertised,
)

URL = "https://github.com/a/b"
WITH = Asked(URL, "main", "SSM /dev/github/pat")
WITHOUT = Asked(URL, "main", None)


@pytest.mark.parametrize(
    ("errors", "asked", "says"),
    [
        (
            f"remote: Invalid username or token.\nfatal: Authentication failed for '{URL}/'\n",
            WITH,
            (
                "the server refused the token of SSM /dev/github/pat (revoked, expired or mistyped). "
                "Put a token that may read the repository into SSM /dev/github/pat"
            ),
        ),
        (f"fatal: Authentication failed for '{URL}/'\n", WITHOUT, "asks for a token, and none is there"),
        (
            f"fatal: could not read Username for '{URL}': terminal prompts disabled\n",
            WITHOUT,
            "asks for a token, and none is there",
        ),
        (
            f"fatal: unable to access '{URL}/': The requested URL returned error: 403\n",
            WITH,
            "the token of SSM /dev/github/pat may not read the repository",
        ),
        (
            f"remote: Repository not found.\nfatal: repository '{URL}/' not found\n",
            WITH,
            "there is no such repository, or the token of SSM /dev/github/pat may not see it. Check its URL",
        ),
        (f"fatal: repository '{URL}/' not found\n", WITHOUT, "or it is private and there is no token"),
        (
            f"fatal: unable to access '{URL}/': Could not resolve host: github.com\n",
            WITH,
            "the server cannot be reached or broke off (unable to access",
        ),
        (
            f"fatal: unable to access '{URL}/': Failed to connect to github.com port 443 after 1 ms\n",
            WITH,
            "cannot be reached",
        ),
        (
            "error: RPC failed; curl 18 transfer closed with outstanding read data remaining\nfatal: early EOF\n",
            WITH,
            "cannot be reached or broke off",
        ),
        (
            f"fatal: unable to access '{URL}/': SSL certificate problem: unable to get local issuer certificate\n",
            WITH,
            "certificate is not trusted",
        ),
        (
            f"fatal: unable to access '{URL}/': server certificate verification failed. CAfile: none CRLfile: none\n",
            WITH,
            "certificate is not trusted",
        ),
        ("error: file write error: No space left on device\nfatal: unable to write\n", WITH, "the disk is full"),
        ("fatal: remote error: upload-pack: not our ref 0123\n", WITH, "there is no commit main"),
        ("warning: noise\nfatal: something new.\n", WITH, "git failed: something new"),
        ("", WITH, "git failed: no message"),
    ],
)
def test_explain(errors, asked, says):
    said = str(explain(errors, asked))
    assert says in said
    assert len(said.splitlines()) == 1


@pytest.mark.parametrize(
    ("errors", "kind"),
    [
        ("fatal: transport 'ext' not allowed", "transport"),
        ("fatal: detected dubious ownership in repository at '/x'", "owner"),
        ("fatal: unable to access 'https://h/': SSL certificate problem: self-signed certificate", "certificate"),
        ("fatal: unable to access 'https://h/': The requested URL returned error: 403", "forbidden"),
        ("fatal: unable to access 'https://h/': Failed to connect to h port 443", "network"),
        ("git@h: Permission denied (publickey).\nfatal: Could not read from remote repository.", "denied"),
        (" ! [rejected] v1 -> v1 (already exists)", "rejected"),
        ("ERROR: Repository not found.\nfatal: Could not read from remote repository.", "absent"),
        ("fatal: Could not read from remote repository.", "unreachable"),
        ("fatal: bad object", None),
    ],
)
def test_what_it_means(errors, kind):
    assert kind_of(errors, get_args(Kind)) == kind


def test_words_of_warnings_mean_nothing_on_hosts():
    warning = "warning: unable to access '/root/.config/git/attributes': Permission denied\nfatal: something new"
    assert str(explain(warning, WITH)).startswith(f"{URL}: git failed: something new")


def test_a_server_that_gives_tips_only():
    assert unadvertised("error: Server does not allow request for unadvertised object 01")
    assert not unadvertised("fatal: repository not found")


@given(st.text(), st.booleans())
def test_anything_is_one_line(errors, token):
    assert len(str(explain(errors, WITH if token else WITHOUT)).splitlines()) == 1
