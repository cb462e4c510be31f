# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Another environment: what is read of its inventory, and that no secret is."""

from __future__ import annotations

from pathlib import Path

import pytest

from ansible_collections.slipway.deploy.plugins.module_utils.common.errors import SlipwayError
from ansible_collections.slipway.deploy.plugins.plugin_utils import other_environment as module
from ansible_collections.slipway.deploy.plugins.plugin_utils.other_environment import other_environment

from .run import Doc, context

ANSWER: Doc = {
    "_meta": {
        "hostvars": {
            "api-gateway": {
                "env": "test",
                "account_id": "123456789012",
                "ecr_registry": "{{ account_id }}.example.org",
                "state_store": "{{ inventory_dir }}/state",
                "backend_secrets": "{{ lookup('ansible.builtin.pipe', 'touch ' ~ inventory_dir ~ '/read') }}",
            },
            "b1": {"backend_service": "umigo"},
        }
    },
    "all": {"children": ["ungrouped", "targets"]},
    "targets": {"children": ["fleet", "host_targets"]},
    "fleet": {"children": ["priority_2", "priority_1"]},
    "priority_1": {"hosts": ["api-gateway"]},
    "priority_2": {"hosts": ["bff"]},
    "host_targets": {"children": ["backend"]},
    "backend": {"hosts": ["b1"]},
}


@pytest.fixture(name="root")
def root_fixture(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Three environments: this one is dev."""
    monkeypatch.setattr(module, "_listed", lambda _environment, _root: ANSWER)
    monkeypatch.setattr(module, "read_extra_vars", lambda: {"env": "dev", "ecs_cluster": "{{ 7 * 7 }}"})
    for name in ("", "dev", "test", "live"):
        (tmp_path / "inventories" / name).mkdir(exist_ok=True)
        (tmp_path / "inventories" / name / "environment.yml").write_text("plugin: slipway.deploy.environment\n")
    (tmp_path / "inventories" / "dev" / "fleet.yml").write_text("{}")
    return tmp_path


def test_only_what_is_needed_is_read(root: Path) -> None:
    run = context(root, {"a": {}}, ansible_inventory_sources=[str(root / "inventories" / "dev" / "fleet.yml")])
    other = other_environment(run, "test", "from")
    assert (other.environment, other.services, list(other.hosts_by_kind)) == (
        "test",
        ["bff", "api-gateway"],
        ["backend"],
    )
    variables = other.host("api-gateway")
    assert variables["ecr_registry"] == "123456789012.example.org"
    assert variables["state_store"] == f"{root}/inventories/test/state"
    # What the command line says is data.
    assert variables["ecs_cluster"] == "{{ 7 * 7 }}"
    with pytest.raises(KeyError):
        variables["backend_secrets"]
    assert "backend_secrets" not in dict(variables)
    assert not (root / "inventories" / "test" / "read").exists()


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("", "-e from: from is empty. Name an environment: dev, live, test"),
        ("dev", "-e from: dev is the environment itself. Name another one of dev, live, test"),
        (
            "tset",
            "-e from: from=tset: no such environment in inventories/ (there are dev, live, test). Did you mean test?",
        ),
        ("../test", "-e from: from=../test: the name of an environment is expected, not a path"),
        ("{{ 7 * 7 }}", "-e from: from={{ 7 * 7 }}: no such environment"),
    ],
)
def test_what_is_not_another_environment(root: Path, name: str, said: str) -> None:
    run = context(root, {"a": {}}, ansible_inventory_sources=[str(root / "inventories" / "environment.yml")])
    with pytest.raises(SlipwayError) as raised:
        other_environment(run, name, "from")
    assert str(raised.value).startswith(said)
