#!/usr/bin/python
# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Collects the logs and the state of a service on its host."""

from __future__ import annotations

DOCUMENTATION = r"""
module: host_logs
short_description: Fetch the logs and the state of a service from its host
version_added: "0.1.0"
author: The Slipway authors (!UNKNOWN)
description:
  - Collects the service's journal, the last lines of its log files, the state of its unit, and the versions of the host
    and the release, and stores them in files of the run, from which P(slipway.deploy.host_logs_archive#module) makes
    one archive. The logs appear in no result, fact or log of Ansible.
  - The values in the service's environment file and credentials, anything that looks like a secret, and private keys
    are removed on the host.
  - A part that cannot be read is listed in the archive and does not fail the task.
  - A host that cannot be reached, or on which the collection fails, is kept with the reason and does not fail the task.
options:
  lines:
    description: How many of the last lines of the journal and of each file to fetch, 1 to 50000. By default 1000.
    type: raw
  unit:
    description: The service's systemd unit, without C(.service).
    type: str
    required: true
  since:
    description: The oldest journal lines to include, in the format of C(journalctl --since), such as V(2 hours ago).
    type: str
    default: ""
  files:
    description: Glob patterns of log files. The twenty that changed last are read. Symbolic links are not followed.
    type: list
    elements: str
    default: []
  configuration:
    description: The directory of the service's configuration. By default, C(/etc/<unit>).
    type: path
  link:
    description: The symbolic link that says which release runs.
    type: str
    default: /app/app.jar
extends_documentation_fragment:
  - slipway.deploy.attributes
  - slipway.deploy.attributes.no_diff
  - slipway.deploy.state_directory
"""

EXAMPLES = r"""
- name: Fetch the logs
  slipway.deploy.host_logs:
    unit: umigo-backend
    files: [/var/log/umigo-backend/*.log]
"""

RETURN = r"""
summary:
  description: A summary of the service, with the unit's C(state), C(restarts) and C(since), and the C(release).
  returned: when the host answered
  type: dict
  sample: {state: active/running, restarts: "0", since: Fri 2026-11-20 21:04:11 UTC, release: backend-v0.2.0-0a1b2c3d}
problem:
  description: Why nothing was fetched from this host.
  returned: when nothing was fetched
  type: str
"""

from ansible.module_utils.basic import AnsibleModule

from ..module_utils.common.errors import SlipwayError
from ..module_utils.logs.arguments import LOGS
from ..module_utils.logs.collect import Collector, Wanted


def main() -> None:
    """Collect and return the logs."""
    module = AnsibleModule(argument_spec=LOGS, supports_check_mode=True)
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
