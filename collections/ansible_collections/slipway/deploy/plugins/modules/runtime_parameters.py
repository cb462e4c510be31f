#!/usr/bin/python
# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Writes a service's environment file and credentials on its host."""

from __future__ import annotations

DOCUMENTATION = r"""
module: runtime_parameters
short_description: Configure a service from SSM, Secrets Manager, the control node and the inventory
version_added: "0.1.0"
author: The Slipway authors (!UNKNOWN)
description:
  - Reads the parameters below an SSM path, and the secrets that the inventory names, on the control node. Writes them
    on the host as a generation of the service's configuration. The service gets parameters as environment variables,
    and secrets as systemd credentials, which only the service can read.
  - No value appears in the arguments of a process, a log, a diff, a fact or a result. All of these contain names only.
  - Everything is read and validated before anything is written.
  - Writes C(/etc/<service>/generations/<digest>/) with C(env), C(credentials/), C(files/) and the unit's drop-in
    C(unit.conf), the symbolic link to the drop-in below C(/etc/systemd/system), and the links at the paths of files. By
    default, only root has access. An existing generation is never changed. Its name is a keyed digest (HMAC) of its
    content. The key never leaves the host.
  - Generations that are neither wanted, nor live, nor the previous one, nor needed for an undo according to the ledger,
    are removed.
  - Nothing is restarted. Pass RV(links) to M(slipway.deploy.service_release), which restarts the service.
options:
  service:
    description: The service's systemd unit, without C(.service).
    type: str
    required: true
  owner:
    description: The owner of the environment file, which has mode 0600. If empty, root.
    type: str
    default: ""
  activate:
    description:
      - Whether to make the generation the live one while the service has no unit yet, by pointing the symbolic link
        C(/etc/<service>/current) at it. The first generation always becomes the live one.
    type: bool
    default: true
  state:
    description:
      - V(present) writes the wanted generation, and the generation for an undo.
      - V(renewed) writes only the generation for an undo, and removes nothing.
    type: str
    choices: [present, renewed]
    default: present
  before:
    description:
      - The generation of the release that an undo would return to. By default, the generation of the last good release
        in the ledger, or else the live one.
      - The generation for an undo has the settings of that release, with the current values from SSM, Secrets Manager
        and the control node. Variables from the inventory, and the set of names, stay as they were in that release.
    type: str
    default: ""
  path:
    description:
      - All parameters below this SSM path become environment variables. The rest of a parameter's path is its name. The
        segments of a longer path are converted to upper case and joined with C(_), so C(/dev/backend/mq/host) becomes
        C(MQ_HOST).
      - A name that is not valid for an environment variable, two parameters with the same resulting name, a value that
        a variable cannot have (a NUL, more than 128 KiB), and a path without parameters are refused. A value can have
        several lines. V('') reads no parameters.
    type: str
    required: true
  environment:
    description:
      - Environment variables from the inventory. They take precedence over parameters of the same name.
      - >-
        A value can be a source, V({env: NAME}) or V({file: path}) on the control node, V({ssm: name}) or
        V({secretsmanager: id}), each with V(key) for one key of a JSON object. Only the owner of the file may have
        access to it.
    type: dict
    default: {}
  secrets:
    description:
      - Credentials. Spring reads them as properties of the same names, through C(SPRING_CONFIG_IMPORT).
    type: list
    elements: dict
    default: []
    suboptions:
      name:
        description: The name of the credential, such as C(spring.datasource.password).
        type: str
        required: true
      secret:
        description: The ARN or id of a Secrets Manager secret, the ARN or path (V(/…)) of an SSM parameter, or a source
          as in O(environment).
        type: raw
        required: true
      key:
        description: The key to take, if the secret is a JSON object.
        type: str
      property:
        description: The Spring property that gets the path of the credential's file.
        type: str
  required:
    description: Names of environment variables and credentials that must exist. All missing ones are reported.
    type: list
    elements: str
    default: []
  optional:
    description:
      - >-
        Names in O(environment) that may be missing. If the source V({env: NAME}) or V({file: path}) does not exist on
        the control node, or the value is V(null), the service does not get the variable.
    type: list
    elements: str
    default: []
  files:
    description:
      - Files that the service reads at a path on the host, such as a licence. They are part of the generation, so a
        changed file is switched and undone with the rest. The path is a symbolic link to the file.
    type: list
    elements: dict
    default: []
    suboptions:
      path:
        description: The path on the host.
        type: path
        required: true
      secret:
        description: The source of the content, as in O(secrets[].secret).
        type: raw
      env:
        description: The environment variable on the control node that contains the content.
        type: str
      file:
        description: The file on the control node that contains the content. Only its owner may have access to it.
        type: str
      key:
        description: The key to take, if that is a JSON object.
        type: str
      owner:
        description: The owner of the file.
        type: str
        default: root
      group:
        description: The group of the file. By default, the owner's name.
        type: str
      mode:
        description: The mode of the file.
        type: str
        default: "0600"
  user:
    description: The service's user, by default O(service). It is only needed for systemd older than 247, which cannot
      pass credentials.
    type: str
extends_documentation_fragment:
  - slipway.deploy.payload
  - slipway.deploy.attributes
  - slipway.deploy.attributes.full
  - slipway.deploy.state_directory
attributes:
  diff_mode:
    details: Shows names and the sources of their values, never a value.
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

- name: Configure a site with secrets from the environment of the CI job
  slipway.deploy.runtime_parameters:
    service: salitemihret-dev-backend
    path: ""
    owner: salitemihret
    environment:
      DATABASE_URL: {env: DATABASE_URL}
      LICENSE_KEY_PATH: /etc/salitemihret/license.json
    files:
      - {path: /etc/salitemihret/license.json, file: ~/secrets/license.json, owner: salitemihret}

- name: Restart the backend if its configuration changed
  slipway.deploy.service_release:
    name: umigo-backend
    links: "{{ __configuration.links }}"
"""

RETURN = r"""
generation:
  description: The directory of the wanted generation. Empty in check mode on a host that never had one.
  returned: success
  type: str
  sample: /etc/umigo-backend/generations/5f0c9e1a2b3c4d5e
digest:
  description: The name of the wanted generation.
  returned: success
  type: str
  sample: 5f0c9e1a2b3c4d5e
current:
  description: The generation that was live before, or V(null).
  returned: success
  type: str
pending:
  description: Whether the wanted generation is not live yet.
  returned: success
  type: bool
links:
  description: The links to switch, for O(slipway.deploy.service_release#module:links).
  returned: success
  type: list
  elements: dict
  sample: [{path: /etc/umigo-backend/current, target: /etc/umigo-backend/generations/5f0c9e1a2b3c4d5e}]
returning:
  description:
    - The links for an undo, for O(slipway.deploy.service_release#module:returning). They lead to the settings of
      O(before), with the current values from outside the inventory. Empty if these values have not changed.
  returned: success
  type: list
  elements: dict
  sample: [{path: /etc/umigo-backend/current, target: /etc/umigo-backend/generations/9d3b7a605142ef08}]
unit_exists:
  description: Whether the service's unit exists.
  returned: success
  type: bool
names:
  description: The names that the wanted generation adds, changes and removes, compared with O(before) or else the live
    generation.
  returned: success
  type: dict
  sample: {added: [environment JAVA_OPTS], changed: [credential spring.datasource.password], removed: []}
pruned:
  description: The digests of the generations that were removed.
  returned: success
  type: list
  elements: str
"""

import re
from pathlib import Path
from typing import Any

from ansible.module_utils.basic import AnsibleModule

from ..module_utils.common.errors import SlipwayError
from ..module_utils.common.payload import PAYLOAD, read_payload
from ..module_utils.configuration.arguments import CONFIGURATION
from ..module_utils.configuration.generations import needed, owners, switch, systemd_version, unit_exists, write
from ..module_utils.configuration.model import Configuration, Place, read_configuration
from ..module_utils.configuration.write_renewal import generation_of, renew, write_renewed
from ..module_utils.files.atomic import read_link
from ..module_utils.releases.ledger import load

_SERVICE = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]*")


def apply(arguments: dict[str, Any], check: bool) -> dict[str, Any]:
    """Do the work; the module's result.

    :raises SlipwayError: for a readable failure.
    """
    service = arguments["service"]
    if not _SERVICE.fullmatch(service):
        raise SlipwayError(f"{service!r} is not a valid name of a service", "service", "Letters, digits, . _ -")
    found = read_payload(arguments)
    configuration, sources = read_configuration(found["configuration"])
    place = Place(service, f"/etc/{service}", systemd_version())
    protected, before = _of_ledger(place, arguments["state_directory"])
    before = arguments["before"] or before or read_link(f"{place.directory}/current") or ""
    back = renew(configuration, found["renewable"], place, before) if before else None
    # The undo's generation is not pruned either, so that staging twice writes it once.
    protected = protected | {back.digest} if back and protected is not None else protected
    result = {"changed": False}
    if arguments["state"] == "present":
        result = _write(arguments, (configuration, sources), place, protected, check)
    if back and not check:
        made = owners(place, arguments["user"], back.configuration, arguments["owner"], check)
        result["changed"] = write_renewed(back, made) or result["changed"]
    links = [{"path": f"{place.directory}/current", "target": back.generation}] if back else []
    return {**result, "returning": links}


def _write(
    arguments: dict[str, Any],
    wanted: tuple[Configuration, dict[str, str]],
    place: Place,
    protected: frozenset[str] | None,
    check: bool,
) -> dict[str, Any]:
    """Write the wanted generation; return the result without the undo's generation.

    :param wanted: the configuration, and the sources of its names.
    """
    configuration, sources = wanted
    dropin = Path(f"/etc/systemd/system/{place.service}.service.d/10-configuration.conf")
    owner = owners(place, arguments["user"], configuration, arguments["owner"], check)
    written = write(configuration, place, owner, dropin, protected, check, arguments["before"])
    exists = unit_exists(place.service)
    pending, changed = written.pending, written.changed
    # Without a live generation the drop-in is a dangling link, which systemd takes for a unit that does not exist.
    if pending and (written.current is None or (arguments["activate"] and not exists)):
        changed, pending = True, check
        if not check:
            switch(place, written.generation)
    return {
        "changed": changed,
        "generation": written.generation,
        "digest": written.generation.rpartition("/")[2],
        "current": written.current,
        "pending": pending,
        "links": [{"path": f"{place.directory}/current", "target": written.generation}],
        "unit_exists": exists,
        "names": written.difference.as_dict(),
        "pruned": list(written.pruned),
        "diff": {"prepared": written.difference.lines(sources)},
    }


def _of_ledger(place: Place, state_directory: str) -> tuple[frozenset[str] | None, str]:
    """The generations to keep, and the one that an undo would use.

    If the ledger is damaged, which service_release reports: ``None`` for all, and none.
    """
    try:
        ledger = load(Path(state_directory) / place.service / "ledger.json")
    except SlipwayError:
        return None, ""
    return needed(ledger, place), generation_of(ledger, place)


def main() -> None:
    """Run the module."""
    module = AnsibleModule(argument_spec={**CONFIGURATION, **PAYLOAD}, supports_check_mode=True)
    try:
        result = apply(module.params, module.check_mode)
    except SlipwayError as error:
        module.fail_json(msg=str(error))
    module.exit_json(**result)


if __name__ == "__main__":
    main()
