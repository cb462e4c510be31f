# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What the playbook's tasks found on the hosts, as the plan and the checks take it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from ansible_collections.slipway.deploy.plugins.module_utils.common.errors import SlipwayError
from ansible_collections.slipway.deploy.plugins.module_utils.record.journal import Journal
from ansible_collections.slipway.deploy.plugins.plugin_utils import hosts
from ansible_collections.slipway.deploy.plugins.plugin_utils.context import Context
from ansible_collections.slipway.deploy.plugins.plugin_utils.hosts import (
    after_turn,
    hosts_health,
    hosts_status,
    observed_host,
)
from ansible_collections.slipway.deploy.plugins.plugin_utils.hosts_plan import Planned, plan_all_hosts
from ansible_collections.slipway.deploy.plugins.plugin_utils.verdict import finding_of

from .run import Doc, context

V1 = {"release": "v1-111111111111", "tag": "v1", "digest": f"sha256:{'1' * 64}"}
V2: Doc = {
    "release": "v2-222222222222",
    "tag": "v2",
    "digest": f"sha256:{'2' * 64}",
    "bucket": "b",
    "key": "v2/app.jar",
}
SHOWN = {"runs": {**V1, "schema": "1", "configuration": "c1"}, "active": True}
SAME = {"changed": False, "names": {}}
GONE = {"unreachable": True, "msg": "Failed to connect\nto the host"}
LOOKED = {"__shown": SHOWN, "__configuration": SAME}
MIGRATE = {"migrate": True}
FOUND = {"schema_before": "1", "pending": [{"version": "2", "compatible": True}]}


def planned_group(of: Context, release: Doc) -> Planned:
    """The plan, where a host's observations say whether the release may have migrations."""
    asked = of.said(of.here, "release").get("migrate", False) if of.hosts else False
    (planned,) = plan_all_hosts(of, {"backend": {"release": release, "migrate": asked}}).kinds
    return planned


@pytest.mark.parametrize(
    ("said", "error"),
    [
        pytest.param(LOOKED, None, id="all is well"),
        pytest.param({}, "it was not looked at", id="nothing was asked"),
        pytest.param({"__shown": GONE}, "the host cannot be reached: Failed to connect to the host", id="no answer"),
        pytest.param({**LOOKED, "__look_failed": {"failed": True, "msg": "java 11"}}, "java 11", id="it does not fit"),
        pytest.param(
            {"__shown": SHOWN, "__configuration": GONE},
            "the host cannot be reached: Failed to connect to the host",
            id="it went while its configuration was compared",
        ),
        pytest.param({"__shown": SHOWN, "__configuration": {"failed": True}}, "it could not be looked at", id="failed"),
    ],
)
def test_observed(tmp_path: Path, said: Doc, error: str | None) -> None:
    found = observed_host(context(tmp_path, {"a": said}), "a")
    assert found.error == error
    assert (found.runs is not None) is ("runs" in said.get("__shown", {}))


def test_which_settings_change_and_no_value(tmp_path: Path) -> None:
    configuration = {"changed": True, "names": {"changed": ["A"], "added": ["B"]}}
    found = observed_host(context(tmp_path, {"a": {"__shown": SHOWN, "__configuration": configuration}}), "a")
    assert (found.configuration, found.configuration_changes) == ({"changed": ("A",), "added": ("B",)}, True)


GOOD = {
    "release": {**{name: V1[name] for name in ("tag", "digest")}, "id": V1["release"]},
    "verdict": "good",
    "snapshot": {"links": {"/app/app.jar": "/app/releases/v1"}, "files": {}},
}
BAD = {**GOOD, "release": {"id": "v0-0"}, "verdict": "bad"}


@pytest.mark.parametrize(
    ("said", "why"),
    [
        pytest.param({}, None, id="the process has what is wanted"),
        pytest.param(
            {"__compared": {"changed": True, "reason": "what it was started with has changed: /etc/x/current"}},
            "what it was started with has changed: /etc/x/current",
            id="the wanted configuration is on the disk, and the process has another",
        ),
        pytest.param(
            {"__configuration": {"changed": False, "names": {"changed": ["A"]}}},
            "configuration: A changed",
            id="which setting it is",
        ),
        pytest.param({"__unit_changes": {"files": ["x.service"]}}, "unit: x.service changed", id="its unit"),
        pytest.param(
            {"__shown": {"runs": None, "active": True, "releases": [BAD, GOOD]}},
            "what its process was started with is unknown",
            id="it was restarted by hand with other files",
        ),
        pytest.param(
            {"__shown": {"runs": None, "active": False, "releases": [BAD, GOOD]}},
            "the service does not run",
            id="it crashed",
        ),
        pytest.param(
            {"__shown": {"runs": None, "active": False, "releases": [BAD]}}, "nothing runs yet", id="nothing was good"
        ),
    ],
)
def test_the_same_release_is_deployed_again_where_the_process_is_another(
    tmp_path: Path, said: Doc, why: str | None
) -> None:
    release = {**V2, **V1, "bucket": "b"}
    planned = planned_group(context(tmp_path, {"a": {**LOOKED, **said}}), release)
    assert [list(change.why) for change in planned.plan.changes] == ([[why]] if why else [])


def test_a_crashed_service_goes_back_to_what_was_good(tmp_path: Path) -> None:
    """Not to nothing: an undo would stop it."""
    shown = {"runs": None, "active": False, "releases": [BAD, GOOD]}
    planned = planned_group(context(tmp_path, {"a": {**LOOKED, "__shown": shown}}), V2)
    (change,) = planned.plan.changes
    assert change.before is not None
    assert (change.before.release, change.before.links) == (V1["release"], {"/app/app.jar": "/app/releases/v1"})


class TestPlan:
    """What changes, with its migrations."""

    def test_an_environment_without_hosts(self, tmp_path: Path) -> None:
        planned = plan_all_hosts(context(tmp_path, {}, fleet={"bff": {}}), {})
        assert (planned.kinds, planned.changes, planned.as_diff()) == ((), (), None)

    def test_hosts_outside_the_limit(self, tmp_path: Path) -> None:
        (planned,) = plan_all_hosts(context(tmp_path, {"a": {}}, fleet={"bff": {}}, selected=["bff"]), {}).kinds
        assert [why for _host, why in planned.plan.unchanged] == ["not selected"]

    def test_selected_hosts_that_the_release_does_not_concern_are_not_called_unselected(self, tmp_path: Path) -> None:
        (planned,) = plan_all_hosts(context(tmp_path, {"a": {}}, fleet={"bff": {}}), {}).kinds
        assert [why for _host, why in planned.plan.unchanged] == ["not in that release"]

    def test_hosts_that_run_their_own_bundle_are_not_planned(self, tmp_path: Path) -> None:
        planned = planned_group(context(tmp_path, {"a": LOOKED, "own": {"backend_connection": "none"}}), V2)
        assert [change.name for change in planned.plan.changes] == ["a"]

    def test_every_host_that_cannot_be_reached_is_named(self, tmp_path: Path) -> None:
        with pytest.raises(SlipwayError) as caught:
            planned_group(context(tmp_path, {"a": {"__shown": GONE}, "b": LOOKED, "c": {"__shown": GONE}}), V2)
        assert [line.partition(":")[0] for line in str(caught.value).splitlines()] == ["a", "c"]

    def test_migrations(self, tmp_path: Path) -> None:
        own = {**LOOKED, "__release": MIGRATE}
        planned = planned_group(context(tmp_path, {"a": {**own, "__migration": FOUND}, "b": own}), V2)
        assert (planned.migrations["state"], planned.migrations["to"]) == ("planned", "2")
        assert planned.checked == {"artifact": V2["release"], "hosts": 2, "migrations": 1}

    @pytest.mark.parametrize(
        ("linted", "checked", "doubts", "warning"),
        [
            ({"verdict": "passed", "findings": []}, True, (), None),
            (
                {"verdict": "passed", "findings": [{"rule": "ban-drop-column", "line": 3, "revision": "b2"}]},
                True,
                (),
                "the SQL of the migrations: ban-drop-column in b2; alembic_migration_lint_fail_on says what refuses it",
            ),
            ({"verdict": "unverified", "msg": "not verified: no squawk"}, None, ("not verified: no squawk",), None),
            ({"skipped": True}, None, (), None),
        ],
    )
    def test_what_the_lint_said_of_the_sql(
        self, tmp_path: Path, linted: Doc, checked: bool | None, doubts: tuple[str, ...], warning: str | None
    ) -> None:
        own = {**LOOKED, "__release": MIGRATE, "__migration": {**FOUND, "linted": linted}}
        planned = planned_group(context(tmp_path, {"a": own}), V2)
        assert (planned.checked.get("SQL_lint"), planned.unverifiable) == (checked, doubts)
        assert planned.warnings == ((warning,) if warning else ())

    @pytest.mark.parametrize(
        ("own", "found", "hook", "warned"),
        [
            pytest.param({"backend_backup_hook": "backup.yml"}, FOUND, "backup.yml", False, id="declared"),
            pytest.param({"backend_backup_hook": "backup.yml"}, {"pending": []}, None, False, id="nothing to migrate"),
            pytest.param({}, FOUND, None, False, id="none"),
            pytest.param({"backend_approval_required": True}, FOUND, None, True, id="none, with production's gates"),
            pytest.param({"backend_notes_required": "yes"}, FOUND, None, True, id="or one of them"),
            pytest.param({"env": "production"}, FOUND, None, True, id="none in production"),
            pytest.param({"env": "production"}, {"pending": []}, None, False, id="but there is nothing to migrate"),
            pytest.param(
                {"env": "production", "backend_backup_hook": "backup.yml"}, FOUND, "backup.yml", False, id="p"
            ),
        ],
    )
    def test_a_backup_before_the_migration(
        self, tmp_path: Path, own: Doc, found: Doc, hook: str | None, warned: bool
    ) -> None:
        (tmp_path / "backup.yml").write_text("- ansible.builtin.debug:\n")
        said = {**LOOKED, "__release": MIGRATE, "__migration": found, "inventory_dir": str(tmp_path), **own}
        planned = planned_group(context(tmp_path, {"a": said}), V2)
        assert planned.checked.get("backup_hook") == hook
        where = f"inventories/{own.get('env', 'dev')}/group_vars/backend.yml"
        warning = f"no backup is taken before 1 migration: {where} declares no backend_backup_hook"
        assert planned.warnings == ((warning,) if warned else ())

    @pytest.mark.parametrize(
        ("text", "what"),
        [
            (None, "there is no such file"),
            ("", "it does not contain a list"),
            ("a: 1", "it does not contain a list"),
            ("[", "cannot be"),
        ],
    )
    @pytest.mark.parametrize("found", [FOUND, {"pending": []}])
    def test_a_hook_that_is_none_is_said_before_anything_is_done(
        self, tmp_path: Path, text: str | None, what: str, found: Doc
    ) -> None:
        if text is not None:
            (tmp_path / "x.yml").write_text(text)
        said = {**LOOKED, "__release": MIGRATE, "__migration": found, "inventory_dir": str(tmp_path)}
        with pytest.raises(SlipwayError) as caught:
            planned_group(context(tmp_path, {"a": {**said, "backend_backup_hook": "x.yml"}}), V2)
        assert (what in caught.value.what, caught.value.where) == (True, "backend_backup_hook: x.yml")
        assert "\n" not in str(caught.value)

    @pytest.mark.parametrize("found", [{}, {"warnings": ["cannot be checked yet"]}])
    def test_migrations_that_should_have_been_looked_at_and_were_not(self, tmp_path: Path, found: Doc) -> None:
        own = {**LOOKED, "__release": MIGRATE, "__migration": found}
        with pytest.raises(SlipwayError, match="the migrations of v2 were not looked at"):
            planned_group(context(tmp_path, {"a": own}), V2)
        planned = planned_group(context(tmp_path, {"a": own}, check=True), V2)
        assert planned.unverifiable == ("migrations of v2: backend_repository is not set",)

    @pytest.mark.parametrize("check", [True, False])
    def test_a_release_that_ran_last_has_none(self, tmp_path: Path, check: bool) -> None:
        planned = planned_group(context(tmp_path, {"a": {**LOOKED, "__release": {"migrate": False}}}, check=check), V2)
        assert (planned.migrations["state"], planned.unverifiable) == ("none", ())

    @pytest.mark.parametrize(
        "failed", [{"failed": True, "msg": "no\ntag v2"}, {"unreachable": True, "msg": "no tag v2"}]
    )
    def test_migrations_that_could_not_be_looked_at(self, tmp_path: Path, failed: Doc) -> None:
        own = {**LOOKED, "__release": MIGRATE, "__migration": failed}
        with pytest.raises(SlipwayError) as caught:
            planned_group(context(tmp_path, {"a": LOOKED | {"__release": MIGRATE}, "b": own}), V2)
        assert (caught.value.what, caught.value.where) == ("no tag v2", "b")

    def test_a_release_that_the_schema_has_moved_past(self, tmp_path: Path) -> None:
        of = context(tmp_path, {"a": {**LOOKED, "__shown": {"runs": None, "active": False}}})
        base = {"schema": "slipway/record/1", "environment": "dev", "phase": "closed", "targets": []}
        moved = {"state": "done", "applied": [{"version": "3", "compatible": False}]}
        first = {**base, "id": "1", "outcome": "succeeded", "releases": {"backend": V2}, "previous": None}
        Journal.open(of.store, first)
        Journal.open(of.store, {**base, "id": "2", "outcome": "needs_person", "migrations": moved, "previous": "1"})
        with pytest.raises(SlipwayError, match="the schema has moved past v2: migration 3"):
            planned_group(of, V2)
        forced = context(tmp_path, {"a": {**LOOKED, "__shown": {"runs": None}}}, force_schema=True)
        assert len(planned_group(forced, V2).warnings) == 1

    @pytest.mark.parametrize(
        ("shown", "running", "unhealthy"),
        [
            pytest.param({"active": True}, {"a"}, [], id="it runs"),
            pytest.param({"active": False}, set(), ["a"], id="it has stopped"),
            pytest.param({"active": False, "runs": None}, set(), [], id="nothing ever ran"),
        ],
    )
    def test_how_a_host_was_before(self, tmp_path: Path, shown: Doc, running: set[str], unhealthy: list[str]) -> None:
        own = {**LOOKED, "__shown": {**LOOKED["__shown"], **shown}}
        planned = planned_group(context(tmp_path, {"a": own}), V2)
        assert (planned.running, planned.unhealthy) == (running, unhealthy)

    def test_diff(self, tmp_path: Path) -> None:
        new = {"__shown": {"runs": None}, "__configuration": SAME}
        of = context(tmp_path, {"a": LOOKED, "b": new})
        diff = plan_all_hosts(of, {"backend": {"release": V2, "migrate": False}}).as_diff()
        assert diff is not None
        assert diff["before"] == "backend  a  v1-111111111111\nbackend  b  -\n"
        assert diff["after"] == "backend  a  v2-222222222222\nbackend  b  v2-222222222222\n"


@pytest.mark.parametrize(
    ("verdict", "reason"),
    [
        ("good", ""),
        ("unproven", "it has not proven yet that it is ready"),
        ("bad", "the process ended 20 s after its start"),
        (None, ""),
    ],
)
def test_a_host_whose_switch_is_not_over_is_not_taken_for_well(
    tmp_path: Path, verdict: str | None, reason: str
) -> None:
    other = {"release": {"id": V1["release"]}, "verdict": "bad", "reason": "another"}
    own = {"release": {"id": V2["release"]}, "verdict": verdict, "reason": reason if verdict == "bad" else None}
    releases = [other, own] if verdict else []
    said = {"__after": {"runs": V2, "active": True, "releases": releases}}
    after = after_turn(context(tmp_path, {"a": said}), ["a"])["a"]
    assert (after.answered, after.active, after.release) == (True, True, V2["release"])
    assert after.reason.startswith(reason)
    assert bool(after.reason) is bool(reason)


def switched(name: str, state: str = "stable", **fields: Any) -> Doc:
    return {"name": name, "kind": "host", "group": "backend", "wave": 1000, "state": state, "failure": None, **fields}


ON_V2 = {"__health": {"runs": {**V2}, "active": True}}
ON_V1 = {"__health": {"runs": {**V1}, "active": True}}


def health(of: Any, *targets: Doc) -> dict[str, str]:
    record = {"targets": list(targets), "releases": {"backend": V2}}
    return {item.name: item.verdict for item in hosts_health(of, record)}


class TestHealth:
    """After the switch."""

    def test_what_was_switched_has_to_run_the_release(self, tmp_path: Path) -> None:
        of = context(tmp_path, {"a": ON_V2, "b": ON_V1, "left": ON_V1})
        assert health(of, switched("a"), switched("b")) == {"a": "pass", "b": "fail", "left": "pass"}

    @pytest.mark.parametrize("said", [ON_V1, {}, {"__health": GONE}], ids=["put back", "not asked", "gone"])
    def test_a_host_that_failed_within_the_threshold_does_not_make_all_go_back(self, tmp_path: Path, said: Doc) -> None:
        of = context(tmp_path, {"a": ON_V2, "b": said})
        failed = switched("b", "undone", failure={"reason": "it never became ready"})
        assert health(of, switched("a"), failed) == {"a": "pass", "b": "warn"}
        record = {"targets": [switched("a"), failed], "releases": {"backend": V2}}
        results = hosts_health(of, record)
        assert finding_of(results, {"a", "b"}) is None
        assert results[1].detail.endswith("(its switch failed)")

    def test_hosts_outside_the_limit_only_warn(self, tmp_path: Path) -> None:
        of = context(tmp_path, {"a": ON_V2, "b": {}}, selected=["a"])
        assert health(of, switched("a")) == {"a": "pass", "b": "warn"}

    def test_a_target_group_that_cannot_be_asked_is_unknown(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def refused(*_arguments: Any) -> Any:
            raise SlipwayError("access denied")

        monkeypatch.setattr(hosts, "find_group", refused)
        of = context(tmp_path, {"a": ON_V2}, backend_target_group="umigo")
        of.__dict__["clients"] = None
        assert health(of, switched("a")) == {"a": "unknown"}

    def test_an_environment_without_hosts_has_none(self, tmp_path: Path) -> None:
        assert hosts_health(context(tmp_path, {}, fleet={"bff": {}}), {"targets": []}) == []

    def test_status(self, tmp_path: Path) -> None:
        stopped = {"__health": {"runs": {**V1, "schema": "1"}, "active": False}}
        of = context(tmp_path, {"a": ON_V2, "b": stopped, "c": {"__health": GONE}, "d": {}})
        rows = [(item.name, item.verdict, item.release, item.schema, item.active) for item in hosts_status(of)]
        assert rows == [
            ("a", "pass", "v2", "", True),
            ("b", "fail", "v1", "1", False),
            ("c", "unknown", "", "", False),
        ]
