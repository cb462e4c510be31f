# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Documentation of the action plugin of the same name, which does the work on the control node."""

DOCUMENTATION = r"""
module: dispatch
short_description: Send a merged change to the repository that deploys it
version_added: "0.1.0"
author: The Slipway authors (!UNKNOWN)
description:
  - Sends GitHub's event C(repository_dispatch) with the type C(slipway). Its payload is one object, C(change), with
    the repository, the branch or tag, the commit, the number of the pull request, and whether to build everything.
  - The change is read from the event of the workflow - a merged pull request, a push, or a run by hand. The event is
    the JSON in E(SLIPWAY_EVENT), or the file that E(SLIPWAY_EVENT_FILE) or E(GITHUB_EVENT_PATH) names. It is never
    read from the command line. Titles and messages are not sent.
  - A pull request that was closed without a merge sends nothing.
  - Needs no environment. The API is E(GITHUB_API_URL), by default C(https://api.github.com).
options:
  repository:
    description: The repository that is sent the event, C(owner/name).
    type: str
    required: true
  token:
    description: The source of a token that may write that repository's contents, with the key C(env) or C(file).
    type: dict
    required: true
  force:
    description: Whether everything is to be built.
    type: bool
    default: false
extends_documentation_fragment: [slipway.deploy.attributes, slipway.deploy.attributes.no_diff]
"""

EXAMPLES = r"""
- name: Send the change
  slipway.deploy.dispatch:
    repository: skilltracker/skill-tracker-devops
    token:
      env: SLIPWAY_TOKEN
"""

RETURN = r"""
payload:
  description: What was sent; V(null) if nothing was.
  returned: success
  type: dict
  sample:
    change:
      repository: skilltracker/skill-tracker-backend
      ref: refs/heads/develop
      commit: 3f9c2d1e8a7b6c5d4e3f2a1b0c9d8e7f6a5b4c3d
      pull_request: 42
      force_full_build: false
"""
