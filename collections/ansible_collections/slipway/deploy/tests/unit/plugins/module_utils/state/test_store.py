# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What every store has to do, whatever it is made of."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from ansible_collections.slipway.deploy.plugins.module_utils.common.errors import SlipwayError
from ansible_collections.slipway.deploy.plugins.module_utils.state.model import ABSENT, Conflict
from ansible_collections.slipway.deploy.plugins.module_utils.state.store import Store, clock_skew, open_store

from .helpers import held


def test_nothing_is_read_where_nothing_was_written(store: Store) -> None:
    assert store.read("dev/lock.json") is None
    assert store.keys("") == []


@pytest.mark.parametrize("body", [b"{}", b"", "ünïcode …".encode(), b"\0\r\n\xff", b"x" * 300_000])
def test_reads_what_was_written(store: Store, body: bytes) -> None:
    version = store.write("dev/a.json", body, expect=None)
    stored = store.read("dev/a.json")
    assert stored is not None
    assert (stored.body, stored.version) == (body, version)


def test_creates_only_once_even_with_the_same_body(store: Store) -> None:
    store.write("dev/a.json", b"1", expect=ABSENT)
    for body in (b"1", b"2"):
        with pytest.raises(Conflict, match="dev/a.json"):
            store.write("dev/a.json", body, expect=ABSENT)
    assert held(store, "dev/a.json").body == b"1"


def test_replaces_the_expected_version_only(store: Store) -> None:
    first = store.write("dev/a.json", b"1", expect=ABSENT)
    second = store.write("dev/a.json", b"2", expect=first)
    assert second != first
    with pytest.raises(Conflict):
        store.write("dev/a.json", b"3", expect=first)
    store.write("dev/a.json", b"4", expect=second)
    assert held(store, "dev/a.json").body == b"4"


def test_expecting_a_version_of_what_does_not_exist_is_a_conflict(store: Store) -> None:
    version = store.write("dev/a.json", b"1", expect=None)
    with pytest.raises(Conflict):
        store.write("dev/b.json", b"1", expect=version)
    assert store.read("dev/b.json") is None


def test_writes_without_expectation(store: Store) -> None:
    for body in (b"1", b"2", b"2"):
        store.write("dev/a.json", body, expect=None)
    assert held(store, "dev/a.json").body == b"2"


def test_lists_keys_in_byte_order_by_prefix_and_page(store: Store) -> None:
    names = ["dev/releases/b", "dev/releases/a", "dev/releases-2/x", "dev/releases/a.json", "dev/lock.json", "prod/a"]
    for name in names:
        store.write(name, b"", expect=ABSENT)
    assert store.keys("") == sorted(names)
    assert store.keys("dev/releases/") == ["dev/releases/a", "dev/releases/a.json", "dev/releases/b"]
    assert store.keys("dev/releases/a") == ["dev/releases/a", "dev/releases/a.json"]
    assert store.keys("dev/rel", limit=2) == ["dev/releases-2/x", "dev/releases/a"]
    assert store.keys("dev/", after="dev/releases/a", limit=1) == ["dev/releases/a.json"]
    assert store.keys("dev/", after="dev/releases/b") == []
    assert store.keys("stage/") == []


@pytest.mark.parametrize("key", ["", "/a", "a/", "a//b", "../a", "a/../b", ".lock", "a/.b", "a b", "a\nb", "a\0", "ä"])
def test_refuses_what_cannot_be_a_key(store: Store, key: str) -> None:
    for call in (lambda: store.read(key), lambda: store.write(key, b"", expect=None)):
        with pytest.raises(SlipwayError, match="cannot be a key"):
            call()


def test_one_of_many_writers_wins_each_round(store: Store) -> None:
    version = store.write("dev/n", b"0", expect=ABSENT)

    def attempt(name: bytes) -> bool:
        try:
            store.write("dev/n", name, expect=version)
        except Conflict:
            return False
        return True

    with ThreadPoolExecutor(4) as pool:
        for turn in range(5):
            won = list(pool.map(attempt, [f"{turn}-{writer}".encode() for writer in range(4)]))
            assert won.count(True) == 1
            stored = store.read("dev/n")
            assert stored is not None
            assert stored.body == f"{turn}-{won.index(True)}".encode()
            version = stored.version


def test_tells_its_own_time(store: Store) -> None:
    before = time.time()
    now = store.now()
    assert before - store.clock_resolution - 0.1 <= now <= time.time()
    assert abs(clock_skew(store)) < 5
    assert store.keys("") == []


@pytest.mark.parametrize(
    ("url", "what"),
    [
        ("", "empty"),
        ("  ", "empty"),
        ("s3://", "name of a bucket"),
        ("s3:///prefix", "name of a bucket"),
        ("s3://Bad_Bucket/x", "name of a bucket"),
        ("s3://bucket/a/../b", "cannot be a key"),
        ("https://example.org/x", "is not a kind of state store"),
        ("file://elsewhere/x", "is not a path on this machine"),
        ("~nobody-of-this-name/x", "home directory"),
    ],
)
def test_refuses_an_address_in_one_line(url: str, what: str) -> None:
    with pytest.raises(SlipwayError, match=what) as caught:
        open_store(url, lambda service: None)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("url", "line"),
    [
        (
            "ftp://files/slipway",
            (
                "'ftp://files/slipway' is not a kind of state store that Slipway knows. "
                "Write s3://bucket/prefix or a directory"
            ),
        ),
        ("s3://Sdt_local/slipway", "'Sdt_local' cannot be the name of a bucket. Write s3://bucket/prefix"),
    ],
)
def test_says_where_the_address_is_written(url: str, line: str) -> None:
    with pytest.raises(SlipwayError) as caught:
        open_store(url, lambda service: None)
    assert str(caught.value) == f"state_store: {line}"


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("s3://bucket-1/a/b/", "s3://bucket-1/a/b"),
        ("s3://bucket-1", "s3://bucket-1"),
        ("file:///var/lib/slipway%20state", "/var/lib/slipway state"),
        ("/var/lib/slipway/", "/var/lib/slipway"),
        ("/work/inventories/local/../../.run/state", "/work/.run/state"),
    ],
)
def test_says_its_address(url: str, shown: str) -> None:
    assert open_store(url, lambda service: None).url == shown
