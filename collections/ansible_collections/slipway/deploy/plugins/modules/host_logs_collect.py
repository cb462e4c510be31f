#!/usr/bin/python
# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Collects what a host knows about its service. See module_utils/logs/collect.py."""

from __future__ import annotations

DOCUMENTATION = r"""
module: host_logs_collect
short_description: Collect journal, log files, state and versions of a service on its host
version_added: "0.1.0"
author:
  - The Slipway authors (!UNKNOWN)
description:
  - Returns the service's journal, the ends of its log files, the state of its unit, and the versions of the host and of
    what runs, as texts. P(slipway.deploy.host_logs#module) calls it and puts them into an archive.
  - The values of the service's environment file and credentials, what looks like a secret, and private keys are taken
    out on the host.
  - A part that cannot be read is named in the result and fails nothing.
options:
  unit:
    description: The service's unit, without C(.service).
    type: str
    required: true
  lines:
    description: How many lines of the journal and of each file, the last ones, are returned.
    type: int
    default: 1000
  since:
    description: How old the journal's lines may be, in journalctl's words, such as V(2 hours ago) or V(today).
    type: str
    default: ""
  files:
    description: Patterns of the log files. The twenty that changed last are read; links are not followed.
    type: list
    elements: path
    default: []
  configuration:
    description: The directory of the service's configuration. By default the unit's below C(/etc).
    type: path
  state_directory:
    description: Where the ledgers of this host's services are, each in a directory of the service's name.
    type: path
    default: /var/lib/slipway
  link:
    description: The link that says which release runs.
    type: path
    default: /app/app.jar
extends_documentation_fragment: [slipway.deploy.attributes]
attributes:
  check_mode:
    support: full
  diff_mode:
    support: none
  idempotent:
    support: full
"""

EXAMPLES = r"""
- name: Collect the logs of a service
  slipway.deploy.host_logs_collect:
    unit: umigo-backend
    files: [/var/log/umigo-backend/*.log]
    since: 2 hours ago
"""

RETURN = r"""
parts:
  description: The texts by their file names in the archive.
  returned: success
  type: dict
  sample: {journal.log: "2026-11-20T21:04:11 host java[812]: Started", unit.txt: "ActiveState=active"}
summary:
  description: What a person wants to know first, the unit's C(state), C(restarts) and C(since), and the C(release).
  returned: success
  type: dict
  sample: {state: active/running, restarts: "0", since: Fri 2026-11-20 21:04:11 UTC, release: backend-v0.2.0-0a1b2c3d}
problems:
  description: What could not be read.
  returned: success
  type: list
  elements: str
"""

from ansible.module_utils.basic import AnsibleModule

from ..module_utils.common.errors import SlipwayError
from ..module_utils.logs.collect import Collector, Wanted

ARGUMENTS = {
    "unit": {"type": "str", "required": True},
    "lines": {"type": "int", "default": 1000},
    "since": {"type": "str", "default": ""},
    "files": {"type": "list", "elements": "path", "default": []},
    "configuration": {"type": "path"},
    "state_directory": {"type": "path", "default": "/var/lib/slipway"},
    "link": {"type": "path", "default": "/app/app.jar"},
}


def main() -> None:
    """Collect and return it."""
    module = AnsibleModule(argument_spec=ARGUMENTS, supports_check_mode=True)
    given = module.params
    wanted = Wanted(
        unit=given["unit"],
        lines=given["lines"],
        since=given["since"],
        files=given["files"],
        configuration=given["configuration"] or f"/etc/{given['unit']}",
        state=given["state_directory"],
        link=given["link"],
    )
    try:
        collected = Collector(wanted).collect()
    except SlipwayError as error:
        module.fail_json(msg=str(error))
    module.exit_json(changed=False, **collected._asdict())


if __name__ == "__main__":
    main()
