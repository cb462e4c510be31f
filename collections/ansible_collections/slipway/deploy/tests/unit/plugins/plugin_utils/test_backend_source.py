# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What a check says of a new release's migrations: by its repository and the records, without Maven or a checkout."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from ansible_collections.slipway.deploy.plugins.module_utils.common.errors import SlipwayError
from ansible_collections.slipway.deploy.plugins.module_utils.record.journal import Journal
from ansible_collections.slipway.deploy.plugins.module_utils.record.model import SCHEMA
from ansible_collections.slipway.deploy.plugins.plugin_utils.hosts_plan import Planned, plan_kind

from .run import Doc, context

MODULE = "umigoCrmBackend"
AT = f"{MODULE}/src/main/resources/db/migration"
GOOD = "-- slipway: backward-compatible\nSELECT 1;\n"
BASE = {
    f"{MODULE}/mvnw": "#!/bin/sh\n",
    f"{MODULE}/pom.xml": "<project/>",
    f"{AT}/V1__first.sql": GOOD,
    f"{AT}/R__view.sql": GOOD,
}
V1 = {"release": "v1-111111111111", "tag": "v1", "digest": f"sha256:{'1' * 64}"}
V2: Doc = {
    "release": "v2-222222222222",
    "tag": "v2",
    "digest": f"sha256:{'2' * 64}",
    "bucket": "b",
    "key": "v2/app.jar",
}
LOOKED = {
    "__shown": {"runs": {**V1, "schema": "1", "configuration": "c1"}, "active": True},
    "__configuration": {"changed": False, "names": {}},
    "__migration": {},
}


class Releases:
    """A repository with the tags ``v1`` and ``v2``, and an environment where ``v1`` was deployed."""

    def __init__(self, place: Path) -> None:
        self.repository, self.store = place / "repository", place / "store"
        self.repository.mkdir()
        self.store.mkdir()
        self.records = 0
        self._git("init", "-q", "-b", "main")

    def _git(self, *words: str) -> str:
        person = {f"GIT_{role}_{key}": "x" for role in ("AUTHOR", "COMMITTER") for key in ("NAME", "EMAIL")}
        environment = {**os.environ, **person, "GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_SYSTEM": os.devnull}
        command = ["git", *words]
        return subprocess.run(
            command, cwd=self.repository, check=True, env=environment, capture_output=True, text=True
        ).stdout.strip()

    def tag(self, name: str, files: Mapping[str, str | None]) -> str:
        """Change files (``None`` removes one) and tag that; the commit."""
        for path, text in files.items():
            file = self.repository / path
            file.parent.mkdir(parents=True, exist_ok=True)
            if text is None:
                file.unlink()
            else:
                file.write_text(text, newline="")
        self._git("add", "-A")
        self._git("commit", "-q", "--allow-empty", "-m", name)
        self._git("tag", "-a", "-m", name, name)
        return self._git("rev-parse", "HEAD")

    def deployed(
        self, release: Doc | None = None, schema: str | None = "1", state: str = "done", **more: object
    ) -> None:
        """A record of a deploy, of V1 unless told."""
        migrations = {"state": state, "from": None, "to": schema, "applied": [], "pending": [], **more}
        outcome = "failed" if state == "failed" else "succeeded"
        record = {
            "schema": SCHEMA,
            "environment": "dev",
            "phase": "closed",
            "targets": [],
            "outcome": outcome,
            "id": str(self.records + 1),
            "previous": str(self.records) if self.records else None,
            "releases": {"backend": release or V1},
            "migrations": migrations,
        }
        self.records += 1
        Journal.open(context(self.store, {"a": LOOKED}).store, record)

    def check(self, release: Doc | None = None, **variables: object) -> Planned:
        """What a check plans, of V2 unless told."""
        own = {
            "backend_repository": str(self.repository),
            "backend_module": MODULE,
            "source_checkout_token_parameters": [],
            **variables,
        }
        of = context(self.store, {"a": {**LOOKED, **own}}, check=True)
        return plan_kind(of, "backend", {"release": release or V2, "migrate": True})


@pytest.fixture(name="releases")
def releases_fixture(tmp_path: Path) -> Releases:
    """``v1`` is deployed, with version 1 of the schema."""
    made = Releases(tmp_path)
    made.tag("v1", BASE)
    made.deployed()
    return made


def pending(planned: Planned) -> list[tuple[str, bool]]:
    return [(item["version"], item["compatible"]) for item in planned.migrations["pending"]]


def test_new_migrations_are_planned_with_what_they_declare(releases: Releases) -> None:
    bad = "SELECT 1;\n"
    releases.tag("v2", {f"{AT}/V2__good.sql": GOOD, f"{AT}/V10__bad.sql": bad, f"{AT}/deeper/V3__deep.sql": GOOD})
    planned = releases.check()
    assert pending(planned) == [("2", True), ("3", True), ("10", False)]
    assert (planned.unverifiable, planned.warnings) == ((), ())
    assert (planned.migrations["from"], planned.migrations["to"]) == ("1", "10")
    assert (planned.checked["migrations"], planned.checked["schema_version"]) == (3, "1 (by the records)")


def test_a_release_without_new_ones_is_verified_as_well(releases: Releases) -> None:
    releases.tag("v2", {"README.md": "x"})
    planned = releases.check()
    assert (pending(planned), planned.unverifiable, planned.warnings) == ([], (), ())
    assert planned.migrations["state"] == "none"


def test_the_commit_that_was_promoted_counts_not_the_tag(releases: Releases) -> None:
    commit = releases.tag("v2", {f"{AT}/V2__good.sql": GOOD})
    releases.tag("v3", {f"{AT}/V3__more.sql": GOOD})
    assert pending(releases.check({**V2, "tag": "v3", "commit": commit})) == [("2", True)]


def test_a_repeatable_one_that_changed_and_callbacks(releases: Releases) -> None:
    releases.tag("v2", {f"{AT}/R__view.sql": "SELECT 2;\n", f"{AT}/afterMigrate.sql": "SELECT 3;\n"})
    assert pending(releases.check()) == [("R__view", False)]
    releases.tag("v3", {f"{AT}/R__view.sql": GOOD})
    planned = releases.check({**V2, "tag": "v3"})
    assert (pending(planned), planned.migrations["state"]) == ([], "planned")


def test_what_flyway_may_refuse_is_a_warning(releases: Releases) -> None:
    releases.deployed(V1, "2")
    files = {f"{AT}/V1__first.sql": "SELECT 9;\n", f"{AT}/V1_5__late.sql": GOOD, f"{AT}/V2__second.sql": GOOD}
    releases.tag("v2", files)
    warnings = [text for text in releases.check().warnings if "Flyway" in text]
    assert [text.partition(": ")[0] for text in warnings] == [
        f"{AT}/V1__first.sql is not as in v1, which ran last",
        f"{AT}/V1_5__late.sql is older than the schema (2), and v1 does not have it",
        f"{AT}/V2__second.sql is older than the schema (2), and v1 does not have it",
    ]


def test_what_a_deploy_that_was_undone_applied_is_no_doubt(releases: Releases) -> None:
    releases.tag("v2", {f"{AT}/V2__second.sql": GOOD})
    releases.deployed(V1, "2", applied=[{"version": "2", "compatible": True}])
    planned = releases.check()
    assert (pending(planned), planned.warnings, planned.unverifiable) == ([], (), ())


@pytest.mark.parametrize(
    ("change", "variables", "unknown"),
    [
        ({}, {"backend_repository": ""}, "backend_repository is not set"),
        ({}, {"backend_repository": "/nowhere/x.git"}, "the repository could not be read from here"),
        ({}, {"database_migration_locations": ["/opt/sql"]}, "/opt/sql is on the host, not in the repository"),
        ({}, {"database_migration_directory": "/srv/x"}, "/srv/x is on the host, not in the repository"),
        ({}, {"database_migration_settings": {"target": "2"}}, "database_migration_settings: target chooses"),
        (
            {},
            {"database_migration_maven_arguments": ["-Dflyway.locations=filesystem:x"]},
            "database_migration_maven_arguments: -Dflyway.locations chooses",
        ),
        ({f"{MODULE}/flyway.conf": "flyway.target = 1\n"}, {}, f"{MODULE}/flyway.conf: target chooses"),
        ({"pom.xml": "<properties><flyway.target>1</flyway.target>"}, {}, "pom.xml: target chooses"),
        ({f"{MODULE}/.mvn/maven.config": "-Dflyway.target=1"}, {}, ".mvn/maven.config: -Dflyway.target chooses"),
        (
            {
                f"{MODULE}/pom.xml": "<project><profiles><profile><plugin><artifactId>flyway-maven-plugin</artifactId>"
                "<configuration><sqlMigrationPrefix>M</sqlMigrationPrefix></configuration></plugin></profile></profiles>"
                "</project>"
            },
            {},
            f"{MODULE}/pom.xml: sqlMigrationPrefix chooses which there are",
        ),
    ],
)
def test_what_cannot_be_known_is_said_by_its_piece(
    releases: Releases, change: dict[str, str], variables: Doc, unknown: str
) -> None:
    releases.tag("v2", {f"{AT}/V2__good.sql": GOOD, **change})
    planned = releases.check(**variables)
    (text,) = planned.unverifiable
    assert text.startswith(f"migrations of v2: {unknown}"), text
    assert "\n" not in text
    assert (pending(planned), planned.migrations["from"]) == ([], "1")


def test_target_elsewhere_in_the_pom_is_the_compilers(releases: Releases) -> None:
    pom = "<project><plugin><artifactId>maven-compiler-plugin</artifactId><target>17</target></plugin></project>"
    releases.tag("v2", {f"{AT}/V2__good.sql": GOOD, f"{MODULE}/pom.xml": pom})
    assert pending(releases.check()) == [("2", True)]


@pytest.mark.parametrize(
    "undeployed",
    [
        lambda made: made.deployed(V1, None, state="failed"),
        lambda made: made.deployed(V1, "R__view"),
    ],
)
def test_a_schema_that_no_record_knows(releases: Releases, undeployed: Callable[[Releases], None]) -> None:
    undeployed(releases)
    releases.tag("v2", {f"{AT}/V2__good.sql": GOOD})
    planned = releases.check()
    assert planned.unverifiable == ("migrations of v2: no record says which of its 3 the database has",)
    assert "migrations" not in planned.checked


def test_without_the_release_that_ran_last_the_applied_ones_are_not_verifiable(tmp_path: Path) -> None:
    releases = Releases(tmp_path)
    releases.tag("v2", {**BASE, f"{AT}/V2__good.sql": GOOD})
    releases.deployed()
    planned = releases.check()
    assert pending(planned) == [("2", True)]
    assert planned.unverifiable == (
        "migrations of v2: whether those up to version 1 are as they were applied",
        "migrations of v2: whether R__view.sql changed since it was applied",
    )


def test_flyways_own_command_has_a_configuration_on_the_host(releases: Releases) -> None:
    releases.tag("v2", {f"{AT}/V2__good.sql": GOOD, f"{MODULE}/mvnw": None})
    planned = releases.check(backend_migrations="flyway")
    assert pending(planned) == [("2", True)]
    assert planned.unverifiable == ("migrations of v2: what the configuration of Flyway's command on the host changes",)


@pytest.mark.parametrize(
    ("change", "variables", "what", "where"),
    [
        ({}, {"database_migration_locations": ["db"]}, "there is no directory of migrations", f"{MODULE}/db"),
        (
            {f"{MODULE}/db/x.sql": "x"},
            {"database_migration_locations": ["db"]},
            "there is no migration",
            f"{MODULE}/db",
        ),
        ({f"{AT}/V01__again.sql": GOOD}, {}, "two migrations have one version", f"{AT}/V1__first.sql"),
        (
            {f"{MODULE}/src/main/java/db/migration/V2__J.java": "class V2__J {}"},
            {},
            "this migration is a class",
            f"{MODULE}/src/main/java/db/migration/V2__J.java",
        ),
        ({f"{MODULE}/mvnw": None}, {}, "there is no mvnw", f"{MODULE}/mvnw"),
        ({f"{MODULE}/mvnw": "#!/bin/sh\r\n"}, {}, "it has the line endings of Windows", f"{MODULE}/mvnw"),
    ],
)
def test_what_the_deploy_refuses_the_check_refuses(
    releases: Releases, change: dict[str, str | None], variables: Doc, what: str, where: str
) -> None:
    releases.tag("v2", change)
    with pytest.raises(SlipwayError) as caught:
        releases.check(**variables)
    assert (what in caught.value.what, caught.value.where) == (True, where)


def test_a_link_declares_nothing_that_can_be_read(releases: Releases) -> None:
    (releases.repository / AT / "V2__link.sql").symlink_to("V1__first.sql")
    releases.tag("v2", {})
    planned = releases.check()
    assert pending(planned) == [("2", False)]
    (text,) = planned.unverifiable
    assert text == f"migrations of v2: what {AT}/V2__link.sql declares: it is a link, or too long to be read"


def test_a_directory_behind_a_link_is_not_said_to_be_missing(releases: Releases) -> None:
    (releases.repository / "db").symlink_to(AT)
    releases.tag("v2", {})
    planned = releases.check(database_migration_locations=["../db"])
    assert planned.unverifiable == ("migrations of v2: db is not a directory, or leads over a link",)
