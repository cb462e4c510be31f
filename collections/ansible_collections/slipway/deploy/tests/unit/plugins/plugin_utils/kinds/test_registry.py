# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Each kind of host has its class, its tasks and its variables."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from ansible_collections.slipway.deploy.plugins.module_utils.common.errors import SlipwayError
from ansible_collections.slipway.deploy.plugins.module_utils.kinds.registry import NAMES
from ansible_collections.slipway.deploy.plugins.module_utils.versions.tag import parse_tag
from ansible_collections.slipway.deploy.plugins.plugin_utils.kinds.model import HostKind
from ansible_collections.slipway.deploy.plugins.plugin_utils.kinds.registry import host_kind

PLAYBOOKS = Path(__file__).resolve().parents[9] / "playbooks"
STEPS = ("observe", "stage", "migrate", "switch", "prune", "observe_migrations", "source")
#: What the plays know of every kind.
VARIABLES = {
    *("__kind", "__serial", "__service", "__units", "__connection", "__readiness", "__serving", "__link"),
    *("__target_group", "__target_timeout", "__log_files", "__database_variables"),
}


@pytest.mark.parametrize("name", NAMES)
def test_it_is_complete(name: str) -> None:
    assert isinstance(host_kind(name), HostKind)
    variables = yaml.safe_load((PLAYBOOKS / f"plays/group_vars/{name}.yml").read_text(encoding="utf-8"))
    assert variables["__kind"] == name
    assert variables.keys() >= VARIABLES
    assert {path.stem for path in (PLAYBOOKS / "tasks" / name).glob("*.yml")} >= set(STEPS)


def test_what_a_kind_does_not_have_is_refused() -> None:
    unused: Any = None
    with pytest.raises(SlipwayError, match="hosts of site cannot run a bundle"):
        host_kind("site").bundled(unused, {"group": "site"}, PLAYBOOKS, PLAYBOOKS)
    with pytest.raises(SlipwayError, match="hosts of site take no promoted version"):
        host_kind("site").check_promotion(parse_tag("site-v1.0.0", "site", "here"), unused, "")
