# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What is said of a project before Flyway is run."""

from __future__ import annotations

from pathlib import Path

import pytest

from ansible_collections.slipway.deploy.plugins.module_utils.migration.flyway import project as flyway_project
from ansible_collections.slipway.deploy.plugins.module_utils.migration.flyway.output import Schema
from ansible_collections.slipway.deploy.plugins.module_utils.migration.flyway.project import Known
from ansible_collections.slipway.deploy.plugins.module_utils.migration.model import Migration, MigrationPlan


def project(root: Path, files: dict[str, str]) -> Path:
    for name, text in {"module/mvnw": "#!/bin/sh\n", **files}.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text.encode())
    return root / "module"


@pytest.mark.parametrize("name", ["V2__Fill.java", "R__View.kt", "V1_1__x.groovy", "V3__y.class"])
def test_a_migration_that_is_a_class_is_found(tmp_path: Path, name: str) -> None:
    sources = "java" if name.endswith(("java", "class")) else "kotlin"
    module = project(
        tmp_path, {f"module/src/main/{sources}/db/migration/sub/{name}": "", "module/src/main/java/V9__a.java": ""}
    )
    location = str(module / "src/main/resources/db/migration")
    assert [Path(path).name for path in flyway_project.compiled([location])] == [name]


def test_a_helper_class_beside_the_migrations_is_none(tmp_path: Path) -> None:
    module = project(
        tmp_path, {"module/src/main/java/db/migration/Helper.java": "", "module/src/main/java/V9__a.java": ""}
    )
    assert list(flyway_project.compiled([str(module / "src/main/resources/db/migration")])) == []


@pytest.mark.parametrize(
    ("files", "said"),
    [
        ({"module/mvnw": "#!/bin/sh\r\nexec mvn\r\n"}, "line endings of Windows"),
        ({"module/.mvn/maven.config": "-T1\n-q\n"}, "-q makes Maven hide"),
        ({"module/.mvn/maven.config": "--quiet"}, "--quiet makes Maven hide"),
        ({".mvn/maven.config": "-B -ntpq -q -e"}, "makes Maven hide"),
        ({"module/.mvn/maven.config": "-Dq=1 -T1 --no-transfer-progress"}, None),
        ({"module/.mvn/jvm.config": "", ".mvn/maven.config": "-q"}, None),
        ({}, None),
    ],
)
def test_what_maven_cannot_be_run_with(tmp_path: Path, files: dict[str, str], said: str | None) -> None:
    error = flyway_project.unfit(project(tmp_path, files))
    assert (error is None) if said is None else (error is not None and said in error.what)


POM = "<configuration><baselineOnMigrate> true </baselineOnMigrate><baselineVersion>3</baselineVersion></configuration>"


@pytest.mark.parametrize(
    ("settings", "pom", "expected"),
    [
        ({}, "", Known(None, frozenset())),
        ({"baselineOnMigrate": True}, "", Known("1", frozenset())),
        ({"flyway.baselineOnMigrate": "true", "baselineVersion": 7}, "", Known("7", frozenset())),
        ({}, POM, Known("3", frozenset())),
        ({"baselineOnMigrate": False}, POM, Known(None, frozenset())),
        ({"placeholders.Some_Name": "x"}, "", Known(None, frozenset({"some_name"}))),
        ({"placeholderReplacement": False}, "", Known(None, None)),
        ({}, "<placeholders><a>b</a></placeholders>", Known(None, None)),
    ],
)
def test_what_is_known_of_the_settings(tmp_path: Path, settings: dict[str, object], pom: str, expected: Known) -> None:
    module = project(tmp_path, {"pom.xml": pom, "module/pom.xml": "<project/>"})
    (tmp_path / ".git").mkdir()
    assert flyway_project.known(settings, module, maven=True) == expected


def pending(path: Path) -> MigrationPlan:
    return MigrationPlan(None, "1", pending=(Migration("1", "a", str(path), True),))


def test_what_migrate_would_fail_on_is_said_before(tmp_path: Path) -> None:
    file = tmp_path / "V1__a.sql"
    file.write_text("-- ${flyway:defaultSchema}\nCREATE TABLE ${name} (id int);\n")
    settings, plan = Known(None, frozenset({"name"})), pending(file)
    assert flyway_project.trouble(plan, Schema("public", True, True, True), settings) is None
    assert flyway_project.trouble(plan, Schema("public", False, False, False), settings) is None
    assert flyway_project.trouble(plan, Schema("public", True, False, True), Known("1", None)) is None
    cases = [
        (Schema("public", False, True, True), settings, "may not create tables in the schema public"),
        (Schema("public", True, False, True), settings, "is not empty and has no history of Flyway"),
        (None, Known(None, frozenset()), "V1__a.sql: there is no value for the placeholder ${name}"),
    ]
    for schema, known, said in cases:
        failure = flyway_project.trouble(plan, schema, known)
        assert failure is not None
        assert said in failure.what


def test_a_script_with_a_configuration_of_its_own_is_not_judged(tmp_path: Path) -> None:
    file = tmp_path / "V1__a.sql"
    file.write_text("SELECT '${x}';")
    Path(f"{file}.conf").write_text("placeholderReplacement=false\n")
    assert flyway_project.trouble(pending(file), None, Known(None, frozenset())) is None


def test_what_the_command_lines_own_configuration_says(tmp_path: Path) -> None:
    configuration = tmp_path / "conf/flyway.conf"
    configuration.parent.mkdir()
    configuration.write_text("# flyway.baselineOnMigrate=true\n")
    assert flyway_project.known({}, tmp_path, maven=False) == Known(None, frozenset())
    configuration.write_text("flyway.baselineOnMigrate = true\nflyway.baselineVersion=4\nflyway.placeholders.a=b\n")
    assert flyway_project.known({}, tmp_path, maven=False) == Known("4", None)
