# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What the services of a plan need, by their task definitions."""

from __future__ import annotations

from ansible_collections.slipway.deploy.plugins.module_utils.verify.requirements import requirements

from ..fleet.aws_double import ARN, AwsDouble
from ..fleet.builders import NEW
from .service import CONTAINER, planned, verified


def test_secrets_without_an_execution_role() -> None:
    double = AwsDouble()
    double.add_definition("sdt-dev-user-service:1", container=CONTAINER)
    double.add_service("sdt-dev-user-service", "sdt-dev-user-service:1")
    double.add_image("sdt/dev/user-service", "new", NEW)
    needs = requirements(planned(double), region="eu-west-1", account_id="962496666337")
    assert "names secrets but has no execution role" in str(needs.errors[0])


def test_a_log_group_that_is_made_on_demand_is_not_needed(aws: AwsDouble) -> None:
    options = aws.definitions[f"{ARN}sdt-dev-user-service:1"]["containerDefinitions"][0]["logConfiguration"]["options"]
    aws.definitions[f"{ARN}sdt-dev-user-service:1"]["containerDefinitions"][0] = {
        **CONTAINER,
        "name": "app",
        "logConfiguration": {"logDriver": "awslogs", "options": {**options, "awslogs-create-group": "true"}},
    }
    aws.log_groups.clear()
    assert verified(aws).errors == ()
    needs = requirements(planned(aws), region="eu-west-1", account_id="962496666337")
    assert any("logs:CreateLogGroup" in actions for _role, actions in needs.rights)
