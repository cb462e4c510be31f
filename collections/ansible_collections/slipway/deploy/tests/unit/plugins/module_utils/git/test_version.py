# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Which commit a version is, and what is refused before anybody is asked."""

from __future__ import annotations

import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.slipway.deploy.plugins.module_utils.common.errors import SlipwayError
from ansible_collections.slipway.deploy.plugins.module_utils.git.version import (
    check_directory,
    check_repository,
    check_version,
    parse_names,
    resolve,
)

ONE, TWO, THREE = "1" * 40, "2" * 40, "3" * 40
REPOSITORY = "https://git.example.org/umigo.git"
LISTING = f"""\
{ONE}\trefs/heads/main
{TWO}\trefs/heads/feature/42-search
{THREE}\trefs/tags/backend-v0.2.0
{TWO}\trefs/tags/backend-v0.2.0^{{}}
{ONE}\trefs/tags/backend-v0.1.0
{ONE}\trefs/heads/both
{TWO}\trefs/tags/both
{ONE}\trefs/heads/same
{ONE}\trefs/tags/same
"""


@pytest.mark.parametrize(
    ("url", "host"),
    [
        ("https://github.com/starxtechnologysolutions/Umigo", "github.com"),
        ("https://10.0.0.1:8443/umigo.git", "10.0.0.1:8443"),
        ("https://[::1]:8443/umigo.git", "[::1]:8443"),
    ],
)
def test_the_host_of_a_repository(url, host):
    assert check_repository(url, "repository") == host


@pytest.mark.parametrize(
    "url",
    [
        "http://github.com/a/b",
        "git@github.com:a/b",
        "ssh://git@github.com/a/b",
        "file:///etc",
        "https://github.com",
        "https://github.com/a b",
        "https://github.com/a?b",
        "https://host:99999999/a",
        "https://$(id)/a",
        "https://a'b/c",
        "ext::sh -c id",
        "",
    ],
)
def test_other_addresses_are_refused(url):
    with pytest.raises(SlipwayError):
        check_repository(url, "repository")


def test_credentials_in_the_url_are_refused_and_not_repeated():
    with pytest.raises(SlipwayError) as caught:
        check_repository("https://x:ghp_canary@github.com/a/b", "repository")
    assert "canary" not in str(caught.value)


@pytest.mark.parametrize(
    ("version", "commit"),
    [
        ("main", ONE),
        ("feature/42-search", TWO),
        ("backend-v0.2.0", TWO),
        ("refs/tags/both", TWO),
        ("refs/heads/both", ONE),
        ("same", ONE),
        (THREE, THREE),
    ],
)
def test_resolve(version, commit):
    assert resolve(version, parse_names(LISTING), REPOSITORY) == commit


@pytest.mark.parametrize(
    ("version", "says"),
    [
        ("both", "is a branch and a tag"),
        ("backend-v0.2.1", "such as backend-v0.2.0"),
        ("1111111", "all its 40 digits"),
        ("refs/heads/absent", "there is no branch or tag refs/heads/absent. Push it first, or write one that is there"),
    ],
)
def test_what_is_not_there(version, says):
    with pytest.raises(SlipwayError, match=says):
        resolve(version, parse_names(LISTING), REPOSITORY)


def test_an_empty_repository():
    with pytest.raises(SlipwayError, match="has none at all"):
        resolve("main", {}, REPOSITORY)


@pytest.mark.parametrize(
    "version", ["", "-d", "--upload-pack=id", "a b", "a..b", "a:b", "a^", "/a", "a/", "x.lock", "@"]
)
def test_names_that_git_does_not_take(version):
    with pytest.raises(SlipwayError):
        check_version(version, "version")


@pytest.mark.parametrize("version", ["main", "feature/42-search", "backend-v0.2.0", "refs/heads/a", "1.x", "user@host"])
def test_names_that_git_takes(version):
    assert check_version(version, "version") == version


@pytest.mark.parametrize(("given_", "kept"), [("", ""), ("a", "a"), ("a/b/", "a/b"), ("./a//b", "a/b")])
def test_directories(given_, kept):
    assert check_directory(given_, "directory") == kept


@pytest.mark.parametrize("directory", ["/etc", "..", "a/../..", "a/../b"])
def test_directories_outside(directory):
    with pytest.raises(SlipwayError):
        check_directory(directory, "directory")


_NAMES = st.text(string.ascii_letters + string.digits + "/-._", min_size=1, max_size=20)


@given(st.dictionaries(_NAMES, st.text("0123456789abcdef", min_size=40, max_size=40)), st.text())
def test_a_listing_is_read_back_whatever_stands_around_it(tags, noise):
    noise = " ".join(noise.split())
    listing = "".join(f"{commit}\trefs/tags/{name}\n" for name, commit in tags.items())
    names = parse_names(f"warning: {noise}\n{listing}")
    assert names == {f"refs/tags/{name}": commit for name, commit in tags.items()}


@given(st.text())
def test_no_listing_breaks_the_parser(text):
    for name, commit in parse_names(text).items():
        assert len(commit) in (40, 64)
        assert name
