# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A release has to have what the steps of its deploy take of it, wherever its repository keeps that."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible.parsing.dataloader import DataLoader
from ansible.template import Templar, trust_as_template

VARIABLES = Path(__file__).parents[2] / "playbooks/plays/group_vars/site.yml"


def trusted(value: Any) -> Any:
    """The variables of a file, as Ansible loads them."""
    if isinstance(value, dict):
        return {name: trusted(item) for name, item in value.items()}
    if isinstance(value, list):
        return [trusted(item) for item in value]
    return trust_as_template(value) if isinstance(value, str) else value


@pytest.mark.parametrize(
    ("said", "image", "expected"),
    [
        ({}, "", ["server/requirements.lock", "frontend"]),
        ({"site_lock": "backend/requirements.txt", "site_front_end": "none"}, "", ["backend/requirements.txt"]),
        ({"site_lock": "", "site_front_end_directory": "web"}, "", ["web"]),
        ({"site_front_end": "none"}, "registry.example.org/backend", []),
    ],
)
def test_a_release_has_what_its_deploy_takes(said: dict[str, str], image: str, expected: list[str]) -> None:
    variables = {**trusted(yaml.safe_load(VARIABLES.read_text())), **said, "__site_image": image}
    templar = Templar(loader=DataLoader(), variables=variables)
    assert templar.template(variables["release_directory_expected"]) == expected
