# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What is done with a package, by what the registry has of its version."""

from __future__ import annotations

import pytest

from ansible_collections.slipway.deploy.plugins.module_utils.common.errors import SlipwayError
from ansible_collections.slipway.deploy.plugins.module_utils.publish.model import (
    Held,
    Package,
    Staged,
    builds_of,
    decide,
    read_target,
)

STABLE = Package("maven", "com.acme", "common", "1.1.0")
SNAPSHOT = Package("maven", "com.acme", "common", "1.1.0-SNAPSHOT")
UI = Package("npm", "acme", "ui", "1.1.0")
JAR, POM = "common-1.1.0.jar", "common-1.1.0.pom"
STAMP, LATER = "20261130.191059-1", "20261130.204500-2"


@pytest.mark.parametrize(
    ("package", "built", "held", "step"),
    [
        (STABLE, {JAR: "a", POM: "b"}, None, "publish"),
        (STABLE, {JAR: "a", POM: "b"}, Held("Published", {JAR: "a", POM: "b"}), "unchanged"),
        (STABLE, {JAR: "a"}, Held("Published", {JAR: "a", f"{JAR}.sha1": "x", "maven-metadata.xml": "y"}), "unchanged"),
        # Nobody got a version that was never finished: what is left of a broken upload is replaced.
        (STABLE, {JAR: "a", POM: "b"}, Held("Unfinished", {JAR: "other"}), "replace"),
        (STABLE, {JAR: "a", POM: "b"}, Held("Unfinished", {JAR: "a", POM: "b"}), "replace"),
        (UI, {"package.tgz": "a"}, Held("Published", {"package.tgz": "a"}), "unchanged"),
        (
            SNAPSHOT,
            {f"common-1.1.0-{LATER}.jar": "a"},
            Held("Published", {f"common-1.1.0-{STAMP}.jar": "a", "maven-metadata.xml": "y"}),
            "unchanged",
        ),
        (
            SNAPSHOT,
            {f"common-1.1.0-{LATER}.jar": "b"},
            Held("Published", {f"common-1.1.0-{STAMP}.jar": "a"}),
            "replace",
        ),
        (SNAPSHOT, {f"common-1.1.0-{LATER}.jar": "b"}, Held("Archived", {}), "replace"),
        (
            SNAPSHOT,
            {f"common-1.1.0-{LATER}-tests.jar": "a"},
            Held("Published", {f"common-1.1.0-{STAMP}.jar": "a"}),
            "replace",
        ),
    ],
)
def test_what_is_done(package: Package, built: dict[str, str], held: Held | None, step: str) -> None:
    assert decide(Staged(package, built, "sha256:" + "0" * 64), held, "pom.xml") == step


@pytest.mark.parametrize(
    ("package", "held", "said"),
    [
        (STABLE, Held("Published", {JAR: "other", POM: "b"}), "com.acme:common:1.1.0 is published with other content"),
        (STABLE, Held("Published", {JAR: "a"}), "with other content (common-1.1.0.pom)"),
        (STABLE, Held("Archived", {JAR: "a", POM: "b"}), "com.acme:common:1.1.0 is Archived in the registry"),
        (STABLE, Held("Disposed", {}), "is Disposed in the registry. Raise the version"),
        (UI, Held("Published", {"package.tgz": "a"}), "@acme/ui@1.1.0 is published with other content"),
    ],
)
def test_a_stable_version_is_final(package: Package, held: Held, said: str) -> None:
    with pytest.raises(SlipwayError) as caught:
        decide(Staged(package, {JAR: "a", POM: "b"}, "sha256:" + "0" * 64), held, "common/pom.xml")
    assert said in str(caught.value)
    assert str(caught.value).startswith("common/pom.xml: ")


def test_a_snapshot_is_deleted_with_its_builds() -> None:
    others = ["1.1.0", "1.1.0-UM-1-SNAPSHOT", f"1.1.0-UM-1-{STAMP}", "1.1.1-SNAPSHOT", f"1.1.1-{STAMP}"]
    own = [f"1.1.0-{STAMP}", f"1.1.0-{LATER}", "1.1.0-SNAPSHOT"]
    assert builds_of(SNAPSHOT, [*others, *own]) == sorted(own)
    assert builds_of(STABLE, [*others, *own]) == ["1.1.0"]
    assert builds_of(UI, ["1.1.0-SNAPSHOT"]) == []


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (None, "codeartifact: it is not a mapping"),
        ("libraries", "codeartifact: it is not a mapping"),
        ({}, "its domain is missing"),
        ({"domain": "acme"}, "its repository is missing"),
        ({"domain": "Acme", "repository": "libraries"}, "its domain is 'Acme'"),
        ({"domain": "acme", "repository": "l"}, "its repository is 'l'"),
        ({"domain": "acme", "repository": "libraries", "owner": 12345}, "its owner is '12345'. Quote the 12 digits"),
        ({"domain": "acme", "repository": "libraries", "token": "x"}, "'token' is not a setting of it"),
    ],
)
def test_the_setting(value: object, said: str) -> None:
    with pytest.raises(SlipwayError) as caught:
        read_target(value, "codeartifact")
    assert said in str(caught.value)
