# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Documentation of the action plugin of the same name, which does the work on the control node."""

DOCUMENTATION = r"""
module: deploy_policy
short_description: Show the IAM policy of the role that deploys an environment
version_added: "0.1.0"
author: The Slipway authors (!UNKNOWN)
description:
  - Makes the policy from the names in the inventory, so that the role reaches the environment's own services, images,
    secrets, logs and records, and nothing of another environment or customer in the same account.
  - The variables are C(account_id), C(aws_region), C(ecs_cluster), C(service_name_prefix), C(ecr_registry),
    C(image_repository_prefix), C(log_group_prefix), C(secret_prefix) and C(state_store). Prefixes must end with C(-)
    or C(/), so that none is the beginning of another.
  - Roles of tasks must begin with C(service_name_prefix). Of secrets and parameters the role reads the values below
    C(<secret_prefix>deploy/) only.
  - The statement C(WholeAccount) has the actions that AWS cannot restrict. By them the role sees all task definitions
    of the region, without the values of their secrets.
  - Asks nobody and changes nothing.
extends_documentation_fragment: [slipway.deploy.attributes, slipway.deploy.attributes.no_diff]
"""

EXAMPLES = r"""
- name: Show the policy
  slipway.deploy.deploy_policy:
  run_once: true
"""

RETURN = r"""
policy:
  description: The policy document.
  returned: success
  type: dict
  sample:
    Version: "2012-10-17"
    Statement:
      - Sid: Cluster
        Effect: Allow
        Action: [ecs:DescribeClusters]
        Resource: ["arn:aws:ecs:eu-west-1:123456789012:cluster/sdt"]
"""
