# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Documentation of the action plugin of the same name, which does the work on the control node."""

DOCUMENTATION = r"""
module: publish
short_description: Build and publish the artifacts of a commit
version_added: "0.1.0"
author: The Slipway authors (!UNKNOWN)
description:
  - Builds what the environment declares from a clean checkout of a commit, and publishes it - the jar of a JVM service
    to S3, packages of Maven and npm to CodeArtifact.
  - The jar's key is C(<branch>/<tag>/app.jar). The tag is C(<group>-v<version>); that of a snapshot ends with the
    commit. S3 keeps the digest with the jar.
  - A stable version is final. The same content again changes nothing, other content is refused. A package's snapshot
    replaces the one before, which is deleted with all its builds.
  - Everything is built and compared with what is published before the first upload. Each upload is complete or cannot
    be seen, so this can be run again after a failure.
  - The same content gives the same digest - the time in archives is a constant, unless a pom sets another.
  - Writes a manifest to the state store, with the digest of each artifact.
  - If E(GITHUB_OUTPUT) is set, the outputs C(build), C(result) and C(built) are appended to that file.
options:
  group:
    description: The group of hosts that runs the jar, which begins its tag.
    type: str
    default: backend
  path:
    description: A clone of the source.
    type: raw
    required: true
  head:
    description: The commit.
    type: raw
    default: HEAD
  branch:
    description:
      - The branch that the commit is on. By default E(SLIPWAY_BRANCH), that of E(SLIPWAY_REF) (C(refs/heads/…), which a
        pipeline sets), or the one that is checked out.
      - If E(SLIPWAY_REF) is a release's tag (C(refs/tags/backend-v1.2.0)), it is the branch of stable versions. The tag
        must be that of the jar's version, and its commit on that branch.
    type: raw
    default: ""
  repository:
    description: The name of the repository in O(rules). By default the only one. Also by E(SLIPWAY_REPOSITORY).
    type: raw
    default: ""
  rules:
    description:
      - The conventions of repositories, as the module M(slipway.deploy.conventions) has them. A version that its branch
        may not have is refused.
      - Without them, V(main) has stable versions and V(develop) snapshots. A package's version on a feature or hotfix
        branch has the task's id - C(1.2.0-UM-142-SNAPSHOT). Other branches have any version.
    type: raw
    default: {}
  source:
    description: The address of the source's repository, for the manifest. By default that of the remote C(origin).
    type: raw
    default: ""
  build:
    description: The id of a build of this commit, whose manifest gets the artifacts. By default a new one is written.
    type: raw
    default: ""
  bucket:
    description: The bucket of the jars. Without it, no jar is published.
    type: str
    default: ""
  module:
    description: The directory of the service's Maven module in the source.
    type: str
    default: ""
  codeartifact:
    description: The C(domain) and C(repository) of the packages, and the domain's C(owner) if it is another account.
    type: raw
    default: {}
  packages:
    description: The directories of packages in the source. Each has a C(pom.xml) or a C(package.json).
    type: raw
    default: []
  timeout:
    description: Seconds for each command of a build.
    type: raw
    default: 1800
notes:
  - Needs Maven or a Maven wrapper in the source, npm or pnpm, for what is declared.
  - A build may read from the repository in CodeArtifact. The token is in a file in memory, in no argument or variable.
    A build gets no variable that looks like a secret.
extends_documentation_fragment: [slipway.deploy.attributes, slipway.deploy.attributes.no_diff]
"""

EXAMPLES = r"""
- name: Publish the backend and its library
  slipway.deploy.publish:
    path: ../backend
    branch: develop
    bucket: umigo-artifacts
    module: umigoCrmBackend
    codeartifact: {domain: umigo, repository: libraries}
    packages: [common-security]
  run_once: true
"""

RETURN = r"""
build:
  description: The id of the build, whose manifest is in the state store.
  returned: success
  type: str
  sample: 20261130T191500Z-3f9c2d1
result:
  description: C(built), or C(unchanged) if everything was published before.
  returned: success
  type: str
  sample: built
artifacts:
  description: What became of each artifact, as in the manifest.
  returned: success
  type: dict
  sample:
    backend:
      kind: backend
      result: built
      version: 0.2.0
      location: s3://umigo-artifacts/main/backend-v0.2.0/app.jar
"""
