# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Putting a bundle together."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from ..common.errors import SlipwayError
from . import fetch
from .archive import Entry, write_archive
from .content import (
    WHEELHOUSE,
    Release,
    as_json,
    bundle_id,
    manifest,
)

APPSPEC = "appspec.yml"


@dataclass(frozen=True)
class Wanted:
    """What a bundle is made for: the Pythons and the machines (``x86_64``, ``aarch64``) of its hosts."""

    pythons: Sequence[str]
    machines: Sequence[str]


@dataclass(frozen=True)
class Bundle:
    """A bundle on this machine. ``digest`` is SHA-256 in hexadecimal digits."""

    name: str
    path: Path
    digest: str


def build(root: Path, release: Release, parts: Mapping[str, Entry], wanted: Wanted, directory: Path) -> Bundle:
    """Make the bundle of a release in ``directory``. The same inputs make the same bytes.

    :param root: the project's directory.
    :param parts: what the release needs on a host, by the names in the bundle.
    :param directory: also holds the cache of what was downloaded.
    :raises SlipwayError: when a part cannot be got.
    """
    cache = directory / "cache"
    entries = {
        **fetch.project_files(root, release.environment),
        **fetch.wheelhouse(root, wanted.pythons, wanted.machines, cache),
        **parts,
        "release.json": Entry(as_json(release.document())),
    }
    if APPSPEC not in entries:
        raise SlipwayError(f"there is no {APPSPEC}", "pipelines/codedeploy", "Restore it from git")
    pythons = {python: f"{WHEELHOUSE}requirements-{python}.txt" for python in wanted.pythons}
    described = manifest({name: entry.digest() for name, entry in entries.items()}, release, pythons)
    name = bundle_id(release, described)
    directory.mkdir(parents=True, exist_ok=True)
    path = directory / f"{name}.tar.gz"
    return Bundle(name, path, write_archive(path, {**entries, "bundle.json": Entry(described)}))
