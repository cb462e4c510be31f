# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What is replaced, what is refused, what a failure leaves: the publication against the sandbox, without a playbook."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from ansible_collections.slipway.deploy.plugins.module_utils.common.errors import SlipwayError
from ansible_collections.slipway.deploy.plugins.module_utils.publish import maven_registry
from tests.publish.conftest import Source, parts_of
from tests.support.source import git


def test_a_stable_version_is_final(source: Source) -> None:
    assert source.work().result == "built"
    assert (source.versions(), source.versions("npm")) == ({"1.1.0": "Published"}, {"1.1.0": "Published"})
    source.version("1.1.0", "2")
    source.deploys.sandbox.control("calls", method="DELETE")
    work = source.work()
    assert work.result == "failed"
    said = "\n".join(str(error) for error in work.errors)
    assert "com.acme:common:1.1.0 is published with other content (common-1.1.0.jar)" in said
    assert "@acme/ui@1.1.0 is published with other content (package.tgz)" in said
    assert "app.jar exists with other content, built from" in said
    assert said.count("Raise the version, and commit it") == 3
    assert source.calls() == []


def test_a_snapshot_replaces_the_one_before(source: Source) -> None:
    first = source.version("1.2.0-UM-7-SNAPSHOT", branch="feature/UM-7-new")
    assert source.work().result == "built"
    before = source.versions()
    # Another branch's is another version.
    source.version("1.2.0-UM-8-SNAPSHOT", branch="feature/UM-8-other")
    assert source.work().result == "built"

    git(source.place, "checkout", "-q", "feature/UM-7-new")
    second = source.version("1.2.0-UM-7-SNAPSHOT", "2")
    source.deploys.sandbox.control("calls", method="DELETE")
    assert source.work().result == "built"
    own = {version for version in source.versions() if version.startswith("1.2.0-UM-7-")}
    assert (len(own), len(before), len(source.versions())) == (2, 2, 4)
    assert source.versions()["1.2.0-UM-7-SNAPSHOT"] == "Published"
    assert source.versions("npm") == dict.fromkeys(("1.2.0-UM-7-SNAPSHOT", "1.2.0-UM-8-SNAPSHOT"), "Published")
    order = source.calls("DeletePackageVersions", "PutMavenAsset", "PublishNpmPackage")
    assert order[0] == "DeletePackageVersions"
    assert order[-2:] == ["DeletePackageVersions", "PublishNpmPackage"]
    # A jar has its commit in its key: a deploy of the build before finds what it had.
    tag = "feature/UM-7-new/backend-v1.2.0-UM-7-SNAPSHOT"
    assert [key for key in source.jars() if "UM-7" in key] == sorted(
        f"{tag}-{commit[:7]}/app.jar" for commit in (first, second)
    )


@pytest.mark.parametrize(
    ("fault", "said", "left"),
    [
        (
            {"kind": "unavailable", "action": "PutMavenAsset", "skip": 2},
            "com.acme:common:1.1.0 is not published: the registry answers 503",
            {"1.1.0": "Unfinished"},
        ),
        (
            {"kind": "reset", "action": "PutMavenAsset", "skip": 4},
            "com.acme:common:1.1.0 is not published: the registry does not answer",
            {"1.1.0": "Unfinished"},
        ),
        (
            {"kind": "error", "status": 401, "code": "Unauthorized", "action": "PutMavenAsset"},
            "com.acme:common:1.1.0 is not published: the registry answers 401",
            {},
        ),
        (
            {"kind": "expired_token", "action": "GetAuthorizationToken", "skip": 2},
            "cannot get a token for the domain umigo in CodeArtifact: the AWS credentials have expired. Log in again",
            {},
        ),
        (
            {"kind": "error", "status": 503, "code": "Unavailable", "action": "PublishNpmPackage"},
            "the publication of @acme/ui@1.1.0 failed: a registry does not answer",
            {"1.1.0": "Published"},
        ),
        (
            {"kind": "error", "status": 403, "code": "AccessDenied", "service": "s3", "action": "PutObject"},
            "cannot upload s3://umigo-artifacts/main/backend-v1.1.0/app.jar: access denied to PutObject",
            {"1.1.0": "Published"},
        ),
    ],
)
def test_a_failure_leaves_nothing_half(
    source: Source, monkeypatch: pytest.MonkeyPatch, fault: dict[str, Any], said: str, left: dict[str, str]
) -> None:
    monkeypatch.setattr(maven_registry, "_PAUSES", (0.0, 0.0))
    source.deploys.sandbox.control("faults", {"service": "codeartifact", **fault})
    packages = ("common", "ui") if fault["action"] == "PublishNpmPackage" else ("common",)
    work = source.work(packages=packages)
    assert [error for error in work.errors if said in str(error)], work.errors
    assert source.versions() == left
    assert source.jars() == []
    backend = work.artifacts["backend"]
    assert backend.digest is None
    assert backend.result == ("failed" if fault["action"] == "PutObject" else "not built")

    source.deploys.sandbox.control("faults", method="DELETE")
    assert source.work(packages=packages).result == "built"
    assert source.versions() == {"1.1.0": "Published"}
    assert source.versions("npm") == ({"1.1.0": "Published"} if "ui" in packages else {})
    assert source.jars() == ["main/backend-v1.1.0/app.jar"]


@pytest.mark.parametrize(
    ("files", "branch", "said"),
    [
        ({"common/pom.xml": "<!DOCTYPE x []><project/>"}, "", "common/pom.xml"),
        ({"common/pom.xml": "<project><artifactId>common</artifactId></project>"}, "", "it has no version"),
        ({"ui/package.json": '{"name": "@acme/ui"}'}, "", "its version is missing"),
        ({"ui/package.json": '{"name": "@acme/ui", "version": "1.1"}'}, "", "its version is '1.1'"),
        ({"ui/package.json": '{"name": "UI", "version": "1.1.0"}'}, "", "its name is 'UI'"),
        ({"ui/package.json": '{"name": "@acme/ui", "version": "1.1.0", "private": true}'}, "", "it is private"),
        ({"ui/package.json": "{"}, "", "it is not valid JSON"),
        ({}, "develop", "Set it to 1.1.0-SNAPSHOT"),
        ({}, "feature/UM-7-new", "Set it to 1.1.0-UM-7-SNAPSHOT"),
        ({}, "$(id)", "the branch '$(id)' cannot be part of an artifact's key"),
        ({}, "{{ x }}", "'{{ x }}' can be no branch"),
    ],
)
def test_what_cannot_be_published(place: Path, files: dict[str, str], branch: str, said: str) -> None:
    for path, text in files.items():
        (place / path).write_text(text)
    if files:
        git(place, "commit", "-q", "-a", "-m", "spoilt")
    with pytest.raises(SlipwayError) as caught:
        parts_of(place, branch)
    assert said in str(caught.value)


def test_what_is_not_there(source: Source) -> None:
    source.deploys.sandbox.control("reset", {})
    with pytest.raises(SlipwayError) as caught:
        source.work()
    assert "Domain umigo does not exist" in str(caught.value)
    assert "the bucket" in str(caught.value)


def test_the_tag_of_a_release_is_that_of_its_version_on_main(place: Path) -> None:
    git(place, "update-ref", "refs/remotes/origin/main", "HEAD")
    clone, commit, parts = parts_of(place, "main")
    clone.check_tag("backend-v1.1.0", commit, parts, "backend")
    with pytest.raises(SlipwayError, match="is on a commit whose version is 1.1.0. .* release backend-v1.1.0"):
        clone.check_tag("backend-v1.2.0", commit, parts, "backend")
    git(place, "-c", "user.name=a", "-c", "user.email=a@b.c", "commit", "-q", "--allow-empty", "-m", "work")
    clone, commit, parts = parts_of(place, "main")
    with pytest.raises(SlipwayError, match="the commit of the tag backend-v1.1.0 is not on main"):
        clone.check_tag("backend-v1.1.0", commit, parts, "backend")
