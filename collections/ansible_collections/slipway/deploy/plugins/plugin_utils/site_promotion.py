# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The site's release of another environment: the same commit, archive or image, under a tag of this environment."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from ..module_utils.builds.api import EcrRepository, copy_image
from ..module_utils.builds.model import BuiltArtifact
from ..module_utils.builds.promotion import Part, reason_of
from ..module_utils.common.command import again
from ..module_utils.common.errors import SlipwayError
from ..module_utils.fleet.api import resolve_image
from ..module_utils.gates.tags import newest, parse_tag
from ..module_utils.git.tags import tags_of_commit
from ..module_utils.hosts.model import Release
from ..module_utils.image.reference import ImageRef, parse_image
from ..module_utils.kinds.site import SITE
from .backend_promotion import promoted_file
from .context import Context
from .gates import tag_prefix
from .kinds.model import PromotedRelease
from .site_tag import CHOSEN, FILENAME, credentials_of, image_of

_GIT, _S3 = "git", "s3"


def promoted_site(
    context: Context, source: Context, host: str, document: Mapping[str, Any], tag: str
) -> PromotedRelease:
    """The release that runs in another environment, as this environment has it.

    :param tag: its tag here; empty: the newest tag of this environment at the same commit, or its own tag where any is
        accepted.
    :raises SlipwayError: there is no such tag, or the environments have the site in different forms.
    """
    release = Release.from_record(SITE.name, document)
    kind, theirs = (str(of.of_group(name, "source") or _GIT) for of, name in ((context, host), _first(source)))
    if kind != theirs:
        what = f"site_source is {kind}, but {theirs} in {source.environment}"
        raise SlipwayError(what, context.group_file(host), "A promotion needs the same form of release in both")
    find = {_GIT: _of_git, _S3: _of_s3}.get(kind, _of_archive)
    part, copy = find(context, source, host, release, tag)
    at_place = part.target if kind == _S3 else None
    digest = None if release.digest.startswith("commit:") else release.digest
    artifact = BuiltArtifact(
        *(SITE.name, release.commit or "", "built", part.runs, at_place, digest),
        reasons=(reason_of(source.environment, str(document["record"])),),
    )
    return PromotedRelease(replace(part, artifact=artifact), copy)


def _first(source: Context) -> tuple[Context, str]:
    return source, source.hosts_by_kind[SITE.name][0]


def _of_git(
    context: Context, source: Context, host: str, release: Release, tag: str
) -> tuple[Part, Callable[[], None]]:
    url = str(context.of_group(host, "repository") or "")
    tags = tags_of_commit(url, SITE.name, credentials_of(context, host), release.commit or "") if url else []
    name = tag or _accepted(context, host, tags, release.tag)
    if name not in tags:
        commit = (release.commit or "")[:12]
        what = f"no tag {name} names the commit {commit} that runs" if name else _lacks(context, host)
        make = f"Tag it and push the tag: git tag -a {name or '<tag>'} {commit}"
        raise SlipwayError(what, f"site ({url or 'site_repository'})", f"{make}; or {again(site_release='…')}")
    image = image_of(context, host)
    if (image is None) != (release.image is None):
        what = f"site_image is {image or 'not set'} here, but {release.image or 'not set'} in {source.environment}"
        raise SlipwayError(what, context.group_file(host), "Run the site in the same way in both")
    if image is not None and release.image is not None and str(image) != release.image:
        return _copied(context, source, release, name, image)
    return _part(release, name, release.image or url, present=True), _nothing


def _copied(
    context: Context, source: Context, release: Release, name: str, image: ImageRef
) -> tuple[Part, Callable[[], None]]:
    """The backend's image in this environment's own repository."""
    origin = EcrRepository(source.clients, parse_image(release.image or ""))
    place = EcrRepository(context.clients, image)
    there = resolve_image(context.clients, image.registry, image.repository, release.digest)
    part = _part(release, name, release.image or "", present=bool(there.digest))
    return replace(part, target=str(image)), lambda: copy_image(origin, place, release.digest, [name])


def _of_s3(context: Context, source: Context, host: str, release: Release, tag: str) -> tuple[Part, Callable[[], None]]:
    bucket = str(context.of_group(host, "bucket") or "")
    if not bucket:
        raise SlipwayError("site_bucket is not set", context.group_file(host), "Name the bucket of the archives")
    name = tag or _accepted(context, host, [release.tag], release.tag)
    if not name:
        raise SlipwayError(_lacks(context, host), CHOSEN, f"Name a tag of it: {again(site_release='…')}")
    filename = str(context.of_group(host, "archive_name") or FILENAME)
    return promoted_file(context, source, release, bucket, name, filename)


def _of_archive(
    context: Context, _source: Context, host: str, release: Release, tag: str
) -> tuple[Part, Callable[[], None]]:
    name = tag or _accepted(context, host, [release.tag], release.tag)
    if not name:
        raise SlipwayError(_lacks(context, host), CHOSEN, f"Name a tag of it: {again(site_release='…')}")
    place = str(context.of_group(host, "archive") or "")
    return _part(release, name, place, present=True), _nothing


def _part(release: Release, name: str, place: str, *, present: bool) -> Part:
    return Part(
        name=SITE.name, kind=SITE.name, digest=release.digest, runs=name, source=place, target=place, present=present
    )


def _accepted(context: Context, host: str, tags: list[str], own: str) -> str:
    """The tag that this environment accepts; empty without one."""
    prefix = tag_prefix(context, host)
    if not prefix:
        return own
    found = newest(prefix, [tag for tag in tags if parse_tag(tag) is not None])
    return str(found) if found else ""


def _lacks(context: Context, host: str) -> str:
    return f"what runs has no tag of {context.environment} ({tag_prefix(context, host)}-YYYYMMDD)"


def _nothing() -> None:
    """Everything is where it is needed."""
