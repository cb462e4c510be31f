# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Documentation of the action plugin of the same name, which does the work on the control node."""

DOCUMENTATION = r"""
module: dev_bootstrap
short_description: Set up the backend on a developer's machine
version_added: "0.1.0"
author: The Slipway authors (!UNKNOWN)
description:
  - Writes the environment's parameters to C(.env) of the backend's module. Only its owner can read the file, and git
    ignores it. Migrates the database with the backend's own C(./mvnw flyway:migrate). Starts the backend as a separate
    process, which the next run finds again.
  - Each step runs only if there is something to do. A changed value restarts the backend once.
  - Without O(backend_path), all three steps are skipped, with one line each.
options:
  backend_path:
    description: The backend's checkout, or the directory of its module.
    type: str
    default: ""
  module:
    description: The directory of the module in the checkout.
    type: str
    default: ""
  path:
    description: The SSM path of the parameters.
    type: str
    required: true
  environment:
    description: Variables that take precedence over parameters of the same name, such as the address of a local
      database.
    type: dict
    default: {}
  secrets:
    description: Secrets that are written to files, in the format of the role C(runtime_parameters).
    type: list
    elements: dict
    default: []
  required:
    description: Names that must exist among the parameters, variables or secrets.
    type: list
    elements: str
    default: []
  seed_sql:
    description: An SQL file that psql runs in one transaction, once for each database and content.
    type: str
    default: ""
  jar:
    description: A jar to run instead of C(./mvnw spring-boot:run).
    type: str
    default: ""
  port:
    description: The port that the backend listens on, unless C(SERVER_PORT) is set in its environment.
    type: int
    default: 8080
  timeout:
    description: How many seconds the backend has to answer.
    type: int
    default: 300
  state:
    description: V(restarted) always restarts the backend. V(stopped) only stops it.
    type: str
    choices: [running, restarted, stopped]
    default: running
extends_documentation_fragment: [slipway.deploy.attributes, slipway.deploy.attributes.no_diff]
attributes:
  check_mode:
    support: partial
    details: Does not find out whether a migration is pending.
  idempotent:
    details: V(restarted) restarts the backend each time.
"""

EXAMPLES = r"""
- name: Set up the backend
  slipway.deploy.dev_bootstrap:
    backend_path: ~/src/Umigo
    module: umigoCrmBackend
    path: /dev/backend/
    environment:
      SPRING_DATASOURCE_URL: jdbc:postgresql://localhost:5432/umigo
"""

RETURN = r"""
env_file:
  description: The file with the environment.
  returned: when O(backend_path) is given and O(state) is not V(stopped)
  type: str
  sample: /home/anna/src/Umigo/umigoCrmBackend/.env
log:
  description: The file with the backend's output.
  returned: when O(backend_path) is given and O(state) is not V(stopped)
  type: str
  sample: /home/anna/slipway/.ansible/slipway/dev/0a1b2c3d4e5f/backend.log
skipped_steps:
  description: The steps that were skipped.
  returned: without O(backend_path)
  type: list
  elements: str
  sample: [env file, database seed, backend launch]
"""
