# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""CodeDeploy's events run the steps of a host's kind. These are stand-ins; tests/codedeploy has the real ones."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest

from ansible_collections.slipway.deploy.plugins.module_utils.kinds.registry import NAMES
from ansible_collections.slipway.deploy.plugins.module_utils.lock import claims
from ansible_collections.slipway.deploy.plugins.module_utils.lock.hosts import give_back, take
from ansible_collections.slipway.deploy.plugins.module_utils.state.store import open_store
from tests.support.deploys import Deploys
from tests.support.pace import scaled

PENDING = {"version": "2", "description": "x", "compatible": True}
LOOKED = {"schema_before": "1", "pending": [PENDING]}
NOTHING = {"schema_before": "2", "pending": []}
MIGRATED = {**LOOKED, "schema_after": "2", "applied": [PENDING], "started_at": "T0"}
#: What a step registers for those after it.
REGISTERED: dict[str, dict[str, Any]] = {
    "stage": {
        "__runtime_parameters": {"generation": "/etc/x/generations/1", "links": [{"target": "/etc/x/generations/1"}]}
    },
    "observe_migrations": {},
    "migrate": {"__migration_result": MIGRATED},
    "switch": {name: {"state": "switched", "from": None} for name in ("jvm_service_result", "service_common_result")},
    "prune": {},
}


class Host:
    """This machine as the only host of a kind, whose steps write down that they ran."""

    def __init__(self, deploys: Deploys, kind: str) -> None:
        self._deploys, self._kind = deploys, kind
        self.steps = deploys.directory / "steps"
        self.looks = deploys.directory / "looks"
        self.looks.mkdir()
        tasks = deploys.directory / "playbooks" / "tasks" / kind
        for name, facts in REGISTERED.items():
            (tasks / f"{name}.yml").write_text(self._step(name, facts), encoding="utf-8")
        bundle = deploys.directory / "bundle"
        bundle.mkdir()
        release = {"group": kind, "release": "v2-0a1b", "tag": "v2", "digest": "sha256:0a1b", "schema": "2"}
        (bundle / "release.json").write_text(json.dumps(release), encoding="utf-8")

    def _step(self, name: str, facts: dict[str, Any]) -> str:
        line = f"{name} {{{{ __turn.release.tag }}}}"
        tasks: list[dict[str, Any]] = [{"ansible.builtin.shell": f"echo {line} >> {self.steps}"}]
        if name == "observe_migrations":
            # What the database says changes while another host migrates: one answer after the other.
            answer = f"cd {self.looks}; f=$(ls | head -n 1); cat $f; test $(ls | wc -l) = 1 || rm $f"
            tasks += [
                {"ansible.builtin.shell": answer, "register": "__answer"},
                {"ansible.builtin.set_fact": {"__looked": "{{ __answer.stdout | from_json }}"}},
            ]
        return json.dumps([*tasks, {"ansible.builtin.set_fact": facts}] if facts else tasks)

    def finds(self, *answers: dict[str, Any]) -> None:
        """What the comparisons with the database find, one after the other; the last one stays."""
        for number, answer in enumerate(answers):
            (self.looks / str(number)).write_text(json.dumps(answer), encoding="utf-8")

    def command(self, event: str) -> list[str]:
        """The arguments of an event, as the hook of a bundle has them."""
        given = {
            "self": self._kind,
            "self_name": "i-1",
            "deployment_id": "d-1",
            "lifecycle_event": event,
            "bundle_path": str(self._deploys.directory / "bundle"),
            "verdict_file": "",
            f"{self._kind}_service": "umigo",
            "event_ends_at": int(time.time() + scaled(300)),
        }
        return ["playbooks/codedeploy.yml", "-e", json.dumps(given)]

    def event(self, event: str) -> None:
        """Run an event, which succeeds."""
        ran = self._deploys.run(*self.command(event))
        assert ran.code == 0, ran.text

    @property
    def ran(self) -> list[str]:
        """The steps that ran, each with the release that it was given."""
        return self.steps.read_text(encoding="utf-8").splitlines()

    def documents(self, pattern: str) -> list[dict[str, Any]]:
        """The documents of the state store."""
        found = (self._deploys.state / "local" / "hosts").glob(pattern)
        return [json.loads(path.read_text(encoding="utf-8")) for path in sorted(found)]


@pytest.mark.parametrize("kind", NAMES)
def test_the_events_run_the_steps_of_the_hosts_kind(deploys: Deploys, kind: str) -> None:
    host = Host(deploys, kind)
    host.finds(LOOKED)
    for event in ("BeforeInstall", "AfterInstall", "ApplicationStart"):
        host.event(event)
    assert host.ran == ["stage v2", "observe_migrations v2", "migrate v2", "stage v2", "switch v2"]
    (record,) = host.documents("i-1/releases/*.json")
    assert record["releases"][kind]["configuration"] == "/etc/x/generations/1"
    assert (record["targets"][0]["group"], record["targets"][0]["state"]) == (kind, "stable")
    migrations = record["migrations"]
    assert (migrations["state"], migrations["from"], migrations["to"]) == ("done", "1", "2")
    assert migrations["applied"] == [PENDING]


def test_a_host_that_finds_the_migration_done_by_another_gives_its_turn_back(deploys: Deploys) -> None:
    host = Host(deploys, "backend")
    host.finds(LOOKED, NOTHING)
    host.event("BeforeInstall")
    store = open_store(str(deploys.state), lambda _service: None)
    other = ("local", "i-2", "d-1 on i-2")
    take(store, *other, limit=7200, what=claims.MIGRATION)
    with deploys.started(*host.command("AfterInstall")) as process:
        assert process.stdout is not None
        assert any("waiting for another host to migrate the database" in line for line in process.stdout)
        give_back(store, *other, claims.MIGRATION)
        assert process.wait(scaled(120)) == 0
    assert host.ran == ["stage v2", "observe_migrations v2", "observe_migrations v2"]
    states = {claim["owner"]: claim["state"] for claim in host.documents("*/migration*.json")}
    assert states["d-1 on i-1"] != "held"
