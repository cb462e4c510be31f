# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The registry's images: manifests, indexes, tags, layers, and what marked images do when they run."""

from __future__ import annotations

import hashlib
import json
import threading
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from sandbox.ecs.model import Behaviour

MANIFEST = "application/vnd.docker.distribution.manifest.v2+json"
INDEXES = (
    "application/vnd.docker.distribution.manifest.list.v2+json",
    "application/vnd.oci.image.index.v1+json",
)
CONFIG = "application/vnd.docker.container.image.v1+json"
LAYER = "application/vnd.docker.image.rootfs.diff.tar.gzip"


def digest_of(content: bytes) -> str:
    """A content digest as registries write it."""
    return "sha256:" + hashlib.sha256(content).hexdigest()


@dataclass
class Image:
    """A manifest or an index; ``manifest`` is its text, byte for byte."""

    digest: str
    manifest: str
    media_type: str
    pushed_at: float
    tags: list[str] = field(default_factory=list)

    def parsed(self) -> dict[str, Any]:
        """The manifest as an object, or an empty one when it is not JSON."""
        try:
            found = json.loads(self.manifest)
        except ValueError:
            return {}
        return found if isinstance(found, dict) else {}

    @property
    def is_index(self) -> bool:
        """Whether it lists manifests of platforms."""
        return self.media_type in INDEXES or "manifests" in self.parsed()

    @property
    def subject(self) -> str:
        """The digest of the image that an artifact is about; ``""`` for others."""
        subject = self.parsed().get("subject")
        return str(subject.get("digest", "")) if isinstance(subject, dict) else ""

    @property
    def size(self) -> int:
        """Bytes of the layers."""
        return sum(int(one.get("size", 0)) for one in self.parsed().get("layers", [])) or len(self.manifest)


class Registry:
    """Images by repository. Thread-safe."""

    def __init__(self) -> None:
        self.lock = threading.RLock()
        self._images: dict[str, dict[str, Image]] = {}
        self._tags: dict[str, dict[str, str]] = {}
        self.blobs: dict[str, dict[str, bytes]] = {}
        self.marks: dict[tuple[str, str], Behaviour] = {}

    def repository(self, name: str) -> dict[str, Image]:
        """The images of a repository by digest."""
        return self._images.setdefault(name, {})

    def forget(self, name: str) -> None:
        """Drop a repository."""
        with self.lock:
            self._images.pop(name, None)
            self._tags.pop(name, None)
            self.blobs.pop(name, None)

    def by_tag(self, name: str, tag: str) -> Image | None:
        """The image that a tag points at."""
        digest = self._tags.get(name, {}).get(tag)
        return self.repository(name).get(digest) if digest else None

    def find(self, name: str, reference: dict[str, str]) -> Image | None:
        """By imageDigest, imageTag or both."""
        digest, tag = reference.get("imageDigest"), reference.get("imageTag")
        with self.lock:
            if digest:
                found = self.repository(name).get(digest)
                return found if found and (not tag or tag in found.tags) else None
            return self.by_tag(name, tag) if tag else None

    def referrers(self, name: str, digest: str) -> list[Image]:
        """The artifacts about an image."""
        with self.lock:
            return [one for one in self.repository(name).values() if digest and one.subject == digest]

    def put(self, name: str, manifest: str, media_type: str, tag: str | None, now: float) -> Image:
        """Store a manifest and move the tag to it; the image that had the tag stays, without it."""
        digest = digest_of(manifest.encode())
        with self.lock:
            image = self.repository(name).setdefault(digest, Image(digest, manifest, media_type, now))
            if tag:
                before = self.by_tag(name, tag)
                if before is not None and before is not image:
                    before.tags.remove(tag)
                if tag not in image.tags:
                    image.tags.append(tag)
                self._tags.setdefault(name, {})[tag] = digest
            return image

    def untag(self, name: str, tag: str) -> None:
        """Remove a tag."""
        with self.lock:
            image = self.by_tag(name, tag)
            if image:
                image.tags.remove(tag)
                del self._tags[name][tag]

    def delete(self, name: str, digest: str) -> None:
        """Remove an image and its tags."""
        with self.lock:
            image = self.repository(name).pop(digest, None)
            for tag in image.tags if image else []:
                self._tags[name].pop(tag, None)

    def build(
        self,
        name: str,
        tag: str | None,
        now: float,
        platforms: Sequence[str] = ("linux/amd64",),
        labels: dict[str, str] | None = None,
        index: bool | None = None,
    ) -> Image:
        """Make an image as a build would: config, one layer, manifest, and an index when it has several platforms."""
        manifests = []
        for platform in platforms:
            system, _, architecture = platform.partition("/")
            text = self._manifest(name, tag or "untagged", system, architecture, labels or {})
            image = self.put(name, text, MANIFEST, None, now)
            manifests.append(
                {
                    "mediaType": MANIFEST,
                    "digest": image.digest,
                    "size": len(text),
                    "platform": {"os": system, "architecture": architecture},
                }
            )
        if index is None:
            index = len(platforms) > 1
        if not index:
            return self.put(name, text, MANIFEST, tag, now)
        listing = json.dumps({"schemaVersion": 2, "mediaType": INDEXES[1], "manifests": manifests})
        return self.put(name, listing, INDEXES[1], tag, now)

    def _manifest(self, name: str, tag: str, system: str, architecture: str, labels: dict[str, str]) -> str:
        config = json.dumps(
            {
                "os": system,
                "architecture": architecture,
                "config": {"Labels": {"org.opencontainers.image.revision": tag, **labels}},
                "rootfs": {"type": "layers", "diff_ids": []},
            }
        ).encode()
        layer = f"{name}:{tag}:{architecture}".encode()
        blobs = self.blobs.setdefault(name, {})
        for content in (config, layer):
            blobs[digest_of(content)] = content
        return json.dumps(
            {
                "schemaVersion": 2,
                "mediaType": MANIFEST,
                "config": {"mediaType": CONFIG, "size": len(config), "digest": digest_of(config)},
                "layers": [{"mediaType": LAYER, "size": 180_000_000, "digest": digest_of(layer)}],
            }
        )

    def mark(self, name: str, reference: str, behaviour: Behaviour | None) -> str:
        """Set what an image does when it runs; a tag is resolved to its digest now. Returns the key used."""
        with self.lock:
            found = None if reference.startswith("sha256:") else self.by_tag(name, reference)
            key = found.digest if found else reference
            if behaviour is None:
                self.marks.pop((name, key), None)
            else:
                self.marks[(name, key)] = behaviour
            return key

    def platform_digest(self, _name: str, image: Image, platform: str) -> str | None:
        """The digest of the manifest that runs on a platform, or ``None``."""
        if not image.is_index:
            return image.digest
        system, _, architecture = platform.partition("/")
        for one in image.parsed().get("manifests", []):
            shown = one.get("platform", {})
            if shown.get("os") == system and shown.get("architecture") == architecture:
                return str(one["digest"])
        return None
