#!/usr/bin/python
# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Switches the release of a systemd service, and restores the old one if the new one does not become ready."""

from __future__ import annotations

DOCUMENTATION = r"""
module: service_release
short_description: Switch the release of a service, and undo the switch if it does not become ready
version_added: "0.1.0"
author: The Slipway authors (!UNKNOWN)
description:
  - This is the only module that switches a service's links and restarts it.
  - Compares the links and files of the release with those that the running process was started with, according to the
    host's ledger. Makes changes only if they differ or the service is not running. If a run is killed between any two
    steps, the next run finishes it.
  - Switches the links atomically, reloads systemd, restarts the service, and waits until it is ready and stays so. A
    required socket unit is restarted too, if it does not listen where its unit says. If the service does not become
    ready, restores the links and files of the last good release, restarts the service, waits for it, marks the new
    release as bad in the ledger, and fails.
  - After the switch has started, no control node is needed. If the connection is lost, the host finishes or undoes the
    switch by itself.
options:
  name:
    description: The service's systemd unit, without C(.service).
    type: str
    required: true
  state:
    description:
      - V(running) makes the service run with O(links) and O(identity_files).
      - V(previous) returns to the newest good release in the ledger other than the running one, and marks the running
        one as bad. With O(release), it returns to the newest good release with that id. With O(links), it returns to
        exactly these links and to the files that ran with them. O(release) then describes the release, if the ledger
        does not.
      - V(shown) changes nothing and returns what runs and the releases in the ledger.
    type: str
    choices: [running, previous, shown]
    default: running
  links:
    description:
      - The symbolic links that say what runs. Links that are in the ledger but not given here stay as they are.
      - A link that points into C(/etc/nginx/slipway), as M(slipway.deploy.nginx_site) creates it, belongs to nginx. If
        it changes, or nginx has not read it yet, nginx is reloaded. If nothing else changes, the service is not
        restarted.
  files:
    description:
      - With O(state=previous) and O(links), the SHA-256 digests of the files in O(identity_files) that ran with the
        links, by path, as RV(files) returned them. By default, those of the newest good release with these links.
    type: dict
    default: {}
  identity_files:
    description:
      - Files whose content is part of what runs, such as the unit. Other tasks write them. When a switch is undone,
        they are restored as they were with the last good release. They must not contain secrets, because a copy is
        kept.
    type: list
    elements: path
    default: []
  identity_changes:
    description: In check mode, whether previous tasks would have changed one of O(identity_files).
    type: bool
    default: false
  release:
    description: The release that the links belong to, for the ledger. By default, the running one.
    type: dict
    suboptions:
      id:
        description: The release's id.
        type: str
        required: true
      tag:
        description: The tag that it was built from.
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
      - Links that an undo uses in place of those that the old release was started with, as
        RV(slipway.deploy.runtime_parameters#module:returning). With them, the old release gets the currently valid
        secrets.
      - If it does not become ready with these, it is started exactly as it ran before.
    type: list
    elements: dict
    default: []
    suboptions:
      path:
        description: The path of the symbolic link.
        type: path
        required: true
      target:
        description: The path that the link is to point at.
        type: path
        required: true
  leave:
    description: With O(state=previous), the id of the release to leave. If another release runs, nothing is done.
    type: str
  reason:
    description: With O(state=previous), the reason in one line, for the ledger.
    type: str
    default: undone
  readiness:
    description: When the service counts as ready. By default, when its process has stayed up for a while.
  force:
    description: With O(state=running), whether to restart the service even if nothing differs.
    type: bool
    default: false
  undo:
    description: Whether to undo a release that does not become ready. Otherwise, it stays in place for inspection.
    type: bool
    default: true
  wait:
    description:
      - How many seconds to wait for another switch of this service that is in progress, for example of a killed run.
      - By default, as long as a switch and its undo can take with O(readiness). V(0) with O(state=shown), which then
        shows the state during the switch.
    type: int
extends_documentation_fragment:
  - slipway.deploy.attributes
  - slipway.deploy.attributes.full
  - slipway.deploy.release_links
  - slipway.deploy.readiness.application
  - slipway.deploy.state_directory
"""

EXAMPLES = r"""
- name: Switch to a release
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

- name: Restart the service if its configuration changed since it was started
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
    - V(unchanged), V(switched), V(undone) (the old release is back and ready), V(undo_failed)
      (it is back but not ready), or V(failed) (nothing was
      undone, because there is no release to return to, or because of O(undo=false)).
    - In check mode, the expected state.
  returned: always, unless the arguments or the ledger are invalid
  type: str
  sample: undone
reason:
  description: Why something was done, or what is wrong, in one line.
  returned: always
  type: str
  sample: the process ended 20 s after its start (exit code 1)
log:
  description: The lines of the new process's journal that explain the failure, or else its last lines, without secrets.
  returned: when it did not become ready
  type: list
  elements: str
from:
  description: The release that ran before, or V(null).
  returned: always
  type: dict
  sample: {release: backend-v0.1.0-9f8e7d6c5b4a, tag: backend-v0.1.0, digest: null, schema: "1", configuration: null}
to:
  description: The wanted release, or V(null).
  returned: always
  type: dict
  sample: {release: backend-v0.2.0-0a1b2c3d4e5f, tag: backend-v0.2.0, digest: null, schema: "2", configuration: null}
runs:
  description: The release that runs at the end, or V(null) if that is not known.
  returned: always
  type: dict
  sample: {release: backend-v0.1.0-9f8e7d6c5b4a, tag: backend-v0.1.0, digest: null, schema: "1", configuration: null}
active:
  description: Whether the service's process is running.
  returned: O(state=shown)
  type: bool
links:
  description: The targets of the links that the process was started with, by path. V(null) if that is not known.
  returned: O(state=shown)
  type: dict
  sample: {/app/app.jar: /app/releases/backend-v0.1.0-9f8e7d6c5b4a/app.jar}
files:
  description: The SHA-256 of the files that the process was started with, by path. V(null) if that is not known.
  returned: O(state=shown)
  type: dict
  sample: {/etc/systemd/system/umigo-backend.service: 9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08}
served:
  description: Whether nginx runs with the configuration that O(links) point at. V(true) if none of them is nginx's.
  returned: O(state=shown)
  type: bool
differs:
  description: The paths of links and files that have changed since the process was started.
  returned: O(state=shown)
  type: list
  elements: str
  sample: [/app/app.jar]
releases:
  description: The releases in the ledger, the one that became current last first.
  returned: O(state=shown)
  type: list
  elements: dict
seconds:
  description: How long the service was not ready, from the restart to its first successful answer.
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
from ..module_utils.switch.apply import SWITCHED, UNCHANGED, UNDONE, carry_out
from ..module_utils.switch.arguments import SERVICE_RELEASE
from ..module_utils.switch.decision import Decision, Observed, decide, decide_back, tracked
from ..module_utils.switch.messages import brief, described, good_states, message, standing
from ..module_utils.switch.service import Service, await_switch, load_ledger, locked, undo_on_signal


def main() -> None:
    """Run the module."""
    module = AnsibleModule(argument_spec=SERVICE_RELEASE, supports_check_mode=True)
    service = make_service(module.params)
    try:
        if module.params["state"] == "shown":
            result = shown(service, module.params)
        elif module.check_mode:
            result = preview(service, module.params)
        else:
            wait = module.params["wait"]
            # A signal while it waits ends it: nothing has begun.
            with locked(service.home, service.switch_seconds if wait is None else float(wait)), undo_on_signal(service):
                result = carried_out(service, module.params)
    except SlipwayError as error:
        module.fail_json(msg=str(error))
    for line in service.warnings:
        module.warn(line)
    if result["failed"]:
        module.fail_json(**result)
    module.exit_json(**result)


def make_service(params: dict[str, Any]) -> Service:
    """The service of the arguments."""
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
    """What to do."""
    release = Release(**params["release"]) if params["release"] else None
    if params["state"] == "previous":
        files = {str(path): str(digest) for path, digest in params["files"].items()}
        back = (links, release, params["leave"], params["reason"], files, _returning(params))
        return decide_back(ledger, observed, *back)
    return decide(ledger, observed, links, release, force=params["force"], returning=_returning(params))


def _returning(params: dict[str, Any]) -> dict[str, str]:
    return {item["path"]: item["target"] for item in params["returning"]}


def carried_out(service: Service, params: dict[str, Any]) -> dict[str, Any]:
    """Carry it out; return the module's result."""
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


def preview(service: Service, params: dict[str, Any]) -> dict[str, Any]:
    """What would be done if all steps succeed."""
    ledger, observed, links = look(service, params)
    service.check_own(links)
    files = {path: "to be written" for path in params["identity_files"] if params["identity_changes"]}
    disk = Snapshot(observed.disk.links, {**observed.disk.files, **files})
    # Files of earlier tasks do not exist in check mode.
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
