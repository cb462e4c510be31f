# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Asks a container registry which image a tag names, gives images tags, and attaches artifacts to them.

https://distribution.github.io/distribution/spec/api/. No error shows the credentials.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
import re
import ssl
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any, NamedTuple
from urllib.parse import urlencode, urljoin, urlsplit

from ..common.documents import loads, loads_or_none
from ..common.errors import SlipwayError
from ..common.neutral import neutral_line
from ..http_client.client import Answer, Unreachable, ask, opener
from .reference import DOCKER_HUB, ImageRef, is_digest, is_tag, parse_image

_MANIFESTS = ", ".join(
    (
        "application/vnd.oci.image.index.v1+json",
        "application/vnd.oci.image.manifest.v1+json",
        "application/vnd.docker.distribution.manifest.list.v2+json",
        "application/vnd.docker.distribution.manifest.v2+json",
    )
)
_DIGEST_HEADER = "docker-content-digest"
_PARAMETER = re.compile(r'([a-z]+)="([^"]*)"')
_TIMEOUT = 20.0
_REDIRECTS = (301, 302, 303, 307, 308)
_MOST_BODY = 4 * 1024 * 1024
#: The one registry whose API has another host than its images' names.
_APIS = {DOCKER_HUB: "registry-1.docker.io"}
#: An image's state in a registry: it exists, it does not, or unknown.
THERE, ABSENT, UNKNOWN = "there", "absent", "unknown"


class Login(NamedTuple):
    """How to access a registry.

    :param basic: ``user:password`` in base64; empty for anonymous access.
    :param ca_file: authorities that are trusted besides the system's.
    :param insecure: HTTP, as for a registry of this machine.
    """

    basic: str = ""
    ca_file: str | None = None
    insecure: bool = False


def read_image(text: str, where: str) -> ImageRef:
    """An image without a tag: a registry, and a repository in it.

    :raises SlipwayError: it is malformed.
    """
    try:
        image = parse_image(text)
    except SlipwayError:
        image = None
    if image is None or not image.registry or image.tag or image.digest:
        remedy = "Write registry/repository, as in registry.example.org/salitemihret/backend; the release is its tag"
        raise SlipwayError(f"{text!r} is not an image's name", where, remedy)
    return image


def read_login(path: str, registry: str) -> str:
    """The credentials for a registry in the file of ``podman login``, ``user:password`` in base64.

    :raises SlipwayError: it cannot be read or has no entry for it.
    """
    remedy = f"Create it again: podman login --authfile {path} {registry}"
    try:
        document = loads(Path(path).expanduser().read_text(encoding="utf-8"))
        login = str(document["auths"][registry]["auth"])
        base64.b64decode(login, validate=True)
    except OSError as error:
        raise SlipwayError(f"it cannot be read ({error.strerror})", path, remedy) from None
    except (KeyError, TypeError, ValueError, binascii.Error):
        raise SlipwayError(f"it has no login for {registry}", path, remedy) from None
    return login


def image_digest(image: ImageRef, tag: str, login: Login) -> str:
    """The digest of the image that a tag names.

    :param image: its registry and repository.
    :raises SlipwayError: it does not exist, or the registry does not answer.
    """
    if not is_tag(tag):
        raise SlipwayError(f"{tag!r} cannot be an image's tag", str(image), "Deploy a tag")
    return _Registry(image, login).digest(tag)


class Manifest(NamedTuple):
    """A registry's answer about an image.

    :param state: :data:`THERE`, :data:`ABSENT` or :data:`UNKNOWN`, with the reason in ``why``.
    """

    state: str
    digest: str = ""
    media_type: str = ""
    document: Mapping[str, Any] = MappingProxyType({})
    why: str = ""


def read_manifest(image: ImageRef, version: str, login: Login = Login()) -> Manifest:  # noqa: B008 - it is immutable
    """The manifest of a version (a tag or a digest). Nothing is raised: without an answer the state is unknown."""
    try:
        return _Registry(image, login).manifest(version)
    except SlipwayError as error:
        return Manifest(UNKNOWN, why=f"{image.host}: {error.what}")


def read_blob(image: ImageRef, digest: str, login: Login = Login()) -> bytes:  # noqa: B008 - it is immutable
    """A small blob (an image's config).

    :raises SlipwayError: the registry does not return it, or returns another one.
    """
    return _Registry(image, login).blob(digest)


class Content(NamedTuple):
    """What a manifest refers to: bytes and their type."""

    media_type: str
    body: bytes

    @property
    def digest(self) -> str:
        """The digest under which a registry has it."""
        return f"sha256:{hashlib.sha256(self.body).hexdigest()}"

    @property
    def descriptor(self) -> dict[str, Any]:
        """How a manifest refers to it."""
        return {"mediaType": self.media_type, "digest": self.digest, "size": len(self.body)}


#: The config of an artifact that has none (OCI image specification 1.1).
_EMPTY = Content("application/vnd.oci.empty.v1+json", b"{}")
_OCI_MANIFEST = "application/vnd.oci.image.manifest.v1+json"


def set_tag(image: ImageRef, digest: str, tag: str, login: Login) -> None:
    """Give an image of the registry a tag.

    :raises SlipwayError: it refuses, or does not answer.
    """
    registry = _Registry(image, login)
    registry.put(registry.whole(digest), tag)


def attach(image: ImageRef, digest: str, artifact: Content, login: Login) -> str:
    """Upload an artifact about an image, which the registry lists as its referrer; return the artifact's digest.

    :raises SlipwayError: it refuses, or does not answer.
    """
    registry = _Registry(image, login)
    subject = {**registry.whole(digest).descriptor, "digest": digest}
    manifest = {
        "schemaVersion": 2,
        "mediaType": _OCI_MANIFEST,
        "artifactType": artifact.media_type,
        "config": _EMPTY.descriptor,
        "layers": [artifact.descriptor],
        "subject": subject,
    }
    for content in (_EMPTY, artifact):
        registry.upload(content)
    made = Content(_OCI_MANIFEST, json.dumps(manifest, sort_keys=True).encode())
    registry.put(made, made.digest)
    return made.digest


class _Registry:
    def __init__(self, image: ImageRef, login: Login) -> None:
        self._image, self._login = image, login
        host = _APIS.get(image.host, image.host)
        self._place = f"{'http' if login.insecure else 'https'}://{host}/v2/{image.path}"
        self._base = f"{self._place}/manifests/"
        try:
            context = ssl.create_default_context()
            if login.ca_file:
                context.load_verify_locations(Path(login.ca_file).expanduser())
        except OSError as error:
            raise SlipwayError(f"it contains no CA certificates ({error.strerror})", login.ca_file) from None
        self._opener = opener(context=context)

    def digest(self, tag: str) -> str:
        """The digest from the registry's header, or else of its document."""
        name = f"{self._image}:{tag}"
        answer, headers = self._asked("HEAD", tag, {"Accept": _MANIFESTS})
        if answer.status == 200 and not answer.headers.get(_DIGEST_HEADER):
            answer = self._open("GET", self._base + tag, headers)
        if answer.status == 404:
            remedy = "Build the tag's image and push it, or deploy another tag"
            raise SlipwayError(f"there is no image of the tag {tag}", name, remedy)
        if answer.status in (401, 403):
            remedy = f"Log in: podman login --authfile <site_image_authfile> {self._image.registry}"
            raise SlipwayError(f"the registry denies access to it (HTTP {answer.status})", name, remedy)
        if answer.status != 200:
            what = f"the registry answers HTTP {answer.status}"
            raise SlipwayError(what, name, "Check the registry, then run this again")
        said = answer.headers.get(_DIGEST_HEADER, "")
        if not said and _is_manifest(answer.body):
            said = f"sha256:{hashlib.sha256(answer.body).hexdigest()}"
        if not is_digest(said):
            raise SlipwayError("the registry returns no digest", name, "Ask its operator: every image has one")
        return said

    def manifest(self, version: str) -> Manifest:
        """The registry's manifest for a tag or a digest."""
        answer, _headers = self._asked("GET", version, {"Accept": _MANIFESTS})
        if answer.status == 404:
            return Manifest(ABSENT)
        if answer.status != 200 or not _is_manifest(answer.body):
            words = {
                200: "its answer is not a manifest",
                401: "it requires a login",
                403: "it requires a login",
                429: "it limits the rate of requests",
            }
            said = _message(answer) or words.get(answer.status, "it does not say")
            return Manifest(UNKNOWN, why=f"{self._image.host}: {said} (HTTP {answer.status})")
        digest = f"sha256:{hashlib.sha256(answer.body).hexdigest()}"
        if answer.headers.get(_DIGEST_HEADER, digest) != digest or (is_digest(version) and version != digest):
            return Manifest(UNKNOWN, why=f"{self._image.host}: the manifest has another digest than it says")
        document = loads(answer.body)
        media_type = str(document.get("mediaType") or answer.headers.get("content-type", "").partition(";")[0])
        return Manifest(THERE, digest, media_type, document)

    def whole(self, digest: str) -> Content:
        """A manifest, byte for byte."""
        answer, _headers = self._asked("GET", digest, {"Accept": _MANIFESTS})
        body = Content(answer.headers.get("content-type", "").partition(";")[0], answer.body)
        if answer.status != 200 or body.digest != digest:
            raise self._refused(answer, digest)
        return body

    def put(self, manifest: Content, reference: str) -> None:
        """Upload a manifest under a tag or its digest."""
        typed = {"Content-Type": manifest.media_type}
        answer, _headers = self._ask("PUT", self._base + reference, typed, manifest.body)
        if answer.status != 201:
            raise self._refused(answer, reference)

    def upload(self, content: Content) -> None:
        """Upload a blob, unless the registry has it."""
        there, _headers = self._ask("HEAD", f"{self._place}/blobs/{content.digest}", {})
        if there.status == 200:
            return
        answer, headers = self._ask("POST", f"{self._place}/blobs/uploads/", {}, b"")
        place = urljoin(f"{self._place}/blobs/uploads/", answer.headers.get("location", ""))
        if answer.status != 202 or urlsplit(place)[:2] != urlsplit(self._place)[:2]:
            raise self._refused(answer, content.digest)
        url = f"{place}{'&' if urlsplit(place).query else '?'}{urlencode({'digest': content.digest})}"
        done = self._open("PUT", url, {**headers, "Content-Type": "application/octet-stream"}, content.body)
        if done.status != 201:
            raise self._refused(done, content.digest)

    def _refused(self, answer: Answer, what: str) -> SlipwayError:
        said = f": {message}" if (message := _message(answer)) else ""
        remedy = "Run this again: what the registry has already is not uploaded twice"
        where = f"{self._image.name} ({what})"
        return SlipwayError(f"the registry answers HTTP {answer.status}{said}", where, remedy)

    def blob(self, digest: str) -> bytes:
        """A blob; a redirect to its storage is followed without the login."""
        url = f"{self._place}/blobs/{digest}"
        answer, _headers = self._ask("GET", url, {})
        place = urljoin(url, answer.headers.get("location", ""))
        schemes = ("http", "https") if self._login.insecure else ("https",)
        if answer.status in _REDIRECTS and urlsplit(place).scheme in schemes:
            answer = self._open("GET", place, {})
        if answer.status != 200:
            raise SlipwayError(f"the registry answers HTTP {answer.status}", str(self._image))
        if digest != f"sha256:{hashlib.sha256(answer.body).hexdigest()}":
            raise SlipwayError("the registry returned another blob", str(self._image))
        return answer.body

    def _asked(self, method: str, tag: str, headers: dict[str, str]) -> tuple[Answer, dict[str, str]]:
        """The answer for a manifest, and the authorization that it needed."""
        return self._ask(method, self._base + tag, headers)

    def _ask(
        self, method: str, url: str, headers: dict[str, str], body: bytes | None = None
    ) -> tuple[Answer, dict[str, str]]:
        answer = self._open(method, url, headers, body)
        if answer.status != 401:
            return answer, headers
        kind, _space, parameters = answer.headers.get("www-authenticate", "").partition(" ")
        said = dict(_PARAMETER.findall(parameters))
        if kind.lower() == "bearer" and said.get("realm"):
            headers = {**headers, "Authorization": f"Bearer {self._token(said)}"}
        elif kind.lower() == "basic" and self._login.basic:
            headers = {**headers, **self._basic()}
        else:
            return answer, headers
        return self._open(method, url, headers, body), headers

    def _basic(self) -> dict[str, str]:
        return {"Authorization": f"Basic {self._login.basic}"} if self._login.basic else {}

    def _token(self, said: Mapping[str, str]) -> str:
        """The token of the registry's token server: for the login, or an anonymous one."""
        realm = said["realm"]
        if urlsplit(realm).scheme != "https" and not self._login.insecure:
            raise SlipwayError("it asks for the credentials over an unencrypted connection", realm, "Ask its operator")
        wanted = {"service": said.get("service", ""), "scope": f"repository:{self._image.path}:pull"}
        answer = self._open("GET", f"{realm}?{urlencode(wanted)}", self._basic())
        document = loads_or_none(answer.body) if answer.status == 200 else None
        token = (document.get("token") or document.get("access_token")) if isinstance(document, dict) else None
        if not token:
            remedy = f"Log in: podman login --authfile <site_image_authfile> {self._image.registry}"
            raise SlipwayError(f"it does not grant access to {self._image} (HTTP {answer.status})", realm, remedy)
        return str(token)

    def _open(self, method: str, url: str, headers: Mapping[str, str], body: bytes | None = None) -> Answer:
        try:
            return ask(method, url, headers, _TIMEOUT, body=body, most=_MOST_BODY, via=self._opener)
        except Unreachable as error:
            what = f"the registry cannot be reached: {error}"
            remedy = "Check the network and the registry, then run this again"
            raise SlipwayError(what, urlsplit(url).netloc, remedy) from None


def _message(answer: Answer) -> str:
    """What the registry says about an error."""
    document = loads_or_none(answer.body) if answer.status >= 400 else None
    errors = document.get("errors") if isinstance(document, dict) else None
    first = errors[0] if isinstance(errors, list) and errors else None
    return neutral_line(first.get("message") or "") if isinstance(first, dict) else ""


def _is_manifest(body: bytes) -> bool:
    """Whether it is from a registry, and not from a web server that answers every address."""
    document = loads_or_none(body)
    return isinstance(document, dict) and "schemaVersion" in document
