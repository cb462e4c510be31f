#!/usr/bin/python
# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Collects what a host knows about its service. See module_utils/logs/collect.py."""

from __future__ import annotations

DOCUMENTATION = r"""
module: host_logs_collect
short_description: Collect the journal, log files, state and versions of a service on its host
version_added: "0.1.0"
author:
  - The Slipway authors (!UNKNOWN)
description:
  - Returns the service's journal, the last lines of its log files, the state of its unit, and the versions of the host
    and the release, as text. P(slipway.deploy.host_logs#module) calls it.
  - The values in the service's environment file and credentials, anything that looks like a secret, and private keys
    are removed on the host.
  - A part that cannot be read is listed in the result and does not fail the task.
options:
  lines:
    description: How many of the last lines of the journal and of each file to return.
    type: int
    default: 1000
  files:
    elements: path
  configuration:
    description: The directory of the service's configuration. By default, C(/etc/<unit>).
    type: path
  link:
    type: path
extends_documentation_fragment:
  - slipway.deploy.attributes
  - slipway.deploy.attributes.no_diff
  - slipway.deploy.host_logs
  - slipway.deploy.state_directory
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
  description: The collected texts, by file name in the archive.
  returned: success
  type: dict
  sample: {journal.log: "2026-11-20T21:04:11 host java[812]: Started", unit.txt: "ActiveState=active"}
summary:
  description: As RV(slipway.deploy.host_logs#module:summary).
  returned: success
  type: dict
problems:
  description: What could not be read.
  returned: success
  type: list
  elements: str
"""

from ansible.module_utils.basic import AnsibleModule

from ..module_utils.common.errors import SlipwayError
from ..module_utils.logs.arguments import LOGS
from ..module_utils.logs.collect import Collector, Wanted

ARGUMENTS = {
    **LOGS,
    "lines": {"type": "int", "default": 1000},
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
