# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The packages of an image, and the bill of materials of them."""

from __future__ import annotations

import io
import json
import tarfile
import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.slipway.deploy.plugins.module_utils.common.errors import SlipwayError
from ansible_collections.slipway.deploy.plugins.module_utils.image.registry import Content
from ansible_collections.slipway.deploy.plugins.module_utils.image_builds.contents import bill, packages_in
from ansible_collections.slipway.deploy.plugins.module_utils.image_builds.model import CYCLONEDX
from ansible_collections.slipway.deploy.plugins.module_utils.image_builds.packages import (
    Package,
    is_record,
    packages,
    packages_of_archive,
)
from ansible_collections.slipway.deploy.plugins.module_utils.image_builds.sbom import read_sbom

DPKG = b"""Package: zlib1g
Status: install ok installed
Architecture: amd64
Version: 1:1.2.13.dfsg-1
Description: compression
 Package: not one

Package: gone
Status: deinstall ok config-files
Version: 1
"""
APK = b"P:musl\nV:1.2.5-r0\nA:x86_64\n\nP:busybox\nV:1.36.1-r29\n"
ALPINE, DEBIAN = b'NAME="Alpine Linux"\nID=alpine\n', b'PRETTY_NAME="x"\nID="debian"\n'
POM = b"#x\nversion=2.15.0\ngroupId=com.fasterxml.jackson.core\nartifactId=jackson-core\n"
JACKSON = "pkg:maven/com.fasterxml.jackson.core/jackson-core@2.15.0"
PLACE = "META-INF/maven/com.fasterxml.jackson.core/jackson-core/pom.properties"


def jar(files: Mapping[str, bytes]) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        for name, body in files.items():
            archive.writestr(name, body)
    return made.getvalue()


@pytest.mark.parametrize(
    ("records", "purls"),
    [
        (
            {"var/lib/dpkg/status": DPKG, "etc/os-release": DEBIAN},
            ["pkg:deb/debian/zlib1g@1%3A1.2.13.dfsg-1?arch=amd64"],
        ),
        ({"var/lib/dpkg/status.d/zlib": DPKG}, ["pkg:deb/debian/zlib1g@1%3A1.2.13.dfsg-1?arch=amd64"]),
        (
            {"lib/apk/db/installed": APK, "etc/os-release": ALPINE},
            ["pkg:apk/alpine/busybox@1.36.1-r29", "pkg:apk/alpine/musl@1.2.5-r0?arch=x86_64"],
        ),
        (
            {"app/x.dist-info/METADATA": b"Metadata-Version: 2.1\nName: Typing_Ext.x\nVersion: 4.1\n\nName: not\n"},
            ["pkg:pypi/typing-ext-x@4.1"],
        ),
        (
            {"a/node_modules/@types/node/package.json": b'{"name": "@types/node", "version": "20.1.0"}'},
            ["pkg:npm/%40types/node@20.1.0"],
        ),
        ({"a/node_modules/x/package.json": b"[]", "b/node_modules/y/package.json": b'{"name": 1}'}, []),
        ({}, []),
    ],
)
def test_records(records: dict[str, bytes], purls: list[str]) -> None:
    assert all(map(is_record, records))
    assert [package.purl for package in packages(records)] == purls


@pytest.mark.parametrize(
    "path",
    ["var/lib/dpkg/status-old", "var/lib/dpkg/status.d/x.md5sums", "package.json", "app/src/package.json", "x.jar.txt"],
)
def test_what_is_no_record(path: str) -> None:
    assert not is_record(path)


@pytest.mark.parametrize(
    ("path", "body", "found"),
    [
        ("app/x.jar", jar({PLACE: POM}), [Package("com.fasterxml.jackson.core:jackson-core", "2.15.0", JACKSON)]),
        (
            "app.jar",
            jar({"BOOT-INF/lib/jackson-core-2.15.0.jar": jar({PLACE: POM})}),
            [Package("com.fasterxml.jackson.core:jackson-core", "2.15.0", JACKSON)],
        ),
        ("lib/spring-core-6.1.2.jar", jar({"x": b""}), [Package("spring-core", "6.1.2")]),
        ("app.jar", jar({"x": b""}), []),
        ("broken-1.0.jar", b"PK\x03\x04", []),
        ("x-1.0.jar", jar({PLACE: b"groupId=only"}), [Package("x", "1.0")]),
    ],
    # Of the archives, which contain the time, nothing: workers must give the tests the same names.
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_archives(path: str, body: bytes, found: list[Package]) -> None:
    assert list(packages_of_archive(path, io.BytesIO(body))) == found


@given(st.dictionaries(st.sampled_from(["var/lib/dpkg/status", "lib/apk/db/installed", "etc/os-release"]), st.binary()))
def test_any_bytes(records: dict[str, bytes]) -> None:
    packages(records)


def saved(place: Path, layers: Sequence[Mapping[str, bytes]]) -> Path:
    """An image as engines save it."""

    def add(archive: tarfile.TarFile, name: str, body: bytes) -> None:
        member = tarfile.TarInfo(name)
        member.size = len(body)
        archive.addfile(member, io.BytesIO(body))

    path = place / "image.tar"
    with tarfile.open(path, "w") as image:
        for number, files in enumerate(layers):
            inner = io.BytesIO()
            with tarfile.open(fileobj=inner, mode="w") as layer:
                for name, body in files.items():
                    add(layer, name, body)
            add(image, f"{number}.tar", inner.getvalue())
        add(
            image,
            "manifest.json",
            json.dumps([{"Layers": [f"{number}.tar" for number in range(len(layers))]}]).encode(),
        )
    return path


def test_layers_replace_and_remove_what_is_below(tmp_path: Path) -> None:
    metadata = b"Name: {}\nVersion: 1\n"
    layers = [
        {
            "./etc/os-release": DEBIAN,
            "var/lib/dpkg/status": DPKG,
            "a/x.dist-info/METADATA": metadata.replace(b"{}", b"x"),
            "b/y.dist-info/METADATA": metadata.replace(b"{}", b"y"),
            "c/z.jar": jar({PLACE: POM}),
        },
        {
            "var/lib/dpkg/status": DPKG.replace(b"1:1.2.13.dfsg-1", b"2"),
            "a/.wh.x.dist-info": b"",
            "b/.wh..wh..opq": b"",
            "b/w.egg-info/PKG-INFO": metadata.replace(b"{}", b"w"),
        },
    ]
    names = [(package.name, package.version) for package in packages_in(saved(tmp_path, layers))]
    assert names == [("com.fasterxml.jackson.core:jackson-core", "2.15.0"), ("w", "1"), ("zlib1g", "2")]


@pytest.mark.parametrize("body", [b"", b"no archive", b"\0" * 2048])
def test_what_is_no_image(tmp_path: Path, body: bytes) -> None:
    path = tmp_path / "image.tar"
    path.write_bytes(body)
    with pytest.raises(SlipwayError, match="the image's packages cannot be read"):
        packages_in(path)


def test_the_bill() -> None:
    found = [Package("spring-core", "6.1.2"), Package("x", "1", "pkg:pypi/x@1")]
    body = bill(found, "registry/user-service", "3f9c2d1")
    assert body == bill(found, "registry/user-service", "3f9c2d1")
    assert read_sbom(body, "") == Content(CYCLONEDX, body)
    document = json.loads(body)
    assert [item.get("purl") for item in document["components"]] == [None, "pkg:pypi/x@1"]
    assert document["compositions"] == [{"aggregate": "unknown", "assemblies": ["image"]}]


@pytest.mark.parametrize(
    "body", [b"", b"[]", b"{}", b'{"bomFormat": "SPDX", "specVersion": "1"}', b"\xff", b"[" * 100_000]
)
def test_what_is_no_bill_of_materials(body: bytes) -> None:
    with pytest.raises(SlipwayError, match=r"^build_sbom: it is not .* and build_sbom name the JSON file"):
        read_sbom(body, "build_sbom")
