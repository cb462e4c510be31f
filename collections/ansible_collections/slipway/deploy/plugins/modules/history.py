# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Documentation of the action plugin of the same name, which does the work on the control node."""

DOCUMENTATION = r"""
module: history
short_description: List the releases of an environment
version_added: "0.1.0"
author: The Slipway authors (!UNKNOWN)
description:
  - Lists the records of deploys and rollbacks, newest first, with outcome, services, duration and who ran them.
  - Marks the current release and the one that a rollback returns to.
  - Compares what runs with what the records released. After everything is shown, fails if something is out of step. If
    AWS cannot be read, it says that nothing was compared.
  - Includes the records of hosts that deploy themselves (CodeDeploy).
  - If E(GITHUB_OUTPUT) is set, the output C(unfinished) of the step says whether the newest deploy must be resumed.
  - Changes nothing and takes no lock.
options:
  entries:
    description: How many releases to list, 1 to 1000.
    type: raw
    default: 20
notes:
  - The names in O(observations) are C(health), the result of M(slipway.deploy.service_release).
extends_documentation_fragment:
  - slipway.deploy.attributes
  - slipway.deploy.attributes.no_diff
  - slipway.deploy.observations
"""

EXAMPLES = r"""
- name: List the releases
  slipway.deploy.history:
    entries: 50
  run_once: true
"""

RETURN = r"""
releases:
  description: The listed releases, newest first. Times are epoch seconds of the state store's clock.
    The build is V(null) if the release was not of one.
  returned: success
  type: list
  elements: dict
  sample:
    - id: 2026-11-20T21-04-11Z-3f9c2d1
      kind: deploy
      label: 3f9c2d1
      title: Retry payments on 502
      build: 20261120T205901Z-3f9c2d1
      outcome: succeeded
      started_at: 1795208651.0
      finished_at: 1795208720.0
      services: [user-service]
current:
  description: The id of the newest successful release. V(null) if there is none.
  returned: success
  type: str
  sample: 2026-11-20T21-04-11Z-3f9c2d1
rollback_to:
  description: The id of the release that a rollback returns to. V(null) if there is none, or if that is the state
    before the first release.
  returned: success
  type: str
  sample: 2026-11-19T10-12-40Z-8d20c11
out_of_step:
  description: The services and hosts that do not run what was released, one line each.
  returned: success
  type: list
  elements: str
  sample: ["user-service: runs :1 (8d20c11), not :2 (3f9c2d1) of release 2026-11-20T21-04-11Z-3f9c2d1"]
unfinished:
  description: Whether the newest deploy did not end, and began to change something.
  returned: success
  type: bool
  sample: false
"""
