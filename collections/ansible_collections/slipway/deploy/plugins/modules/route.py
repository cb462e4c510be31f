# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Documentation of the action plugin of the same name, which does the work on the control node."""

DOCUMENTATION = r"""
module: route
short_description: Decide what a merged change starts
version_added: "0.1.0"
author: The Slipway authors (!UNKNOWN)
description:
  - Reads an event, and answers with the pipeline and the environment of the first route for its repository and its
    branch or tag.
  - The event is the JSON in E(SLIPWAY_EVENT), or the file that E(SLIPWAY_EVENT_FILE) or E(GITHUB_EVENT_PATH) names. It
    is never read from the command line. C(repository_dispatch), C(workflow_dispatch) and a bare payload are understood.
  - Refuses events of other repositories, branches and tags, payloads that are too large, and every field with other
    characters than letters, digits and C(._/-).
  - If E(GITHUB_OUTPUT) is set, the decision is appended to that file as outputs of the step.
  - Needs no environment. Changes nothing.
options:
  routes:
    description: The file of the routes.
    type: path
    required: true
  inventories:
    description: The directory of the environments.
    type: path
    required: true
extends_documentation_fragment: [slipway.deploy.attributes, slipway.deploy.attributes.no_diff]
"""

EXAMPLES = r"""
- name: Route the event
  slipway.deploy.route:
    routes: pipelines/routes.yml
    inventories: inventories
"""

RETURN = r"""
workflow:
  description: The pipeline.
  returned: success
  type: str
  sample: fleet
environment:
  description: The environment.
  returned: success
  type: str
  sample: dev
repository:
  description: The repository of the change, as the route writes it.
  returned: success
  type: str
  sample: skilltracker/skill-tracker-backend
ref:
  description: The branch or tag.
  returned: success
  type: str
  sample: refs/heads/develop
tag:
  description: The tag's name; empty for a branch.
  returned: success
  type: str
  sample: ""
commit:
  description: The merged commit.
  returned: success
  type: str
  sample: 3f9c2d1e8a7b6c5d4e3f2a1b0c9d8e7f6a5b4c3d
pull_request:
  description: The number of the pull request; empty without one.
  returned: success
  type: str
  sample: "42"
force_full_build:
  description: V(true) if everything is to be built, otherwise V(false).
  returned: success
  type: str
  sample: "false"
"""
