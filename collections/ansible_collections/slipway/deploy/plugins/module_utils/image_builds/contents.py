# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Reads the records of packages from an image that an engine saved (``docker-archive``): layer by layer."""

from __future__ import annotations

import json
import posixpath
import tarfile
from pathlib import Path
from typing import IO

from ..common.documents import loads
from ..common.errors import SlipwayError
from .packages import Package, is_archive, is_record, packages, packages_of_archive

_GONE, _OPAQUE = ".wh.", ".wh..wh..opq"
_MOST_BYTES = 64 * 1024 * 1024


def packages_in(archive: Path) -> list[Package]:
    """The packages of an image.

    :raises SlipwayError: the archive cannot be read.
    """
    records: dict[str, bytes] = {}
    archives: dict[str, list[Package]] = {}
    try:
        with tarfile.open(archive) as image:
            layers = loads(_file(image, "manifest.json").read())[0]["Layers"]
            for name in layers:
                with tarfile.open(fileobj=_file(image, name)) as layer:
                    _read(layer, records, archives)
    except (tarfile.TarError, KeyError, IndexError, TypeError, ValueError, OSError) as error:
        raise SlipwayError(f"the image's packages cannot be read ({error})", str(archive)) from error
    inside = {package for found in archives.values() for package in found}
    return sorted({*packages(records), *inside})


def bill(found: list[Package], name: str, version: str) -> bytes:
    """The packages as CycloneDX. It has no time and no number of its own: the same image has the same one."""
    document = {
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "version": 1,
        "metadata": {
            "tools": {"components": [{"type": "application", "name": "slipway"}]},
            "component": {"type": "container", "name": name, "version": version, "bom-ref": "image"},
        },
        "components": [_component(package) for package in found],
        # Nothing tells what was compiled into the image, or copied.
        "compositions": [{"aggregate": "unknown", "assemblies": ["image"]}],
    }
    return json.dumps(document, indent=1).encode()


def _component(package: Package) -> dict[str, str]:
    known = {"purl": package.purl, "bom-ref": package.purl} if package.purl else {}
    return {"type": "library", "name": package.name, "version": package.version, **known}


def _file(archive: tarfile.TarFile, name: str) -> IO[bytes]:
    found = archive.extractfile(name)
    if found is None:
        raise ValueError(f"{name} is no file")
    return found


def _read(layer: tarfile.TarFile, records: dict[str, bytes], archives: dict[str, list[Package]]) -> None:
    for member in layer:
        path = posixpath.normpath(member.name).lstrip("/")
        directory, _slash, base = path.rpartition("/")
        if base == _OPAQUE:
            _forget(directory, records, archives)
        elif base.startswith(_GONE):
            _forget(posixpath.join(directory, base.removeprefix(_GONE)), records, archives)
        elif is_record(path):
            _forget(path, records, archives)
            file = layer.extractfile(member) if member.isreg() else None
            if file is not None and is_archive(path):
                archives[path] = list(packages_of_archive(path, file))
            elif file is not None and member.size < _MOST_BYTES:
                records[path] = file.read()


def _forget(path: str, *known: dict[str, bytes] | dict[str, list[Package]]) -> None:
    for found in known:
        for name in [name for name in found if name == path or name.startswith(f"{path}/")]:
            del found[name]
