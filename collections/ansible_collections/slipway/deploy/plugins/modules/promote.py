# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Documentation of the action plugin of the same name, which does the work on the control node."""

DOCUMENTATION = r"""
module: promote
short_description: Promote a version
version_added: "0.1.0"
author: The Slipway authors (!UNKNOWN)
description:
  - Declares a version as approved for an environment. The application's repository and the infrastructure's get its
    tag. C(versions.json) in the state store gets the tag, the version, the artifact's digest, and the commits of both
    repositories. A deploy without an explicit version takes the promoted one.
  - Everything is checked before the first change. The tag must be C(<group>-v<semver>) and not a snapshot. The
    backend's C(pom.xml) must have the same version. The artifact must exist. Both repositories must have no uncommitted
    changes, and their commits must be on a branch of the remote. The tag must not exist yet, or name the same commit.
  - A tag is never moved. If two promotions run at once, one wins and the other one fails and says so.
  - Each step runs only if it is needed. To finish an interrupted promotion, run it again.
options:
  group:
    description: The group of hosts that the version is for.
    type: str
    required: true
  tag:
    description: The tag, C(<group>-v<semver>). Required.
    type: str
    default: ""
  bucket:
    description: The bucket of the artifacts. Required.
    type: str
    default: ""
  branch:
    description: The branch of the artifact. It is the branch to tag, if neither O(path) nor O(commit) is given.
    type: str
    default: main
  digest:
    description: The digest that the artifact must have, C(sha256:) and 64 hexadecimal digits.
    type: str
    default: ""
  module:
    description: The directory of the application in its repository.
    type: str
    default: ""
  path:
    description: A checkout of the application's repository. By default, O(repository) is fetched.
    type: str
    default: ""
  repository:
    description: The URL of the application's repository, without credentials.
    type: str
    default: ""
  commit:
    description: The commit to tag in the application's repository. By default, the one that is checked out in O(path).
      Without O(path), the one that the tag already names, or else the head of O(branch).
    type: str
    default: ""
  infra_path:
    description: A checkout of the infrastructure repository.
    type: str
    required: true
  infra_commit:
    description: The commit to tag in the infrastructure repository.
    type: str
    default: HEAD
  remote:
    description: The remote to push the tags to.
    type: str
    default: origin
  token:
    description:
      - The source of a token with permission to push, with one of the keys C(env), C(file), C(ssm) and
        C(secretsmanager).
      - git gets it only for the remote's own host. By default, git's own credentials are used.
    type: dict
  ca_file:
    description: The CA certificates that the remote's certificate is verified against.
    type: path
  older:
    description: Whether a version that is older than the promoted one may be promoted.
    type: bool
    default: false
extends_documentation_fragment: [slipway.deploy.attributes, slipway.deploy.attributes.full]
"""

EXAMPLES = r"""
- name: Promote a version
  slipway.deploy.promote:
    group: backend
    tag: backend-v0.2.0
    bucket: umigo-artifacts
    module: umigoCrmBackend
    path: ~/src/Umigo
    infra_path: .
    token:
      env: GITHUB_TOKEN
"""

RETURN = r"""
version:
  description: The group's entry in C(versions.json).
  returned: success
  type: dict
  sample:
    tag: backend-v0.2.0
    version: 0.2.0
    digest: sha256:0a1b2c3d4e5f60718293a4b5c6d7e8f90a1b2c3d4e5f60718293a4b5c6d7e8f9
    branch: main
    key: main/backend-v0.2.0/app.jar
    commit: 3f9c2d1e8a7b6c5d4e3f2a1b0c9d8e7f6a5b4c3d
    infra_commit: 8d20c11f0e9d8c7b6a5f4e3d2c1b0a9f8e7d6c5b
    promoted_at: "2026-11-20T21:04:11Z"
    promoted_by: anna@runner-1
"""
