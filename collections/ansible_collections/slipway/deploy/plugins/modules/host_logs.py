# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Documentation of the action plugin of the same name."""

from __future__ import annotations

DOCUMENTATION = r"""
module: host_logs
short_description: Fetch the logs and the state of a service from its host
version_added: "0.1.0"
author:
  - The Slipway authors (!UNKNOWN)
description:
  - Runs P(slipway.deploy.host_logs_collect#module) on the host and stores the result in files of the run, from which
    P(slipway.deploy.host_logs_archive#module) makes one archive. The logs appear in no result, fact or log of Ansible.
  - A host that cannot be reached, or on which the collection fails, is kept with the reason and does not fail the task.
options:
  lines:
    description: How many of the last lines of the journal and of each file to fetch, 1 to 50000. By default 1000.
    type: raw
  files:
    elements: str
  link:
    type: str
extends_documentation_fragment:
  - slipway.deploy.attributes
  - slipway.deploy.attributes.no_diff
  - slipway.deploy.host_logs
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
