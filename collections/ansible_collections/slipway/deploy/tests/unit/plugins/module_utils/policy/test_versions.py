# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Versions: which a branch may have, their order, and where they are read."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.slipway.deploy.plugins.module_utils.changes.model import Entry, Snapshot
from ansible_collections.slipway.deploy.plugins.module_utils.common.errors import SlipwayError
from ansible_collections.slipway.deploy.plugins.module_utils.policy.branches import Branch, read_branch
from ansible_collections.slipway.deploy.plugins.module_utils.policy.model import Rules
from ansible_collections.slipway.deploy.plugins.module_utils.policy.project import (
    needed,
    read_version,
    version_file,
)
from ansible_collections.slipway.deploy.plugins.module_utils.policy.versions import (
    Known,
    check_forward,
    check_version,
    expected,
    rank,
)
from ansible_collections.slipway.deploy.plugins.module_utils.versions.tag import Semver, parse_semver

SERVICES = Rules("backend", "services", develop=("develop",))
LIBRARY = Rules("lib", "library")
FEATURE = "feature/UM-142-x"


def semver(text: str) -> Semver:
    found = parse_semver(text)
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("rules", "branch", "version", "fix"),
    [
        (SERVICES, "main", "1.0.0", None),
        (SERVICES, "main", "10.20.30", None),
        (SERVICES, "main", "1.0.0-SNAPSHOT", "1.0.0"),
        (SERVICES, "main", "v1.0.0", "1.0.0"),
        (SERVICES, "main", "1.0", "1.0.0"),
        (SERVICES, "main", "1.02.0", "1.2.0"),
        (SERVICES, "main", "1.0.0-rc.1", "1.0.0"),
        (SERVICES, "main", "1.0.0+7", "1.0.0"),
        (SERVICES, "main", "1.0.0.RELEASE", "1.0.0"),
        (SERVICES, "main", "latest", "0.1.0"),
        (SERVICES, "main", " 1.0.0", "1.0.0"),
        (SERVICES, "main", "1.0.0\n", "1.0.0"),
        (SERVICES, "main", "\u0660.\u0661.\u0662", "0.1.0"),
        (SERVICES, "develop", "1.1.0-SNAPSHOT", None),
        (SERVICES, "develop", "1.1.0", "1.1.0-SNAPSHOT"),
        (SERVICES, "develop", "1.1.0-snapshot", "1.1.0-SNAPSHOT"),
        (SERVICES, "develop", "1.1.0-UM-1-SNAPSHOT", "1.1.0-SNAPSHOT"),
        (SERVICES, "develop", "1.1-SNAPSHOT", "1.1.0-SNAPSHOT"),
        (SERVICES, FEATURE, "1.1.0-SNAPSHOT", None),
        (SERVICES, FEATURE, "1.1.0-UM-142-SNAPSHOT", None),
        (SERVICES, FEATURE, "1.1.0-UM-143-SNAPSHOT", "1.1.0-SNAPSHOT"),
        (SERVICES, FEATURE, "1.1.0", "1.1.0-SNAPSHOT"),
        (SERVICES, "hotfix/UM-1-x", "1.1.1", None),
        (SERVICES, "hotfix/UM-1-x", "1.1.1-SNAPSHOT", None),
        (SERVICES, "release/1.2.0", "1.2.0", None),
        (SERVICES, "release/1.2.0", "1.2.0-SNAPSHOT", None),
        (SERVICES, "release/1.2.0", "1.3.0", "1.2.0"),
        (LIBRARY, "main", "1.0.0", None),
        (LIBRARY, "main", "1.0.0-UM-1-SNAPSHOT", "1.0.0"),
        (LIBRARY, FEATURE, "1.1.0-UM-142-SNAPSHOT", None),
        (LIBRARY, FEATURE, "1.1.0-um-142-SNAPSHOT", None),
        (LIBRARY, FEATURE, "1.1.0-SNAPSHOT", "1.1.0-UM-142-SNAPSHOT"),
        (LIBRARY, FEATURE, "1.1.0-UM-14-SNAPSHOT", "1.1.0-UM-142-SNAPSHOT"),
        (LIBRARY, FEATURE, "1.1.0", "1.1.0-UM-142-SNAPSHOT"),
        (LIBRARY, "hotfix/UM-1-x", "1.1.1", "1.1.1-UM-1-SNAPSHOT"),
        (LIBRARY, "042-x", "1.1.0-042-SNAPSHOT", None),
    ],
)
def test_the_version_of_a_branch(rules: Rules, branch: str, version: str, fix: str | None) -> None:
    read = read_branch(branch, rules)
    if fix is None:
        assert check_version(version, read, rules, "pom.xml").text == version
        return
    with pytest.raises(SlipwayError) as caught:
        check_version(version, read, rules, "pom.xml")
    assert str(caught.value).endswith(f" {fix}")
    check_version(fix, read, rules, "pom.xml")


@pytest.mark.parametrize(
    ("rules", "branch", "version", "before", "fix"),
    [
        (SERVICES, "main", "1.2.0", ["1.1.0", "1.2.0"], None),
        (SERVICES, "main", "1.10.0", ["1.9.0"], None),
        (SERVICES, "main", "1.2.0", ["1.2.0-SNAPSHOT"], None),
        (SERVICES, "main", "1.1.9", ["1.2.0", "1.0.0"], "1.2.1"),
        (SERVICES, "main", "1.1.0", ["1.2.0-SNAPSHOT"], "1.2.0"),
        (SERVICES, "develop", "1.2.0-SNAPSHOT", ["1.2.0"], "1.2.1-SNAPSHOT"),
        (SERVICES, "develop", "1.2.0-SNAPSHOT", ["1.3.0-SNAPSHOT"], "1.3.0-SNAPSHOT"),
        (SERVICES, "develop", "1.3.0-SNAPSHOT", ["1.2.0", "1.3.0-SNAPSHOT"], None),
        (LIBRARY, FEATURE, "1.2.0-UM-142-SNAPSHOT", ["1.2.0"], "1.2.1-UM-142-SNAPSHOT"),
        # All snapshots of a version are equal, whatever their task.
        (LIBRARY, FEATURE, "1.2.0-UM-142-SNAPSHOT", ["1.2.0-ZZ-9-SNAPSHOT"], None),
        (SERVICES, "main", "0.1.0", [], None),
    ],
)
def test_a_version_goes_forward(rules: Rules, branch: str, version: str, before: list[str], fix: str | None) -> None:
    read = read_branch(branch, rules)
    known = [Known(semver(text), f"v{text}") for text in before]
    if fix is None:
        check_forward(semver(version), known, read, rules, "pom.xml")
        return
    with pytest.raises(SlipwayError, match="the version goes backwards") as caught:
        check_forward(semver(version), known, read, rules, "pom.xml")
    assert str(caught.value).endswith(f"Set it to {fix} or a later one")
    check_forward(semver(fix), known, read, rules, "pom.xml")


def test_the_pull_request_of_a_library_brings_the_next_version() -> None:
    branch = read_branch(FEATURE, LIBRARY)
    assert check_version("1.1.0", branch, LIBRARY, "pom.xml", into_main=True).text == "1.1.0"
    with pytest.raises(SlipwayError, match="is not X.Y.Z-UM-142-SNAPSHOT or X.Y.Z, as"):
        check_version("1.1.0-SNAPSHOT", branch, LIBRARY, "pom.xml", into_main=True)
    with pytest.raises(SlipwayError, match="is not X.Y.Z-SNAPSHOT, as"):
        check_version("1.1.0", read_branch(FEATURE, SERVICES), SERVICES, "pom.xml", into_main=True)


CORES = st.tuples(st.integers(0, 20), st.integers(0, 20), st.integers(0, 20))
VERSIONS = st.builds(
    lambda core, suffix: semver(".".join(map(str, core)) + suffix),
    CORES,
    st.sampled_from(["", "-SNAPSHOT", "-UM-1-SNAPSHOT", "-rc.1"]),
)


@given(VERSIONS, VERSIONS, VERSIONS)
def test_the_order_is_one(first: Semver, second: Semver, third: Semver) -> None:
    ordered = sorted([first, second, third], key=rank)
    assert [item.core for item in ordered] == sorted(item.core for item in ordered)
    # It agrees with that of semantic versions but for snapshots of one version, which are equal.
    if rank(first) < rank(second):
        assert first < second


@given(VERSIONS, VERSIONS, st.sampled_from(["main", "develop", FEATURE]))
def test_what_is_said_to_be_right_is_accepted(version: Semver, before: Semver, name: str) -> None:
    branch = read_branch(name, SERVICES)
    try:
        check_forward(version, [Known(before, "before")], branch, SERVICES, "pom.xml")
    except SlipwayError as error:
        fix = str(error.remedy).split()[3]
        check_version(fix, branch, SERVICES, "pom.xml")
        check_forward(semver(fix), [Known(before, "before")], branch, SERVICES, "pom.xml")


@given(st.text(max_size=30))
def test_any_text_is_a_version_or_refused_with_a_valid_one(text: str) -> None:
    for branch in (Branch("main", "main"), Branch("develop", "develop")):
        right = text
        try:
            check_version(text, branch, SERVICES, "pom.xml")
        except SlipwayError as error:
            right = str(error.remedy).split()[-1]
        assert check_version(right, branch, SERVICES, "pom.xml").text == right


def test_the_version_of_a_branch_by_its_numbers() -> None:
    assert expected(read_branch(FEATURE, LIBRARY), LIBRARY, (1, 2, 3)) == "1.2.3-UM-142-SNAPSHOT"


def version_in(files: dict[str, str], wanted: str = "") -> str:
    entries = {path: Entry("100644", path) for path in files}
    path = version_file(entries, wanted, "commit 1234567")
    contents = {name: files[name].encode() for name in needed(entries, path)}
    return read_version(Snapshot("1" * 40, entries, contents), path)


PARENT = "<parent><groupId>x</groupId><artifactId>root</artifactId><version>{}</version></parent>"
ROOT = "<project><groupId>x</groupId><artifactId>root</artifactId><version>{}</version>{}</project>"


@pytest.mark.parametrize(
    ("files", "wanted", "version"),
    [
        ({"pom.xml": "<project><version>1.0.0</version></project>"}, "", "1.0.0"),
        ({"package.json": '{"version": "1.0.0"}'}, "", "1.0.0"),
        ({"pom.xml": ROOT.format("2.0.0", ""), "package.json": '{"version": "1.0.0"}'}, "", "2.0.0"),
        ({"pom.xml": ROOT.format("2.0.0", ""), "ui/package.json": '{"version": "1.0.0"}'}, "ui/package.json", "1.0.0"),
        (
            {"pom.xml": ROOT.format("${revision}", "<properties><revision>1.2.0</revision></properties>")},
            "",
            "1.2.0",
        ),
        (
            {
                "pom.xml": ROOT.format("${revision}${tail}", "<properties><revision>3</revision><tail/></properties>"),
                "app/pom.xml": f"<project>{PARENT.format('4.0.0')}<artifactId>a</artifactId></project>",
            },
            "app/pom.xml",
            "4.0.0",
        ),
        (
            {
                "pom.xml": ROOT.format(
                    "${revision}",
                    "<properties><revision>1.2.0</revision></properties><modules><module>a</module></modules>",
                ),
                "a/pom.xml": f"<project>{PARENT.format('${revision}')}<artifactId>a</artifactId></project>",
            },
            "a/pom.xml",
            "1.2.0",
        ),
    ],
)
def test_where_a_version_is_read(files: dict[str, str], wanted: str, version: str) -> None:
    assert version_in(files, wanted) == version


@pytest.mark.parametrize(
    ("files", "wanted", "said"),
    [
        ({"README.md": "x"}, "", "the version is missing: there is no pom.xml or package.json at the root"),
        ({"app/pom.xml": "x"}, "", "Name it: version_file: app/pom.xml"),
        ({"pom.xml": ROOT.format("1", "")}, "app/pom.xml", "there is no app/pom.xml"),
        ({"VERSION": "1"}, "VERSION", "neither a pom.xml nor a package.json"),
        ({"pom.xml": "<project><artifactId>a</artifactId></project>"}, "", "it has no version"),
        ({"pom.xml": "<project"}, "", "it is not valid XML"),
        ({"pom.xml": "<!DOCTYPE x><project/>"}, "", "document type declaration"),
        ({"pom.xml": ROOT.format("${revision}", "")}, "", "its version is ${revision}, and revision is not set"),
        ({"package.json": "{}"}, "", 'the version is missing. Write "version": "0.1.0"'),
        ({"package.json": '{"version": ""}'}, "", "the version is missing"),
        ({"package.json": '{"version": 1.1}'}, "", "its version is not a text"),
        ({"package.json": "[]"}, "", "the version is missing"),
        ({"package.json": "{"}, "", "it is not valid JSON"),
    ],
)
def test_a_version_that_is_missing(files: dict[str, str], wanted: str, said: str) -> None:
    with pytest.raises(SlipwayError) as caught:
        version_in(files, wanted)
    assert said in str(caught.value)
    assert "1111111" in str(caught.value) or "1234567" in str(caught.value)
