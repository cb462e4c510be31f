# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Documentation of the action plugin of the same name, which does the work on the control node."""

DOCUMENTATION = r"""
module: host_logs_archive
short_description: Put the logs of all hosts into one archive
version_added: "0.1.0"
author: The Slipway authors (!UNKNOWN)
description:
  - Puts what P(slipway.deploy.host_logs#module) fetched into C(<environment>-<time>.tar.gz), which only its owner can
    read, and prints one line per host with the state of its service.
  - C(hosts.json) in the archive lists all hosts, what could not be read, and the hosts that did not answer.
options:
  hosts:
    description: The hosts to include. A host from which nothing was fetched is listed as such.
    type: list
    elements: str
    required: true
  directory:
    description: The directory for the archive.
    type: path
    required: true
extends_documentation_fragment: [slipway.deploy.attributes, slipway.deploy.attributes.no_diff]
attributes:
  check_mode:
    details: Prints the same lines and writes no archive.
  idempotent:
    support: none
    details: Writes an archive each time. No host is changed or counted as changed.
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
  returned: when an archive was written
  type: str
  sample: logs/dev-20261120T210411Z.tar.gz
silent:
  description: The hosts without logs in the archive, each with the reason.
  returned: success
  type: dict
  sample: {dev-backend-2: no answer}
"""
