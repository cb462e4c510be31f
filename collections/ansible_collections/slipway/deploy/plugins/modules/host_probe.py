#!/usr/bin/python
# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Answers a checklist's questions on a host. See module_utils/probes/machine.py."""

from __future__ import annotations

DOCUMENTATION = r"""
module: host_probe
short_description: Answer the questions of a checklist on a host
version_added: "0.1.0"
author: The Slipway authors (!UNKNOWN)
description:
  - Asks systemd, a Redis or a web server that the host can reach, and runs programs, all in parallel.
    P(slipway.deploy.checklist_host#module) calls it and P(slipway.deploy.checklist#module) judges the answers.
options:
  payload:
    description: The questions as a JSON list. It can contain a password, so it is never logged.
    type: str
    required: true
extends_documentation_fragment: [slipway.deploy.attributes, slipway.deploy.attributes.no_diff]
attributes:
  check_mode:
    details: Answers the questions, which must not change anything.
"""

EXAMPLES = r"""
- name: Get the length of a queue
  slipway.deploy.host_probe:
    payload: '[{"kind": "redis", "url": "redis://127.0.0.1", "command": ["LLEN", "jobs"], "timeout": 5}]'
"""

RETURN = r"""
answers:
  description: The answers in the order of the questions, each with C(took) in seconds, and with C(error) if there is no
    answer.
  returned: success
  type: list
  elements: dict
  sample: [{value: 0, at: 1795208651.2, took: 0.004}]
"""

import json

from ansible.module_utils.basic import AnsibleModule

from ..module_utils.probes.machine import ask_all

ARGUMENTS = {"payload": {"type": "str", "required": True, "no_log": True}}


def main() -> None:
    """Ask the questions and return the answers."""
    module = AnsibleModule(argument_spec=ARGUMENTS, supports_check_mode=True)
    try:
        questions = json.loads(module.params["payload"])
    except ValueError:
        module.fail_json(msg="the payload is not valid JSON")
    module.exit_json(changed=False, answers=ask_all(questions))


if __name__ == "__main__":
    main()
