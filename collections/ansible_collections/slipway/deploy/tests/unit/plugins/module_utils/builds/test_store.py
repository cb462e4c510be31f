# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Manifests in the state store: two writers never mix, and a missing one is named."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from ansible_collections.slipway.deploy.plugins.module_utils.builds.model import Build, build_key, serialise
from ansible_collections.slipway.deploy.plugins.module_utils.builds.store import (
    Manifest,
    build_ids,
    find_build,
    latest_build,
    read_build,
)
from ansible_collections.slipway.deploy.plugins.module_utils.common.errors import SlipwayError
from ansible_collections.slipway.deploy.plugins.module_utils.state.local import LocalStore
from ansible_collections.slipway.deploy.plugins.module_utils.state.model import ABSENT, Conflict

from .helpers import BUILD, SOURCE

NEW = Build("", "dev", "", SOURCE)


class Stopped(LocalStore):
    """A store whose clock stands still: ids are taken."""

    def now(self) -> float:
        """Always the same second."""
        return 1_790_000_000.0


def _put(store: LocalStore, build: Build, environment: str = "dev", name: str = "") -> None:
    store.write(build_key(environment, name or build.id), serialise(build), expect=ABSENT)


def test_a_build_is_written_step_by_step(tmp_path: Path) -> None:
    store = LocalStore(tmp_path)
    manifest = Manifest.create(store, NEW)
    assert find_build(store, "dev", manifest.build.id) == manifest.build
    manifest.write(replace(manifest.build, services=BUILD.services))
    manifest.finish(replace(manifest.build, result="built"))
    found = read_build(store, "dev", manifest.build.id)
    assert found == manifest.build
    assert found.usable
    assert found.finished


def test_a_taken_id_gets_a_number(tmp_path: Path) -> None:
    store = Stopped(tmp_path)
    ids = [Manifest.create(store, NEW).build.id for _number in range(11)]
    assert ids[0].endswith("-abcdef0")
    assert ids[1].endswith("-abcdef0-2")
    assert build_ids(store, "dev") == ids[::-1]
    assert latest_build(store, "dev").id == ids[10]


def test_two_writers_never_mix(tmp_path: Path) -> None:
    store = LocalStore(tmp_path)
    manifest = Manifest.create(store, NEW)
    stored = store.read(build_key("dev", manifest.build.id))
    assert stored
    other = Manifest(store, manifest.build, stored.version)
    manifest.write(replace(manifest.build, services=BUILD.services))
    with pytest.raises(Conflict):
        other.finish(replace(other.build, result="failed"))


def test_a_missing_build_is_named(tmp_path: Path) -> None:
    store = LocalStore(tmp_path)
    with pytest.raises(SlipwayError, match="dev has no build yet"):
        latest_build(store, "dev")
    with pytest.raises(SlipwayError, match=r"-e build: dev has no build '\.\./dev'. Build first: "):
        read_build(store, "dev", "../dev")
    _put(store, BUILD)
    # No build is suggested because its id is spelt alike: it is of another commit.
    newer = replace(BUILD, id="20271130T191500Z-3f9c2d1")
    _put(store, newer)
    with pytest.raises(SlipwayError, match=f"There are {newer.id}, {BUILD.id}$"):
        read_build(store, "dev", BUILD.id[:-1])
    with pytest.raises(SlipwayError, match="staging has no build"):
        read_build(store, "staging", BUILD.id)


def test_a_copied_manifest_is_refused(tmp_path: Path) -> None:
    store = LocalStore(tmp_path)
    _put(store, BUILD, "staging")
    with pytest.raises(SlipwayError, match=f"this is the manifest of build {BUILD.id} of dev"):
        read_build(store, "staging", BUILD.id)


def test_other_files_are_not_builds(tmp_path: Path) -> None:
    store = LocalStore(tmp_path)
    _put(store, BUILD)
    store.write("dev/builds/readme.txt", b"", expect=ABSENT)
    store.write("dev/builds/notes.json", b"", expect=ABSENT)
    assert build_ids(store, "dev") == [BUILD.id]
