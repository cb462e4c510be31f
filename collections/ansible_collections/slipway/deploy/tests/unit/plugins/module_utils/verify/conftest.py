# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The account that has what the service needs."""

from __future__ import annotations

import pytest

from ..fleet.aws_double import ARN, AwsDouble
from ..fleet.builders import NEW, OLD
from .service import CONTAINER, CREDENTIALS, GROUP, ROLE, SECRET


@pytest.fixture
def aws() -> AwsDouble:
    """One service that changes and needs one of everything, all of which exists."""
    double = AwsDouble()
    double.add_definition("sdt-dev-user-service:1", container=CONTAINER, executionRoleArn=ROLE)
    double.definitions[f"{ARN}sdt-dev-user-service:1"]["runtimePlatform"] = {"cpuArchitecture": "ARM64"}
    double.add_service("sdt-dev-user-service", "sdt-dev-user-service:1")
    double.add_image("sdt/dev/user-service", "new", NEW, {"linux/arm64": "sha256:" + "1" * 64})
    double.add_image("sdt/dev/user-service", "old", OLD)
    stages = {"v1": ["AWSCURRENT"]}
    double.secrets = {name: {"ARN": name, "VersionIdsToStages": stages} for name in (SECRET, CREDENTIALS)}
    double.parameters = {"/sdt/dev/flag", "plain"}
    double.log_groups = {GROUP}
    double.objects = {"user.env", "sdt-dev-config/user.env"}
    return double
