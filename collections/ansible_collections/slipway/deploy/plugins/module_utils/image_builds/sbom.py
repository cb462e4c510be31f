# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Bills of materials in CycloneDX. Pure."""

from __future__ import annotations

from ..common.documents import loads
from ..common.errors import SlipwayError
from ..image.registry import Content
from .model import CYCLONEDX


def read_sbom(body: bytes, where: str) -> Content:
    """A CycloneDX document of a build, as it is attached.

    :raises SlipwayError: it is none.
    """
    try:
        document = loads(body)
    except ValueError as error:
        raise _wrong(f"it is not valid JSON ({error})", where) from error
    if not isinstance(document, dict) or document.get("bomFormat") != "CycloneDX" or "specVersion" not in document:
        raise _wrong("it is not a bill of materials in CycloneDX", where)
    return Content(CYCLONEDX, body)


def _wrong(what: str, where: str) -> SlipwayError:
    return SlipwayError(what, where, "Let build_command make it, and build_sbom name the JSON file")
