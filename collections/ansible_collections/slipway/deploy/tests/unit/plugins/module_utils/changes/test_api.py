# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The edge to git, with git: histories, renames, submodules, links and names of all kinds."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from ansible_collections.slipway.deploy.plugins.module_utils.changes.api import Base, Repository, detect_changes
from ansible_collections.slipway.deploy.plugins.module_utils.changes.detect import Choices, Detection
from ansible_collections.slipway.deploy.plugins.module_utils.changes.services import Service
from ansible_collections.slipway.deploy.plugins.module_utils.common.errors import SlipwayError
from ansible_collections.slipway.deploy.plugins.module_utils.git.run import Credentials, Git

from .builders import pom, root

FILES = {
    "pom.xml": root(["a", "b", "c"]),
    "a/pom.xml": pom("a"),
    "a/src/main/java/A.java": "class A {}\n",
    "b/pom.xml": pom("b", needs=["a"]),
    "b/src/main/java/B.java": "class B {}\n",
    "c/pom.xml": pom("c"),
}


class Clone:
    """A repository that is worked in."""

    def __init__(self, place: Path) -> None:
        self.place = place
        place.mkdir()
        self.git("init", "-q", "-b", "main")

    def git(self, *words: str) -> str:
        settings = ["-c", "user.name=a", "-c", "user.email=a@example.org", "-c", "protocol.file.allow=always"]
        done = subprocess.run(["git", *settings, *words], cwd=self.place, capture_output=True, check=True, text=True)
        return done.stdout.strip()

    def write(self, path: str, text: str) -> None:
        (self.place / path).parent.mkdir(parents=True, exist_ok=True)
        (self.place / path).write_text(text)

    def commit(self, *words: str) -> str:
        self.git("add", "-A")
        self.git("commit", "-q", "--allow-empty", "-m", "work", *words)
        return self.git("rev-parse", "HEAD")

    def since(
        self, base: str, services: Sequence[str] = ("a", "b", "c"), head: str = "HEAD", unclaimed: str = "none"
    ) -> Detection:
        wanted = [Service(name, (name,)) for name in services]
        repository = Repository(Git(self.place, "the source", Credentials()))
        return detect_changes(
            repository, wanted, dict.fromkeys(services, Base(base)), head, Choices(unclaimed=unclaimed)
        )


def built(found: Detection) -> dict[str, str]:
    return {item.service: " → ".join(item.chain) for item in found.decisions if item.build}


@pytest.fixture
def clone(tmp_path: Path) -> Clone:
    made = Clone(tmp_path / "clone")
    for path, text in FILES.items():
        made.write(path, text)
    made.commit()
    return made


def test_a_merge_is_compared_with_what_runs(clone: Clone) -> None:
    base = clone.git("rev-parse", "HEAD")
    clone.git("checkout", "-q", "-b", "feature/1-a")
    clone.write("a/src/main/java/A.java", "class A { }\n")
    clone.commit()
    clone.git("checkout", "-q", "main")
    clone.write("c/x", "1")
    clone.commit()
    clone.git("merge", "-q", "--no-ff", "-m", "merge", "feature/1-a")
    found = clone.since(base)
    assert built(found) == {"a": "a/…/A.java → a", "b": "a/…/A.java → a → b", "c": "c/x → c"}
    assert not found.everything
    assert {item.base for item in found.decisions} == {base}
    assert built(clone.since("HEAD")) == {}
    # Back to an older commit is a change as well.
    assert built(clone.since("HEAD", head=base)).keys() == {"a", "b", "c"}


def test_each_service_has_its_own_base(clone: Clone) -> None:
    first = clone.git("rev-parse", "HEAD")
    clone.write("a/x", "1")
    second = clone.commit()
    clone.write("c/x", "1")
    clone.commit()
    repository = Repository(Git(clone.place, "the source", Credentials()))
    services = [Service(name, (name,)) for name in ("a", "b", "c", "never")]
    services[3] = Service("never", ("c",))
    found = detect_changes(
        repository, services, {"a": Base(second), "b": Base(first), "c": Base(second)}, "HEAD", Choices()
    )
    assert [(item.service, item.build) for item in found.decisions] == [
        ("a", False),
        ("b", True),
        ("c", True),
        ("never", True),
    ]
    assert found.decisions[3].chain == ("it is not known which commit runs", "never")


@pytest.mark.parametrize("name", ["Größe.txt", 'a "b" c.txt', "tab\there", "line\nfeed", "$(id)", "{{ 7 * 7 }}", "-rf"])
def test_names_of_all_kinds(clone: Clone, name: str) -> None:
    clone.write(f"a/{name}", "1")
    base = clone.commit()
    clone.write(f"a/{name}", "2")
    clone.git("mv", "c/pom.xml", "c/pom.xml.off")
    clone.write("c/pom.xml", pom("c"))
    clone.commit()
    found = clone.since(base, ["a", "b"])
    assert {item.path for item in found.decisions} == {f"a/{name}"}


def test_a_name_that_is_no_text(clone: Clone) -> None:
    base = clone.git("rev-parse", "HEAD")
    (clone.place / "a" / "\udcff").write_text("1")
    clone.commit()
    assert built(clone.since(base)).keys() == {"a", "b"}


def test_a_rename_reaches_where_it_came_from_and_where_it_went(clone: Clone) -> None:
    base = clone.git("rev-parse", "HEAD")
    (clone.place / "c/src").mkdir()
    clone.git("mv", "b/src/main/java/B.java", "c/src/B.java")
    clone.commit()
    assert built(clone.since(base)) == {"b": "b/…/B.java (moved) → b", "c": "c/src/B.java (moved) → c"}


def test_a_change_of_mode_is_one(clone: Clone) -> None:
    base = clone.git("rev-parse", "HEAD")
    (clone.place / "b/src/main/java/B.java").chmod(0o755)
    clone.commit()
    assert built(clone.since(base)).keys() == {"b"}


def test_a_link_is_what_it_leads_to(clone: Clone) -> None:
    clone.write("shared/settings.xml", "1")
    (clone.place / "c/shared").symlink_to("../shared")
    base = clone.commit()
    clone.write("shared/settings.xml", "2")
    clone.commit()
    assert built(clone.since(base)) == {"c": "shared/settings.xml → c"}


def test_a_submodule(clone: Clone, tmp_path: Path) -> None:
    other = Clone(tmp_path / "other")
    other.write("pom.xml", pom("lib"))
    other.commit()
    clone.git("submodule", "add", "-q", str(other.place), "c/native")
    clone.git("submodule", "add", "-q", str(other.place), "libs")
    base = clone.commit()
    other.write("x", "1")
    other.commit()
    clone.git("-C", "c/native", "pull", "-q", "origin", "main")
    clone.commit()
    assert built(clone.since(base)) == {"c": "c/native (submodule) → c"}
    base = clone.git("rev-parse", "HEAD")
    clone.git("-C", "libs", "pull", "-q", "origin", "main")
    clone.commit()
    assert clone.since(base).unclaimed == (("libs", ""),)
    clone.write("pom.xml", root(["a", "b", "c", "libs"]))
    base = clone.commit()
    clone.git("-C", "libs", "checkout", "-q", "HEAD^")
    clone.commit()
    found = clone.since(base)
    assert found.everything == "submodule libs moved, and module libs of pom.xml is in a submodule, which is not read"


def rewritten(clone: Clone, base: str) -> str:
    clone.write("a/x", "2")
    clone.commit("--amend")
    return f"{base[:12]} is not in the history of {{head}}, and no branch here has it: the history was rewritten"


def begun_anew(clone: Clone, base: str) -> str:
    clone.git("checkout", "-q", "--orphan", "anew")
    clone.commit()
    return f"{base[:12]} and {{head}} have no common history: it was rewritten"


def rewritten_at_the_remote(clone: Clone, base: str) -> str:
    # The branch here still has the old commit; the one that was fetched has not.
    clone.git("checkout", "-q", "-b", "theirs", "HEAD^")
    clone.write("a/x", "2")
    clone.commit()
    clone.git("update-ref", "refs/remotes/origin/main", "HEAD")
    return f"{base[:12]} is not in the history of {{head}}, and no branch here has it: the history was rewritten"


@pytest.mark.parametrize("rewrite", [rewritten, begun_anew, rewritten_at_the_remote])
def test_a_history_that_was_rewritten_means_all(clone: Clone, rewrite: Callable[[Clone, str], str]) -> None:
    clone.write("a/x", "1")
    base = clone.commit()
    why = rewrite(clone, base)
    found = clone.since(base)
    assert found.everything == why.format(head=clone.git("rev-parse", "HEAD")[:12])
    assert len(built(found)) == 3


@pytest.mark.parametrize("place", ["refs/heads/feature/7-b", "refs/remotes/origin/feature/7-b"])
def test_a_branch_that_was_deployed_is_compared_by_its_files(clone: Clone, place: str) -> None:
    fork = clone.git("rev-parse", "HEAD")
    clone.write("b/x", "1")
    base = clone.commit()
    clone.git("update-ref", place, base)
    clone.git("reset", "-q", "--hard", fork)
    clone.write("c/x", "another")
    head = clone.commit()
    found = clone.since(base)
    # What the branch had is taken back.
    assert built(found) == {"b": "b/x (deleted) → b", "c": "c/x → c"}
    branch = place.split("/", 2)[2]
    beside = f"is of branch {branch}, beside {head[:12]}: they part at {fork[:12]}, and their files are compared"
    assert found.notes == (f"{base[:12]} {beside}",)


def shallow(clone: Clone, place: Path, depth: int) -> Clone:
    clone.git("clone", "-q", f"--depth={depth}", f"file://{clone.place}", str(place))
    made = Clone.__new__(Clone)
    made.place = place
    return made


def test_a_shallow_clone_without_the_base_means_all(clone: Clone, tmp_path: Path) -> None:
    base = clone.git("rev-parse", "HEAD")
    clone.write("a/x", "1")
    clone.commit()
    found = shallow(clone, tmp_path / "shallow", 1).since(base)
    why = f"the clone is shallow and has no commit {base[:12]}: fetch the whole history (fetch-depth: 0)"
    assert found.everything == why
    assert len(built(found)) == 3


def test_a_shallow_clone_with_the_base_is_enough(clone: Clone, tmp_path: Path) -> None:
    clone.write("c/x", "1")
    base = clone.commit()
    clone.write("a/x", "1")
    clone.commit()
    assert built(shallow(clone, tmp_path / "shallow", 2).since(base)).keys() == {"a", "b"}


def test_a_shallow_clone_that_ends_before_both_meet_means_all(clone: Clone, tmp_path: Path) -> None:
    clone.write("a/x", "1")
    base = clone.commit()
    for number in range(3):
        clone.write("a/x", f"{number + 2}")
        clone.commit()
    cut = shallow(clone, tmp_path / "shallow", 1)
    cut.git("fetch", "-q", "--depth=1", "origin", base)
    found = cut.since(base)
    head = clone.git("rev-parse", "HEAD")
    why = f"the clone is shallow, and its commits do not lead from {base[:12]} to {head[:12]}"
    assert found.everything == f"{why}: fetch the whole history (fetch-depth: 0)"


def test_a_partial_clone_whose_remote_is_gone_is_named(clone: Clone, tmp_path: Path) -> None:
    clone.git("config", "uploadpack.allowFilter", "true")
    base = clone.git("rev-parse", "HEAD")
    partial = tmp_path / "partial"
    clone.git("clone", "-q", "--bare", "--filter=blob:none", f"file://{clone.place}", str(partial))
    shutil.rmtree(clone.place)
    made = Clone.__new__(Clone)
    made.place = partial
    with pytest.raises(SlipwayError) as raised:
        made.since(base)
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize("base", ["1" * 40, "no-such-tag", "$(id)", "--output=x", "{{ 7 }}"])
def test_an_unknown_base_means_all(clone: Clone, base: str) -> None:
    found = clone.since(base)
    assert found.everything.startswith(f"there is no commit {base[:12]} here")
    assert len(built(found)) == 3


def test_a_base_that_cannot_be_read_means_all(clone: Clone) -> None:
    good = (clone.place / "a/pom.xml").read_text()
    clone.write("a/pom.xml", "<project>")
    base = clone.commit()
    clone.write("a/pom.xml", good)
    clone.commit()
    assert clone.since(base).everything.startswith(
        f"the base cannot be read: a/pom.xml at {base[:12]}: it is not valid XML"
    )


def test_a_head_that_cannot_be_built_is_an_error(clone: Clone) -> None:
    base = clone.git("rev-parse", "HEAD")
    clone.write("a/pom.xml", "<project>")
    clone.commit()
    with pytest.raises(SlipwayError, match="a/pom.xml at .*: it is not valid XML"):
        clone.since(base)
    with pytest.raises(SlipwayError, match="there is no commit 'feature/x'"):
        clone.since(base, head="feature/x")


def test_the_repositorys_own_configuration_starts_nothing(clone: Clone, tmp_path: Path) -> None:
    base = clone.git("rev-parse", "HEAD")
    clone.write(".gitattributes", "*.java diff=evil\n")
    clone.write("a/src/main/java/A.java", "class A { }\n")
    clone.commit()
    for name in ("diff.external", "diff.evil.command", "diff.evil.textconv", "core.fsmonitor", "core.pager"):
        clone.git("config", name, f"touch {tmp_path}/pwned; false")
    assert built(clone.since(base)).keys() == {"a", "b"}
    assert not (tmp_path / "pwned").exists()
