# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Shows the IAM policy of the role that deploys an environment. See modules/deploy_policy.py."""

from __future__ import annotations

import json
import re
from typing import Any

from ..module_utils.common.errors import SlipwayError
from ..module_utils.permissions.policy import Names, check_names, deploy_policy
from ..module_utils.state.s3 import parse_s3_url
from ..plugin_utils.action import SlipwayAction, display
from ..plugin_utils.context import Context

_REGISTRY = re.compile(r"(\d{12})\.dkr\.ecr\.([a-z0-9-]+)\.amazonaws\.com")


class ActionModule(SlipwayAction):
    """Asks nobody: everything is in the inventory."""

    def act(self, context: Context) -> dict[str, Any]:
        """Print the policy; it is the result."""
        where = context.written("secret_prefix")
        names = _names(context, where)
        check_names(names, where)
        policy = deploy_policy(names)
        display.display(json.dumps(policy, indent=2))
        return {"changed": False, "policy": policy}


def _names(context: Context, where: str) -> Names:
    def text(name: str) -> str:
        value = str(context.variables.get(name) or "")
        if not value:
            raise SlipwayError(f"{name} is not set", where, f"Write {name}: …")
        return value

    store = context.settings.state_store
    if not store.startswith("s3://"):
        raise SlipwayError("the state store is not in S3", "state_store", "Write s3://bucket/prefix")
    registry = _REGISTRY.fullmatch(text("ecr_registry"))
    if registry is None:
        raise SlipwayError(
            "it is not a registry of ECR", "ecr_registry", "Write <account>.dkr.ecr.<region>.amazonaws.com"
        )
    return Names(
        account=text("account_id"),
        region=text("aws_region"),
        cluster=text("ecs_cluster"),
        services=text("service_name_prefix"),
        registry=(registry[1], registry[2]),
        images=text("image_repository_prefix"),
        logs=text("log_group_prefix"),
        secrets=text("secret_prefix"),
        state=parse_s3_url(store),
    )
