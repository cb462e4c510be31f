# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Uploads to CodeArtifact's Maven registry, as ``mvn deploy`` does: files, checksums, then the lists of versions."""

from __future__ import annotations

import base64
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final
from urllib.parse import quote

from ..aws.client import is_loopback
from ..common.errors import SlipwayError
from ..files.atomic import filing
from ..http_client.client import Answer, Unreachable, ask, opener
from .maven_repository import merged_metadata, metadata_of, uploads
from .model import Package

_USER: Final = "aws"
_SECONDS: Final = 300.0
_MOST: Final = 4 * 1024 * 1024
#: Seconds before an upload is tried again that got no answer, or one that says the registry has a problem.
_PAUSES: Final = (1.0, 2.0, 4.0)
_REFUSED: Final = (401, 403)


@dataclass
class MavenRegistry:
    """The registry at an address.

    :ivar address: with a slash at its end.
    :ivar renew: gets a token. One that expired is renewed once.
    :ivar wait: waits for so many seconds.
    """

    address: str
    renew: Callable[[], str] = field(repr=False)
    wait: Callable[[float], None] = time.sleep
    _token: str = field(default="", repr=False)

    def upload(self, package: Package, staged: Path, now: str) -> None:
        """Upload a package. Until the end it is unfinished, and nobody gets it.

        :param staged: the directory that ``mvn deploy`` wrote.
        :param now: the time as Maven writes it, ``20261130191059``.
        :raises SlipwayError: the registry refuses or does not answer.
        """
        with filing("list it", staged):
            paths = [str(path.relative_to(staged)) for path in staged.rglob("*") if path.is_file()]
        for path in uploads(package, paths):
            with filing("read it", staged / path):
                content = (staged / path).read_bytes()
            self._put(path, content, package)
        listing = metadata_of(package)
        current = self._ask("GET", listing, None, package)
        if current.status not in (200, 404):
            raise self._problem(current, listing, package)
        self._put(listing, merged_metadata(package, current.body if current.status == 200 else None, now), package)

    def _put(self, path: str, content: bytes, package: Package) -> None:
        answer = self._ask("PUT", path, content, package)
        if answer.status not in (200, 201, 202, 204):
            raise self._problem(answer, path, package)

    def _ask(self, method: str, path: str, content: bytes | None, package: Package) -> Answer:
        renewed = False
        for pause in (*_PAUSES, None):
            try:
                answer = self._once(method, path, content)
            except Unreachable as error:
                if pause is None:
                    what = f"{package.title} is not published: the registry does not answer: {error}"
                    raise SlipwayError(what, self.address + path, "Run this again when it does") from None
            else:
                if answer.status == 401 and not renewed:
                    self._token, renewed = "", True
                    continue
                if pause is None or not (answer.status >= 500 or answer.status == 429):
                    return answer
            self.wait(pause)
        raise AssertionError("the last attempt returns or raises")

    def _once(self, method: str, path: str, content: bytes | None) -> Answer:
        self._token = self._token or self.renew()
        login = base64.b64encode(f"{_USER}:{self._token}".encode()).decode()
        headers = {"Authorization": f"Basic {login}", "Content-Type": "application/octet-stream"}
        # A proxy from the environment cannot reach this machine's loopback.
        via = opener(proxies=not is_loopback(self.address))
        return ask(method, self.address + quote(path), headers, _SECONDS, body=content, most=_MOST, via=via)

    def _problem(self, answer: Answer, path: str, package: Package) -> SlipwayError:
        where = self.address + path
        what = f"{package.title} is not published: the registry answers {answer.status}"
        if answer.status in _REFUSED:
            remedy = "Allow this role codeartifact:PublishPackageVersion and PutPackageMetadata; or log in again"
        elif answer.status == 409:
            what, remedy = f"{what}: it has other content there", "Another run publishes it too: run this again"
        else:
            said = " ".join(answer.body[:300].decode("utf-8", "replace").split())
            what, remedy = f"{what}{f': {said}' if said else ''}", "Run this again; what is complete stays"
        return SlipwayError(what, where, remedy)
