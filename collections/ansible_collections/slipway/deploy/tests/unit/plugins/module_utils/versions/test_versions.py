# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""versions.json: what is kept, and that of two promotions at once one wins."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.slipway.deploy.plugins.module_utils.common.errors import SlipwayError
from ansible_collections.slipway.deploy.plugins.module_utils.state.local import LocalStore
from ansible_collections.slipway.deploy.plugins.module_utils.versions.model import (
    EMPTY,
    KEPT,
    Version,
    Versions,
    parse,
    promoted,
    serialise,
)
from ansible_collections.slipway.deploy.plugins.module_utils.versions.store import (
    read_version,
    read_versions,
    write_version,
)

V1 = Version(
    tag="backend-v0.1.0",
    version="0.1.0",
    digest="sha256:" + "a" * 64,
    branch="main",
    key="main/backend-v0.1.0/app.jar",
    commit="1" * 40,
    infra_commit="2" * 40,
    promoted_at="2026-11-20T21:04:11Z",
    promoted_by="anna@laptop",
)
V2 = replace(V1, tag="backend-v0.2.0", version="0.2.0", digest="sha256:" + "b" * 64)
V3 = replace(V1, tag="backend-v0.3.0", version="0.3.0", promoted_by="ben@laptop")

texts = st.text(max_size=8)
versions = st.builds(Version, *(texts for _field in range(9)))


@given(st.lists(st.tuples(st.sampled_from(["backend", "site"]), versions), max_size=30))
def test_a_document_survives_being_written(entries: list[tuple[str, Version]]) -> None:
    document = EMPTY
    for component, version in entries:
        document = promoted(document, component, version)
        assert version.same_as(document.of(component))
    assert parse(serialise(document), "here") == document
    assert len(document.history) <= KEPT


def test_what_is_replaced_is_kept() -> None:
    document = promoted(promoted(EMPTY, "backend", V1), "backend", V2)
    assert [entry["tag"] for entry in document.history] == ["backend-v0.1.0"]
    assert promoted(document, "backend", replace(V2, promoted_at="later", promoted_by="ben")) is document


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b"{", "the versions are damaged: it is not valid JSON"),
        (b"[]", "it is not a JSON object"),
        (b'{"schema": "slipway/versions/2"}', "this is not a slipway/versions/1 document but 'slipway/versions/2'"),
        (b'{"schema": "slipway/versions/1", "history": {}}', "its history is not a list"),
        (b'{"schema": "slipway/versions/1", "backend": 1}', "backend is not a JSON object"),
        (b'{"schema": "slipway/versions/1", "backend": {"tag": 1}}', "backend has no text tag, version, digest"),
    ],
)
def test_a_damaged_document_is_said_in_a_line(body: bytes, said: str) -> None:
    with pytest.raises(SlipwayError) as raised:
        parse(body, "store/dev/versions.json")
    assert str(raised.value).startswith("store/dev/versions.json: ")
    assert said in str(raised.value)


def test_nothing_is_promoted_at_first(tmp_path: Path) -> None:
    assert read_version(LocalStore(tmp_path), "dev", "backend") is None


def test_a_second_run_writes_nothing(tmp_path: Path) -> None:
    store = LocalStore(tmp_path)
    assert write_version(store, "dev", "backend", V1, read_versions(store, "dev"))
    assert not write_version(store, "dev", "backend", V1, read_versions(store, "dev"))
    assert read_version(store, "dev", "backend") == V1
    assert json.loads((tmp_path / "dev" / "versions.json").read_text())["schema"] == "slipway/versions/1"


def test_of_two_promotions_one_wins_and_the_other_says_so(tmp_path: Path) -> None:
    store = LocalStore(tmp_path)
    write_version(store, "dev", "backend", V1, read_versions(store, "dev"))
    one, other = read_versions(store, "dev"), read_versions(store, "dev")
    assert write_version(store, "dev", "backend", V3, one)
    with pytest.raises(SlipwayError) as raised:
        write_version(store, "dev", "backend", V2, other)
    assert "ben@laptop promoted backend-v0.3.0 at 2026-11-20T21:04:11Z, while backend-v0.2.0" in str(raised.value)
    assert read_version(store, "dev", "backend") == V3


def test_the_same_promotion_twice_at_once_is_one(tmp_path: Path) -> None:
    store = LocalStore(tmp_path)
    one, other = read_versions(store, "dev"), read_versions(store, "dev")
    assert write_version(store, "dev", "backend", V1, one)
    assert not write_version(store, "dev", "backend", replace(V1, promoted_by="ben"), other)


def test_another_component_s_promotion_is_no_conflict(tmp_path: Path) -> None:
    store = LocalStore(tmp_path)
    one, other = read_versions(store, "dev"), read_versions(store, "dev")
    assert write_version(store, "dev", "site", V3, one)
    assert write_version(store, "dev", "backend", V1, other)
    assert read_versions(store, "dev").document == Versions({"backend": V1, "site": V3})
