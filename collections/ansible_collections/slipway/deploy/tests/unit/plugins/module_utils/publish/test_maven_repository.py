# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What is in a directory that Maven deployed to, and in which order it is uploaded."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.slipway.deploy.plugins.module_utils.common.errors import SlipwayError
from ansible_collections.slipway.deploy.plugins.module_utils.publish.maven_repository import (
    check_pom,
    directory_of,
    merged_metadata,
    metadata_of,
    packages,
    uploads,
)
from ansible_collections.slipway.deploy.plugins.module_utils.publish.model import Package, comparable

STABLE = Package("maven", "com.acme", "common", "1.1.0")
HOME = "com/acme/common/1.1.0"
WORDS = st.from_regex(r"[a-z][a-z0-9]{0,5}(-[a-z]{1,3})?", fullmatch=True)


def test_the_packages_of_a_directory() -> None:
    snapshot = "com/acme/ui-kit/2.0-SNAPSHOT"
    digests = {
        f"{HOME}/common-1.1.0.jar": "a",
        f"{HOME}/common-1.1.0.jar.sha1": "x",
        f"{HOME}/common-1.1.0-sources.jar": "b",
        f"{HOME}/common-1.1.0.pom": "c",
        "com/acme/common/maven-metadata.xml": "y",
        f"{snapshot}/ui-kit-2.0-20261130.191059-1.pom": "d",
        f"{snapshot}/maven-metadata.xml": "z",
    }
    found = packages(digests)
    assert [staged.package.title for staged in found] == ["com.acme:common:1.1.0", "com.acme:ui-kit:2.0-SNAPSHOT"]
    assert found[0].assets == {"common-1.1.0.jar": "a", "common-1.1.0-sources.jar": "b", "common-1.1.0.pom": "c"}
    # The jar without a classifier is the package; a package without one is its pom.
    assert [staged.digest for staged in found] == ["sha256:a", "sha256:d"]
    assert comparable(found[1].assets, found[1].package) == {"ui-kit-2.0-SNAPSHOT.pom": "d"}


@given(
    group=st.lists(WORDS, min_size=1, max_size=3),
    name=WORDS,
    core=st.from_regex(r"[0-9]{1,2}\.[0-9]{1,2}\.[0-9]{1,2}", fullmatch=True),
    snapshot=st.booleans(),
    endings=st.sets(st.sampled_from([".jar", ".pom", "-sources.jar", "-tests.jar"]), min_size=1),
)
def test_any_package_is_found_again(group: list[str], name: str, core: str, snapshot: bool, endings: set[str]) -> None:
    package = Package("maven", ".".join(group), name, f"{core}-SNAPSHOT" if snapshot else core)
    stamped = f"{core}-20261130.191059-3" if snapshot else core
    paths = {f"{directory_of(package)}/{name}-{stamped}{ending}": ending for ending in endings}
    listing = f"{directory_of(package)}/maven-metadata.xml"
    (found,) = packages({**paths, f"{next(iter(paths))}.md5": "x", metadata_of(package): "y", listing: "z"})
    assert found.package == package
    assert set(found.assets.values()) == endings
    plain = {f"{name}-{package.version}{ending}" for ending in endings}
    assert set(comparable(found.assets, package)) == plain
    order = uploads(package, [*paths, listing, metadata_of(package)])
    assert order == [*sorted(paths), listing]


def test_the_list_of_versions() -> None:
    made = merged_metadata(STABLE, None, "20261130191059").decode()
    assert "<release>1.1.0</release>" in made
    assert merged_metadata(STABLE, made.encode(), "20261130191059").decode() == made
    later = merged_metadata(Package("maven", "com.acme", "common", "1.2.0-SNAPSHOT"), made.encode(), "20261130191100")
    assert later.decode().count("<version>") == 2
    assert "<release>" not in later.decode()
    for content in (b"<!DOCTYPE x>", b"<metadata>", b"\xff"):
        with pytest.raises(SlipwayError):
            merged_metadata(STABLE, content, "20261130191059")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("<version>1.1.0</version>", ""),
        ("<parent><version>1.0.0</version></parent><version>1.1.0</version>", ""),
        ("<dependencies><dependency><version>${x}</version></dependency></dependencies>", ""),
        ("<version>${revision}</version>", "has the version ${revision}. Nobody else knows its value"),
        ("<parent><version>${revision}</version></parent>", "has the version ${revision}"),
    ],
)
def test_a_published_pom_has_no_property_as_version(text: str, said: str) -> None:
    content = f'<project xmlns="http://maven.apache.org/POM/4.0.0">{text}</project>'.encode()
    if not said:
        check_pom(STABLE, content, "pom.xml")
        return
    with pytest.raises(SlipwayError) as caught:
        check_pom(STABLE, content, "pom.xml")
    assert said in str(caught.value)
