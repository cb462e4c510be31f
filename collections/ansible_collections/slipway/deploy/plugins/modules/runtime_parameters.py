# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Documentation of the action plugin of the same name, which asks AWS on the control node."""

from __future__ import annotations

DOCUMENTATION = r"""
module: runtime_parameters
short_description: Give a service its configuration from SSM, Secrets Manager, the control node and the inventory
version_added: "0.1.0"
author:
  - The Slipway authors (!UNKNOWN)
description:
  - Reads the parameters below a path of SSM and the secrets that the inventory names, on the control node, and writes
    them on the host as a generation of the service's configuration. The service gets parameters as environment
    variables, secrets as credentials of systemd, which only it can read.
  - No value is in an argument of a process, a log, a diff, a fact or a result; all of these say names.
  - Everything is read and checked before anything is written.
  - Nothing is restarted. The result's RV(links) are for M(slipway.deploy.service_release), which is.
options:
  service:
    description: The service's unit, without C(.service).
    type: str
    required: true
  path:
    description:
      - All parameters below it become environment variables. A name right below it is taken as it is, segments of a
        longer one are joined by C(_) in upper case, so that C(/dev/backend/mq/host) is C(MQ_HOST).
      - A name that is no environment variable's, two that would be the same, a value that no variable can have (a NUL,
        more than 128 KiB), and a path without parameters are refused. A value may have several lines. V('') reads none.
    type: str
    required: true
  environment:
    description:
      - Environment variables of the inventory. They go before parameters of the same name.
      - >-
        A value may be kept elsewhere, V({env: NAME}) or V({file: path}) of the control node, V({ssm: name}) or
        V({secretsmanager: id}), each with V(key) of a JSON object. A file must be nobody else's to read.
    type: dict
    default: {}
  secrets:
    description:
      - Credentials. Spring reads all of them as properties of their names, by C(SPRING_CONFIG_IMPORT).
    type: list
    elements: dict
    default: []
    suboptions:
      name:
        description: The credential's name, such as C(spring.datasource.password).
        type: str
        required: true
      secret:
        description: The ARN or id of a secret of Secrets Manager, the ARN or path (V(/…)) of a parameter of SSM, or
          where else it is kept, as in O(environment).
        type: raw
        required: true
      key:
        description: The key to take, when the secret is a JSON object.
        type: str
      property:
        description: The property of Spring that gets the path of the credential's file.
        type: str
  required:
    description: Names of environment variables and credentials that have to be there. All that are not are named.
    type: list
    elements: str
    default: []
  optional:
    description:
      - >-
        Names of O(environment) that may be absent. Where V({env: NAME}) or V({file: path}) has nothing on the control
        node, or the value is V(null), the service does not get the variable.
    type: list
    elements: str
    default: []
  files:
    description:
      - Files that are found at a path of the host, such as a licence. They are part of the generation, so that a
        changed one is switched, and switched back, with the rest. The path is a link to it.
    type: list
    elements: dict
    default: []
    suboptions:
      path:
        description: Where it is found.
        type: path
        required: true
      secret:
        description: Where its content is kept, as in O(secrets[].secret).
        type: raw
      env:
        description: The variable of the control node's environment that has its content.
        type: str
      file:
        description: The file of the control node that has its content, and that nobody else may read.
        type: str
      key:
        description: The key to take, when that is a JSON object.
        type: str
      owner:
        description: Who has it.
        type: str
        default: root
      group:
        description: Its group, by default the owner's name.
        type: str
      mode:
        description: Its mode.
        type: str
        default: "0600"
  owner:
    description: The user who has the environment file, mode 0600. When it is empty, root.
    type: str
    default: ""
  user:
    description: The service's user, by default of its name. Only systemd before 247 makes it matter.
    type: str
  activate:
    description:
      - Whether to make the generation the live one while the service has no unit yet. The first one becomes it in any
        case.
    type: bool
    default: true
  state:
    description:
      - V(present) writes the configuration, and beside it the one that a way back takes, RV(returning).
      - V(renewed) writes only the latter.
    type: str
    choices: [present, renewed]
    default: present
  before:
    description:
      - The generation of the release that a way back would go to. By default that of the ledger's last good release,
        else the live one.
      - What a way back takes are its settings, with the values that SSM, Secrets Manager and the control node have now.
        Variables of the inventory, and the names that it has, stay those of the release.
    type: str
    default: ""
  state_directory:
    description: Where the ledgers of this host's services are.
    type: path
    default: /var/lib/slipway
extends_documentation_fragment: [slipway.deploy.attributes]
attributes:
  check_mode:
    support: full
  diff_mode:
    support: full
    details: Names and where their values come from, never a value.
  idempotent:
    support: full
"""

EXAMPLES = r"""
- name: Configure the backend
  slipway.deploy.runtime_parameters:
    service: umigo-backend
    path: /dev/backend/
    environment:
      SPRING_PROFILES_ACTIVE: dev
    secrets:
      - name: spring.datasource.password
        secret: dev/umigo/db
        key: password
      - name: firebase.json
        secret: /dev/firebase/service-account
        property: umigo.firebase.config.path
    required: [SPRING_DATASOURCE_URL, spring.datasource.password]
  register: __configuration

- name: Configure a site whose secrets CI has in its environment
  slipway.deploy.runtime_parameters:
    service: salitemihret-dev-backend
    path: ""
    owner: salitemihret
    environment:
      DATABASE_URL: {env: DATABASE_URL}
      LICENSE_KEY_PATH: /etc/salitemihret/license.json
    files:
      - {path: /etc/salitemihret/license.json, file: ~/secrets/license.json, owner: salitemihret}

- name: Restart the backend if its configuration is another
  slipway.deploy.service_release:
    name: umigo-backend
    links: "{{ __configuration.links }}"
"""

RETURN = r"""
generation:
  description: The wanted generation's directory; empty in check mode on a host that never had one.
  returned: success
  type: str
  sample: /etc/umigo-backend/generations/5f0c9e1a2b3c4d5e
digest:
  description: The generation's name.
  returned: success
  type: str
  sample: 5f0c9e1a2b3c4d5e
current:
  description: The generation that was live before, or V(null).
  returned: success
  type: str
pending:
  description: Whether the wanted generation is not live when this returns.
  returned: success
  type: bool
links:
  description: What M(slipway.deploy.service_release) has to be given as O(slipway.deploy.service_release#module:links).
  returned: success
  type: list
  elements: dict
  sample: [{path: /etc/umigo-backend/current, target: /etc/umigo-backend/generations/5f0c9e1a2b3c4d5e}]
returning:
  description:
    - The links that a way back has to be given as O(slipway.deploy.service_release#module:returning). Empty when the
      release that it goes back to has the values of now.
  returned: success
  type: list
  elements: dict
  sample: [{path: /etc/umigo-backend/current, target: /etc/umigo-backend/generations/9d3b7a605142ef08}]
unit_exists:
  description: Whether the service's unit is there.
  returned: success
  type: bool
names:
  description: Which names the wanted generation adds, changes and removes against O(before), else the live one.
  returned: success
  type: dict
  sample: {added: [environment JAVA_OPTS], changed: [credential spring.datasource.password], removed: []}
pruned:
  description: The digests of the generations that were removed.
  returned: success
  type: list
  elements: str
"""
