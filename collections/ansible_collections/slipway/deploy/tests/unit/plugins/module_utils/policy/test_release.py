# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Tags of releases and days, in real repositories with bare remotes."""

from __future__ import annotations

import json
import os
import re
import subprocess
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from ansible_collections.slipway.deploy.plugins.module_utils.common.errors import SlipwayError
from ansible_collections.slipway.deploy.plugins.module_utils.gates.tags import prefix_of
from ansible_collections.slipway.deploy.plugins.module_utils.git.repository import Repository, open_checkout
from ansible_collections.slipway.deploy.plugins.module_utils.git.run import Credentials, Git
from ansible_collections.slipway.deploy.plugins.module_utils.policy.api import Pushed, Source
from ansible_collections.slipway.deploy.plugins.module_utils.policy.check import check
from ansible_collections.slipway.deploy.plugins.module_utils.policy.model import Rules
from ansible_collections.slipway.deploy.plugins.module_utils.policy.release import (
    carry_out,
    day_tag,
    partner,
    release_tag,
    target,
)
from ansible_collections.slipway.deploy.plugins.module_utils.policy.tags import day_pattern, version_pattern

RULES = Rules("gateway", "services", develop=("develop",))
BACKEND = Rules("backend", "services", develop=("develop",), component="backend")
TODAY = date(2026, 11, 30)
ENVIRON = {
    **{name: value for name, value in os.environ.items() if not name.startswith("GIT_")},
    **{f"GIT_{who}_{what}": "a@example.org" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")},
}


class Place:
    """A clone of a bare remote."""

    def __init__(self, place: Path) -> None:
        self.place = place
        self.remote = place.with_suffix(".git")
        for words in (["--bare", str(self.remote)], [str(place)]):
            subprocess.run(["git", "init", "-q", "-b", "main", *words], check=True, capture_output=True)
        self.git("remote", "add", "origin", str(self.remote))

    def git(self, *words: str) -> str:
        command = ["git", "-C", str(self.place), *words]
        return subprocess.run(command, capture_output=True, check=True, text=True, env=ENVIRON).stdout.strip()

    def commit(self, version: str | None = None, *, branch: str = "main", message: str = "feat: x") -> str:
        if version is not None:
            (self.place / "package.json").write_text(json.dumps({"version": version}), encoding="utf-8")
        self.git("add", "-A")
        self.git("commit", "-q", "--allow-empty", "-m", message)
        self.git("push", "-q", "origin", f"HEAD:refs/heads/{branch}")
        return self.git("rev-parse", "HEAD")

    @property
    def source(self) -> Source:
        return Source(Git(self.place, "gateway", Credentials()))

    def repository(self, commit: str = "HEAD", name: str = "gateway") -> Repository:
        return open_checkout(str(self.place), name, Credentials(), "origin", commit, ("source_path", "git_remote"))

    def release(self, rules: Rules = RULES, commit: str = "HEAD") -> str:
        repository = self.repository(commit)
        planned = release_tag(self.source, repository, rules)
        item = target(repository, planned, rules.main)
        carry_out(planned.name, f"{planned.name}\n\n### Notes\n\n# one", [item])
        return f"{planned.name} {'+'.join(item.steps) or 'there'}"

    def remote_tags(self) -> dict[str, str]:
        return self.repository().tags()


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Place:
    for name, value in ENVIRON.items():
        monkeypatch.setenv(name, value)
    return Place(tmp_path / "gateway")


def test_a_release_is_tagged_once(place: Place) -> None:
    first = place.commit("1.0.0")
    assert place.release() == "v1.0.0 tag+push"
    assert place.release() == "v1.0.0 there"
    place.commit(message="docs: x")
    assert place.release() == "v1.0.0 there"
    place.commit("1.1.0-SNAPSHOT")
    second = place.commit("1.1.0")
    assert place.release() == "v1.1.0 tag+push"
    assert place.remote_tags() == {"v1.0.0": first, "v1.1.0": second}
    # Lines that begin with # are part of the message.
    assert place.git("tag", "-l", "--format=%(contents:body)", "v1.1.0") == "### Notes\n\n# one"
    assert place.git("cat-file", "-t", "v1.1.0") == "tag"


def test_what_is_missing_of_a_release_is_made_up_for(place: Place) -> None:
    place.commit("1.0.0")
    place.release()
    place.commit("1.1.0")
    # The run for that commit failed; the next one tags what it has.
    later = place.commit(message="docs: x")
    (place.place / "left by a build").touch()
    place.git("tag", "-a", "-m", "x", "v1.1.0")
    assert place.release() == "v1.1.0 push"
    assert place.remote_tags()["v1.1.0"] == later


def test_releases_that_are_refused(place: Place) -> None:
    def refused(words: str, rules: Rules = RULES, commit: str = "HEAD") -> None:
        before = place.remote_tags()
        with pytest.raises(SlipwayError) as caught:
            place.release(rules, commit)
        assert words in str(caught.value)
        assert place.remote_tags() == before

    place.commit("1.3.0")
    place.commit("1.2.0")
    refused("the version goes backwards: 1.2.0 comes before 1.3.0, of commit")
    first = place.commit()
    place.release()
    place.commit("1.2.0-SNAPSHOT")
    refused("the version '1.2.0-SNAPSHOT' is not X.Y.Z, as main needs. Set it to 1.2.0")
    place.commit("1.1.0")
    refused("the version goes backwards: 1.1.0 comes before 1.2.0, of v1.2.0. Set it to 1.2.1 or a later one")
    place.git("checkout", "-q", "--detach")
    other = place.commit("1.3.0", branch="elsewhere", message="feat: elsewhere")
    refused(f"commit {other[:12]} is not on main of origin. Push it and have it merged first")
    # What main needs is not what a branch beside it should have.
    snapshot = place.commit("1.4.0-SNAPSHOT", branch="develop")
    refused(f"commit {snapshot[:12]} is not on main of origin. Push it and have it merged first")
    place.git("checkout", "-q", "--detach", other)
    place.git("tag", "v1.3.0")
    place.git("push", "-q", "origin", "v1.3.0")
    place.git("checkout", "-q", "main")
    head = place.commit("1.3.0")
    moved = f"v1.3.0 is commit {other[:12]}, which is not in the history of {head[:12]}. A tag is never moved"
    refused(f"{moved}. Set the version to 1.3.1, and release that")
    place.git("tag", "v1.4.0", first)
    place.git("push", "-q", "origin", "v1.4.0")
    place.commit("1.4.0")
    refused(f"v1.4.0 is commit {first[:12]}, whose version is 1.2.0. A tag is never moved. Set the version to 1.4.1")
    (place.place / "package.json").unlink()
    place.commit()
    refused("the version is missing: there is no pom.xml or package.json at the root")
    (place.place / "pom.xml").write_text("<project><version>1.5.0</version></project>", encoding="utf-8")
    head = place.commit("1.6.0")
    two = replace(RULES, version_file="pom.xml", more_files=("package.json",))
    refused(f"package.json at {head[:12]}: its version is 1.6.0, and 1.5.0 in pom.xml", two)
    refused("there is no commit '$(id)'", commit="$(id)")
    refused("has no versions", Rules("infra", "infrastructure", versioned=False))


def test_a_shallow_clone_is_refused(place: Place, tmp_path: Path) -> None:
    place.commit("1.0.0")
    place.commit("1.1.0")
    subprocess.run(["git", "clone", "-q", "--depth=1", place.remote.as_uri(), str(tmp_path / "s")], check=True)
    source = Source(Git(tmp_path / "s", "gateway", Credentials()))
    with pytest.raises(SlipwayError, match="the clone is shallow.*fetch-depth: 0"):
        release_tag(source, place.repository(), RULES)


def test_a_release_of_two_repositories(place: Place, tmp_path: Path) -> None:
    infra = Place(tmp_path / "infra")
    commit, other = place.commit("0.2.0"), infra.commit("0")
    tag = "backend-v0.2.0"
    hook = infra.remote / "hooks/pre-receive"

    def release() -> list[tuple[str, ...]]:
        repository = place.repository()
        planned = release_tag(place.source, repository, BACKEND)
        assert planned.name == tag
        items = [target(repository, planned, "main"), partner(infra.repository(name="infra"), tag, pinned=False)]
        carry_out(tag, tag, items)
        return [item.steps for item in items]

    hook.write_text("#!/bin/sh\nexit 1\n", encoding="ascii")
    hook.chmod(0o755)
    with pytest.raises(SlipwayError, match="infra.*the remote refused the tag"):
        release()
    # git cannot ask a hook: the first one has it, and the next run goes on where the second was refused.
    assert (place.remote_tags(), infra.remote_tags()) == ({tag: commit}, {})
    hook.unlink()
    infra.commit("1")
    assert release() == [(), ("push",)]
    assert infra.remote_tags() == {tag: other}
    infra.commit("2")
    place.commit(message="docs: x")
    assert release() == [(), ()]
    with pytest.raises(SlipwayError, match=f"{tag} is commit {other[:12]} on origin.*A tag is never moved"):
        partner(infra.repository(name="infra"), tag, pinned=True)


def test_nothing_is_tagged_when_a_remote_is_not_reached(place: Place, tmp_path: Path) -> None:
    infra = Place(tmp_path / "infra")
    place.commit("0.2.0")
    infra.commit("0")
    repository = place.repository()
    planned = release_tag(place.source, repository, BACKEND)
    items = [target(repository, planned, "main"), partner(infra.repository(name="infra"), planned.name, pinned=False)]
    infra.remote.rename(tmp_path / "gone")
    with pytest.raises(SlipwayError, match="infra"):
        carry_out(planned.name, "x", items)
    assert place.remote_tags() == {}
    assert place.git("tag") == infra.git("tag") == ""


def test_the_tag_of_a_day(place: Place) -> None:
    def day(wanted: str, environment: str = "local", given: object = None) -> str:
        repository = place.repository()
        fitting = prefix_of(environment, given, "site_tag_prefix")
        planned = day_tag(place.source, repository, wanted, environment, fitting, TODAY)
        item = target(repository, planned, "")
        carry_out(planned.name, planned.name, [item])
        return f"{planned.name} since {planned.since or 'ever'} {'+'.join(item.steps)}".strip()

    place.commit("0")
    assert day("staging") == "staging-20261130 since ever tag+push"
    assert day("staging", "staging") == "staging-20261130 since ever"
    assert day("prod-20261129", "production") == "prod-20261129 since ever tag+push"
    place.commit()
    assert day("staging") == "staging-20261130.2 since staging-20261130 tag+push"
    assert day("prod") == "prod-20261130 since prod-20261129 tag+push"
    assert day("live", given="live") == "live-20261130 since ever tag+push"
    for wanted, environment, said in [
        ("staging-20261130", "local", "A tag is never moved. Make another one: -e tag=staging-20261130.3"),
        ("prod", "staging", "'prod' is neither version nor a tag of staging, which begin with staging"),
        ("verison", "local", "begin with staging or prod. Write version or staging"),
        ("{{ 7 * 7 }}", "local", "'{{ 7 * 7 }}' is neither version nor a tag of local"),
        ("staging-20261399", "local", "is neither version nor a tag"),
    ]:
        with pytest.raises(SlipwayError) as caught:
            day(wanted, environment)
        assert said in str(caught.value)


@pytest.mark.parametrize(
    ("pattern", "tags"),
    [
        (version_pattern("v"), ["v1.0.0"]),
        (version_pattern("backend-v"), ["backend-v1.0.0"]),
        (day_pattern("staging"), ["staging-20261130", "staging-20261130.2"]),
    ],
)
def test_the_pattern_for_the_tags_of_one_kind(pattern: str, tags: list[str]) -> None:
    known = ("v1.0.0", "v2", "backend-v1.0.0", "staging-20261130", "staging-20261130.2", "prod-20261130", "staging-1")
    assert [tag for tag in known if re.search(pattern, tag)] == tags


@pytest.mark.parametrize(
    ("branch", "base", "count", "version", "wrong"),
    [
        # Without a base: what neither develop nor main has.
        ("feature/UM-1-x", "", 2, "1.2.0-SNAPSHOT", 0),
        ("feature/UM-1-x", "HEAD^", 1, "1.2.0-SNAPSHOT", 0),
        ("feature/UM-1-x", "0" * 40, 2, "1.2.0-SNAPSHOT", 0),
        ("feature/UM-1-x", "HEAD", 0, "1.2.0-SNAPSHOT", 0),
        # What was merged last.
        ("develop", "", 1, "1.2.0-SNAPSHOT", 0),
        ("main", "", 1, "1.2.0-SNAPSHOT", 1),
        ("release/1.2.0", "", 2, "1.2.0-SNAPSHOT", 0),
    ],
)
def test_what_is_new_on_a_branch(place: Place, branch: str, base: str, count: int, version: str, wrong: int) -> None:
    place.commit("1.0.0", message="feat: a")
    place.release()
    place.commit("1.1.0-SNAPSHOT", branch="develop", message="chore: b")
    place.git("fetch", "-q", "origin")
    place.commit("1.2.0-SNAPSHOT", branch="x", message="feat: c")
    place.commit(branch="x", message="fix: d\n\nBecause.")
    checked = check(place.source.see(Pushed(branch, base, "HEAD"), RULES), RULES)
    found = (len(checked.seen.commits), checked.version, len(checked.errors))
    assert found == (count, version, wrong), checked.errors


def test_the_parts_of_a_merge_are_checked(place: Place) -> None:
    place.commit("1.0.0", message="begin")
    place.git("checkout", "-q", "-b", "side")
    place.commit(branch="side", message="no type")
    place.git("checkout", "-q", "main")
    place.git("merge", "-q", "--no-ff", "-m", "Merge branch 'side'", "side")
    checked = check(place.source.see(Pushed("main", "", "HEAD"), RULES), RULES)
    assert [error.what for error in checked.errors] == ["'no type' has no type"]
    assert checked.document()["commits"] == 2
