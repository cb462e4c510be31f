# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Documentation of the action plugin of the same name, which does the work on the control node."""

DOCUMENTATION = r"""
module: changes
short_description: Find the services and hosts that a commit changes
version_added: "0.1.0"
author: The Slipway authors (!UNKNOWN)
description:
  - Compares a commit of the source with what each service runs, and lists the services that have to be built, each
    with one chain of reasons from the changed file to the service. The hosts of a group (C(backend), C(site)) are
    listed as one service with its name.
  - Follows the build's own graph - Maven modules with parents, dependencies, test-jars, plugins, extensions and
    imported BOMs; npm and pnpm workspaces with their lock files. A changed pom is compared by what it means. A changed
    version reaches the modules that use it, a changed description reaches none.
  - All services are listed when it cannot be told what changed - no known base, a rewritten history, a shallow clone
    that lacks the base or the way from it, another build system, a base that cannot be read. The reason is shown.
  - A base of another branch, such as a feature branch that was deployed, is compared by its files, and noted.
  - If E(GITHUB_OUTPUT) is set, these outputs are appended to that file - C(changed), C(count), C(everything),
    C(services) and C(matrix) (JSON; C(matrix) is for C(strategy.matrix)) and C(head).
  - Changes nothing, takes no lock and writes no record.
options:
  file:
    description: A file on the control node that the result is written to as JSON.
    type: raw
    default: ""
notes:
  - A service is built from the module, workspace or directory of its own name, the hosts of a group from the directory
    C(<group>_module), or else from the whole repository (V(.)). Another one, or several, are named by the variable
    C(build_modules) of the service or group. A directory stands for all modules below it.
  - Hosts are left out if the clone has remotes and none of them has the name of C(<group>_repository).
extends_documentation_fragment:
  - slipway.deploy.attributes
  - slipway.deploy.attributes.no_diff
  - slipway.deploy.change_detection
"""

EXAMPLES = r"""
- name: List the services to build
  slipway.deploy.changes:
    path: ../backend
    head: "{{ head }}"
    rules:
      - paths: ["docker/{service}/Dockerfile"]
      - paths: [docker/base/**]
        services: all
      - paths: ["**/*.md", .github/**]
        services: none
  run_once: true
"""

RETURN = r"""
head:
  description: The commit that was compared, in full.
  returned: success
  type: str
  sample: 3f9c2d1e8a7b6c5d4e3f2a1b0c9d8e7f6a5b4c3d
everything:
  description: Why all services are listed. V(null) if the changes are known.
  returned: success
  type: str
  sample: null
build:
  description: The names of the services to build.
  returned: success
  type: list
  elements: str
  sample: [api-gateway]
services:
  description: Each service with its reason.
  returned: success
  type: list
  elements: dict
  sample:
    - name: api-gateway
      build: true
      reason: common-security/…/Jwt.java → common-security → gateway → api-gateway
      chain: [common-security/…/Jwt.java, common-security, gateway, api-gateway]
      path: common-security/src/main/java/app/Jwt.java
      detail: null
      base: 8d20c11f0e9d8c7b6a5f4e3d2c1b0a9f8e7d6c5b
      tests_only: false
      gone: false
unclaimed:
  description: Changed files, and versions in them, that no module and no rule claims.
  returned: success
  type: list
  elements: dict
  sample: [{path: tsconfig.json, detail: null}]
new:
  description: Modules that were added since.
  returned: success
  type: list
  elements: str
  sample: []
gone:
  description: Modules that were removed since.
  returned: success
  type: list
  elements: str
  sample: []
notes:
  description: What to know beside it, such as what the build refers to and the repository does not hold.
  returned: success
  type: list
  elements: str
  sample: []
schema:
  description: The version of this document.
  returned: success
  type: str
  sample: slipway/changes/1
"""
