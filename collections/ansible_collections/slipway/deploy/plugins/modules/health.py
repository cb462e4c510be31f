# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Documentation of the action plugin of the same name, which does the work on the control node."""

DOCUMENTATION = r"""
module: health
short_description: Check the health of all services and hosts after a rollout
version_added: "0.1.0"
author: The Slipway authors (!UNKNOWN)
description:
  - For all services of the fleet, compares the running with the desired number of tasks and reads the health of the
    target groups. A problem of a service outside C(--limit) is only a warning.
  - Compares the task definition revision of each service with the record's. If someone else changed it during the
    deploy, the release is held if the deploy had changed that service, and a warning is issued if not.
  - Compares what every host runs with the record, and reads its state in the target group. If the deploy changes no
    host, also checks whether the hosts serve requests.
  - Looks up the endpoint that C(smoke_base_url) or C(alb_name) names.
  - Writes the result to the record. A failure of something that the deploy changed is undone or held, depending on
    C(on_failure). An unknown state is held. Something that was unhealthy before the deploy, or that the deploy did not
    change, never causes an undo.
notes:
  - The names in O(observations) are C(health), C(serving_result) and C(serving_questions).
extends_documentation_fragment:
  - slipway.deploy.attributes
  - slipway.deploy.attributes.deploy_step
  - slipway.deploy.record
  - slipway.deploy.observations
"""

EXAMPLES = r"""
- name: Check the health of all services and hosts after a rollout
  slipway.deploy.health:
  run_once: true
"""

RETURN = r"""
endpoint:
  description: The URL of the fleet for requests from outside.
  returned: when the environment has one
  type: str
  sample: https://sdt-dev-alb-1.eu-west-1.elb.amazonaws.com
"""
