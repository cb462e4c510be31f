# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The plan of an environment with several kinds of host: each with its release, all in one record."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from ansible_collections.slipway.deploy.plugins.action import deploy_plan, hosts_release
from ansible_collections.slipway.deploy.plugins.module_utils.common.errors import SlipwayError
from ansible_collections.slipway.deploy.plugins.module_utils.fleet.planned import Plan
from ansible_collections.slipway.deploy.plugins.module_utils.hosts.model import Release
from ansible_collections.slipway.deploy.plugins.plugin_utils.action import SlipwayAction
from ansible_collections.slipway.deploy.plugins.plugin_utils.context import Context
from ansible_collections.slipway.deploy.plugins.plugin_utils.hosts_plan import PlannedHosts, plan_all_hosts
from ansible_collections.slipway.deploy.plugins.plugin_utils.kinds.model import Found, HostKind

from .run import Doc, context
from .test_hosts import FOUND, LOOKED, V2

SITE: Doc = {"release": "s1-c", "tag": "staging-1", "digest": "commit:c", "bucket": "", "key": "staging-1"}
NOTES = {"source": "tag", "digest": "sha256:1"}
FINDS = {
    "backend": {"release": V2, "migrate": True},
    "site": {"release": {**SITE, "notes": NOTES}, "migrate": True},
}


def both(tmp_path: Path, backend: Doc | None = None, site: Doc | None = None, **variables: Any) -> Context:
    """An environment with a host of each kind, which run something else."""
    own = {**LOOKED, "__migration": FOUND}
    return context(
        tmp_path, {"a": {**own, **(backend or {})}}, kinds={"site": {"s": {**own, **(site or {})}}}, **variables
    )


def planned(of: Context, **found: Any) -> PlannedHosts:
    return plan_all_hosts(of, {**FINDS, **found})


def test_one_plan_of_all(tmp_path: Path) -> None:
    hosts = planned(both(tmp_path))
    assert [(item["name"], item["group"], item["to"]["tag"]) for item in hosts.targets()] == [
        ("a", "backend", "v2"),
        ("s", "site", "staging-1"),
    ]
    assert hosts.checked == {
        "artifact": [V2["release"], Release.from_record("site", SITE).id],
        "hosts": 2,
        "migrations": 2,
    }
    fields = hosts.as_record()
    assert list(fields["releases"]) == ["backend", "site"]
    assert {kind: of["to"] for kind, of in fields["migrations"].items()} == {"backend": "2", "site": "2"}
    assert fields["notes"] == {"site": NOTES}
    diff = hosts.as_diff()
    assert diff is not None
    assert diff["after"].splitlines()[1].startswith("site  s  staging-1-")
    assert deploy_plan._label(Plan(), hosts) == "v2 and staging-1"


def test_a_kind_that_no_release_is_for_stays(tmp_path: Path) -> None:
    hosts = planned(both(tmp_path), site={})
    assert [item["name"] for item in hosts.targets()] == ["a"]
    assert [(item["name"], item["group"], item["why"]) for item in hosts.unchanged()] == [
        ("s", "site", "not in that release")
    ]
    # The record is that of one kind.
    assert hosts.as_record()["migrations"]["to"] == "2"


@pytest.mark.parametrize(
    ("backend", "site", "required", "tag", "approvers"),
    [
        pytest.param({}, {}, False, "", None, id="nobody asks"),
        pytest.param({}, {"site_approval_required": True}, True, "staging-1", None, id="one asks"),
        pytest.param(
            {"backend_approval_required": True, "backend_approvers": ["joe", "ann"]},
            {"site_approval_required": True, "site_approvers": ["joe"]},
            True,
            "v2 and staging-1",
            ["joe"],
            id="both ask",
        ),
    ],
)
def test_what_each_kind_asks_an_approval_for(
    tmp_path: Path, backend: Doc, site: Doc, required: bool, tag: str, approvers: Any
) -> None:
    of = both(tmp_path, backend, site)
    asked = deploy_plan._approval(of, planned(of), "deploy")
    releases = {"backend": "v2", "site": "staging-1"} if required else {}
    assert asked == {"required": required, "tag": tag, "approvers": approvers, "releases": releases}
    assert not deploy_plan._approval(of, planned(of), "rollback")["required"]


def test_a_gate_of_the_plan_is_asked_with_each_kinds_settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str | None] = []

    def ask(_context: Context, _point: str, _label: str, *, host: str | None, **_facts: Any) -> list[Any]:
        asked.append(host)
        return []

    monkeypatch.setattr(deploy_plan, "ask_gates", ask)
    of = both(tmp_path)
    record = {"targets": [], "label": "x", "kind": "deploy"}
    assert deploy_plan._gates(of, record, planned(of), []) == []
    deploy_plan._gates(of, record, PlannedHosts(), [])
    assert asked == ["a", "s", None]


class Named(HostKind):
    """Any kind, whose release is named in the inventory."""

    def find_release(self, context: Context, verb: str, host: str) -> Found | None:
        tag = context.of_group(host, "release")
        return Found(Release(context.kind_of(host), tag, f"commit:{verb}", "", tag)) if tag else None


@pytest.mark.parametrize(
    ("extra", "verb", "kinds"),
    [
        pytest.param([], "deploy", ["backend", "site"], id="what the inventory asks for"),
        pytest.param(["site_release"], "deploy", ["site"], id="the command line names one"),
        pytest.param(["site_archive_digest"], "deploy", ["site"], id="or what it is made of"),
        pytest.param(["site_release", "backend_release"], "deploy", ["backend", "site"], id="or both"),
        pytest.param(["to"], "rollback", ["backend", "site"], id="a rollback"),
        pytest.param([], "boot", ["backend"], id="a host that boots speaks for itself"),
    ],
)
def test_which_kinds_are_released(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, extra: list[str], verb: str, kinds: list[str]
) -> None:
    monkeypatch.setattr(hosts_release, "host_kind", lambda _kind: Named())
    monkeypatch.setattr(Context, "check_account", lambda _self: None)
    of = both(tmp_path, backend_release="v2", site_release="staging-1")
    of.__dict__["extra"] = frozenset(extra)
    module: SlipwayAction = hosts_release.ActionModule.__new__(hosts_release.ActionModule)
    module.arguments = {"kind": verb}
    assert list(module.act(of)["kinds"]) == kinds


def test_a_limit_to_one_kind_leaves_the_other_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hosts_release, "host_kind", lambda _kind: Named())
    monkeypatch.setattr(Context, "check_account", lambda _self: None)
    of = both(tmp_path, selected=["s"], backend_release="v2", site_release="staging-1")
    module: SlipwayAction = hosts_release.ActionModule.__new__(hosts_release.ActionModule)
    module.arguments = {"kind": "deploy"}
    found = module.act(of)
    assert (list(found["kinds"]), found["hosts"]) == (["site"], ["s"])
    assert [item["why"] for item in plan_all_hosts(of, found["kinds"]).unchanged()] == ["not selected"]


def test_a_migration_that_one_kind_did_not_look_at_is_named(tmp_path: Path) -> None:
    of = both(tmp_path, site={"__migration": {}})
    with pytest.raises(SlipwayError, match="the migrations of staging-1 were not looked at"):
        planned(of)
