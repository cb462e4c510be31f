# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The configuration for an undo: the release's own settings, with today's secrets and parameters. Pure.

An undo reverts what the deploy changed, which is the inventory's part. What SSM, Secrets Manager and the control
node store is changed by others: an old password may have been revoked since.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import replace

from ..systemd import environment_file
from .model import (
    IMPORT,
    Configuration,
    Delivered,
    Place,
    file_path,
    imported,
)

_PROPERTY = re.compile(r'Environment="([A-Za-z_][A-Za-z0-9_]*)=.*/([^/"]*)"')
_CREDENTIALS, _FILES = "credentials/", "files/"


def read_configuration(
    files: Mapping[str, bytes], place: Place, digest: str, delivered: Mapping[str, Delivered]
) -> Configuration:
    """The configuration from which a generation was written.

    :param files: the generation's files.
    :param digest: its name.
    :param delivered: path → the delivered file's owner, as on disk; its content is not read.
    """
    environment = environment_file.parse(files.get("env", b"").decode(errors="replace"))
    if IMPORT in environment:
        before, own, _rest = environment[IMPORT].rpartition(f",{imported(place.credentials(digest))}")
        environment[IMPORT] = before if own else environment[IMPORT]
    lines = files.get("unit.conf", b"").decode(errors="replace").splitlines()
    matches = [match for match in map(_PROPERTY.fullmatch, lines) if match and match[1] != IMPORT]
    return Configuration(
        environment,
        {name[len(_CREDENTIALS) :]: content for name, content in files.items() if name.startswith(_CREDENTIALS)},
        {match[1]: match[2] for match in matches},
        {
            file_path(name): replace(delivered.get(file_path(name), Delivered(b"")), content=content)
            for name, content in files.items()
            if name.startswith(_FILES)
        },
    )


def renewed(before: Configuration, now: Configuration, renewable: Collection[str]) -> Configuration:
    """The earlier configuration, with the current values of what is stored outside the inventory.

    :param renewable: ``environment NAME``, ``credential NAME`` or ``file PATH`` of what is stored so. A new one was
        not part of the older release and is left out; a removed one keeps its old value.
    """
    return Configuration(
        {
            name: now.environment[name] if f"environment {name}" in renewable and name in now.environment else value
            for name, value in before.environment.items()
        },
        {
            name: now.credentials[name] if f"credential {name}" in renewable and name in now.credentials else content
            for name, content in before.credentials.items()
        },
        before.properties,
        {
            path: replace(item, content=now.files[path].content)
            if f"file {path}" in renewable and path in now.files
            else item
            for path, item in before.files.items()
        },
    )
