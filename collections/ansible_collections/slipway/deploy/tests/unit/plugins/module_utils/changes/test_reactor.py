# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What a change in a Maven repository reaches, and why."""

from __future__ import annotations

import pytest

from ansible_collections.slipway.deploy.plugins.module_utils.changes.detect import Choices
from ansible_collections.slipway.deploy.plugins.module_utils.changes.services import Service
from ansible_collections.slipway.deploy.plugins.module_utils.common.errors import SlipwayError

from .builders import at, chains, dependency, detected, pom, root

PROPERTIES = "<properties><jackson.version>2.15</jackson.version><unused>1</unused></properties>"
MANAGED = (
    "<dependencyManagement><dependencies>"
    "<dependency><groupId>j</groupId><artifactId>jackson</artifactId><version>${jackson.version}</version></dependency>"
    "<dependency><groupId>n</groupId><artifactId>netty</artifactId><version>4.1</version></dependency>"
    "</dependencies></dependencyManagement>"
)
JACKSON = dependency("jackson", "", group="j")
FILES = {
    "pom.xml": root(
        ["common-security", "gateway", "user-service", "task-service"],
        f"<description>Tracks skills</description>{PROPERTIES}{MANAGED}",
    ),
    "common-security/pom.xml": pom("common-security"),
    "common-security/src/main/java/a/Jwt.java": "1",
    "common-security/src/test/java/a/JwtTest.java": "1",
    "gateway/pom.xml": pom("gateway", needs=["common-security"]),
    "user-service/pom.xml": pom("user-service", needs=[JACKSON]),
    "user-service/src/main/java/User.java": "1",
    "user-service/Dockerfile": "FROM scratch",
    "task-service/pom.xml": pom(
        "task-service", needs=[dependency("user-service", more="<type>test-jar</type><scope>test</scope>")]
    ),
    "task-service/src/main/java/Task.java": "1",
    "docker/base/Dockerfile": "FROM scratch",
    ".mvn/maven.config": "-T1",
}
SERVICES = [Service("api-gateway", ("gateway",)), "user-service", "task-service"]


def edited(path: str, old: str = "", new: str = "") -> dict[str, str]:
    text = FILES[path]
    assert old in text
    return {**FILES, path: text.replace(old, new) if old else text + "\n// edited"}


def test_a_source_reaches_what_uses_it_by_a_chain() -> None:
    head = edited("common-security/src/main/java/a/Jwt.java")
    assert chains(FILES, head, SERVICES) == {
        "api-gateway": "common-security/…/Jwt.java → common-security → gateway → api-gateway"
    }


@pytest.mark.parametrize(
    ("path", "old", "new", "reached"),
    [
        ("pom.xml", "Tracks skills", "Tracks all skills", {}),
        ("pom.xml", "<modules>", "<!-- twelve of them --><modules>", {}),
        ("pom.xml", "<modules>", "\n  <modules>\n", {}),
        (
            "pom.xml",
            "2.15",
            "2.16",
            {
                "user-service": "pom.xml (property jackson.version 2.15 → 2.16) → user-service",
                "task-service": "pom.xml (property jackson.version 2.15 → 2.16) → user-service → task-service",
            },
        ),
        ("user-service/pom.xml", "</project>", "<description>It has users</description></project>", {}),
        (
            "user-service/pom.xml",
            "<artifactId>jackson</artifactId>",
            "<artifactId>jackson</artifactId><scope>test</scope>",
            {
                "user-service": "user-service/pom.xml (dependency j:jackson) → user-service",
                "task-service": "user-service/pom.xml (dependency j:jackson) → user-service → task-service",
            },
        ),
    ],
)
def test_a_pom_is_compared_by_what_it_means(path: str, old: str, new: str, reached: dict[str, str]) -> None:
    assert chains(FILES, edited(path, old, new), SERVICES) == reached


def test_a_property_that_no_pom_refers_to_may_be_read_by_a_plugin() -> None:
    found = chains(FILES, edited("pom.xml", "<unused>1", "<unused>2"), SERVICES)
    assert found["api-gateway"] == "pom.xml (property unused 1 → 2) → gateway → api-gateway"
    assert len(found) == 3


@pytest.mark.parametrize(("unclaimed", "count"), [("all", 3), ("none", 0)])
def test_a_managed_version_that_nobody_declares_is_named(unclaimed: str, count: int) -> None:
    head = edited("pom.xml", "4.1", "4.2")
    found = detected(FILES, head, SERVICES, Choices(unclaimed=unclaimed))
    assert found.unclaimed == (("pom.xml", "managed version of n:netty 4.1 → 4.2, which no module declares"),)
    assert sum(item.build for item in found.decisions) == count


@pytest.mark.parametrize(("unclaimed", "count"), [("all", 3), ("none", 0)])
def test_a_file_that_nothing_claims_is_named(unclaimed: str, count: int) -> None:
    found = detected(FILES, edited("docker/base/Dockerfile"), SERVICES, Choices(unclaimed=unclaimed))
    assert found.unclaimed == (("docker/base/Dockerfile", ""),)
    assert [item.build for item in found.decisions] == [bool(count)] * 3


def test_tests_alone_build_nothing_unless_asked() -> None:
    head = edited("common-security/src/test/java/a/JwtTest.java")
    assert not chains(FILES, head, ["common-security", *SERVICES])
    asked = chains(FILES, head, ["common-security", *SERVICES], Choices(tests=True))
    assert asked == {"common-security": "common-security/…/JwtTest.java → common-security"}


def test_what_takes_the_tests_of_another_ships_them() -> None:
    scope = "<type>test-jar</type>"
    base = {**FILES, "gateway/pom.xml": pom("gateway", needs=[dependency("common-security", more=scope)])}
    head = {**base, "common-security/src/test/java/a/JwtTest.java": "2"}
    assert chains(base, head, SERVICES) == {
        "api-gateway": "common-security/…/JwtTest.java → common-security → gateway → api-gateway"
    }


def test_mavens_own_settings_reach_all() -> None:
    assert len(chains(FILES, edited(".mvn/maven.config"), SERVICES)) == 3


def test_a_new_and_a_deleted_service() -> None:
    head = {path: text for path, text in FILES.items() if not path.startswith("task-service/")}
    head["pom.xml"] = FILES["pom.xml"].replace("task-service", "mail-service")
    head["mail-service/pom.xml"] = pom("mail-service")
    found = detected(FILES, head, ["mail-service", *SERVICES])
    said = {item.service: (item.build, item.gone) for item in found.decisions}
    assert said == {
        "mail-service": (True, False),
        "api-gateway": (False, False),
        "user-service": (False, False),
        "task-service": (False, True),
    }
    assert found.gone == ("task-service",)


def test_a_module_that_moved_is_the_same_one() -> None:
    head = {path.replace("user-service/", "services/user/"): text for path, text in FILES.items()}
    head["pom.xml"] = FILES["pom.xml"].replace("user-service", "services/user")
    head["services/user/pom.xml"] = pom("user-service", path="../../pom.xml", needs=[JACKSON])
    found = detected(FILES, head, SERVICES)
    assert [item.build for item in found.decisions] == [False, True, True]
    assert not found.gone


def test_a_bom_of_the_repository_reaches_those_that_use_its_versions() -> None:
    bom = dependency("bom", "1.0", "<type>pom</type><scope>import</scope>")
    imported = (
        f"<dependencyManagement><dependencies><dependency>{bom}</dependency></dependencies></dependencyManagement>"
    )
    versions = MANAGED.replace("${jackson.version}", "2.15")
    base = {
        # The root imports its own child, which inherits from it.
        "pom.xml": root(["bom", "a", "b"], imported),
        "bom/pom.xml": pom("bom", packaging="pom", more=versions),
        "a/pom.xml": pom("a", needs=[JACKSON]),
        "b/pom.xml": pom("b"),
    }
    head = {**base, "bom/pom.xml": pom("bom", packaging="pom", more=versions.replace("2.15", "2.16"))}
    assert chains(base, head, ["a", "b"]) == {"a": "bom/pom.xml (dependency j:jackson 2.15 → 2.16) → a"}


def test_what_a_plugin_copies_and_reads_is_used() -> None:
    copies = (
        "<build><plugins><plugin><artifactId>maven-dependency-plugin</artifactId><configuration><artifactItems>"
        "<artifactItem><groupId>x</groupId><artifactId>common-security</artifactId></artifactItem></artifactItems>"
        "<rules>${maven.multiModuleProjectDirectory}/config/rules.xml</rules></configuration></plugin></plugins></build>"
    )
    base = {**FILES, "user-service/pom.xml": pom("user-service", more=copies), "config/rules.xml": "1"}
    head = {**base, "common-security/src/main/java/a/Jwt.java": "2"}
    assert chains(base, head, ["user-service"]) == {
        "user-service": "common-security/…/Jwt.java → common-security → user-service"
    }
    head = {**base, "config/rules.xml": "2"}
    assert chains(base, head, SERVICES).keys() == {"user-service", "task-service"}


def test_a_parents_resources_reach_what_inherits_from_it() -> None:
    base = {**FILES, "src/checkstyle/rules.xml": "1"}
    assert len(chains(base, {**base, "src/checkstyle/rules.xml": "2"}, SERVICES)) == 3


@pytest.mark.parametrize("name", ["${project.groupId}", "${pom.groupId}", "${groups}"])
def test_coordinates_by_property(name: str) -> None:
    base = {
        "pom.xml": root(["a", "b"], "<properties><groups>x</groups><revision>1.0</revision></properties>").replace(
            "<version>1.0", "<version>${revision}", 1
        ),
        "a/pom.xml": pom("a", version="${revision}"),
        "b/pom.xml": pom("b", version="${revision}", needs=[dependency("a", group=name)]),
        "a/x": "1",
    }
    assert chains(base, {**base, "a/x": "2"}, ["b"]) == {"b": "a/x → a → b"}


def test_modules_of_profiles_and_parents_without_a_path() -> None:
    profile = (
        "<profiles><profile><id>extra</id><activation><property><name>!absent</name></property></activation>"
        "<modules><module>b</module></modules></profile></profiles>"
    )
    base = {
        "pom.xml": root(["parent", "a"], profile),
        "parent/pom.xml": pom("parent", packaging="pom"),
        "a/pom.xml": pom("a", parent="parent", path=""),
        "b/pom.xml": pom("b", parent="parent", path="../parent", needs=["a"]),
        "a/x": "1",
        "parent/src/x": "1",
    }
    assert chains(base, {**base, "a/x": "2"}, ["b"]) == {"b": "a/x → a → b"}
    assert len(chains(base, {**base, "parent/src/x": "2"}, ["a", "b"])) == 2


def test_activating_a_profile_otherwise_reaches_what_it_builds() -> None:
    profile = (
        "<profiles><profile><id>fast</id><activation><activeByDefault>false</activeByDefault></activation><build><plugins>"
        "<plugin><artifactId>maven-jar-plugin</artifactId></plugin></plugins></build></profile></profiles>"
    )
    base = {**FILES, "gateway/pom.xml": pom("gateway", more=profile)}
    head = {**base, "gateway/pom.xml": pom("gateway", more=profile.replace("false", "true"))}
    assert chains(base, head, SERVICES).keys() == {"api-gateway"}


def test_a_version_reaches_all_that_inherit_it() -> None:
    base = {"pom.xml": root(["a"]), "a/pom.xml": pom("a")}
    head = {"pom.xml": root(["a"]).replace("1.0", "1.1"), "a/pom.xml": pom("a", version="1.1")}
    assert chains(base, head, ["a"]) == {"a": "a/pom.xml (version 1.0 → 1.1) → a"}


@pytest.mark.parametrize(
    ("files", "said"),
    [
        ({"pom.xml": "<!DOCTYPE x><project/>"}, "document type declaration"),
        ({"pom.xml": "<project"}, "not valid XML"),
        ({"pom.xml": "<project>" + "<a>" * 5000 + "</a>" * 5000 + "</project>"}, "nested too deeply"),
        ({"pom.xml": root(["a"])}, "its module a is not there (a/pom.xml)"),
        ({"pom.xml": root(["a"]), "a/pom.xml": "<html/>"}, "not a Maven project"),
        (
            {"pom.xml": root(["a"]), "a/pom.xml": pom("a", packaging="pom", modules=[".."])},
            "lead back to it: pom.xml → a/pom.xml → pom.xml",
        ),
        (
            {
                "pom.xml": root(["a", "b"]),
                "a/pom.xml": pom("a", parent="b", path="../b"),
                "b/pom.xml": pom("b", parent="a", path="../a"),
            },
            "its parents lead back to it",
        ),
        (
            {"pom.xml": root(["a"]), "a/pom.xml": pom("a", parent="lost", version="${revision}", path="../lost")},
            "its parent x:lost:${revision} is not in the repository",
        ),
        (
            {"pom.xml": root(["a", "b"]), "a/pom.xml": pom("a", needs=["b"]), "b/pom.xml": pom("b", needs=["a"])},
            "these modules need each other: a → b → a",
        ),
    ],
)
def test_what_maven_could_not_build_is_named(files: dict[str, str], said: str) -> None:
    with pytest.raises(SlipwayError) as raised:
        at(files)
    assert said in str(raised.value)
    assert ".xml at " in str(raised.value)


@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("../lost/pom.xml", ("the parent x:lost:1.0 of a/pom.xml is not at ../lost/pom.xml",)),
        (None, ("the parent x:lost:1.0 of a/pom.xml is not in the repository",)),
        # It says: not from here.
        ("", ()),
    ],
)
def test_a_missing_parent_that_may_be_published_is_noted(path: str | None, said: tuple[str, ...]) -> None:
    _snapshot, graph = at({"pom.xml": root(["a"]), "a/pom.xml": pom("a", parent="lost", path=path)})
    assert graph.notes == said


def test_templates_and_fixtures_are_no_modules() -> None:
    files = {**FILES, "gateway/src/main/resources/archetype/pom.xml": "<project>$x", "docs/pom.xml": "<broken"}
    assert set(at(files)[1].units) == set(at(FILES)[1].units)


def test_a_service_without_a_module_is_refused_with_what_is_near() -> None:
    with pytest.raises(SlipwayError, match="there is no module, workspace or directory user-servce") as raised:
        detected(FILES, FILES, ["user-servce"])
    assert "Did you mean user-service?" in str(raised.value)


@pytest.mark.parametrize("name", ["payment-service", "usr-service"])
def test_a_module_of_another_service_or_with_a_common_ending_is_not_suggested(name: str) -> None:
    with pytest.raises(SlipwayError, match=f"there is no module, workspace or directory {name}") as raised:
        detected(FILES, FILES, ["user-service", "task-service", name])
    assert "Did you mean" not in str(raised.value)


def test_another_build_system_means_all() -> None:
    head = {"settings.gradle": "", "user-service/build.gradle": "", "gateway/build.gradle": "", "task-service/x": ""}
    found = detected(FILES, head, SERVICES)
    assert found.everything.startswith("the build system is not read (settings.gradle at ")
    assert all(item.build for item in found.decisions)
    found = detected(FILES, {**FILES, "package.json": '{"name": "root"}'}, SERVICES)
    assert found.everything == "the build system changed: Maven → Maven and npm"


def test_a_service_of_a_directory_and_one_of_several_modules() -> None:
    base = {"api/main.py": "1", "worker/main.py": "1", "shared/util.py": "1"}
    services = [Service("api", ("api", "shared")), Service("worker", ("worker",))]
    assert chains(base, {**base, "shared/util.py": "2"}, services) == {"api": "shared/util.py → shared → api"}
    both = [Service("edge", ("gateway", "user-service"))]
    head = edited("user-service/Dockerfile")
    assert chains(FILES, head, both) == {"edge": "user-service/Dockerfile → user-service → edge"}


def test_modules_with_the_same_name() -> None:
    base = {
        "pom.xml": root(["a/mqtt", "b/mqtt"]),
        "a/mqtt/pom.xml": pom("mqtt", path="../../pom.xml"),
        "b/mqtt/pom.xml": pom("mqtt", path="../../pom.xml").replace("</parent>", "</parent><groupId>y</groupId>"),
    }
    with pytest.raises(SlipwayError, match="several modules are called mqtt. Write the directory: a/mqtt, b/mqtt"):
        detected(base, base, ["mqtt"])
    assert chains(base, {**base, "a/mqtt/x": "1"}, ["a/mqtt", "b/mqtt", "y:mqtt"]) == {"a/mqtt": "a/mqtt/x → a/mqtt"}
