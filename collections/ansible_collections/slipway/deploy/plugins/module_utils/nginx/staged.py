# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A site's configuration as a generation: an immutable file, and a link that a switch points to it.

So nginx is switched and undone with the release: see :mod:`..switch.service`.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from contextlib import suppress
from pathlib import Path

from ..files.atomic import AnyPath, beside, content_is, ensure_directory, filing, sync_directory, write_atomic
from .configure import Server

#: The directory of generations. A link into it belongs to nginx.
GENERATIONS = "/etc/nginx/slipway"
#: How many generations of a site are kept.
_KEPT = 20
_SERVER = "server.json"


def target_of(generations: AnyPath, path: str, content: bytes) -> Path:
    """The path of a site's configuration with this content."""
    digest = hashlib.sha256(content).hexdigest()[:16]
    return Path(generations, f"{Path(path).stem}-{digest}.conf")


def write_generation(generations: AnyPath, path: str, content: bytes) -> Path:
    """Write a generation with this content; return its path.

    :raises SlipwayError: it cannot be written.
    """
    target = target_of(generations, path, content)
    ensure_directory(target.parent)
    if not content_is(target, content):
        write_atomic(target, content, 0o644)
    return target


def adopt(generations: AnyPath, path: str) -> None:
    """Replace a file by a link to the same content, so that a switch can return to it.

    :raises SlipwayError: it cannot be done.
    """
    file = Path(path)
    if file.is_symlink() or not file.is_file():
        return
    with filing("read it", file):
        content = file.read_bytes()
    new = beside(file)
    target = write_generation(generations, path, content)
    with filing(f"point a link at {target}", file):
        with suppress(FileNotFoundError):
            new.unlink()
        new.symlink_to(target)
        new.replace(file)
        sync_directory(file.parent)


def note_server(generations: AnyPath, program: str, unit: str) -> None:
    """Store which nginx it is, for a switch, which only knows links.

    :raises SlipwayError: it cannot be written.
    """
    write_atomic(Path(generations, _SERVER), json.dumps({"program": program, "unit": unit}).encode(), 0o644)


def noted_server(generations: AnyPath) -> Server:
    """The nginx that reads the links into this directory."""
    try:
        said = json.loads(Path(generations, _SERVER).read_bytes())
        return Server(str(said["program"]), str(said["unit"]))
    except (OSError, ValueError, KeyError, TypeError):
        return Server("/usr/sbin/nginx", "nginx")


def served(links: Mapping[str, str], generations: AnyPath) -> frozenset[str]:
    """Which of these links are nginx's. Pure."""
    return frozenset(path for path, target in links.items() if Path(generations) in Path(target).parents)


def prune(generations: AnyPath, path: str, protected: Iterable[Path]) -> None:
    """Remove the oldest generations of a site. Failures are ignored."""
    stem, kept = Path(path).stem, set(protected)
    found = [item for item in Path(generations).glob("*.conf") if item.stem.rpartition("-")[0] == stem]
    for item in sorted(found, key=lambda item: item.stat().st_mtime, reverse=True)[_KEPT:]:
        if item not in kept:
            with suppress(OSError):
                item.unlink()
