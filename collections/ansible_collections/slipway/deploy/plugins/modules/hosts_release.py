# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Documentation of the action plugin of the same name, which does the work on the control node."""

DOCUMENTATION = r"""
module: hosts_release
short_description: Find the releases that the environment's hosts should run
version_added: "0.1.0"
author: The Slipway authors (!UNKNOWN)
description:
  - Each kind of host has a release of its own.
  - For a rollback, this is the release that the record of the earlier deploy names.
  - For the backend, it is the one that C(-e backend_release=…) names, or the one that was promoted to the environment
    (C(versions.json)). Its artifact, C(<branch>/<tag>/app.jar), is looked up and pinned by digest.
  - For the site, it is the tag that C(-e site_release=…) names, pinned by commit.
  - For a deploy of a build, it is the artifact of the kind that the build names, with exactly its digest or commit.
  - If the environment has several kinds of host and the command line names a release, only the kinds that it names get
    one. The others stay as they are.
  - Changes nothing.
options:
  kind:
    description:
      - Whether to deploy what was asked for, or to return to an earlier release.
      - V(boot) finds the newest successful release, for a host that boots, possibly during a deploy of other hosts.
    type: str
    choices: [deploy, rollback, boot]
    default: deploy
  build:
    description: The build to deploy, RV(slipway.deploy.deploy_open#module:build). What it does not name stays as it is.
    type: str
    default: ""
notes:
  - The names in O(observations) are C(health), the result of M(slipway.deploy.service_release).
extends_documentation_fragment:
  - slipway.deploy.attributes
  - slipway.deploy.attributes.no_diff
  - slipway.deploy.observations
"""

EXAMPLES = r"""
- name: Find the release
  slipway.deploy.hosts_release:
  run_once: true
  register: release
"""

RETURN = r"""
kinds:
  description: The kinds of host that a release is for. A kind that stays as it is is left out.
  returned: success
  type: dict
  sample:
    backend:
      release: {release: backend-v0.2.0-0a1b2c3d4e5f, tag: backend-v0.2.0, bucket: umigo-artifacts}
      hosts: [umigo-dev-backend-i-0a1b2c3d4e5f60718]
      migrate: true
      needs: {}
  contains:
    release:
      description: The release.
      type: dict
    hosts:
      description: The selected hosts that are deployed from here. With O(kind=boot), the host itself.
      type: list
      elements: str
    migrate:
      description: Whether the release may have migrations that the database lacks.
      type: bool
    needs:
      description: What building the release requires, for M(slipway.deploy.build_check). Empty if that is not known.
      type: dict
    schema:
      description: With O(kind=boot), the version of the database's schema according to the records, or V(null).
      type: str
hosts:
  description: The hosts of all RV(kinds).
  returned: success
  type: list
  elements: str
  sample: [umigo-dev-backend-i-0a1b2c3d4e5f60718]
"""
