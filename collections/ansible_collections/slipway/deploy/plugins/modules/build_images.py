# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Documentation of the action plugin of the same name, which does the work on the control node."""

DOCUMENTATION = r"""
module: build_images
short_description: Build and push the images of the services that a commit changes
version_added: "0.1.0"
author: The Slipway authors (!UNKNOWN)
description:
  - Finds the services that a commit changes, as M(slipway.deploy.changes) does, builds their images in parallel with
    podman, buildah or Docker, and pushes them to ECR. The files are those of the commit, not of the working tree.
  - An image is tagged with its commit, and with the tags of its branch. Tags with a version never move, neither does
    the commit. The others do. A repository that does not exist is created. A repository's rule is made
    C(IMMUTABLE_WITH_EXCLUSION), and one without lifecycle policy gets one.
  - Everything is checked before anything is built. A tag with a version that has other content ends the task.
  - The images are pushed under their commit first. Only if all services succeed, the tags of the branch are set.
  - The same commit gives the same digest. A second run builds and pushes nothing.
  - Writes the build's manifest to the state store. If E(GITHUB_OUTPUT) is set, the outputs C(build) (its id), C(result)
    and C(built) are appended to that file.
options:
  branch:
    description: The branch of the commit. By default that of E(SLIPWAY_REF), C(refs/heads/…), which a pipeline sets;
      otherwise the branch of the clone, or O(head) if it is a branch.
    type: raw
    default: ""
  tags:
    description: The tags of each branch, a mapping of branches to lists of tags. V({version}) is the service's version.
      By default C(main) has V(v{version}) and V(latest), C(develop) has V(develop) and V(latest).
    type: raw
  repository:
    description: The address of the source's repository, for the images' labels. By default that of the remote
      C(origin).
    type: raw
    default: ""
  engine:
    description: V(podman), V(buildah) or V(docker). By default the first one that is there.
    type: raw
    default: ""
  parallel:
    description: How many images are built at once. By default, and at most, as many as there are processors.
    type: raw
  timeout:
    description: How long each step of a build may take (seconds).
    type: raw
    default: 1800
notes:
  - These variables of a service say how its image is built, with paths from the source's root.
    C(build_dockerfile) (by default C(Dockerfile) in the directory of its first module), C(build_context) (by default
    the root), C(build_command) (a list of words that is run there first, without a shell and without the
    secrets of the caller's environment), C(build_sbom) (the CycloneDX file that the command makes, which is attached to
    the image; by default one of the packages that the image records, if it does), C(build_args) (the values of C(ARG)
    instructions) and C(build_platform) (as V(linux/arm64)).
extends_documentation_fragment:
  - slipway.deploy.attributes
  - slipway.deploy.attributes.no_diff
  - slipway.deploy.change_detection
"""

EXAMPLES = r"""
- name: Build what changed since the last deploy
  slipway.deploy.build_images:
    path: ../backend
    branch: develop
  run_once: true
"""

RETURN = r"""
build:
  description: The id of the build. V(null) in check mode.
  returned: success
  type: str
  sample: 20261130T191500Z-3f9c2d1
manifest:
  description: The build's manifest, as it is in the state store.
  returned: success, if not in check mode
  type: dict
  sample: {"id": "20261130T191500Z-3f9c2d1", "result": "built"}
"""
