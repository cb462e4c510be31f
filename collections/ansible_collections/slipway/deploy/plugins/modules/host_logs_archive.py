# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Documentation of the action plugin of the same name, which does the work on the control node."""

from __future__ import annotations

DOCUMENTATION = r"""
module: host_logs_archive
short_description: Put the logs of all hosts into one archive
version_added: "0.1.0"
author:
  - The Slipway authors (!UNKNOWN)
description:
  - Puts what P(slipway.deploy.host_logs#module) fetched into C(<environment>-<time>.tar.gz), which only its owner may
    read, and says in a line for each host what state its service is in.
  - C(hosts.json) in it names all hosts, with what could not be read, and those that did not answer.
options:
  hosts:
    description: The hosts that are to be in it; one of which nothing was fetched is named as such.
    type: list
    elements: str
    required: true
  directory:
    description: Where the archive is made.
    type: path
    required: true
extends_documentation_fragment: [slipway.deploy.attributes]
attributes:
  check_mode:
    support: full
    details: Says the same and writes no archive.
  diff_mode:
    support: none
  idempotent:
    support: none
    details: An archive is made each time. No host is changed, and none is counted as changed.
"""

EXAMPLES = r"""
- name: Put the logs into one archive
  slipway.deploy.host_logs_archive:
    hosts: "{{ ansible_play_hosts_all }}"
    directory: logs
  run_once: true
"""

RETURN = r"""
archive:
  description: The archive's path.
  returned: when one was made
  type: str
  sample: logs/dev-20261120T210411Z.tar.gz
silent:
  description: The hosts that have nothing in it, each with the reason.
  returned: success
  type: dict
  sample: {dev-backend-2: no answer}
"""
