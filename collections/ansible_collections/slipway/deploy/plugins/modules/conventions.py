# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Documentation of the action plugin of the same name, which does the work on the control node."""

DOCUMENTATION = r"""
module: conventions
short_description: Check branch name, commit messages and version of a repository
version_added: "0.1.0"
author: The Slipway authors (!UNKNOWN)
description:
  - Checks the name of a branch, the target of its pull request, the messages of its new commits and its version, and
    fails with all that is wrong, each with what would be right.
  - Repositories of services and infrastructure follow Git Flow, a library is trunk-based.
  - The version is read from C(pom.xml), with what it inherits and its properties, or from C(package.json). C(main) has
    V(X.Y.Z), C(develop) V(X.Y.Z-SNAPSHOT), a feature branch of a library V(X.Y.Z-TASK-SNAPSHOT) with the task id of its
    name. It may not be before the releases in its history, nor before the version of the base.
  - Messages follow L(Conventional Commits,https://www.conventionalcommits.org/en/v1.0.0/). Merges and reverts have
    git's own.
  - Without O(base), the new commits are those that neither the target nor C(develop) nor C(main) has; on these branches
    those of the last merge.
  - Texts may also come from the environment variables E(SLIPWAY_SOURCE), E(SLIPWAY_REPOSITORY), E(SLIPWAY_BRANCH),
    E(SLIPWAY_TARGET), E(SLIPWAY_MESSAGE_FILE) and E(SLIPWAY_PUSH_FILE). If no branch is checked out, those of GitHub's
    workflows are read.
  - Changes nothing, takes no lock and writes no record.
options:
  branch:
    description: The name of the branch. By default the one that is checked out.
    type: raw
    default: ""
  target:
    description: The branch that its pull request goes to.
    type: raw
    default: ""
  base:
    description: The commit before.
    type: raw
    default: ""
  head:
    description: The commit to check.
    type: raw
    default: HEAD
  remote:
    description: The name of the remote.
    type: raw
    default: origin
  message_file:
    description: The file with the message of a commit that is being made, as git hands it to a C(commit-msg) hook. Only
      the message and the branch that is checked out are checked.
    type: raw
    default: ""
  push_file:
    description: A file with what git hands to a C(pre-push) hook. All its branches are checked.
    type: raw
    default: ""
extends_documentation_fragment:
  - slipway.deploy.repository_rules
  - slipway.deploy.attributes
  - slipway.deploy.attributes.no_diff
"""

EXAMPLES = r"""
- name: Check a pull request
  slipway.deploy.conventions:
    path: ../backend
    rules:
      backend: {strategy: services, version_file: umigoCrmBackend/pom.xml}
    branch: feature/UM-142-login
    target: develop
  run_once: true
"""

RETURN = r"""
schema:
  description: The version of this document.
  returned: success
  type: str
  sample: slipway/conventions/1
branches:
  description: Each branch that was checked.
  returned: success
  type: list
  elements: dict
  sample:
    - branch: feature/UM-142-login
      kind: feature
      task: UM-142
      head: 3f9c2d1e8a7b6c5d4e3f2a1b0c9d8e7f6a5b4c3d
      version: 1.3.0-SNAPSHOT
      commits: 2
"""
