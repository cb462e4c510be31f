# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Fixtures: a sandbox, a service repository, and the workflows in a copy of the project with three services."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from sandbox.testing import Sandbox
from tests.publish.conftest import BUCKET
from tests.support.act import Actions
from tests.support.deploys import ROOT, make_deploys

BACKEND = "skilltracker/skill-tracker-backend"
FLEET = """
fleet:
  children:
    priority_1:
      hosts: {config-server: {service_port: 8888}}
    priority_4:
      hosts: {user-service: {service_port: 8082}, task-service: {service_port: 8083}}
"""


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    """A sandbox whose deployments take about half a second."""
    with Sandbox(speed=8) as running:
        yield running


@pytest.fixture(scope="module")
def actions(tmp_path_factory: pytest.TempPathFactory, sandbox: Sandbox) -> Actions:
    """The project as a user has it: its files alone say what is deployed."""
    tmp_path = tmp_path_factory.mktemp("actions")
    directory = tmp_path / "devops"
    directory.mkdir()
    made = Actions(make_deploys(directory, sandbox), tmp_path / "repositories")
    environment = directory / "inventories" / "local"
    (environment / "fleet.yml").write_text(FLEET, encoding="utf-8")
    settings = environment / "group_vars" / "all.yml"
    text = settings.read_text(encoding="utf-8")
    for old, new in (
        ("http://127.0.0.1:4510", sandbox.endpoint),
        ("http://127.0.0.1:4511", sandbox.alb),
        ("{{ inventory_dir }}/../../.run/state", str(made.deploys.state)),
    ):
        assert old in text
        text = text.replace(old, new)
    text += f"artifact_bucket: {BUCKET}\nbackend_module: backend\n"
    settings.write_text(f"{text}slack: {{webhook: {{env: SLACK_WEBHOOK_URL}}}}\n", encoding="utf-8")
    routes = (ROOT / "pipelines" / "routes.yml").read_text(encoding="utf-8").replace(": dev", ": local")
    (directory / "pipelines").mkdir()
    (directory / "pipelines" / "routes.yml").write_text(routes, encoding="utf-8")
    made.prepare()
    return made
