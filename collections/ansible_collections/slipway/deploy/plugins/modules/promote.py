# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Documentation of the action plugin of the same name, which does the work on the control node."""

from __future__ import annotations

DOCUMENTATION = r"""
module: promote
short_description: Promote a version of the backend
version_added: "0.1.0"
author:
  - The Slipway authors (!UNKNOWN)
description:
  - Says that a version of the backend is good for an environment. Both repositories get its tag, and C(versions.json)
    in the state store names tag, Maven version, digest of the artifact, and the commits of both repositories. A deploy
    that is given no version takes that one.
  - Before anything is done, everything is checked. The tag is C(backend-v<semver>) and no snapshot; C(pom.xml) says the
    same version; the artifact exists; both repositories have nothing uncommitted, and their commits are on a branch of
    the remote; the tag is not there yet, or names the same commit.
  - A tag is never moved. Of two promotions at once, one wins and the other one says so.
  - Each step is done only if it is left to do, so a promotion that ended half-way is finished by running it again.
options:
  tag:
    description: The tag, C(backend-v<semver>). Required.
    type: str
    default: ""
  bucket:
    description: The bucket of the artifacts. Required.
    type: str
    default: ""
  branch:
    description: The branch whose artifact it is, and that is tagged without O(backend_path) and O(backend_commit).
    type: str
    default: main
  digest:
    description: The digest that the artifact must have, C(sha256:) and 64 hexadecimal digits.
    type: str
    default: ""
  module:
    description: The directory of the backend's C(pom.xml) in its repository.
    type: str
    default: ""
  backend_path:
    description: A checkout of the backend's repository. Without it, O(backend_repository) is fetched for the occasion.
    type: str
    default: ""
  backend_repository:
    description: The address of the backend's repository, without credentials.
    type: str
    default: ""
  backend_commit:
    description: What is tagged in it. By default what is checked out in O(backend_path); without that, what the tag
      names already, else the head of O(branch).
    type: str
    default: ""
  infra_path:
    description: A checkout of the infrastructure's repository.
    type: str
    required: true
  infra_commit:
    description: What is tagged in it.
    type: str
    default: HEAD
  remote:
    description: The remote that the tags are pushed to.
    type: str
    default: origin
  token:
    description:
      - Where a token that may push is, one of C(env), C(file), C(ssm) and C(secretsmanager) with its name.
      - Git is given it when it asks, for the remote's own host only. Without it, git's own set-up is used.
    type: dict
  ca_file:
    description: Certificates of the authority that the remote's certificate is from.
    type: path
  older:
    description: Whether a version may be promoted that is older than the promoted one.
    type: bool
    default: false
extends_documentation_fragment: [slipway.deploy.attributes]
attributes:
  check_mode:
    support: full
  diff_mode:
    support: full
  idempotent:
    support: full
"""

EXAMPLES = r"""
- name: Promote a version
  slipway.deploy.promote:
    tag: backend-v0.2.0
    bucket: umigo-artifacts
    module: umigoCrmBackend
    backend_path: ~/src/Umigo
    infra_path: .
    token:
      env: GITHUB_TOKEN
"""

RETURN = r"""
version:
  description: The backend's entry in C(versions.json).
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
