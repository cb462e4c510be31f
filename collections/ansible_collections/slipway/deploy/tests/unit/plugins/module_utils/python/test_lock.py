# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Lock files: what says exactly what is installed, and what does not."""

from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.slipway.deploy.plugins.module_utils.common.errors import SlipwayError
from ansible_collections.slipway.deploy.plugins.module_utils.python.lock import read_lock

HASH = "--hash=sha256:" + "0" * 64


def read(text):
    return read_lock(text.encode(), "requirements.txt")


@pytest.mark.parametrize(
    ("text", "packages", "hashed"),
    [
        ("", 0, False),
        ("# nothing\n\n", 0, False),
        ("fastapi==0.115.0", 1, False),
        ("fastapi == 0.115.0 ; python_version >= '3.8'  # via app\n", 1, False),
        ("uvicorn[standard]==0.30.1\nSQLAlchemy===2.0.1\n", 2, False),
        (f"a==1 {HASH}", 1, True),
        (f"a==1 \\\n    {HASH} \\\n    {HASH}\n    # via b\nb==2.0.post1 \\\n    {HASH}\n", 2, True),
        ("a @ https://host/a-1.whl#sha256=00\n", 1, False),
        ("--index-url https://host/simple\n--only-binary=:all:\na==1\n", 1, False),
        (f"a==1 {HASH} \\", 1, True),
        ("\ufeffa==1\r\nb==2\r\n", 2, False),
    ],
)
def test_a_lock(text, packages, hashed):
    lock = read(text)
    assert (lock.packages, lock.hashed) == (packages, hashed)
    assert len(lock.digest) == 64


@pytest.mark.parametrize(
    ("text", "line", "what"),
    [
        ("fastapi", 1, "fastapi does not name one version"),
        ("a==1\n\nfastapi>=0.1\n", 3, "fastapi>=0.1 does not name one version"),
        ("a==1.*", 1, "does not name one version"),
        ("a==1,<2", 1, "does not name one version"),
        ("a~=1.0 \\\n    --hash=sha256:00", 1, "a~=1.0 does not name"),
        ("./package", 1, "./package does not name"),
        ("-r other.txt", 1, "-r names another file"),
        ("--constraint=c.txt", 1, "--constraint names another file"),
        ("a==1\n-e .\n", 2, "-e installs what is not in a package"),
    ],
)
def test_what_is_no_lock_says_where(text, line, what):
    with pytest.raises(SlipwayError) as caught:
        read(text)
    assert str(caught.value).startswith(f"requirements.txt, line {line}: ")
    assert what in str(caught.value)


def test_half_of_the_hashes_are_none():
    with pytest.raises(SlipwayError, match="1 of 2 packages have no hash"):
        read(f"a==1 {HASH}\nb==2\n")
    with pytest.raises(SlipwayError, match="it is not text"):
        read_lock(b"\xff\xfe", "requirements.txt")


@given(st.text())
def test_it_is_read_or_refused_in_one_line(text):
    with suppress(SlipwayError):
        lock = read(text)
        assert not lock.hashed or lock.packages
        return
    with pytest.raises(SlipwayError) as caught:
        read(text)
    assert "\n" not in str(caught.value)
