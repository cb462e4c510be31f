# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What the hosts of a kind run, as the base of what a commit changes for them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from ansible_collections.slipway.deploy.plugins.module_utils.common.errors import SlipwayError
from ansible_collections.slipway.deploy.plugins.module_utils.record.journal import Journal
from ansible_collections.slipway.deploy.plugins.module_utils.record.model import SCHEMA
from ansible_collections.slipway.deploy.plugins.module_utils.versions.model import Version
from ansible_collections.slipway.deploy.plugins.module_utils.versions.store import read_versions, write_version
from ansible_collections.slipway.deploy.plugins.plugin_utils.changed_services import changed_services
from ansible_collections.slipway.deploy.plugins.plugin_utils.context import Context

from ..module_utils.changes.builders import pom
from ..module_utils.changes.test_api import Clone
from .run import Doc, context

ARGUMENTS = {"base": "", "head": "HEAD", "rules": [], "unclaimed": "all", "tests": False, "force": False}
HOSTS: dict[str, Doc] = {name: {"backend_module": "umigoCrmBackend"} for name in ("a", "b")}


@pytest.fixture
def clone(tmp_path: Path) -> Clone:
    """Three commits; the first two are tagged."""
    made = Clone(tmp_path / "source")
    made.write("umigoCrmBackend/pom.xml", pom("umigoCrmBackend", parent=None))
    made.write("web/index.html", "1")
    made.commit()
    made.git("tag", "backend-v0.1.0")
    made.write("umigoCrmBackend/src/main/java/A.java", "1")
    made.commit()
    made.git("tag", "backend-v0.2.0")
    made.write("web/index.html", "2")
    made.commit()
    return made


def of(tmp_path: Path, hosts: dict[str, Doc] = HOSTS, **more: Any) -> Context:
    return context(tmp_path / "state", hosts, account_id="", aws_region="", **more)


def record(run: Context, tag: str, *hosts: str, number: int = 1, **release: Any) -> None:
    kind = "site" if "site" in run._task_vars["groups"] else "backend"
    digest = release.pop("digest", f"sha256:{tag}")
    targets = [
        {
            "name": name,
            "kind": "host",
            "group": kind,
            "state": "stable",
            "to": {"release": f"{tag}-1", "tag": tag, "digest": digest},
        }
        for name in hosts
    ]
    whole = {kind: {"release": f"{tag}-1", "tag": tag, "digest": digest, **release}}
    before = {"previous": f"2026-11-2{number - 1}"} if number > 1 else {}
    of_run = {"id": f"2026-11-2{number}", "environment": "dev", "phase": "done", "outcome": "succeeded"}
    document = {"schema": SCHEMA, "kind": "deploy", **of_run, **before}
    Journal.open(run.store, {**document, "targets": targets, "unchanged": [], "releases": whole})


def chain(run: Context, clone: Clone, **arguments: Any) -> dict[str, str]:
    found, _choices = changed_services(run, {**ARGUMENTS, "path": str(clone.place), **arguments})
    return {item.service: " → ".join(item.chain) for item in found.decisions}


def test_hosts_are_compared_with_the_release_that_was_recorded(tmp_path: Path, clone: Clone) -> None:
    run = of(tmp_path)
    assert chain(run, clone) == {"backend": "nothing was deployed to its hosts yet → backend"}
    record(run, "backend-v0.1.0", "a", "b")
    source = "umigoCrmBackend/…/A.java → umigoCrmBackend → backend"
    assert chain(run, clone, unclaimed="none") == {"backend": source}
    record(run, "backend-v0.2.0", "a", number=2)
    different = "its hosts run different releases: backend-v0.1.0 and backend-v0.2.0 → backend"
    assert chain(run, clone) == {"backend": different}
    record(run, "backend-v0.2.0", "b", number=3)
    assert chain(run, clone, unclaimed="none") == {"backend": ""}
    assert chain(run, clone) == {"backend": "web/index.html → nothing claims it → backend"}


def test_a_release_is_found_by_its_commit(tmp_path: Path, clone: Clone) -> None:
    run = of(tmp_path)
    record(run, "gone", "a", "b", commit=clone.git("rev-parse", "backend-v0.2.0"))
    assert chain(run, clone, unclaimed="none") == {"backend": ""}
    record(run, "gone", "a", "b", number=2)
    why = "its release gone names no commit: there is no such tag in the clone"
    assert chain(run, clone) == {"backend": f"{why} → backend"}


def test_what_was_promoted_counts_before_the_first_record(tmp_path: Path, clone: Clone) -> None:
    run = of(tmp_path)
    commit = clone.git("rev-parse", "backend-v0.2.0")
    promoted = Version("backend-v0.2.0", "0.2.0", "sha256:1", "main", "key", commit, "", "", "somebody")
    write_version(run.store, "dev", "backend", promoted, read_versions(run.store, "dev"))
    assert chain(run, clone, unclaimed="none") == {"backend": ""}


def test_a_site_is_built_of_the_whole_repository(tmp_path: Path, clone: Clone) -> None:
    run = of(tmp_path, {"web-1": {}}, kind="site")
    commit = clone.git("rev-parse", "backend-v0.2.0")
    record(run, "staging-20261121", "web-1", digest=f"commit:{commit}")
    assert chain(run, clone) == {"site": "web/index.html → site"}
    assert chain(run, clone, base="HEAD") == {"site": ""}
    assert chain(run, clone, force=True) == {"site": "asked for by force_full_build → site"}


@pytest.mark.parametrize(
    ("repository", "taken"),
    [
        ("https://github.com/starx/Umigo", True),
        ("git@github.com:starx/umigo.git", True),
        ("https://github.com/starx/other", False),
        ("", True),
    ],
)
def test_hosts_that_are_built_from_another_repository_are_left_out(
    tmp_path: Path, clone: Clone, repository: str, taken: bool
) -> None:
    clone.git("remote", "add", "origin", "https://example.org/starx/Umigo.git")
    run = of(tmp_path, {"a": {"backend_repository": repository}}, fleet={"web": {}})
    found, _choices = changed_services(run, {**ARGUMENTS, "path": str(clone.place), "base": "HEAD^"})
    assert [item.service for item in found.decisions] == (["web", "backend"] if taken else ["web"])
    assert found.notes == (() if taken else (f"backend is built from {repository}, of which this is no clone",))
    alone = of(tmp_path, {"a": {"backend_repository": repository}})
    if not taken:
        with pytest.raises(SlipwayError, match="of which this is no clone. Name the clone that they are built from"):
            changed_services(alone, {**ARGUMENTS, "path": str(clone.place), "base": "HEAD^"})


def test_a_rule_may_name_what_the_limit_leaves_out(tmp_path: Path, clone: Clone) -> None:
    run = of(tmp_path, fleet={"web": {}, "umigoCrmBackend": {}}, selected=["web"])
    rules = [{"paths": ["docker/{service}/**"]}, {"paths": ["x"], "services": ["backend", "umigoCrmBackend"]}]
    clone.write("docker/umigoCrmBackend/Dockerfile", "1")
    clone.write("x", "1")
    clone.commit()
    assert chain(run, clone, base="HEAD^", rules=rules) == {"web": ""}


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({"base": "no-such-branch"}, "-e base: there is no commit 'no-such-branch'. Fetch it, or name another one"),
        ({"base": "{{ 7 * 7 }}"}, "-e base: there is no commit '{{ 7 * 7 }}'"),
        ({"head": "$(id)"}, "there is no commit '$(id)'"),
        ({"head": "--output=x"}, "there is no commit '--output=x'"),
        ({"path": ""}, "source_path: it is not set. Name a clone: -e source_path=../backend"),
        ({"path": "/nonexistent"}, "source_path (/nonexistent): there is no such directory"),
        ({"path": "/"}, "not a git repository"),
        ({"unclaimed": "some"}, "changes_unclaimed 'some' is neither all nor none. Write all or none"),
        ({"unclaimed": "some"}, "inventories/dev/group_vars/all.yml"),
        (
            {"rules": [{"paths": ["x"], "services": ["wbe"]}]},
            "changes_rules, rule 1: there is no service wbe. Did you mean web?",
        ),
    ],
)
def test_what_is_wrong_is_said_in_a_line(tmp_path: Path, clone: Clone, arguments: Doc, said: str) -> None:
    run = of(tmp_path, {}, fleet={"web": {}})
    with pytest.raises(SlipwayError) as raised:
        changed_services(run, {**ARGUMENTS, "base": "HEAD", "path": str(clone.place), **arguments})
    assert said in str(raised.value)
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize("value", [["a", 1], {"a": 1}, 7, [""]])
def test_modules_are_texts(tmp_path: Path, clone: Clone, value: Any) -> None:
    run = of(tmp_path, {}, fleet={"web": {"build_modules": value}})
    with pytest.raises(SlipwayError, match="build_modules is not a list of texts"):
        changed_services(run, {**ARGUMENTS, "base": "HEAD", "path": str(clone.place)})
