#!/usr/bin/python
# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Switches what a service of systemd runs, and puts the old release back when the new one does not become ready."""

from __future__ import annotations

DOCUMENTATION = r"""
module: service_release
short_description: Switch what a service runs, and undo the switch when it does not become ready
version_added: "0.1.0"
author:
  - The Slipway authors (!UNKNOWN)
description:
  - The only thing that switches a service's links and restarts it.
  - Compares the links and files that belong to what runs with what the running process was started with, which the
    host's ledger says, and does something only if they differ or the service does not run. A run that was killed
    between any two steps is finished by the next.
  - Switches the links atomically, reloads systemd, restarts the service (and a socket unit that it requires, if that
    listens elsewhere than its unit says) and waits until it is ready and stays so.
    Otherwise it puts links and files back as they were with the last good release, restarts that one, waits for it,
    notes the release as bad in the ledger, and fails.
  - What follows a switch needs no control node. When the connection is lost, the host finishes or undoes by itself.
options:
  name:
    description: The service's unit, without C(.service).
    type: str
    required: true
  state:
    description:
      - V(running) makes the service run with O(links) and O(identity_files) as they are wanted.
      - V(previous) goes back to the newest good release of the ledger that is not the one that runs, and notes the one
        it leaves as bad. With O(release), to the newest good one of that id. With O(links), to exactly these, and to
        the files that ran with them; O(release) then says what they stand for where the ledger does not.
      - V(shown) changes nothing and returns what runs and the ledger's releases.
    type: str
    choices: [running, previous, shown]
    default: running
  links:
    description:
      - Symbolic links that say what runs. Those that the ledger knows and that are not given stay as they are.
      - A link that points into C(/etc/nginx/slipway), as M(slipway.deploy.nginx_site) makes them, is nginx's. Where it
        changes, or nginx has not read it yet, nginx is reloaded. When nothing else changes, the service goes on.
    type: list
    elements: dict
    default: []
    suboptions:
      path:
        description: The link.
        type: path
        required: true
      target:
        description: Where it shall point. It has to exist.
        type: path
        required: true
  files:
    description:
      - With O(state=previous) and O(links), the SHA-256 of the files of O(identity_files) that ran with the links, by
        path, as RV(files) returned them. By default those of the newest good release with these links.
    type: dict
    default: {}
  identity_files:
    description:
      - Files whose content belongs to what runs, such as the unit. Others write them; a switch that is undone puts them
        back as they were with the last good release. They must hold no secret, for a copy of them is kept.
    type: list
    elements: path
    default: []
  identity_changes:
    description: In check mode, whether the tasks before this one would have changed one of O(identity_files).
    type: bool
    default: false
  release:
    description: What the links stand for, for the ledger. Left out when it stays the one that runs.
    type: dict
    suboptions:
      id:
        description: The release's id.
        type: str
        required: true
      tag:
        description: The tag it was built from.
        type: str
      digest:
        description: The digest of its artifact, C(sha256:) and hexadecimal digits.
        type: str
      schema:
        description: The version of the database's schema that it was deployed with.
        type: str
      configuration:
        description: The generation of its configuration.
        type: str
  returning:
    description:
      - Links that a way back takes in place of those that its release was started with, as
        M(slipway.deploy.runtime_parameters) returns them. So the old release gets the secrets that are valid now.
      - When it does not become ready with these, it is started exactly as it ran before.
    type: list
    elements: dict
    default: []
    suboptions:
      path:
        description: The link.
        type: path
        required: true
      target:
        description: Where it shall point.
        type: path
        required: true
  leave:
    description: With O(state=previous), the id of the release to leave. If another one runs, nothing is done.
    type: str
  reason:
    description: With O(state=previous), why the release is left, in one line, for the ledger.
    type: str
    default: undone
  readiness:
    description: When the service counts as ready. Without it, when its process has stayed up for a while.
    type: dict
    default: {}
    suboptions:
      url:
        description:
          - Asked with GET, without a proxy, until it answers. A JSON object with C(status) has to say
            C(UP), or C(ok), C(healthy), C(ready), C(pass), C(alive), C(live), C(running), C(success), C(available) or
            C(operational).
          - A socket that has a path is asked by C(http+unix://%2Frun%2Fservice.sock/health).
          - Of a Spring Boot application it can be left out, see O(readiness.application).
        type: str
      application:
        description:
          - A Spring Boot application. Where O(readiness.url) does not say what is asked, its own settings do, as each
            release was started with them - the port and the paths of its management endpoints, from the files in its
            jar, the environment, the credentials, the options of Java and the arguments.
        type: dict
        suboptions:
          jar:
            description: What is run.
            type: path
            required: true
          port:
            description: What it listens on when its settings do not say.
            type: int
            default: 8080
          words:
            description: The options of Java and the arguments of the application.
            type: list
            elements: str
            default: []
      status:
        description: The HTTP statuses that mean ready.
        type: list
        elements: int
        default: [200]
      headers:
        description:
          - Headers of the question, such as C(Host) with the site's name and C(X-Forwarded-Proto) for a service that
            answers to its own names, or by HTTPS, alone.
        type: dict
        default: {}
      timeout:
        description: Seconds from the restart to the first ready answer.
        type: int
        default: 120
      stable_for:
        description: Seconds that the same process has to stay up and ready after that.
        type: int
        default: 5
      interval:
        description: Seconds between two questions.
        type: float
        default: 0.5
  force:
    description: With O(state=running), whether the service is restarted also when it runs with what is wanted.
    type: bool
    default: false
  undo:
    description: Whether a release that does not become ready is undone. Otherwise it stays, for somebody to look at.
    type: bool
    default: true
  wait:
    description:
      - Seconds to wait for another switch of this service that is under way, such as one whose run was killed.
      - By default as long as a switch and its undo can take with O(readiness); none with O(state=shown), which then
        shows what is there in the middle of it.
    type: int
  state_directory:
    description: Where the ledgers of this host's services are, each in a directory of the service's name.
    type: path
    default: /var/lib/slipway
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
- name: Run a release
  slipway.deploy.service_release:
    name: umigo-backend
    links:
      - path: /app/app.jar
        target: /app/releases/backend-v0.2.0-0a1b2c3d4e5f/app.jar
    identity_files: [/etc/systemd/system/umigo-backend.service]
    readiness:
      url: http://127.0.0.1:8080/actuator/health/readiness
      stable_for: 25
    release:
      id: backend-v0.2.0-0a1b2c3d4e5f
      tag: backend-v0.2.0

- name: Restart the service if its configuration is not the one it was started with
  slipway.deploy.service_release:
    name: umigo-backend
    links: [{path: /etc/umigo-backend/current, target: /etc/umigo-backend/generations/5f0c9e1a2b3c4d5e}]

- name: Undo a deploy on this host
  slipway.deploy.service_release:
    name: umigo-backend
    state: previous
    leave: backend-v0.2.0-0a1b2c3d4e5f
    reason: the smoke test failed
"""

RETURN = r"""
state:
  description:
    - V(unchanged), V(switched), V(undone) (the old release is back and ready), V(undo_failed) (it is back and not
      ready), or V(failed) (nothing was undone, because there is nothing to go back to or O(undo=false)).
    - In check mode, what it would be when all goes well.
  returned: always, unless the arguments or the ledger are wrong
  type: str
  sample: undone
reason:
  description: Why something was done, or what is wrong, in one line.
  returned: always
  type: str
  sample: the process ended 20 s after its start (exit code 1)
log:
  description: The lines of the new process's journal that say why, else its last ones, redacted.
  returned: when it did not become ready
  type: list
  elements: str
from:
  description: The release that ran before, or V(null).
  returned: always
  type: dict
  sample: {release: backend-v0.1.0-9f8e7d6c5b4a, tag: backend-v0.1.0, digest: null, schema: "1", configuration: null}
to:
  description: The release that shall run, or V(null).
  returned: always
  type: dict
  sample: {release: backend-v0.2.0-0a1b2c3d4e5f, tag: backend-v0.2.0, digest: null, schema: "2", configuration: null}
runs:
  description: The release that runs when this returns, or V(null) when it is not known.
  returned: always
  type: dict
  sample: {release: backend-v0.1.0-9f8e7d6c5b4a, tag: backend-v0.1.0, digest: null, schema: "1", configuration: null}
active:
  description: Whether the service's process runs.
  returned: O(state=shown)
  type: bool
links:
  description: The targets of the links that the process was started with, by path; V(null) when that is not known.
  returned: O(state=shown)
  type: dict
  sample: {/app/app.jar: /app/releases/backend-v0.1.0-9f8e7d6c5b4a/app.jar}
files:
  description: The SHA-256 of the files that the process was started with, by path; V(null) when that is not known.
  returned: O(state=shown)
  type: dict
  sample: {/etc/systemd/system/umigo-backend.service: 9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08}
served:
  description: Whether nginx runs with the configuration that O(links) point at; V(true) where none does.
  returned: O(state=shown)
  type: bool
differs:
  description: The links and files that are not any more as the process was started with, by path.
  returned: O(state=shown)
  type: list
  elements: str
  sample: [/app/app.jar]
releases:
  description: The ledger's releases, the one that became current last first.
  returned: O(state=shown)
  type: list
  elements: dict
seconds:
  description: How long the service was not ready, from the restart to its first ready answer.
  returned: when it was restarted and became ready
  type: float
"""

from dataclasses import replace
from pathlib import Path
from typing import Any

from ansible.module_utils.basic import AnsibleModule

from ..module_utils.common.errors import SlipwayError
from ..module_utils.jvm.spring_files import Application
from ..module_utils.probes.readiness import Wanted
from ..module_utils.releases.ledger import Ledger, Release, Snapshot
from ..module_utils.switch.apply import (
    SWITCHED,
    UNCHANGED,
    UNDONE,
    carry_out,
)
from ..module_utils.switch.decision import (
    Decision,
    Observed,
    decide,
    decide_back,
    tracked,
)
from ..module_utils.switch.messages import (
    brief,
    described,
    good_states,
    message,
    standing,
)
from ..module_utils.switch.service import (
    Service,
    await_switch,
    heeding,
    load_ledger,
    locked,
)

ARGUMENTS = {
    "name": {"type": "str", "required": True},
    "state": {"type": "str", "choices": ["running", "previous", "shown"], "default": "running"},
    "links": {
        "type": "list",
        "elements": "dict",
        "default": [],
        "options": {"path": {"type": "path", "required": True}, "target": {"type": "path", "required": True}},
    },
    "files": {"type": "dict", "default": {}},
    "returning": {
        "type": "list",
        "elements": "dict",
        "default": [],
        "options": {"path": {"type": "path", "required": True}, "target": {"type": "path", "required": True}},
    },
    "identity_files": {"type": "list", "elements": "path", "default": []},
    "identity_changes": {"type": "bool", "default": False},
    "release": {
        "type": "dict",
        "options": {
            "id": {"type": "str", "required": True},
            "tag": {"type": "str"},
            "digest": {"type": "str"},
            "schema": {"type": "str"},
            "configuration": {"type": "str"},
        },
    },
    "leave": {"type": "str"},
    "reason": {"type": "str", "default": "undone"},
    "readiness": {
        "type": "dict",
        "default": {},
        "options": {
            "url": {"type": "str"},
            "status": {"type": "list", "elements": "int", "default": [200]},
            "headers": {"type": "dict", "default": {}},
            "application": {
                "type": "dict",
                "options": {
                    "jar": {"type": "path", "required": True},
                    "port": {"type": "int", "default": 8080},
                    "words": {"type": "list", "elements": "str", "default": []},
                },
            },
            "timeout": {"type": "int", "default": 120},
            "stable_for": {"type": "int", "default": 5},
            "interval": {"type": "float", "default": 0.5},
        },
    },
    "force": {"type": "bool", "default": False},
    "undo": {"type": "bool", "default": True},
    "wait": {"type": "int"},
    "state_directory": {"type": "path", "default": "/var/lib/slipway"},
}


def main() -> None:
    """Run the module."""
    module = AnsibleModule(argument_spec=ARGUMENTS, supports_check_mode=True)
    service = make_service(module.params)
    try:
        if module.params["state"] == "shown":
            result = shown(service, module.params)
        elif module.check_mode:
            result = foreseen(service, module.params)
        else:
            wait = module.params["wait"]
            # A signal while it waits ends it: nothing was begun.
            with locked(service.home, service.switch_seconds if wait is None else float(wait)), heeding(service):
                result = carried_out(service, module.params)
    except SlipwayError as error:
        module.fail_json(msg=str(error))
    for line in service.warnings:
        module.warn(line)
    if result["failed"]:
        module.fail_json(**result)
    module.exit_json(**result)


def make_service(params: dict[str, Any]) -> Service:
    """The service that the arguments name."""
    readiness = {name: value for name, value in params["readiness"].items() if value is not None}
    if "headers" in readiness:
        readiness["headers"] = {str(name): str(value) for name, value in readiness["headers"].items()}
    if application := readiness.pop("application", None):
        readiness["application"] = Application.of(application)
    return Service(params["name"], Path(params["state_directory"]) / params["name"], Wanted(**readiness), [])


def look(service: Service, params: dict[str, Any]) -> tuple[Ledger, Observed, dict[str, str]]:
    """The ledger, the host, and the wanted links."""
    ledger = load_ledger(service, returning=params["state"] == "previous")
    links = {item["path"]: item["target"] for item in params["links"]}
    paths, files = tracked(ledger)
    files = files.union(params["identity_files"], params["files"])
    observed = service.observe(ledger, links, (paths | links.keys(), files), _returning(params).values())
    return ledger, observed, links


def decided(ledger: Ledger, observed: Observed, links: dict[str, str], params: dict[str, Any]) -> Decision:
    """What is to be done."""
    release = Release(**params["release"]) if params["release"] else None
    if params["state"] == "previous":
        files = {str(path): str(digest) for path, digest in params["files"].items()}
        back = (links, release, params["leave"], params["reason"], files, _returning(params))
        return decide_back(ledger, observed, *back)
    return decide(ledger, observed, links, release, force=params["force"], returning=_returning(params))


def _returning(params: dict[str, Any]) -> dict[str, str]:
    return {item["path"]: item["target"] for item in params["returning"]}


def carried_out(service: Service, params: dict[str, Any]) -> dict[str, Any]:
    """Do what is to be done; the module's result."""
    ledger, observed, links = look(service, params)
    service.check_own(links)
    decision = decided(ledger, observed, links, params)
    if decision.restart:
        service.check_startable()
    outcome = carry_out(decision, ledger, service, undo=params["undo"])
    result = described(decision, observed, params)
    result.update(
        changed=decision.changes,
        state=outcome.state,
        reason=outcome.reason,
        runs=brief(outcome.runs),
        failed=outcome.state not in good_states(params),
    )
    if outcome.proof.ready and decision.restart:
        result["seconds"] = outcome.proof.seconds
    if outcome.proof.log:
        result["log"] = list(outcome.proof.log)
    if result["failed"]:
        result["msg"] = message(outcome, decision, params["name"])
    return result


def foreseen(service: Service, params: dict[str, Any]) -> dict[str, Any]:
    """What would be done, when all goes well."""
    ledger, observed, links = look(service, params)
    service.check_own(links)
    files = {path: "to be written" for path in params["identity_files"] if params["identity_changes"]}
    disk = Snapshot(observed.disk.links, {**observed.disk.files, **files})
    # What the tasks before this one would have fetched and written is not there.
    observed = replace(observed, disk=disk, gone=frozenset())
    decision = decided(ledger, observed, links, params)
    going = UNDONE if params["state"] == "previous" else SWITCHED
    result = described(decision, observed, params)
    state = going if decision.changes else UNCHANGED
    result.update(changed=decision.changes, state=state, reason=decision.reason, runs=brief(decision.to), failed=False)
    return result


def shown(service: Service, params: dict[str, Any]) -> dict[str, Any]:
    """What runs and what ran."""
    await_switch(service.home, params["wait"] or 0)
    ledger, observed, _links = look(service, params)
    return standing(ledger, observed)


if __name__ == "__main__":
    main()
