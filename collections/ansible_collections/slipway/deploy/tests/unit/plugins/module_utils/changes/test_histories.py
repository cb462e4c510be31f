# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What commits reach, with git: services that come, go and move, files outside of modules, tests, submodules."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import pytest

from ansible_collections.slipway.deploy.plugins.module_utils.changes.api import Base, Repository, detect_changes
from ansible_collections.slipway.deploy.plugins.module_utils.changes.detect import Choices, Detection
from ansible_collections.slipway.deploy.plugins.module_utils.changes.rules import parse_rules
from ansible_collections.slipway.deploy.plugins.module_utils.changes.services import Service
from ansible_collections.slipway.deploy.plugins.module_utils.common.errors import SlipwayError, SlipwayErrors
from ansible_collections.slipway.deploy.plugins.module_utils.git.run import Credentials, Git

from .builders import pom, root
from .test_api import Clone, built

FILES = {
    "pom.xml": root(["common", "users", "tasks", "platform"]),
    "common/pom.xml": pom("common"),
    "common/src/main/java/Jwt.java": "1",
    "common/src/test/java/JwtTest.java": "1",
    "users/pom.xml": pom("users", needs=["common"]),
    "users/src/main/java/Größe User.java": "one\n",
    "tasks/pom.xml": pom("tasks"),
    "tasks/src/main/java/Task.java": "two\n",
    "platform/pom.xml": pom("platform", packaging="pom", modules=["api", "core"]),
    "platform/core/pom.xml": pom("core", parent="platform"),
    "platform/core/src/main/java/Core.java": "1",
    "platform/api/pom.xml": pom("api", parent="platform", needs=["core"]),
    "worker/main.py": "three\n",
    "worker/tests/test_main.py": "1",
    "docker/users/Dockerfile": "FROM base",
    "docker/base/Dockerfile": "FROM scratch",
    ".github/workflows/ci.yml": "on: push",
    "README.md": "1",
    ".gitignore": "target",
}
SERVICES = [Service(name, (name,)) for name in ("users", "tasks", "platform", "worker")]
ALL = {item.name for item in SERVICES}
RULES = parse_rules(
    [
        {"paths": ["docker/{service}/Dockerfile"]},
        {"paths": ["docker/base/**"], "services": "all", "why": "base image"},
        {"paths": [".github/**"], "services": ["worker"]},
        {"paths": ["**/*.md"], "services": "none"},
    ],
    ALL,
)


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Clone:
    made = Clone(tmp_path_factory.mktemp("histories") / "source")
    for path, text in FILES.items():
        made.write(path, text)
    made.commit()
    return made


@pytest.fixture
def clone(template: Clone, tmp_path: Path) -> Clone:
    made = Clone.__new__(Clone)
    made.place = tmp_path / "source"
    shutil.copytree(template.place, made.place, symlinks=True)
    return made


def since(
    clone: Clone, base: str, choices: Choices, services: Sequence[Service] = SERVICES, force: str = ""
) -> Detection:
    repository = Repository(Git(clone.place, "the source", Credentials()))
    return detect_changes(repository, services, {item.name: Base(base) for item in services}, "HEAD", choices, force)


def write(path: str, text: str = "edited\n") -> Callable[[Clone], None]:
    return lambda clone: clone.write(path, text)


def move(old: str, new: str) -> Callable[[Clone], None]:
    def moved(clone: Clone) -> None:
        (clone.place / new).parent.mkdir(parents=True, exist_ok=True)
        clone.git("mv", old, new)

    return moved


def remove(path: str) -> Callable[[Clone], None]:
    return lambda clone: clone.git("rm", "-rq", path) and None


def several(*steps: Callable[[Clone], None]) -> Callable[[Clone], None]:
    def done(clone: Clone) -> None:
        for step in steps:
            step(clone)

    return done


def replaced_by_a_directory(clone: Clone) -> None:
    (clone.place / "worker/main.py").unlink()
    clone.write("worker/main.py/__init__.py", "1")


def merge(clone: Clone) -> None:
    clone.git("checkout", "-q", "-b", "feature/9-b")
    clone.write("tasks/src/main/java/Task.java", "9")
    clone.commit()
    clone.git("checkout", "-q", "main")
    clone.write("worker/main.py", "9")
    clone.commit()
    clone.git("merge", "-q", "--no-ff", "-m", "merge", "feature/9-b")


def another_root(clone: Clone) -> None:
    clone.git("checkout", "-q", "--orphan", "other")
    clone.git("rm", "-rqf", ".")
    clone.write("worker/imported.py", "1")
    clone.commit()
    clone.git("checkout", "-q", "main")
    clone.git("merge", "-q", "--allow-unrelated-histories", "-m", "merge", "other")


def reverted(clone: Clone) -> None:
    clone.write("tasks/src/main/java/Task.java", "9")
    clone.commit()
    clone.git("revert", "--no-edit", "HEAD")


#: An edit, and the services that it reaches with their chains.
HISTORIES: Mapping[str, tuple[Callable[[Clone], None], Mapping[str, str]]] = {
    "a source of the library": (
        write("common/src/main/java/Jwt.java"),
        {"users": "common/…/Jwt.java → common → users"},
    ),
    "only a test": (write("common/src/test/java/JwtTest.java"), {}),
    "only a test of what no tool builds": (write("worker/tests/test_main.py"), {}),
    "a module of an aggregator": (
        write("platform/core/src/main/java/Core.java"),
        {"platform": "platform/core/…/Core.java → core → platform"},
    ),
    "a file beside the modules of an aggregator": (write("platform/x"), {"platform": "platform/x → platform"}),
    "a rename in a module": (
        move("tasks/src/main/java/Task.java", "tasks/src/main/java/Todo.java"),
        {"tasks": "tasks/…/Task.java (moved) → tasks"},
    ),
    "a rename from one service to another": (
        move("worker/main.py", "tasks/src/main/resources/main.py"),
        {"tasks": "tasks/…/main.py (moved) → tasks", "worker": "worker/main.py (moved) → worker"},
    ),
    "a rename out of the tests": (
        move("common/src/test/java/JwtTest.java", "common/src/main/java/JwtTest.java"),
        {"users": "common/…/JwtTest.java (moved) → common → users"},
    ),
    "a quoted path": (
        write("users/src/main/java/Größe User.java"),
        {"users": "users/…/Größe User.java → users"},
    ),
    "a quoted path that is deleted": (
        remove("users/src/main/java/Größe User.java"),
        {"users": "users/…/Größe User.java (deleted) → users"},
    ),
    "a directory that moved with its module": (
        several(
            move("tasks", "services/tasks"),
            write("services/tasks/pom.xml", pom("tasks", path="../../pom.xml")),
            write("pom.xml", root(["common", "users", "services/tasks", "platform"])),
        ),
        {"tasks": "services/tasks/pom.xml → tasks"},
    ),
    "a file that became a directory": (replaced_by_a_directory, {"worker": "worker/main.py/__init__.py → worker"}),
    "a Dockerfile outside of its module": (
        write("docker/users/Dockerfile"),
        {"users": "docker/users/Dockerfile → users"},
    ),
    "the base image": (
        write("docker/base/Dockerfile"),
        {name: f"docker/base/Dockerfile → {name}" for name in ALL},
    ),
    "a CI file": (write(".github/workflows/ci.yml"), {"worker": ".github/workflows/ci.yml → worker"}),
    "a document": (write("README.md"), {}),
    "a file about the repository": (write(".gitignore"), {}),
    "a merge": (merge, {"tasks": "tasks/…/Task.java → tasks", "worker": "worker/main.py → worker"}),
    "a merge of another root": (another_root, {"worker": "worker/imported.py → worker"}),
    "what was taken back": (reverted, {}),
    "nothing": (lambda clone: None, {}),
}


@pytest.mark.parametrize("name", HISTORIES)
def test_a_history(clone: Clone, name: str) -> None:
    base = clone.git("rev-parse", "HEAD")
    edit, reached = HISTORIES[name]
    edit(clone)
    clone.commit()
    found = since(clone, base, Choices(RULES))
    assert built(found) == reached
    assert not found.everything
    assert not found.unclaimed


@pytest.mark.parametrize("path", ["common/src/test/java/JwtTest.java", "worker/tests/test_main.py"])
def test_tests_count_if_asked(clone: Clone, path: str) -> None:
    base = clone.git("rev-parse", "HEAD")
    clone.write(path, "2")
    clone.commit()
    name = path.partition("/")[0]
    services = [*SERVICES, Service("common", ("common",))]
    assert built(since(clone, base, Choices(RULES, tests=True), services)).keys() == {name}
    found = since(clone, base, Choices(RULES), services)
    assert [item.service for item in found.decisions if item.tests_only] == [name]


@pytest.mark.parametrize(("unclaimed", "reached"), [("all", ALL), ("none", set())])
def test_what_nothing_claims_is_named(clone: Clone, unclaimed: str, reached: set[str]) -> None:
    base = clone.git("rev-parse", "HEAD")
    clone.write("scripts/copy jars.sh", "1")
    clone.git("rm", "-q", ".github/workflows/ci.yml")
    clone.commit()
    found = since(clone, base, Choices((), unclaimed))
    assert found.unclaimed == ((".github/workflows/ci.yml", ""), ("scripts/copy jars.sh", ""))
    assert built(found).keys() == reached


def test_a_file_of_another_service_is_claimed(clone: Clone) -> None:
    first = clone.git("rev-parse", "HEAD")
    clone.write("worker/main.py", "2")
    clone.write("docker/users/Dockerfile", "2")
    second = clone.commit()
    # Of each base its own services are asked about.
    bases = {"tasks": Base(first), **dict.fromkeys(ALL - {"tasks"}, Base(second))}
    repository = Repository(Git(clone.place, "the source", Credentials()))
    assert not built(detect_changes(repository, SERVICES, bases, "HEAD", Choices(RULES)))
    # And of each limit.
    others = tuple(item for item in SERVICES if item.name != "tasks")
    found = since(clone, first, Choices(RULES, others=others), [Service("tasks", ("tasks",))])
    assert (built(found), found.unclaimed) == ({}, ())


def test_what_is_built_of_all_files_claims_none_of_them_for_others(clone: Clone) -> None:
    base = clone.git("rev-parse", "HEAD")
    clone.write("compose.yml", "1")
    clone.commit()
    found = since(clone, base, Choices((), "none"), [*SERVICES, Service("site", (".",))])
    assert found.unclaimed == (("compose.yml", ""),)
    assert built(found) == {"site": "compose.yml → site"}


def test_services_that_come_and_go(clone: Clone) -> None:
    base = clone.git("rev-parse", "HEAD")
    clone.write("mail/pom.xml", pom("mail", needs=["common"]))
    clone.git("rm", "-rq", "tasks", "worker")
    clone.write("pom.xml", root(["common", "users", "mail", "platform"]))
    clone.commit()
    services = [*SERVICES, Service("mail", ("mail",))]
    found = since(clone, base, Choices(RULES), services)
    assert built(found) == {"mail": "mail/pom.xml (new) → mail"}
    assert {item.service for item in found.decisions if item.gone} == {"tasks", "worker"}
    assert (found.new, found.gone, found.unclaimed) == (("mail",), ("tasks",), ())
    # Also when it is not known what changed.
    for other in (since(clone, "", Choices(), services), since(clone, base, Choices(), services, "it was asked for")):
        assert built(other).keys() == {"users", "platform", "mail"}
        assert {item.service for item in other.decisions if item.gone} == {"tasks", "worker"}
        assert [item.service for item in other.decisions] == [item.name for item in services]
    with pytest.raises(SlipwayErrors, match="there is no module, workspace or directory lost"):
        since(clone, "", Choices(), [*services, Service("lost", ("lost",))])


def test_the_files_of_a_library_that_is_gone_are_claimed(clone: Clone) -> None:
    base = clone.git("rev-parse", "HEAD")
    clone.git("rm", "-rq", "common")
    clone.write("users/pom.xml", pom("users"))
    clone.write("pom.xml", root(["users", "tasks", "platform"]))
    clone.commit()
    found = since(clone, base, Choices(RULES))
    assert built(found) == {"users": "users/pom.xml (dependency x:common 1.0 removed) → users"}
    assert (found.gone, found.unclaimed) == (("common",), ())
    # Without its pom, what is left of it is nobody's.
    clone.git("checkout", "-q", base, "--", "common/src/main")
    clone.commit()
    found = since(clone, base, Choices(RULES, "none"))
    assert found.unclaimed == ()
    clone.write("common/src/main/java/Jwt.java", "2")
    clone.commit()
    found = since(clone, base, Choices(RULES, "none"))
    assert found.unclaimed == (("common/src/main/java/Jwt.java", ""),)


def test_a_service_that_is_a_submodule(clone: Clone, tmp_path: Path) -> None:
    other = Clone(tmp_path / "other")
    other.write("x", "1")
    other.commit()
    clone.git("submodule", "add", "-q", str(other.place), "edge")
    base = clone.commit()
    other.write("x", "2")
    other.commit()
    clone.git("-C", "edge", "pull", "-q", "origin", "main")
    clone.commit()
    found = since(clone, base, Choices(RULES), [*SERVICES, Service("edge", ("edge",))])
    assert built(found) == {"edge": "edge (submodule) → edge"}


def test_a_service_of_the_whole_repository(clone: Clone) -> None:
    base = clone.git("rev-parse", "HEAD")
    site = [Service("site", (".",))]
    clone.write("scripts/x", "1")
    clone.write(".gitignore", "2")
    clone.write("pom.xml", FILES["pom.xml"].replace("</project>", "<description>x</description></project>"))
    clone.commit()
    assert built(since(clone, base, Choices(), site)) == {"site": "scripts/x → site"}
    base = clone.git("rev-parse", "HEAD")
    clone.write("worker/tests/test_main.py", "2")
    clone.write("common/src/test/java/JwtTest.java", "2")
    clone.write("README.md", "2")
    clone.commit()
    assert not built(since(clone, base, Choices(RULES), site))


@pytest.mark.parametrize("name", ["$(id)", "{{lookup}}", "`id`", "a;id", "--upload-pack=x"])
def test_a_branch_of_any_name(clone: Clone, name: str) -> None:
    clone.write("worker/main.py", "2")
    head = clone.commit()
    clone.git("update-ref", f"refs/heads/{name}", "HEAD^")
    repository = Repository(Git(clone.place, "the source", Credentials()))
    bases = {item.name: Base(f"refs/heads/{name}") for item in SERVICES}
    assert built(detect_changes(repository, SERVICES, bases, head, Choices(RULES))).keys() == {"worker"}
    found = detect_changes(
        repository, SERVICES, {item.name: Base(head) for item in SERVICES}, f"heads/{name}", Choices()
    )
    assert built(found).keys() == {"worker"}
    with pytest.raises(SlipwayError, match="there is no commit"):
        detect_changes(repository, SERVICES, bases, f"{name}x", Choices())


def test_a_build_system_that_goes_away_means_all(clone: Clone) -> None:
    base = clone.git("rev-parse", "HEAD")
    for path in [path for path in FILES if path.endswith("pom.xml")]:
        clone.git("rm", "-q", path)
    clone.write("build.gradle.kts", "")
    clone.write("users/build.gradle.kts", "")
    clone.write("platform/build.gradle.kts", "")
    head = clone.commit()
    found = since(clone, base, Choices(RULES))
    assert found.everything == f"the build system is not read (build.gradle.kts at {head[:12]})"
    assert built(found).keys() == ALL
