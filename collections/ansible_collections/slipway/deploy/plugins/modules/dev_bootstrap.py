# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Documentation of the action plugin of the same name, which does the work on the control node."""

from __future__ import annotations

DOCUMENTATION = r"""
module: dev_bootstrap
short_description: Set the backend up on a developer's machine
version_added: "0.1.0"
author:
  - The Slipway authors (!UNKNOWN)
description:
  - Writes the environment's parameters into C(.env) of the backend's module, which only its owner may read and which
    git ignores. Migrates the database by the backend's own C(./mvnw flyway:migrate). Starts the backend as a process of
    its own, which the next run finds again.
  - Each step is done only if there is something to do. A changed value restarts the backend, once.
  - Without O(backend_path) all three are skipped, and a line for each says so.
options:
  backend_path:
    description: The backend's checkout, or its module's directory.
    type: str
    default: ""
  module:
    description: The module's directory in the checkout.
    type: str
    default: ""
  path:
    description: The path of SSM below which the parameters are.
    type: str
    required: true
  environment:
    description: Variables that go before parameters of the same name, such as the address of a database of one's own.
    type: dict
    default: {}
  secrets:
    description: Secrets that become files, as of the role C(runtime_parameters).
    type: list
    elements: dict
    default: []
  required:
    description: Names that have to be among the parameters, variables or secrets.
    type: list
    elements: str
    default: []
  seed_sql:
    description: A file of SQL that psql runs in one transaction, once for each database and content.
    type: str
    default: ""
  jar:
    description: A jar that is started instead of C(./mvnw spring-boot:run).
    type: str
    default: ""
  port:
    description: Where the backend answers, unless the environment says it by C(SERVER_PORT).
    type: int
    default: 8080
  timeout:
    description: Seconds until it has to answer.
    type: int
    default: 300
  state:
    description: V(restarted) starts it anew in any case, V(stopped) only stops it.
    type: str
    choices: [running, restarted, stopped]
    default: running
extends_documentation_fragment: [slipway.deploy.attributes]
attributes:
  check_mode:
    support: partial
    details: Whether a migration is pending is not asked.
  diff_mode:
    support: none
  idempotent:
    support: full
    details: V(restarted) restarts it each time.
"""

EXAMPLES = r"""
- name: Set the backend up
  slipway.deploy.dev_bootstrap:
    backend_path: ~/src/Umigo
    module: umigoCrmBackend
    path: /dev/backend/
    environment:
      SPRING_DATASOURCE_URL: jdbc:postgresql://localhost:5432/umigo
"""

RETURN = r"""
env_file:
  description: Where the environment is written.
  returned: when O(backend_path) is given and O(state) is not V(stopped)
  type: str
  sample: /home/anna/src/Umigo/umigoCrmBackend/.env
log:
  description: What the backend prints.
  returned: when O(backend_path) is given and O(state) is not V(stopped)
  type: str
  sample: /home/anna/slipway/.ansible/slipway/dev/0a1b2c3d4e5f/backend.log
skipped_steps:
  description: What was not done.
  returned: without O(backend_path)
  type: list
  elements: str
  sample: [env file, database seed, backend launch]
"""
