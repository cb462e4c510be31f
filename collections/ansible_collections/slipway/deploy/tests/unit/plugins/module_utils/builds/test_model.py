# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A build's manifest: it survives being written, and what is damaged is said in one line."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.slipway.deploy.plugins.module_utils.builds.model import (
    PART_RESULTS,
    RESULTS,
    VERDICTS,
    Build,
    BuiltArtifact,
    BuiltService,
    Gate,
    Promoted,
    Sbom,
    Source,
    build_id,
    document,
    is_build_id,
    order,
    parse,
    serialise,
)
from ansible_collections.slipway.deploy.plugins.module_utils.common.errors import SlipwayError

from .helpers import BUILD, DIGEST

texts = st.text(max_size=8)
maybe = st.none() | texts
commits = st.text("0123456789abcdef", min_size=40, max_size=40)
digests = st.text("0123456789abcdef", min_size=64, max_size=64).map("sha256:{}".format)
gates = st.lists(st.builds(Gate, texts, st.sampled_from(VERDICTS), maybe, st.none() | st.integers()), max_size=2)
services = st.builds(
    BuiltService,
    commit=commits,
    reasons=st.lists(texts, max_size=2).map(tuple),
    result=st.sampled_from(PART_RESULTS),
    image=texts,
    digest=digests,
    tags=st.lists(texts, max_size=2).map(tuple),
    error=maybe,
    log=maybe,
    sbom=st.none() | st.builds(Sbom, texts, digests),
    gates=gates.map(tuple),
)
artifacts = st.builds(
    BuiltArtifact,
    kind=st.sampled_from(["backend", "site", "maven", "npm"]),
    commit=commits,
    result=st.sampled_from(PART_RESULTS),
    version=maybe,
    location=maybe,
    digest=st.none() | digests,
    error=maybe,
    gates=gates.map(tuple),
)


@st.composite
def builds(draw: st.DrawFn) -> Build:
    """Any manifest that can be written."""
    result = draw(st.sampled_from(RESULTS))
    return Build(
        id=build_id(draw(st.integers(0, 4_000_000_000)), draw(commits), draw(st.integers(1, 99))),
        environment=draw(texts),
        created="2026-11-30T19:15:00Z",
        finished=None if result == "running" else "2026-11-30T19:15:01Z",
        result=result,
        source=Source(draw(texts), draw(texts), draw(commits)),
        services=draw(st.dictionaries(texts, services, max_size=2)),
        artifacts=draw(st.dictionaries(texts, artifacts, max_size=2)),
        gates=tuple(draw(gates)),
        promoted_from=draw(st.none() | st.builds(Promoted, texts, texts)),
    )


@given(builds())
def test_a_manifest_survives_being_written(build: Build) -> None:
    assert parse(serialise(build), "here") == build


def test_the_document_has_the_documented_names() -> None:
    found = document(BUILD)
    assert list(found)[:6] == ["schema", "id", "environment", "created", "finished", "result"]
    assert found["services"]["api-gateway"]["sbom"]["format"] == "CycloneDX"
    assert found["artifacts"]["backend"]["location"].startswith("s3://")
    assert json.loads(serialise(BUILD))["schema"] == 1


def test_ids_sort_by_time_and_number() -> None:
    ids = [build_id(1_790_000_000, "abcdef0123", number) for number in (1, 2, 10)]
    assert all(is_build_id(item) for item in ids)
    later = build_id(1_790_000_001, "0000000", 1)
    assert sorted([later, ids[2], ids[1], ids[0]], key=order) == [*ids, later]


@pytest.mark.parametrize("text", ["", "latest", "../x", "20261130T191500Z", "20261130T191500Z-ABCDEF0", "a" * 9000])
def test_what_is_not_an_id(text: str) -> None:
    assert not is_build_id(text)


def _set(path: str, value: Any) -> Callable[[dict[str, Any]], None]:
    def change(raw: Any) -> None:
        *parents, last = path.split("/")
        for name in parents:
            raw = raw[int(name) if isinstance(raw, list) else name]
        raw[last] = value

    return change


@pytest.mark.parametrize(
    ("path", "value", "said"),
    [
        ("schema", 2, "not a build's manifest of schema 1 but 2"),
        ("schema", True, "not a build's manifest of schema 1 but True"),
        ("schema", None, "not a build's manifest of schema 1 but None"),
        ("id", "latest", "id is 'latest', not a build's id"),
        ("created", "2026-13-30T19:15:00Z", "created is '2026-13-30T19:15:00Z', not a time in UTC"),
        ("result", "done", "result is 'done', not one of running, built, unchanged, failed"),
        ("result", "running", "its result is running, but finished is '2026-11-30T19:17:03Z'"),
        ("finished", None, "its result is built, but finished is None"),
        ("services", [], "services is [], not a mapping"),
        ("services/api-gateway", None, "services.api-gateway is None, not a mapping"),
        ("services/api-gateway/digest", "sha256:1", "services.api-gateway.digest is 'sha256:1', not a digest"),
        ("services/api-gateway/digest", None, "services.api-gateway is built and has no digest"),
        ("services/api-gateway/commit", "main", "services.api-gateway.commit is 'main', not a commit's full hash"),
        ("services/api-gateway/gates/0/verdict", "ok", "gates[0].verdict is 'ok', not one of pass, fail, not audited"),
        ("services/api-gateway/result", [], "services.api-gateway.result is [], not one of"),
        ("artifacts/backend/kind", "jar", "artifacts.backend.kind is 'jar', not one of backend, site, maven, npm"),
        ("artifacts/backend/digest", DIGEST.upper(), "artifacts.backend.digest is 'SHA256:"),
        ("source/commit", None, "source has no commit"),
        ("gates/0/count", 1.5, "gates[0].count is 1.5, not a whole number"),
    ],
)
def test_a_damaged_manifest_is_said_in_one_line(path: str, value: Any, said: str) -> None:
    raw = json.loads(serialise(BUILD))
    _set(path, value)(raw)
    with pytest.raises(SlipwayError) as raised:
        parse(json.dumps(raw).encode(), "store/dev/builds/x.json")
    assert str(raised.value).startswith("store/dev/builds/x.json: ")
    assert said in str(raised.value)
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"[" * 100_000, b"\xff", b'{"schema": NaN}'])
def test_what_is_not_a_document_is_an_error(body: bytes) -> None:
    with pytest.raises(SlipwayError):
        parse(body, "here")


@given(
    st.recursive(
        st.none() | st.booleans() | st.floats() | texts, lambda inner: st.lists(inner) | st.dictionaries(texts, inner)
    )
)
def test_any_value_in_any_field_is_an_error_or_a_manifest(value: Any) -> None:
    for name in ("id", "created", "finished", "result", "source", "services", "artifacts", "gates", "promoted_from"):
        with contextlib.suppress(SlipwayError):
            parse(json.dumps({**json.loads(serialise(BUILD)), name: value}).encode(), "here")
