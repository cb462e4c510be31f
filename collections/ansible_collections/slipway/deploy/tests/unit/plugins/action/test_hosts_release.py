# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Which release the backend should run, and whether its migrations have to be looked at."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.slipway.deploy.plugins.action import hosts_release
from ansible_collections.slipway.deploy.plugins.module_utils.artifact.model import Artifact
from ansible_collections.slipway.deploy.plugins.module_utils.builds.model import BuiltArtifact, build_key, serialise
from ansible_collections.slipway.deploy.plugins.module_utils.common.errors import SlipwayError
from ansible_collections.slipway.deploy.plugins.module_utils.record.journal import Journal
from ansible_collections.slipway.deploy.plugins.module_utils.state.local import LocalStore
from ansible_collections.slipway.deploy.plugins.module_utils.versions.model import Version
from ansible_collections.slipway.deploy.plugins.plugin_utils import backend_release
from ansible_collections.slipway.deploy.plugins.plugin_utils.action import SlipwayAction
from ansible_collections.slipway.deploy.plugins.plugin_utils.context import Context

from ..module_utils.builds.helpers import BUILD
from ..module_utils.hosts.builders import V1, V2, migration, target
from ..plugin_utils.run import Doc, context

BAD = {"state": "failed", "pending": [migration("3", compatible=False)]}


@pytest.fixture(name="find")
def find_fixture(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Runs the action over an environment with these records and this promoted version."""
    found = {V1.tag: V1, V2.tag: V2}

    def resolve(_s3: Any, bucket: str, tag: str, *, digest: str | None = None, **_rest: Any) -> Artifact:
        release = found[tag]
        if digest not in (None, release.digest):
            raise SlipwayError(f"{tag} is another jar")
        return Artifact(bucket, release.key, release.branch, tag, release.digest, 1, "v7")

    monkeypatch.setattr(backend_release, "resolve_artifact", resolve)
    monkeypatch.setattr(Context, "check_account", lambda _self: None)

    def find(
        *newest_first: Doc,
        kind: str = "deploy",
        promoted: Version | None = None,
        of: Context | None = None,
        of_build: str = "",
        **own: Any,
    ) -> Doc:
        of = of or context(tmp_path, {"a": {}, "b": {}}, **own)
        of.__dict__["clients"] = lambda _service: None
        previous = None
        for record in reversed(newest_first):
            Journal.open(of.store, {**record, "previous": previous})
            previous = record["id"]
        monkeypatch.setattr(backend_release, "read_version", lambda *_arguments: promoted)
        module: SlipwayAction = hosts_release.ActionModule.__new__(hosts_release.ActionModule)
        module.arguments = {"kind": kind, "build": of_build}
        found = module.act(of)
        return {"hosts": found["hosts"], "release": {}, **found["kinds"].get("backend", {})}

    return find


def ran(number: int, release: Any, outcome: str = "succeeded", **fields: Any) -> Doc:
    return {
        "schema": "slipway/record/1",
        "id": f"2026-11-20T0{number}-00-00Z-r{number}",
        "label": f"r{number}",
        "environment": "dev",
        "phase": "closed",
        "outcome": outcome,
        "targets": [target("a", "stable")] if release else [],
        "releases": {"backend": release.to_record()} if release else {},
        **fields,
    }


def services(number: int) -> Doc:
    side = {"task_definition": f"bff:{number}"}
    item = {"name": "bff", "kind": "ecs_service", "wave": 1, "cluster": "c", "service": "bff", "state": "stable"}
    return ran(number, None, targets=[{**item, "from": {"task_definition": f"bff:{number - 1}"}, "to": side}])


def test_the_one_that_is_named(find: Any) -> None:
    found = find(backend_release="backend-v0.2.0")
    assert (found["release"]["digest"], found["release"]["chosen"]) == (V2.digest, "-e backend_release")
    assert (found["hosts"], found["migrate"]) == (["a", "b"], True)


def test_an_empty_name_is_no_wish_for_what_was_promoted(find: Any) -> None:
    with pytest.raises(SlipwayError, match="backend_release is empty"):
        find(backend_release=" ")


def test_without_a_name_and_a_promotion(find: Any) -> None:
    with pytest.raises(SlipwayError, match="no version of the backend is promoted to dev"):
        find()


PROMOTED = Version(
    tag=V2.tag,
    version="0.2.0",
    digest=V2.digest,
    branch="main",
    key=V2.key,
    commit="c0ffee",
    infra_commit="beef",
    promoted_at="t",
    promoted_by="m",
)


@pytest.mark.parametrize("named", [{}, {"backend_release": V2.tag}])
def test_what_was_promoted_and_runs_already(find: Any, named: Doc) -> None:
    found = find(ran(1, V2), promoted=PROMOTED, **named)
    release = found["release"]
    assert (release["tag"], release["version"], release["commit"]) == (V2.tag, "0.2.0", "c0ffee")
    assert release["chosen"] == ("-e backend_release" if named else "versions.json")
    assert found["migrate"] is False


def test_a_promoted_tag_whose_jar_is_another_is_refused(find: Any) -> None:
    with pytest.raises(SlipwayError, match="is another jar"):
        find(promoted=replace(PROMOTED, digest=V1.digest))


def test_another_than_the_promoted_one_takes_nothing_of_it(find: Any) -> None:
    release = find(promoted=PROMOTED, backend_release=V1.tag)["release"]
    assert (release["tag"], release["commit"]) == (V1.tag, None)


def test_no_host_is_selected(find: Any, tmp_path: Path) -> None:
    of = context(tmp_path, {"a": {}}, fleet={"bff": {}}, selected=["bff"])
    assert find(of=of)["release"] == {}


def test_hosts_that_run_their_own_bundle_are_none(find: Any) -> None:
    assert find(backend_connection="none", backend_release="backend-v0.2.0")["hosts"] == []


@pytest.mark.parametrize("connection", ["ssh", "none"])
def test_a_host_that_boots_runs_what_was_good_last(find: Any, connection: str) -> None:
    found = find(ran(2, V2, "undone"), ran(1, V1), kind="boot", backend_connection=connection)
    assert (found["release"]["tag"], found["release"]["digest"]) == (V1.tag, V1.digest)
    assert (len(found["hosts"]), found["migrate"]) == (1, False)


@pytest.mark.parametrize(
    ("records", "variables", "migrate"),
    [
        pytest.param([], {}, True, id="a first release"),
        pytest.param([ran(1, V2)], {}, False, id="what ran last"),
        pytest.param([ran(2, V2, "unchanged"), ran(1, V2)], {}, False, id="again and again"),
        pytest.param([services(2), ran(1, V2)], {}, False, id="with services between"),
        pytest.param([ran(2, V1), ran(1, V2)], {}, True, id="what ran before another: restored since?"),
        pytest.param([ran(2, V1, "undone"), ran(1, V2)], {}, False, id="with one that was undone between"),
        pytest.param(
            [ran(2, V1, "needs_person", migrations=BAD), ran(1, V2)], {}, True, id="with one that touched the database"
        ),
        pytest.param([ran(1, V2)], {"force_full_build": "true"}, True, id="forced"),
        pytest.param([], {"backend_migrations": "none"}, False, id="no migrations at all"),
    ],
)
def test_when_migrations_are_looked_at(find: Any, records: list[Doc], variables: Doc, migrate: bool) -> None:
    assert find(*records, backend_release="backend-v0.2.0", **variables)["migrate"] is migrate


class TestRollback:
    """The earlier one."""

    def test_the_release_of_the_record_is_not_looked_for_again(self, find: Any) -> None:
        found = find(ran(2, V2), ran(1, V1), kind="rollback")
        assert (found["release"]["tag"], found["release"]["chosen"]) == (V1.tag, "release r1")
        assert found["migrate"] is False

    def test_what_ran_before_the_first_release(self, find: Any) -> None:
        found = find(ran(1, V2), kind="rollback")
        assert (found["release"]["tag"], found["release"]["version_id"]) == (V1.tag, "v7")

    def test_hosts_on_which_nothing_ran_before_cannot_go_back(self, find: Any) -> None:
        first = ran(1, V1, targets=[target("a", "stable", None)])
        with pytest.raises(SlipwayError, match="dev has no release of the backend to go back to"):
            find(first, kind="rollback")

    def test_with_services_these_go_alone(self, find: Any, tmp_path: Path) -> None:
        first = ran(1, V1, targets=[target("a", "stable", None), *services(1)["targets"]])
        of = context(tmp_path, {"a": {}}, fleet={"bff": {}})
        assert find(first, kind="rollback", of=of)["release"] == {}

    def test_past_a_release_of_services(self, find: Any, tmp_path: Path) -> None:
        of = context(tmp_path, {"a": {}}, fleet={"bff": {}}, to="r2")
        found = find(ran(3, V2), services(2), ran(1, V1), kind="rollback", of=of)
        assert found["release"]["tag"] == V1.tag

    def test_where_only_services_changed_since_the_hosts_stay(self, find: Any, tmp_path: Path) -> None:
        of = context(tmp_path, {"a": {}}, fleet={"bff": {}})
        assert find(services(3), services(2), ran(1, V1), kind="rollback", of=of)["release"] == {}


def built(release: Any, **changes: Any) -> BuiltArtifact:
    location = f"s3://umigo-artifacts/{release.branch}/{release.tag}/app.jar"
    return BuiltArtifact("backend", "c" * 40, "built", "0.2.0", location, release.digest, **changes)


def test_a_build_s_jar_goes_before_what_was_promoted(find: Any, tmp_path: Path) -> None:
    build = replace(BUILD, artifacts={"umigo": built(V2)})
    LocalStore(tmp_path).write(build_key("dev", build.id), serialise(build), expect=None)
    release = find(promoted=replace(PROMOTED, tag=V1.tag, digest=V1.digest), of_build=build.id)["release"]
    assert (release["tag"], release["digest"], release["branch"]) == (V2.tag, V2.digest, "dev")
    assert (release["version"], release["commit"], release["chosen"]) == ("0.2.0", "c" * 40, "-e build")


@pytest.mark.parametrize(
    ("artifact", "said"),
    [
        (built(replace(V2, digest=V1.digest)), "is another jar"),
        (
            replace(built(V2), location="s3://other/dev/backend-v0.2.0/app.jar"),
            "group_vars/backend.yml: artifact_bucket",
        ),
        (replace(built(V2), digest=None), "the build names no digest of the backend"),
    ],
)
def test_a_build_s_jar_that_is_not_what_it_says(find: Any, tmp_path: Path, artifact: BuiltArtifact, said: str) -> None:
    build = replace(BUILD, artifacts={"backend": artifact})
    LocalStore(tmp_path).write(build_key("dev", build.id), serialise(build), expect=None)
    with pytest.raises(SlipwayError, match=said):
        find(of_build=build.id)


def test_a_build_without_a_jar_leaves_the_backend_as_it_is(find: Any, tmp_path: Path) -> None:
    build = replace(BUILD, artifacts={})
    LocalStore(tmp_path).write(build_key("dev", build.id), serialise(build), expect=None)
    assert find(promoted=PROMOTED, of_build=build.id)["release"] == {}
