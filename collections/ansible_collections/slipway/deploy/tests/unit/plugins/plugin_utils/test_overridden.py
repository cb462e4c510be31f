# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A role's variable that an inventory sets holds, or is refused."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from ansible_collections.slipway.deploy.plugins.module_utils.common.errors import SlipwayErrors
from ansible_collections.slipway.deploy.plugins.plugin_utils.overridden import overridden, refuse_overridden

VARIABLES = Path(__file__).resolve().parents[8] / "playbooks/plays/group_vars"


def variables(group: str) -> dict[str, Any]:
    return dict(yaml.safe_load((VARIABLES / f"{group}.yml").read_text()))


@pytest.mark.parametrize(
    ("name", "remedy"),
    [
        ("jvm_service_port", "Set backend_port instead"),
        ("runtime_parameters_environment", "Set backend_environment instead"),
        ("database_migration_engine", "Set backend_migrations instead"),
        ("source_checkout_repository", "Set backend_repository instead"),
        ("artifact_activate", "Leave it out"),
        ("jvm_service_readiness", None),
        ("source_checkout_dest", None),
        ("database_migration_directory", None),
        ("jvm_service_options", None),
    ],
)
def test_each_is_refused_or_holds(name: str, remedy: str | None) -> None:
    found = list(overridden(variables("backend"), {name, "backend_service"}, "backend"))
    assert found == ([(name, remedy)] if remedy else [])


def test_those_of_a_site_say_what_to_write() -> None:
    found = dict(overridden(variables("site"), {"python_service_port", "nginx_site_server_names"}, "site"))
    assert found == {
        "python_service_port": "Set site_backend_port instead",
        "nginx_site_server_names": "Set site_server_names instead",
    }


def test_a_deploy_refuses_them_all_at_once() -> None:
    said = "is set here, and the deploy sets it itself"
    here = {"jvm_service_port": 9090, "jvm_service_readiness": {"timeout": 5}}
    with pytest.raises(SlipwayErrors) as caught:
        refuse_overridden(
            "dev", VARIABLES, {"backend": ["a", "b"]}, {"a": {**here, "runtime_parameters_required": []}, "b": here}
        )
    assert str(caught.value).splitlines() == [
        f"inventories/dev: runtime_parameters_required {said}. Set backend_required instead",
        f"inventories/dev: jvm_service_port {said}. Set backend_port instead",
    ]
    refuse_overridden("dev", VARIABLES, {"backend": ["a"], "site": []}, {"a": {"jvm_service_options": []}})
