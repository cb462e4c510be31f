# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Documentation of the action plugin of the same name."""

from __future__ import annotations

DOCUMENTATION = r"""
module: host_logs
short_description: Fetch what a host knows about its service
version_added: "0.1.0"
author:
  - The Slipway authors (!UNKNOWN)
description:
  - Runs P(slipway.deploy.host_logs_collect#module) on the host and keeps its texts in the run's own files, for
    P(slipway.deploy.host_logs_archive#module) to put into one archive. They are in no result, fact or log of Ansible.
  - A host that cannot be reached, or where it fails, is kept as one that has nothing to say but why. It fails nothing.
options:
  unit:
    description: The service's unit, without C(.service).
    type: str
    required: true
  lines:
    description: How many lines of the journal and of each file, the last ones, 1 to 50000. By default 1000.
    type: raw
  since:
    description: How old the journal's lines may be, in journalctl's words, such as V(2 hours ago) or V(today).
    type: str
    default: ""
  files:
    description: Patterns of the log files.
    type: list
    elements: str
    default: []
  link:
    description: The link that says which release runs.
    type: str
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
- name: Fetch the logs
  slipway.deploy.host_logs:
    unit: umigo-backend
    files: [/var/log/umigo-backend/*.log]
"""

RETURN = r"""
summary:
  description: What a person wants to know first, the unit's C(state), C(restarts) and C(since), and the C(release).
  returned: when the host answered
  type: dict
  sample: {state: active/running, restarts: "0", since: Fri 2026-11-20 21:04:11 UTC, release: backend-v0.2.0-0a1b2c3d}
problem:
  description: Why there is nothing of this host.
  returned: when there is nothing
  type: str
"""
