# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Pins the site's tag: to a commit of its repository, or an archive built from it."""

from __future__ import annotations

import hashlib
import re
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from ansible.module_utils.parsing.convert_bool import boolean

from ..module_utils.artifact.api import resolve_artifact
from ..module_utils.build_requirements.model import Needs
from ..module_utils.build_requirements.node import read_node_needs
from ..module_utils.build_requirements.python import read_python_needs
from ..module_utils.builds.model import BuiltArtifact
from ..module_utils.builds.wanted import BUILD, artifact_place
from ..module_utils.common.errors import SlipwayError
from ..module_utils.gates.notes import FILE, Notes, find_notes
from ..module_utils.gates.tags import Kind
from ..module_utils.git.run import Credentials
from ..module_utils.git.tags import TaggedTree, fetched_tag
from ..module_utils.git.token import Token, find_token
from ..module_utils.hosts.model import Release
from ..module_utils.image.reference import ImageRef
from ..module_utils.image.registry import THERE, Login, image_digest, read_image, read_login, read_manifest
from ..module_utils.kinds.site import SITE
from ..module_utils.notify.github_api import GitHub, GitHubError
from ..module_utils.notify.github_channel import read_settings
from .action import display
from .context import Context
from .gates import ask_gates, tag_prefix
from .smoke import secrets_of_run

CHOSEN = "-e site_release"
#: The default of the last part of an archive's key in a bucket.
FILENAME = "site.tar.gz"
_COMMIT = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")
_SHA256 = re.compile(r"(?:sha256:)?([0-9a-f]{64})")
_CHUNK = 1024 * 1024


def wanted_release(context: Context, host: str) -> tuple[Release, Notes | None, Needs | None]:
    """The release from the command line, its notes if the environment requires them, and what its build needs.

    :raises SlipwayError: there is none, or the environment does not accept it.
    """
    return _found(context, host, _Wanted(context, host, str(context.of_group(host, "release") or "").strip()))


def built_release(context: Context, host: str, built: BuiltArtifact) -> tuple[Release, Notes | None, Needs | None]:
    """The release of a build, which must be what the build says.

    :raises SlipwayError: it is not, or the environment does not accept it.
    """
    return _found(context, host, _Wanted(context, host, built.version or "", built))


def _found(context: Context, host: str, wanted: _Wanted) -> tuple[Release, Notes | None, Needs | None]:
    source = str(context.of_group(host, "source") or "git")
    find = {"git": wanted.of_git, "s3": wanted.of_s3, "archive": wanted.of_archive}.get(source)
    if find is None:
        raise SlipwayError(f"there is no site_source {source}", context.group_file(host), "Write git, s3 or archive")
    if source != "git" and image_of(context, host):
        what = f"site_image goes with site_source git, not {source}: an archive has the backend in it"
        raise SlipwayError(what, context.group_file(host), "Leave one of them out")
    return find()


def image_of(context: Context, host: str) -> ImageRef | None:
    """The backend's image, without a tag; ``None`` if it runs in a virtual environment.

    :raises SlipwayError: the inventory's value is invalid.
    """
    said = str(context.of_group(host, "image") or "").strip()
    return read_image(said, f"{context.group_file(host)}: site_image") if said else None


class _Wanted:
    """A tag, and the inventory's settings for it.

    :param built: what a build says of it; ``None`` for a tag from the command line.
    """

    def __init__(self, context: Context, host: str, tag: str, built: BuiltArtifact | None = None) -> None:
        self._context = context
        self._host = host
        self._tag = tag
        self._built = built
        self._chosen = BUILD if built else CHOSEN
        # An invalid prefix is refused before the fetch.
        self._prefix = tag_prefix(context, host)

    def _gate(self, tags: Sequence[str], branches: Sequence[str]) -> None:
        kind: Kind = "none"
        if self._tag in tags:
            kind = "tag"
        elif self._tag in branches:
            kind = "branch"
        elif _COMMIT.fullmatch(self._tag):
            kind = "commit"
        facts: dict[str, Any] = {"existing": tags, "found_as": kind, "prefix": self._prefix}
        ask_gates(self._context, "name", self._tag, where=self._chosen, host=self._host, **facts)

    def of_git(self) -> tuple[Release, Notes | None, Needs | None]:
        """A tag of the repository."""
        url = self._needed("repository", "Name the repository's URL")
        with fetched_tag(url, SITE.name, credentials_of(self._context, self._host), self._tag, self._gate) as tree:
            image = image_of(self._context, self._host)
            if self._built and self._built.commit and self._built.commit != tree.commit:
                what = (
                    f"the tag {self._tag} is commit {tree.commit[:12]}, but the build is of {self._built.commit[:12]}"
                )
                raise SlipwayError(what, url, "Find out who moved it; build the commit that should run")
            release = Release(
                *(
                    SITE.name,
                    self._tag,
                    self._image_digest(image) if image else f"commit:{tree.commit}",
                    url,
                    self._tag,
                ),
                commit=tree.commit,
                chosen=self._chosen,
                image=str(image) if image else None,
            )
            return release, self._notes(tree), self._needs(tree, image is None)

    def _needs(self, tree: TaggedTree, backend: bool) -> Needs:
        """What the build of the tag needs. Defaults are those of playbooks/plays/group_vars/site.yml.

        :param backend: whether a virtual environment is built for the backend.
        :raises SlipwayError: it cannot be built on any host.
        """
        said, of = self._context.host(self._host), self._context.of_group
        locked = of(self._host, "lock")
        lock = "server/requirements.lock" if locked is None else str(locked)
        names = (said.get("python_service_extras") or [], said.get("python_service_groups") or [])
        built = str(of(self._host, "front_end") or "host") in ("host", "control")
        directory = str(of(self._host, "front_end_directory") or "frontend").strip("/")
        script, tool = str(said.get("front_end_script") or "build"), str(said.get("front_end_tool") or "auto")
        return Needs(
            read_node_needs(tree.file, "" if directory == "." else directory, script, tool) if built else None,
            read_python_needs(tree.file, lock, *names) if backend and lock else None,
        )

    def _image_digest(self, image: ImageRef) -> str:
        """The digest of the tag's image, or of the build's; a later move of the tag has no effect."""
        context = self._context
        authfile = str(context.of_group(self._host, "image_authfile") or "")
        ca_file = context.of_group(self._host, "image_ca_file")
        login = Login(
            read_login(authfile, image.registry) if authfile else "",
            str(ca_file) if ca_file else None,
            boolean(context.of_group(self._host, "image_insecure") or False, strict=False),
        )
        if self._built is None:
            return image_digest(image, self._tag, login)
        digest = self._built.digest or ""
        found = read_manifest(image, digest, login) if digest else None
        if found is None or found.state != THERE:
            what = f"the image of the build cannot be read: {found.why or 'there is no such image'}" if found else ""
            raise SlipwayError(what or "the build names no digest of the image", f"{image}@{digest}", "Build again")
        return digest

    def of_s3(self) -> tuple[Release, Notes | None, None]:
        """An archive in a bucket, ``<branch>/<tag>/site.tar.gz``."""
        context = self._context
        bucket = self._needed("bucket", "Name the bucket that the builds upload to")
        branch = str(context.of_group(self._host, "branch") or "") or None
        filename = str(context.of_group(self._host, "archive_name") or FILENAME)
        digest = self._built.digest if self._built else None
        if self._built:
            where = f"{context.group_file(self._host)}: site_bucket"
            self._tag, branch = artifact_place(self._built, bucket, filename, where)
        self._gate([self._tag] if self._tag else [], [])
        s3 = context.clients("s3")
        found = resolve_artifact(
            *(s3, bucket, self._tag), branch=branch, digest=digest, filename=filename, warn=display.warning
        )
        pinned = Release(
            *(SITE.name, self._tag, found.digest, bucket, found.key, found.branch),
            version_id=found.version_id,
            chosen=self._chosen,
        )
        return pinned, self._notes(None), None

    def of_archive(self) -> tuple[Release, Notes | None, None]:
        """An archive on the control node, or at a URL that the hosts can reach."""
        place = self._needed("archive", "Name the archive: a path of this machine, or a URL")
        self._gate([self._tag] if self._tag else [], [])
        return (
            Release(SITE.name, self._tag, self._digest(place), "", place, chosen=self._chosen),
            self._notes(None),
            None,
        )

    def _digest(self, place: str) -> str:
        said = str(self._context.of_group(self._host, "archive_digest") or "").strip().lower()
        match = _SHA256.fullmatch(said)
        if self._built:
            return self._built_digest(place)
        if match:
            return f"sha256:{match[1]}"
        if said:
            raise SlipwayError("this is not a SHA-256", "site_archive_digest", "Write its 64 hexadecimal digits")
        if place.startswith(("http://", "https://")):
            raise SlipwayError("the archive's digest is not known", place, "Set -e site_archive_digest=<SHA-256>")
        return _digest_of(place)

    def _built_digest(self, place: str) -> str:
        """The digest of the build's archive. Hosts verify that of a URL when they download it."""
        wanted = self._built.digest if self._built else None
        if not wanted:
            raise SlipwayError("the build names no digest of the archive", self._chosen, "Build again")
        if not place.startswith(("http://", "https://")) and _digest_of(place) != wanted:
            raise SlipwayError(f"this is not the archive of the build ({wanted[:19]}…)", place, "Build again")
        return wanted

    def _notes(self, tree: TaggedTree | None) -> Notes | None:
        """The notes that the gate found; ``None`` if the environment requires none."""
        github = bool(self._context.variables.get("github"))

        def notes() -> tuple[Notes | None, list[str]]:
            message, file = (tree.message, tree.file(FILE.format(tag=self._tag))) if tree else (None, None)
            found = find_notes(self._tag, message=message, file=file)
            if found is not None or not github:
                return found, []
            try:
                return find_notes(self._tag, release=self._github_release()), []
            except (GitHubError, SlipwayError) as error:
                return None, [f"GitHub: {error}"]

        results = ask_gates(
            self._context, "release", self._tag, where=self._chosen, host=self._host, notes=notes, github=github
        )
        return next((result.found for result in results if isinstance(result.found, Notes)), None)

    def _github_release(self) -> str | None:
        """The body of GitHub's release."""
        settings = read_settings(self._context.variables["github"])
        token = secrets_of_run(self._context).read(settings.token, "github.token")
        try:
            body = GitHub(settings.api, settings.repository, token, time.sleep).release(self._tag).get("body")
        except GitHubError as error:
            if error.status == 404:
                return None
            raise
        return str(body) if body else None

    def _needed(self, variable: str, remedy: str) -> str:
        value = str(self._context.of_group(self._host, variable) or "")
        if not value:
            raise SlipwayError(f"site_{variable} is not set", self._context.group_file(self._host), remedy)
        return value


def credentials_of(context: Context, host: str) -> Credentials:
    """The token of the site's repository."""
    parameters = context.of_group(host, "token_parameters")
    token = find_token(context.clients, list(parameters)) if parameters else Token()
    ca_file = context.of_group(host, "ca_file")
    variable = f"{context.kind_of(host)}_token_parameters"
    return Credentials(token.value or None, str(ca_file) if ca_file else None, variable)


def _digest_of(place: str) -> str:
    digest = hashlib.sha256()
    try:
        with Path(place).expanduser().open("rb") as file:
            while chunk := file.read(_CHUNK):
                digest.update(chunk)
    except OSError as error:
        remedy = "Build it, or correct site_archive"
        raise SlipwayError(f"it cannot be read ({error.strerror})", place, remedy) from None
    return f"sha256:{digest.hexdigest()}"
