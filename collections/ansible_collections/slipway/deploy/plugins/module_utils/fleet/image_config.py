# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Reads an image's config, wherever its registry keeps it: its platform, and its labels.

https://github.com/opencontainers/image-spec/blob/v1.1.1/config.md and …/annotations.md
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from ..aws.client import Clients, is_loopback
from ..common.documents import loads
from ..common.errors import SlipwayError
from ..http_client.client import Unreachable, ask, opener
from ..image.reference import ImageRef
from . import api

#: The commit that an image was built from.
REVISION = "org.opencontainers.image.revision"
_TIMEOUT = 10
_MOST_BYTES = 4 * 1024 * 1024


def read_config(
    clients: Clients, registry: str, repository: str, digest: str, endpoint: str | None
) -> Mapping[str, Any]:
    """An image's config.

    :param digest: of the config, as the image's manifest says it.
    :param endpoint: the account's, if it is not AWS's own: an emulator's must not lead to another machine.
    :raises SlipwayError: it is unavailable, or is no config.
    """
    found = api.image_config(clients, registry, repository, digest)
    try:
        document = loads(found if isinstance(found, bytes) else _download(found, endpoint))
    except ValueError as error:
        raise SlipwayError(f"the config is not valid JSON ({error})", f"{registry}/{repository}") from error
    if not isinstance(document, dict):
        raise SlipwayError("the config is not a JSON object", f"{registry}/{repository}")
    return document


def image_labels(clients: Clients, image: ImageRef, endpoint: str | None) -> Mapping[str, str]:
    """An image's labels; of a manifest list, those of one of its platforms.

    :param endpoint: see :func:`read_config`.
    :raises SlipwayError: the image or its config is unavailable.
    """
    found = api.resolve_image(clients, image.registry, image.repository, image.version)
    if found.platforms:
        found = api.resolve_image(clients, image.registry, image.repository, min(found.platforms))
    if not found.config:
        why = found.problem or found.unverifiable or "its manifest names no config"
        raise SlipwayError(why, str(image))
    config = read_config(clients, image.registry, image.repository, found.config, endpoint).get("config")
    labels = config.get("Labels") if isinstance(config, dict) else None
    return {str(name): str(value) for name, value in labels.items()} if isinstance(labels, dict) else {}


def _download(url: str, endpoint: str | None) -> bytes:
    if urlsplit(url).scheme not in ("http", "https"):
        raise SlipwayError("the registry gave no address of the config")
    if endpoint and is_loopback(endpoint) and not is_loopback(url):
        raise SlipwayError("the emulator gave an address that is not on this machine")
    # The URL is signed; it needs no header that a redirect could expose.
    try:
        answer = ask("GET", url, {}, _TIMEOUT, most=_MOST_BYTES, via=opener(follow=True))
    except Unreachable as error:
        raise SlipwayError(str(error)) from None
    if answer.status != 200:
        raise SlipwayError(f"HTTP {answer.status}")
    return answer.body
